"""What fails again and again: said rarely, tried again after longer and longer pauses. And what was silent while we looked."""

from tests.support.clock import Clock
from walkabout.jobs.worker.silence import Silence
from walkabout.jobs.worker.trouble import PAUSES_S, SAY_AGAIN_S, Trouble


def test_a_trouble_is_said_once_a_minute() -> None:
    clock, said = Clock(0.0), []
    trouble = Trouble(lambda event, **fields: said.append((event, fields)), "it.failed", monotonic=clock)
    for _ in range(1000):
        trouble.met(error="no")
    clock.pass_(SAY_AGAIN_S)
    trouble.met(error="no")
    assert said == [("it.failed", {"error": "no"}), ("it.failed", {"error": "no", "times": 1001})]


def test_pauses_grow_up_to_the_longest_and_begin_anew() -> None:
    trouble = Trouble(lambda *_, **__: None, "it.failed")
    assert trouble.pause_s == 0
    pauses = [trouble.met() for _ in range(20)]
    assert (pauses[0], pauses[1], pauses[-1]) == (PAUSES_S[0], 2 * PAUSES_S[0], PAUSES_S[1])
    trouble.over()
    assert trouble.met() == PAUSES_S[0]


def test_silence_counts_what_was_looked_at() -> None:
    silence = Silence(gap_s=3.0)
    assert [silence.look(1, now) for now in (0.0, 2.0, 4.0)] == [0.0, 2.0, 4.0]
    assert silence.look(1, 1000.0) == 7.0
    assert silence.look(2, 1001.0) == 0.0
