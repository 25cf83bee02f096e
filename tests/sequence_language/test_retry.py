"""Trying again, waiting, and giving up."""

from email.utils import formatdate
from typing import Any

import pytest

import sequence
from tests.sequence_language.clock import TestClock
from tests.sequence_language.test_steps import states

Play = Any


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


def tried(
    play: Play, clock: TestClock, retry: Any, answers: list[Any], method: str = "GET", **step: Any
) -> sequence.SequenceRun:
    return play(
        [{"method": method, "api": "/a", "retry": retry, **step}],
        {method: answers},
        sender=sequence.Live(clock=clock, seed="s"),
    )


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_tries_again_after_the_usual_statuses(play: Play, clock: TestClock, status: int) -> None:
    run = tried(play, clock, {}, [{"status": status}, {"json": {}}])
    assert states(run) == [("0", "retried"), ("0", "ok")]
    assert [step.attempt for step in run.steps] == [1, 2]


def test_gives_up_after_the_attempts(play: Play, clock: TestClock) -> None:
    run = tried(play, clock, {"attempts": 3}, [{"status": 503}])
    assert states(run) == [("0", "retried"), ("0", "retried"), ("0", "failed")]
    assert len(clock.waits) == 2


def test_does_not_try_again_after_other_errors(play: Play, clock: TestClock, server: Any) -> None:
    assert not tried(play, clock, {}, [{"status": 500}, {"json": {}}]).ok
    assert len(server.seen) == 1


def test_waits_grow_and_are_jittered_the_same_way_each_time(play: Play, clock: TestClock) -> None:
    retry = {"attempts": 6, "wait": 1, "rate": 2, "max": 5}
    tried(play, clock, retry, [{"status": 503}])
    assert all(least <= wait <= min(least * 1.5, 5) for wait, least in zip(clock.waits, [1, 2, 4, 5, 5], strict=True))
    again = TestClock()
    tried(play, again, retry, [{"status": 503}])
    assert again.waits == clock.waits


def test_retry_after_is_obeyed_up_to_max(play: Play, clock: TestClock) -> None:
    answers = [
        {"status": 503, "headers": {"Retry-After": text}}
        for text in ("7", "900", formatdate(clock.time() + 100, usegmt=True), "soon")
    ]
    tried(play, clock, {"attempts": 5, "max": 60}, [*answers, {"json": {}}])
    assert clock.waits[:2] == [7, 60]
    assert 20 <= clock.waits[2] <= 40
    assert clock.waits[3] <= 60


def test_until_polls(play: Play, clock: TestClock) -> None:
    until = [{"by": "$.state", "condition": {"eq": "done"}}]
    run = tried(
        play,
        clock,
        {"attempts": 5, "until": until},
        [{"json": {"state": "busy"}}, {"json": {"state": "done"}}],
        save_to="r",
    )
    assert states(run) == [("0", "retried"), ("0", "ok")]
    assert run.persistence["r"] == {"state": "done"}


def test_until_that_never_holds_is_an_error(play: Play, clock: TestClock) -> None:
    until = [{"by": "$.state", "condition": {"eq": "done"}}]
    run = tried(play, clock, {"attempts": 2, "until": until}, [{"json": {"state": "busy"}}])
    assert run.error is not None
    assert 'after 2 tries: and ($.state: eq "done" does not hold, it is "busy")' in run.error.message


@pytest.mark.parametrize(("method", "step", "tries"), [("GET", {}, 2), ("POST", {}, 1), ("POST", {"repeat": True}, 2)])
def test_a_timeout_is_tried_again_only_when_that_does_no_harm(
    play: Play, clock: TestClock, server: Any, method: str, step: Any, tries: int
) -> None:
    def silent(handler: Any) -> None:
        handler.close_connection = True  # closed without an answer: it is not known whether it was answered

    tried(play, clock, {"attempts": 2, "wait": 0}, [{"raw": silent}], method, **step)
    assert len(server.seen) == tries


def test_a_refused_connection_is_tried_again_for_any_method(play: Play, clock: TestClock) -> None:
    step = {"method": "POST", "api": "http://127.0.0.1:1/", "retry": {"attempts": 2}}
    run = play([step], sender=sequence.Live(clock=clock))
    assert states(run) == [("0", "retried"), ("0", "failed")]


def test_delay_waits_before_sending(play: Play, clock: TestClock) -> None:
    play(
        [{"method": "GET", "api": "/a", "delay": "{{#.d}}"}],
        {"GET": {"json": 1}},
        more={"persistence": {"d": 12}},
        sender=sequence.Live(clock=clock),
    )
    assert clock.waits == [12]


def test_the_time_of_the_run_ends_it_whatever_is_ignored(play: Play, clock: TestClock) -> None:
    steps = [{"method": "GET", "api": "/a", "ignore_error": True, "delay": 40}] * 3
    run = play(steps, {"GET": {"json": 1}}, more={"timeout": 60}, sender=sequence.Live(clock=clock))
    assert (run.error.kind, run.error.path) == ("limit", "1")
    assert "60 s" in run.error.message


def test_a_dropped_kept_connection_is_tried_again_only_for_methods_that_may_be_repeated(
    play: Play, server: Any
) -> None:
    def vanish(handler: Any) -> None:
        handler.close_connection = True

    keeps = {"method": "GET", "api": "/keep"}
    for method, fine in [("GET", True), ("POST", False)]:
        script = {"GET /keep": {"json": 1}, f"{method} /a": [{"raw": vanish}, {"json": 2}]}
        run = play([keeps, {"method": method, "api": "/a"}], script)
        assert run.ok is fine
        assert len(server.seen) == (3 if fine else 2)
