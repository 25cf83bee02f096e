"""A harness in front of a service: makes tasks, lets time pass, and tells what the ledger has of them."""

from dataclasses import dataclass, field
from typing import Any

from tests.support.cast import person
from tests.support.clock import Clock
from tests.support.jobs import entered
from walkabout.database.connections import Database
from walkabout.jids import jid
from walkabout.jobs.queries import ListedJob, history
from walkabout.jobs.specs import Claim
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER, PeriodicTask
from walkabout.service import Service

START = 1_800_000_000.0  # 2027-01-15 08:00:00 UTC


def every(number: int, period: str = "seconds", **around: Any) -> dict[str, Any]:
    return {"type": "interval", "conf": {"every": number, "period": period}, **around}


def cron(minute: str = "*", **fields: Any) -> dict[str, Any]:
    return {"type": "crontab", "conf": {"minute": minute, **fields}}


def at(when: str, **around: Any) -> dict[str, Any]:
    return {"type": "clocked", "conf": {"clocked_time": when}, **around}


def task_of_name(db: Database, name: str) -> PeriodicTask | None:
    """The one task of a name, whosever it is; None: there is none."""
    found = task_queries.of_name(db, name, 2)
    assert len(found) < 2
    return found[0] if found else None


@dataclass
class ScheduleHarness:
    """Ana's tasks, on a clock that the test moves."""

    service: Service
    clock: Clock
    ana: Master = field(init=False)

    def __post_init__(self) -> None:
        self.ana = person(self.service, "ana")

    def add(self, schedule: dict[str, Any], name: str = "task", timezone: str = "UTC", **terms: Any) -> int:
        """A new task that runs echo as Ana; its id."""
        body = {"name": "echo", "mst": jid(self.ana.uid)}
        return self.service.periodic_tasks.create(Draft(name, WALKER, body, schedule, timezone, terms)).id

    def task(self, id: int) -> PeriodicTask:
        task = task_queries.by_id(self.service.db, id)
        assert task is not None
        return task

    def tick(self, seconds: float = 0.0) -> float | None:
        """Let the seconds pass at once, then tick."""
        self.clock.pass_(seconds)
        return self.service.firing.tick(self.clock())

    def ticks(self, seconds: int, *, finish: bool = True) -> None:
        """A tick every second; what runs is over before the next one, if it is to finish."""
        for _ in range(seconds):
            self.tick(1.0)
            if finish:
                self.finish_all()

    def claim(self) -> Claim | None:
        """Take the next run, as a worker does."""
        return self.service.ledger.claim(entered(self.service.db, "consumer"), "worker", 1)

    def finish_all(self) -> int:
        """Run everything that is ready to its end; how many."""
        done = 0
        while (claim := self.claim()) is not None:
            self.finish(claim)
            done += 1
        return done

    def finish(self, claim: Claim) -> None:
        """End a run well, as a worker does."""
        self.service.ledger.succeed(claim, "{}")
        if claim.schedule is not None:
            self.service.ledger.release_held(claim.schedule)

    def rows(self, id: int) -> list[ListedJob]:
        """The history, oldest first."""
        return history(self.service.db, id, None, 1000, 0)[1][::-1]

    def told(self, id: int) -> list[tuple[str, float | None]]:
        """The history as (state, seconds after START that it was due), oldest first."""
        return [(row.state, None if row.scheduled_for is None else row.scheduled_for - START) for row in self.rows(id)]
