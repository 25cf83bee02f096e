"""Looks an installation over, and says what is wrong and what to do: the first thing to ask when something does not run."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from walkabout.database.connections import Database, Unavailable
from walkabout.database.file import is_open_to_others
from walkabout.jobs import sums
from walkabout.jobs.carrier import Carrier
from walkabout.jobs.worker.consumers import Consumers
from walkabout.jobs.worker.machine_clock import MachineClock
from walkabout.notices import listing as notice_listing
from walkabout.people.password_rules import weak_admin_password
from walkabout.periodic import due_tasks, listing
from walkabout.periodic.condition import ATTENTION, LATE, PAUSED
from walkabout.periodic.health import LATE_S
from walkabout.periodic.listing import TaskFilter
from walkabout.settings import MB, Settings
from walkabout.times import Clock
from walkabout.walking.sentinel import Sentinel

FINE, LOOK, BAD = "ok", "look", "bad"
"""How a finding is: nothing to do, worth a look, something does not work."""
WAITS_S = 60.0  # a job that waits longer for a free worker is worth a look
DAY_S = 86_400.0
COUNTED = 1_000_000  # tasks


@dataclass(frozen=True)
class Finding:
    """What was found in one area, and what to do about it ("": nothing)."""

    area: str
    level: str
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Doctor:
    """Looks at one installation, from a process of its own."""

    settings: Settings
    db: Database
    clock: Clock
    consumers: Consumers
    machine_clock: MachineClock
    sentinel: Sentinel
    carrier: Carrier | None

    def look(self) -> list[Finding]:
        """What there is to say of each area, in the order in which to see to it."""
        found = [*self._settings(), *self._files()]
        for area, question in self._questions():
            try:
                found += question()
            except Unavailable as error:
                found.append(Finding(area, BAD, f"the database can't be used: {error}", "see docs/operate.md"))
                if area == "database":
                    break  # the others could say nothing else
        return found

    def _questions(self) -> list[tuple[str, Callable[[], Iterator[Finding]]]]:
        return [
            ("database", self._database),
            ("workers", self._workers),
            ("queue", self._queue),
            ("tasks", self._tasks),
            ("clock", self._clock),
            ("walkers", self._walkers),
            ("notices", self._notices),
        ]

    def _settings(self) -> Iterator[Finding]:
        if weak := weak_admin_password(self.settings):
            yield Finding(
                "settings", LOOK, f"ADMIN_PASSWORD {weak}", "choose a longer one, on the page under your account"
            )
        is_near = self.settings.host in ("127.0.0.1", "::1", "localhost")
        if not is_near and not self.settings.proxies:
            text = f"HOST={self.settings.host} is open to others, and PROXIES is 0: what they send is not encrypted"
            yield Finding("settings", LOOK, text, "put a proxy with TLS in front, and set PROXIES (docs/deploy.md)")
        else:
            yield Finding("settings", FINE, "every variable can be used")

    def _files(self) -> Iterator[Finding]:
        folder = Path(self.settings.data_path)
        if is_open_to_others(folder):
            yield Finding("files", LOOK, f"others may enter {folder}", f"chmod 700 {folder}")
        free = shutil.disk_usage(folder).free
        if free < self.settings.disk_least_mb * MB:
            yield Finding("files", BAD, f"{free // MB:,} MiB are free on the disk of {folder}", "make room")
        else:
            yield Finding("files", FINE, f"{folder}, {free // MB:,} MiB free")

    def _database(self) -> Iterator[Finding]:
        self.db.value("SELECT 1")
        if self.db.trouble is not None:
            yield Finding("database", BAD, str(self.db.trouble), "restore a backup (docs/operate.md)")
            return
        where = self.db.path or "PostgreSQL"
        yield Finding("database", FINE, f"{where} answers, its tables are up to date")

    def _workers(self) -> Iterator[Finding]:
        alive = self.consumers.alive()
        if alive:
            workers = sum(consumer.living for consumer in alive)
            names = ", ".join(consumer.name for consumer in alive)
            yield Finding("workers", FINE, f"{workers} alive: {names}")
        elif self.settings.workers == 0:
            yield Finding("workers", LOOK, "WORKERS is 0: nothing runs in the background, no task fires")
        else:
            yield Finding(
                "workers", BAD, "none is alive: jobs wait, no task fires", "start the worker process (make run)"
            )

    def _queue(self) -> Iterator[Finding]:
        if self.carrier is not None and not self.carrier.answers():
            yield Finding("queue", LOOK, "Redis does not answer: jobs start up to seconds later", "see to REDIS_URL")
        number: dict[str, int] = {}
        for state, *_, jobs in sums.open_jobs(self.db):
            number[state] = number.get(state, 0) + jobs
        text = ", ".join(f"{jobs} {state}" for state, jobs in sorted(number.items())) or "empty"
        since = sums.oldest_waiting(self.db)
        waited_s = 0.0 if since is None else self.clock() - since
        if waited_s > WAITS_S:
            remedy = "look at the Queue page: what runs so long? Or set WORKERS higher"
            yield Finding("queue", LOOK, f"{text}; one has waited for a free worker for {waited_s:.0f} s", remedy)
        else:
            yield Finding("queue", FINE, text)

    def _tasks(self) -> Iterator[Finding]:
        now = self.clock()
        ill = listing.count(self.db, TaskFilter(condition=ATTENTION, now=now), COUNTED)
        late = listing.count(self.db, TaskFilter(condition=LATE, now=now), COUNTED)
        paused = listing.count(self.db, TaskFilter(condition=PAUSED, now=now), COUNTED)
        overdue_s = due_tasks.overdue_s(self.db, now)
        if overdue_s > LATE_S:
            text = f"{late} late, one is due since {overdue_s:.0f} s"
            yield Finding("tasks", BAD, text, "the tick does not run: see workers and clock above and below")
        elif ill:
            yield Finding(
                "tasks", LOOK, f"{ill} need attention, {paused} are paused", "the list of tasks has them first"
            )
        else:
            yield Finding("tasks", FINE, f"all are well, {paused} are paused")

    def _clock(self) -> Iterator[Finding]:
        self.machine_clock.compare()
        off = self.machine_clock.machines_off()
        for one in off:
            text = f"that of {one.machine} is off the database's by {one.off_s:+.1f} s"
            yield Finding("clock", BAD, text, "set it by NTP: timedatectl set-ntp true")
        if not off:
            yield Finding("clock", FINE, "right" if self.machine_clock.is_shared else "one machine, one clock")

    def _walkers(self) -> Iterator[Finding]:
        for file, error in self.sentinel.errors():
            yield Finding("walkers", BAD, f"{file}: {error}", "mend the file; it is loaded again by itself")
        yield Finding("walkers", FINE, f"{len(self.sentinel.walkers())} in {self.settings.walkers_dir}")

    def _notices(self) -> Iterator[Finding]:
        given_up = notice_listing.given_up_since(self.db, None, self.clock() - DAY_S)
        if given_up:
            text = f"{given_up} could not be delivered since yesterday"
            yield Finding("notices", LOOK, text, "the page Notices has the errors, and a test for each address")
        else:
            yield Finding("notices", FINE, "all of the last day were delivered")
