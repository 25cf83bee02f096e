"""A periodic task: what it runs, when, by which policies, and its state."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from walkabout import json_text
from walkabout.jobs.template import JobTemplate
from walkabout.nearest import suggest
from walkabout.periodic.errors import Broken
from walkabout.periodic.health import LATE_S, NEW
from walkabout.periodic.policies import DEFAULTS, Policies
from walkabout.periodic.rules.schedule import Schedule, read_schedule
from walkabout.periodic.rules.wording import either, excerpt, wrong
from walkabout.periodic.rules.zones import read_zone
from walkabout.problems import Invalid, refuse

WALKER, SEQUENCE = "ScheduledWalker", "ScheduledSequence"
FULL_NAMES = "jaseci.svc.task.common."  # what stands before a kind of task in the original
ACTIVE, DISABLED, FINISHED, EXPIRED, NEVER = "active", "disabled", "finished", "expired", "never"
OVER = (FINISHED, EXPIRED, NEVER)


JobTemplates = dict[str, JobTemplate]
"""What can run, by the kind of task."""


@dataclass(frozen=True)
class PeriodicTask:
    """One row of the table `schedule`. Times are UTC seconds; `argument` and `schedule` are JSON texts; `owner`: a uid.

    `next_run_at` is the next due time, `fire_at` the same with the task's own part of the jitter; both are None unless
    the task is active. `share` (0 to 1) makes that part, and stays. `anchor`: from where intervals are counted.
    `computed_at`: what the clock said when the due time was computed. When it was computed anew, since the clock had been wrong:
    `repaired_at`, with what the clock had said until then, `repaired_from`, and the due time given up, `repaired_until`.
    `health` (see health.py) is how it is since `health_since`, `failures` in a row, and `health_note` why.
    """

    id: int
    name: str
    task: str
    argument: str
    schedule: str
    timezone: str
    owner: str
    state: str
    note: str
    one_off: bool
    start_at: float | None
    expires_at: float | None
    anchor: float
    share: float
    next_run_at: float | None
    fire_at: float | None
    last_run_at: float | None
    total_run_count: int
    revision: int
    created_at: float
    updated_at: float
    computed_at: float | None = None
    repaired_at: float | None = None
    repaired_from: float | None = None
    repaired_until: float | None = None
    health: int = NEW
    health_since: float | None = None
    failures: int = 0
    health_note: str = ""
    policies: Policies = DEFAULTS

    def rule(self) -> Schedule:
        """When it fires. Raises what reading raises when the row is broken."""
        return _rule(self.schedule, self.timezone, self.anchor)

    @property
    def zone(self) -> ZoneInfo:
        """Whose clock it is on; UTC of a broken row, which can still be looked at."""
        try:
            return read_zone(self.timezone)
        except Invalid:
            return ZoneInfo("UTC")

    @property
    def offset_s(self) -> float:
        """How much later than due it fires."""
        return self.policies.offset_s(self.share)

    def fires_by(self, now: float) -> bool:
        """Whether it was to fire by now (UTC seconds); also when it was put off since its next time can't be computed."""
        return self.next_run_at is not None and self.next_run_at + self.offset_s <= now

    def fires_within(self, seconds: float, now: float) -> bool:
        """Whether it is to fire within so many seconds from now (UTC seconds)."""
        return self.fire_at is not None and self.fire_at - now < seconds

    def is_late(self, now: float) -> bool:
        """Whether it was to fire a while before now (UTC seconds), and has not."""
        return self.fire_at is not None and self.fire_at < now - LATE_S

    def argument_object(self) -> dict[str, Any]:
        """What it runs with. Raises Broken."""
        return _object("argument", self.argument)

    def schedule_object(self) -> dict[str, Any]:
        """Its schedule as JSON. Raises Broken."""
        return _object("schedule", self.schedule)

    def has_schedule(self, schedule: Schedule) -> bool:
        """Whether it has this schedule already, whatever the zone. What can't be read is none."""
        try:
            return self.rule().is_like(schedule)
        except Exception:
            return False

    def with_schedule(self, schedule: Schedule) -> "PeriodicTask":
        """The task with another schedule; `with_due_time` says when it is due next."""
        return replace(
            self,
            schedule=json_text.write(schedule.as_json()),
            timezone=schedule.zone.key,
            one_off=schedule.one_off,
            start_at=schedule.start_time.timestamp() if schedule.start_time else None,
            expires_at=schedule.expires.timestamp() if schedule.expires else None,
        )

    def with_due_time(self, state: str, due_at: float | None, now: float | None = None) -> "PeriodicTask":
        """The task with this state and due time (UTC seconds), as computed now; None: it was computed before."""
        fire_at = None if due_at is None else due_at + self.offset_s
        computed_at = self.computed_at if now is None else now
        return replace(self, state=state, next_run_at=due_at, fire_at=fire_at, computed_at=computed_at)

    def words(self) -> str:
        """When it fires, in words; why that can't be said when the row is broken."""
        try:
            return self.rule().describe()
        except Exception as error:
            return f"Its schedule can't be read ({type(error).__name__}: {error})"


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        value = json_text.load(text)
    except ValueError as error:
        raise Broken(name, f"can't be read ({error})") from None
    if not isinstance(value, dict):
        raise Broken(name, "is not an object")
    return value


# Rules never change; pages and ticks read those of the same tasks again and again.
@lru_cache(maxsize=1024)
def _rule(schedule: str, timezone: str, anchor: float) -> Schedule:
    return read_schedule(_object("schedule", schedule), timezone, anchor=moment(anchor))


def task_kind(word: object) -> str:
    """The kind of task that a word names; the original's full names are taken too. Raises Invalid, field `task`."""
    if isinstance(word, str) and word.removeprefix(FULL_NAMES) in (WALKER, SEQUENCE):
        return word.removeprefix(FULL_NAMES)
    near = suggest(word, (WALKER, SEQUENCE)) if isinstance(word, str) else ""
    raise refuse("task", wrong(excerpt(word), "a kind of task", either((WALKER, SEQUENCE)), near))


def moment(seconds: float) -> datetime:
    """UTC seconds as a moment."""
    return datetime.fromtimestamp(seconds, UTC)


def first_due(rule: Schedule, now: float) -> tuple[str, float | None]:
    """The state of a task that begins to follow a rule now, and its first due time."""
    first = rule.next_after(moment(now))
    if first is not None:
        return ACTIVE, first.timestamp()
    return how_it_ends(rule, now), None


def how_it_ends(rule: Schedule, now: float) -> str:
    """The state of a task whose rule has no time later than now."""
    return EXPIRED if rule.next_without_end(moment(now)) is not None else NEVER
