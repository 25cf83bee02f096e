"""Runs in the ledger, as the tests of jobs want them."""

from typing import Any

from walkabout.jobs import reading
from walkabout.jobs.board import Board, Place
from walkabout.jobs.ledger import Ask, Claim
from walkabout.jobs.reading import Task
from walkabout.service import Service

CONSUMER, PID = "consumer-1", 17


def an_ask(**changes: Any) -> Ask:
    """A run of the kind "test" that nobody in particular asks for."""
    return Ask(**{"kind": "test", "name": "echo", "owner": "nobody", "argument": {}, **changes})


def claimed(service: Service, consumer: str = CONSUMER, pid: int = PID) -> Claim:
    """The next run, taken by a worker."""
    claim = service.ledger.claim(consumer, "huey@box", pid)
    assert claim is not None
    return claim


def started(service: Service, **changes: Any) -> Claim:
    """A run that a worker has just taken."""
    service.ledger.ask(an_ask(**changes))
    return claimed(service)


def a_place() -> Place:
    """The place of a worker that has started."""
    board = Board(1)
    place = board.place(board.reserve())
    place.sit_down()
    return place


def worked(service: Service, place: Place | None = None) -> str:
    """The next run, taken and run to its end as a worker does; its uid."""
    place = place or a_place()
    claim = claimed(service)
    place.begin(claim.id, claim.attempt, claim.limit_s)
    try:
        service.runner.run(claim, place)
    finally:
        place.end()
    return claim.uid


def task(service: Service, uid: str) -> Task:
    """A run as its row stands now."""
    found = reading.task(service.db, uid)
    assert found is not None
    return found


def state(service: Service, uid: str) -> str:
    """The state of a run."""
    return task(service, uid).state
