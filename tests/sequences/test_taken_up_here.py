"""A run with every construct, whose journal is in the database, is cut and taken up by another worker."""

from contextlib import nullcontext

import pytest

from sequence import MemoryJournal, Replay
from tests.sequence_language.taken_up import answered, argument, live, play, same_outcome
from tests.sequence_language.test_replay import CutAt
from tests.support.jobs import CONSUMER, PID, claimed, started
from tests.support.scripted_server import Server
from walkabout.jobs.specs import Claim
from walkabout.sequences.journal import JobJournal
from walkabout.service import Service


class CutJobJournal(JobJournal):
    """A journal whose worker is killed right before or after so many entries."""

    def __init__(self, service: Service, claim: Claim, cut: int = 0, after: bool = False) -> None:
        super().__init__(service.db, service.ledger, claim, nullcontext)
        self.until = CutAt(cut, after)

    def append(self, line: str) -> None:
        self.until.write(lambda: JobJournal.append(self, line))


@pytest.mark.parametrize(("after", "concurrency", "begin"), [(False, 3, 2), (True, 1, 5), (True, 3, 8)])
def test_a_run_cut_here_and_there_and_taken_up_is_as_if_undisturbed(
    service: Service, server: Server, after: bool, concurrency: int, begin: int
) -> None:
    given = argument(concurrency, True)
    whole, _ = play(server, given, Replay(MemoryJournal(), live()))
    for cut in range(begin, 60, 11):
        first = CutJobJournal(service, started(service), cut, after)
        run, _ = play(server, given, Replay(first, live()))
        assert run is None, cut
        known = answered(first.read())
        assert service.ledger.rescue(CONSUMER, PID, 2)
        second = CutJobJournal(service, claimed(service))
        run, asked = play(server, given, Replay(second, live()))
        assert same_outcome(run) == same_outcome(whole), cut
        outcomes = answered(second.read())
        assert len(outcomes) == len(set(outcomes)), cut
        assert len(asked) == len(outcomes) - len(known), cut
        service.ledger.succeed(second.claim, "{}")
