"""Runs in the ledger, as the tests of jobs want them."""

import time
from typing import Any

from walkabout.database.connections import Database
from walkabout.jobs import queries
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.specs import Claim, JobSpec
from walkabout.jobs.worker.consumers import Consumer, Consumers
from walkabout.jobs.worker.machine import Process
from walkabout.jobs.worker.scoreboard import Scoreboard, WorkerSlot
from walkabout.service import Service

CONSUMER, PID = "consumer-1", 17


def a_spec(**changes: Any) -> JobSpec:
    """A run of the kind "test" that nobody in particular asks for."""
    return JobSpec(**{"kind": "test", "name": "echo", "owner": "nobody", "argument": {}, **changes})


def entered(db: Database, consumer: str = CONSUMER) -> str:
    """A consumer that has entered, somewhere else, and may claim; its uid."""
    if not db.rows("SELECT 1 FROM consumer WHERE uid = ?", (consumer,)):
        Consumers(db, time.time, 10.0).enter(Consumer(consumer, "worker", "", Process("elsewhere", 1, "1"), 1))
    return consumer


def claimed(service: Service, consumer: str = CONSUMER, pid: int = PID) -> Claim:
    """The next run, taken by a worker."""
    claim = service.ledger.claim(entered(service.db, consumer), "huey@box", pid)
    assert claim is not None
    return claim


def started(service: Service, **changes: Any) -> Claim:
    """A run that a worker has just taken."""
    service.ledger.enqueue(a_spec(**changes))
    return claimed(service)


def a_slot() -> WorkerSlot:
    """The place of a worker that has started."""
    scoreboard = Scoreboard(1)
    place = scoreboard.worker_slot(scoreboard.reserve())
    place.sit_down()
    return place


def worked(service: Service, place: WorkerSlot | None = None) -> str:
    """The next run, taken and run to its end as a worker does; its uid."""
    place = place or a_slot()
    claim = claimed(service)
    place.begin(claim.id, claim.attempt, claim.limit_s)
    try:
        service.runner.run(claim, place)
    finally:
        place.end()
    return claim.uid


def task(service: Service, uid: str) -> WholeJob:
    """A run as its row stands now."""
    found = queries.job(service.db, uid)
    assert found is not None
    return found


def state(service: Service, uid: str) -> str:
    """The state of a run."""
    return task(service, uid).state
