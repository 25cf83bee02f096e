"""A run that is cut at any point and taken up ends as if undisturbed, and nothing that was answered is sent again.

The sequence has every construct: loops with and without concurrency, blocks, pages, soft steps, pauses, retries, tokens that
are fetched after a 401, `set` and `expect`, a sequence in the sequence, and what is done at the end.
"""

import pytest

from sequence import MemoryJournal, Replay
from tests.sequence_language.taken_up import answered, argument, knows_only_what_is_there, live, play, same_outcome
from tests.sequence_language.test_replay import CutJournal
from tests.support.scripted_server import Server


@pytest.mark.parametrize(("after", "fails", "apart"), [(False, True, 1), (True, False, 3)])
@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_run_cut_anywhere_and_taken_up_is_as_if_undisturbed(
    server: Server, concurrency: int, fails: bool, after: bool, apart: int
) -> None:
    given = argument(concurrency, fails)
    whole, _ = play(server, given, Replay(MemoryJournal(), live()))
    assert whole is not None
    assert [error.path for error in whole.errors] == ["0.loop[1].0.block.2", *(["5"] if fails else [])]
    assert whole.persistence["token_then"] == "t2"
    cut = 1
    while True:
        journal = CutJournal([], cut, after)
        run, first = play(server, given, Replay(journal, live()))
        if run is not None:
            break
        known = answered(journal.lines)
        taken_up = MemoryJournal(journal.lines)
        run, second = play(server, given, Replay(taken_up, live()))
        assert same_outcome(run) == same_outcome(whole), cut
        assert knows_only_what_is_there(taken_up.lines), cut
        outcomes = answered(taken_up.lines)
        assert len(outcomes) == len(set(outcomes)), cut
        assert len(second) == len(outcomes) - len(known), cut
        assert len(first) <= len(known) + concurrency, cut
        assert len([seen for seen in (*first, *second) if seen.path == "/token"]) <= 4, cut
        cut += apart
    assert cut > 60
