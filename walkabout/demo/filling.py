"""Fills an installation that has no tasks yet: three days of them, as if it had run all the time."""

import random
import time
from dataclasses import dataclass

from walkabout import json_text
from walkabout.demo.tasks import TASKS, DemoTask
from walkabout.jids import jid
from walkabout.jobs.specs import Claim
from walkabout.jobs.worker.consumers import Consumer
from walkabout.jobs.worker.machine import Process
from walkabout.people.masters import Master
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER
from walkabout.periodic.tables import ScheduleTable
from walkabout.service import Service, build
from walkabout.settings import Settings

DAYS = 3
DAY_S, HOUR_S = 86_400, 3_600
SHORT_S = 60.0  # runs of tasks that never take longer are short
STEP_S = 60.0  # how far the clock goes when nothing comes due


@dataclass
class PastClock:
    """A clock that begins in the past and stands still until it is moved. UTC seconds."""

    now: float

    def __call__(self) -> float:
        return self.now


class PastDays:
    """Lets days go by in a service whose clock it moves."""

    def __init__(self, service: Service, clock: PastClock, until: float) -> None:
        self.service, self.clock, self.until = service, clock, until
        self.random = random.Random(1)
        self.tasks: dict[int, DemoTask] = {}

    def begin(self, owner: Master) -> None:
        """Make the tasks."""
        for task in TASKS:
            argument = {"name": task.walker, "ctx": dict(task.ctx), "nd": "active:graph", "mst": jid(owner.uid)}
            draft = Draft(task.name, WALKER, argument, dict(task.schedule), task.timezone, task.policies)
            made = self.service.periodic_tasks.create(draft)
            self.tasks[made.id] = task
            if task.paused:
                self.service.periodic_tasks.disable(made.id, task.paused, by=owner.uid)

    def go_by(self) -> int:
        """Fire and run whatever comes due, up to now; how many runs."""
        uid = self.service.consumers.enter(Consumer("demo", "worker", "", Process("elsewhere", 1, "1"), 1)).uid
        runs = 0
        while self.clock.now < self.until:
            coming = self.service.firing.tick(self.clock.now)
            while (claim := self.service.ledger.claim(uid, "huey@demo", 1)) is not None:
                self.run(claim)
                runs += 1
            self.clock.now = max(self.clock.now + 1, min(coming or self.until, self.clock.now + STEP_S))
        self.service.consumers.leave(uid)
        return runs

    def run(self, claim: Claim) -> None:
        """Let a run take its time, and end it."""
        task = self.tasks[claim.schedule or 0]
        started, took_s = self.clock.now, self.random.uniform(*task.took_s)
        self.clock.now += took_s
        ill = self.until - started < task.fails_for_h * HOUR_S or self.random.random() < task.fails
        if not ill:
            report = [f"done, {self.random.randint(1, 90)} items"]
            answer = {"success": True, "report": report, "final_node": None, "yielded": False}
            self.service.ledger.succeed(claim, json_text.write(answer))
        else:
            self.service.ledger.fail(claim.id, claim.attempt, "ConnectionError", task.error)
        if task.took_s[1] < SHORT_S:
            # As if there were more workers: the runs of the same time don't wait for each other.
            self.clock.now = started + min(took_s, 1.0)


class NotEmpty(Exception):
    """The installation has periodic tasks already."""


@dataclass(frozen=True)
class Filled:
    """What was made: periodic tasks, runs, and the first admin (email, and password if it was made up) if there was none."""

    tasks: int
    runs: int
    admin: tuple[str, str | None] | None


def fill(settings: Settings) -> Filled:
    """Make the tasks of the first admin and the runs of their past. Raises NotEmpty."""
    until = time.time()
    clock = PastClock(until - DAYS * DAY_S)
    service = build(settings, clock=clock)
    try:
        admin = service.first_admin()
        owner = service.masters.by_email(settings.admin_email)
        if owner is None or service.db.value(ScheduleTable.select(ScheduleTable.id).limit(1)) is not None:
            raise NotEmpty("there are periodic tasks already; use an empty DATA_DIR")
        past = PastDays(service, clock, until)
        past.begin(owner)
        return Filled(len(TASKS), past.go_by(), admin)
    finally:
        service.close()
