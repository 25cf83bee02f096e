"""Plain data that describes a job: to be enqueued, claimed, or finished."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from walkabout.jids import new_uid


@dataclass(frozen=True)
class Upload:
    """A file that comes with a job: the field of `ctx` that it belongs to, and the file."""

    field: str
    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class JobSpec:
    """A run that is asked for. Times are UTC seconds; `argument` is JSON. `within_transaction()` writes
    what belongs to it, in the same transaction; what it raises undoes the asking."""

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
