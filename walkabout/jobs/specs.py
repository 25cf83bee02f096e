"""Plain data that describes a job: to be enqueued, claimed, or finished.

`columns` gives the row of the table `job` that the ledger makes of such a record, by the names of its columns.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from walkabout import json_text, tracing
from walkabout.jids import new_uid
from walkabout.jobs.claiming import column_of
from walkabout.jobs.limits import JobLimits
from walkabout.json_text import excerpt
from walkabout.problems import refuse
from walkabout.setting_groups.queues import DEFAULT_QUEUE, QUEUE_NAME, is_queue_name

PRIORITIES = (-9, 9)
LONGEST_DELAY_S = 100 * 366 * 86400.0  # how far away a run's time may be
HELD_UNTIL = 253_402_300_799.0  # the end of the year 9999: the wait of a run that no time releases


@dataclass(frozen=True)
class Upload:
    """A file that comes with a job: the field of `ctx` that it belongs to, and the file."""

    field: str
    name: str
    type: str
    content: bytes


class QueuedJob(NamedTuple):
    """What whoever wakes workers is told of a run: when it was queued (UTC seconds), and its queue as the column has it (None:
    the default). `waits`: for its time, not for a worker."""

    uid: str
    queued_at: float
    priority: int
    queue: str | None = None
    waits: bool = False


@dataclass(frozen=True)
class JobSpec:
    """A run that is asked for. Times are UTC seconds; `argument` is JSON. `within_transaction()` writes
    what belongs to it, in the same transaction; what it raises undoes the asking. `cleans_up`: it has something to do when
    it is cancelled. `schedule`, `task_name`: the id and the name of the periodic task that it is a run of; `asked_by`: the
    uid of who asked for it by hand; `traceparent`: the trace in which it is asked for (see tracing.py)."""

    kind: str
    name: str
    owner: str
    argument: dict[str, Any]
    uid: str = field(default_factory=new_uid)
    priority: int = 0
    eta: float | None = None
    limit_s: float | None = None
    repeatable: bool = True
    max_attempts: int = 1
    backoff_s: float = 0.0
    uploads: tuple[Upload, ...] = ()
    within_transaction: Callable[[], None] | None = None
    cleans_up: bool = False
    schedule: int | None = None
    task_name: str | None = None
    asked_by: str | None = None
    traceparent: str | None = field(default_factory=tracing.current)
    queue: str = DEFAULT_QUEUE
    limits: JobLimits | None = None

    def waits_at(self, now: float) -> bool:
        """Whether it waits for its time at a moment (UTC seconds)."""
        return self.eta is not None and self.eta > now

    def columns(self, state: str, now: float) -> dict[str, Any]:
        """Its row in a state, queued now (UTC seconds), with no time to wait for."""
        limits = self.limits
        limited = {} if limits is None else {**vars(limits), "gate": limits.gate}
        return limited | {
            "queue": column_of(self.queue),
            "uid": self.uid,
            "kind": self.kind,
            "name": self.name,
            "owner": self.owner,
            "argument": json_text.write(self.argument),
            "state": state,
            "priority": self.priority,
            "queued_at": now,
            "limit_s": self.limit_s,
            "repeatable": self.repeatable,
            "cleans_up": self.cleans_up,
            "max_attempts": self.max_attempts,
            "backoff_s": self.backoff_s,
            "schedule": self.schedule,
            "task_name": self.task_name,
            "asked_by": self.asked_by,
            "traceparent": self.traceparent,
        }


@dataclass(frozen=True)
class Fire:
    """A due time of a schedule (its id) that gets a run. Times are UTC seconds.

    `due` is None for a run by hand; `at`: when the tick was to see to it. The run stands for `fires` due times, from
    `first` on, of which `missed` were missed. `caught_up`: one of several that run one after another after a pause;
    `held`: it waits for its turn.
    """

    schedule: int
    due: float | None
    at: float
    first: float | None = None
    fires: int = 1
    missed: int = 0
    caught_up: bool = False
    held: bool = False

    def columns(self) -> dict[str, Any]:
        """What it adds to the row of its run."""
        return {
            "schedule": self.schedule,
            "scheduled_for": self.due,
            "first_for": self.first,
            "fire_at": self.at,
            "fires": self.fires,
            "missed": self.missed,
            "caught_up": self.caught_up,
            "held": self.held,
            **({"wait_until": HELD_UNTIL, "gate": None} if self.held else {}),
        }


@dataclass(frozen=True)
class Unfired:
    """Due times of a schedule, from the first to the last, that get no run, and why. Times are UTC seconds."""

    schedule: int
    kind: str
    name: str
    owner: str
    first: float
    last: float
    count: int
    at: float
    reason: str

    def columns(self, state: str, now: float) -> dict[str, Any]:
        """Its row in a state, ended now (UTC seconds)."""
        return {
            "uid": new_uid(),
            "kind": self.kind,
            "name": self.name,
            "owner": self.owner,
            "argument": "{}",
            "state": state,
            "queued_at": now,
            "ended_at": now,
            "reason": self.reason,
            "schedule": self.schedule,
            "task_name": self.name,
            "first_for": self.first,
            "scheduled_for": self.last,
            "fires": self.count,
            "fire_at": self.at,
        }


@dataclass(frozen=True)
class Claim:
    """A run that somebody has taken: what to do, and the fence (`id` and `attempt`) for its outcome."""

    id: int
    uid: str
    kind: str
    name: str
    owner: str
    argument: str
    attempt: int
    raised: int
    max_attempts: int
    backoff_s: float
    limit_s: float | None
    repeatable: bool
    schedule: int | None = None
    task_name: str | None = None
    cancelling: bool = False
    cleans_up: bool = False
    traceparent: str | None = None
    lane: str | None = None
    rate: str | None = None

    @property
    def title(self) -> str:
        """What people call it: its task, else what it runs."""
        return self.task_name or self.name


class LeaseLost(Exception):
    """The run is not this attempt's any more: it was taken over, revoked, or is to be cancelled."""

    def __init__(self, claim: Claim) -> None:
        self.job_id = claim.id
        self.attempt = claim.attempt
        super().__init__(f"attempt {claim.attempt} of job {claim.uid} no longer owns it")


def check_queue(field: str, name: str) -> str:
    """The name of a queue. Raises Invalid, which names the field."""
    if not is_queue_name(name):
        near = re.sub(r"[^a-z0-9_-]+", "-", name.strip().lower()).strip("-")[:64]
        hint = f", did you mean {near}?" if is_queue_name(near) else ""
        raise refuse(field, f"{excerpt(name)} is not the name of a queue; use {QUEUE_NAME}{hint}")
    return name


def error_text(kind: str, message: str, path: str | None = None, errors: Sequence[Mapping[str, str]] = ()) -> str:
    """The JSON text of an error: its type and message, the path of a step, and all errors where there are several."""
    more: dict[str, Any] = {"path": path, "errors": list(errors) or None}
    told = {"type": kind, "message": message} | {name: value for name, value in more.items() if value is not None}
    return json_text.write(told)
