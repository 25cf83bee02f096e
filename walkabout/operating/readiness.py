"""Whether the service is ready: what a load balancer and a person ask first."""

from collections.abc import Callable
from dataclasses import dataclass

from walkabout.database.connections import Database, Unavailable
from walkabout.jobs.stopping import Stopping
from walkabout.jobs.worker.consumers import Consumers
from walkabout.jobs.worker.machine_clock import MachineClock
from walkabout.periodic import due_tasks
from walkabout.periodic.health import LATE_S
from walkabout.times import Clock


@dataclass(frozen=True)
class Readiness:
    """What is ready, and for what is not, why. `serves`: whether this process can answer requests."""

    serves: bool
    database: bool
    workers: bool
    tick: bool
    problems: tuple[str, ...]


@dataclass(frozen=True)
class ReadinessCheck:
    """Looks whether the service is ready, as this process sees it."""

    db: Database
    consumers: Consumers
    stopping: Stopping
    clock: Clock
    machine_clock: MachineClock

    def look(self) -> Readiness:
        """How it is at this moment."""
        database, why_database = _tried(self._database)
        workers, why_workers = _tried(self._workers) if database else (False, "")
        tick, why_tick = _tried(self._tick) if database else (False, "")
        stops = "this process was told to stop" if self.stopping.begun else ""
        why_clock = _tried(self._clocks)[1] if database else ""
        problems = tuple(why for why in (stops, why_database, why_workers, why_tick, why_clock) if why)
        return Readiness(database and not stops, database, workers, tick, problems)

    def _database(self) -> str:
        self.db.value("SELECT 1")
        return ""

    def _workers(self) -> str:
        return "" if self.consumers.alive() else "no worker is alive: jobs wait, and nothing is fired"

    def _tick(self) -> str:
        late_s = due_tasks.overdue_s(self.db, self.clock())
        return f"a periodic task is due since {late_s:.0f} s and has not been fired" if late_s > LATE_S else ""

    def _clocks(self) -> str:
        off = self.machine_clock.machines_off()
        worst_s = max((abs(one.off_s) for one in off), default=0.0)
        machines = "a machine's clock is" if len(off) == 1 else f"the clocks of {len(off)} machines are"
        return f"{machines} off the database's, by {worst_s:.1f} s at most; set it by NTP" if off else ""


def _tried(question: Callable[[], str]) -> tuple[bool, str]:
    try:
        why = question()
    except Unavailable as error:
        why = f"the database can't be used: {error}"
    return not why, why
