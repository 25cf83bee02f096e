"""Jobs that a web process runs itself."""

import threading

import pytest

from tests.support.jobs import a_spec, state, task
from tests.support.until import until
from walkabout.jobs.places import AllTaken
from walkabout.jobs.specs import Claim
from walkabout.service import Service


def no_cancel() -> None:
    """Nobody cancels."""


def test_the_run_is_a_row_of_the_web_process(service: Service) -> None:
    seen: list[tuple[str, str | None]] = []

    def work(claim: Claim) -> None:
        row = task(service, claim.uid)
        seen.append((row.state, row.worker))

    service.inline.run(a_spec(), work, no_cancel)
    assert seen == [("STARTED", f"web@{service.consumers.host}")]


def test_one_web_process_is_one_consumer(service: Service) -> None:
    for _ in range(2):
        service.inline.run(a_spec(), lambda claim: service.ledger.succeed(claim, "{}"), no_cancel)
    assert [consumer.kind for consumer in service.consumers.all()] == ["web"]


def test_a_web_process_that_was_struck_off_enters_again(service: Service) -> None:
    service.inline.run(a_spec(), lambda claim: service.ledger.succeed(claim, "{}"), no_cancel)
    service.consumers.leave(service.consumers.all()[0].uid)
    service.inline.run(a_spec(), lambda claim: service.ledger.succeed(claim, "{}"), no_cancel)
    assert len(service.consumers.all()) == 1


@pytest.mark.parametrize("error", [AllTaken("all threads walk"), RuntimeError("a bug")])
def test_a_run_that_was_refused_is_not_left_to_be_run_later(service: Service, error: Exception) -> None:
    # Its asker is told that it failed: a worker that starts afterwards must not run it.
    ask = a_spec()

    def refuse(claim: Claim) -> None:
        raise error

    with pytest.raises(type(error)):
        service.inline.run(ask, refuse, no_cancel)
    assert state(service, ask.uid) == "FAILURE"


def test_nothing_goes_on_beating_when_no_run_is_left(service: Service) -> None:
    service.inline.run(a_spec(), lambda claim: service.ledger.succeed(claim, "{}"), no_cancel)
    until(lambda: not [thread for thread in threading.enumerate() if thread.name == "pulse"])
