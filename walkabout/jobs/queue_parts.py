"""The queue in parts: what runs, what waits for its time, and what waits for a worker or for the limits of its walker."""

from dataclasses import dataclass
from typing import Any

from walkabout.database.connections import Database
from walkabout.jobs.claiming import GATED, IN_ORDER, READY, SIDES, column_of, named_queues, sides_of
from walkabout.jobs.queries import Shape, shaped
from walkabout.jobs.specs import QueuedJob
from walkabout.setting_groups.queues import DEFAULT_QUEUE

LOAD_MOST = 1000  # waiting jobs of one queue that are counted
ACTIVE, SCHEDULED, RESERVED = "active", "scheduled", "reserved"
_PARTS = {  # what belongs to each, and in which order
    ACTIVE: ("job.state = 'STARTED'", "job.started_at, job.id"),
    SCHEDULED: ("job.wait_until IS NOT NULL", "job.wait_until, job.id"),
    RESERVED: ("job.state = 'PENDING' AND job.wait_until IS NULL", "job.priority DESC, job.id"),
}

_RESERVED_IN = (*(f"{READY} AND {side}" for side in SIDES), GATED)
_FIRST_RESERVED = " UNION ALL ".join(
    f"SELECT * FROM (SELECT id FROM job WHERE {one} {IN_ORDER} LIMIT ?) AS part_{number}"
    for number, one in enumerate(_RESERVED_IN)
)


def queued(db: Database, shape: type[Shape], part: str, owner: str | None, limit: int) -> list[Shape]:
    """The first jobs of a part of the queue, of an owner (a uid) or of all: "active" (they run, the oldest first),
    "scheduled" (they wait for their time, the next one first) or "reserved" (in the order in which a free worker will
    take them). Index: job_started, job_waiting, job_ready.
    """
    where, params = _part(part, owner)
    if part == RESERVED and owner is None:
        # Each of the indexes of what waits has its head in order.
        where, params = f"job.id IN ({_FIRST_RESERVED})", (limit,) * len(_RESERVED_IN)
    return shaped(db, shape, f"WHERE {where} ORDER BY {_PARTS[part][1]} LIMIT ?", (*params, limit))


def queued_in_all(db: Database, part: str, owner: str | None) -> int:
    """How many jobs a part of the queue has in all. Index: as `queued`, job_waits."""
    where, params = _part(part, owner)
    return int(db.rows(f"SELECT count(*) FROM job WHERE {where}", params)[0][0])


def _part(part: str, owner: str | None) -> tuple[str, tuple[Any, ...]]:
    where = _PARTS[part][0]
    return (where, ()) if owner is None else (f"{where} AND job.owner = ?", (owner,))


@dataclass(frozen=True)
class QueueLoad:
    """One queue: how many of its jobs run, how many are ready and wait for a worker (counted up to LOAD_MOST), and since when
    the one of those waits that has waited longest (UTC seconds; None: none does)."""

    name: str
    running: int
    waiting: int
    since: float | None


def loads(db: Database, owner: str | None) -> list[QueueLoad]:
    """The queues that have something now, of an owner's (a uid's) jobs or of all; the default one is always there.

    Index: job_started, job_ready, job_named, job_waits.
    """
    whose, params = ("", ()) if owner is None else (" AND owner = ?", (owner,))
    running: dict[str | None, int] = dict(
        db.rows(f"SELECT queue, count(*) FROM job WHERE state = 'STARTED'{whose} GROUP BY queue", params)
    )
    names = {name for name in (*running, *named_queues(db)) if name is not None}
    return [_load(db, name, running.get(column_of(name), 0), owner) for name in (DEFAULT_QUEUE, *sorted(names))]


def _load(db: Database, name: str, running: int, owner: str | None) -> QueueLoad:
    whose, params = ("", ()) if owner is None else (" AND owner = ?", (owner,))
    (side,) = sides_of((name,))
    ready = f"SELECT queued_at FROM job WHERE {READY} AND {side}{whose} {IN_ORDER} LIMIT {LOAD_MOST}"
    waiting, since = db.rows(f"SELECT count(*), min(queued_at) FROM ({ready}) AS ready", params)[0]
    return QueueLoad(name, running, waiting, since)


def ready(db: Database, before: float, most: int) -> list[QueuedJob]:
    """The next jobs that wait for a free worker and were queued before a moment (UTC seconds): so many of the default queue,
    and of all others together. Index: job_ready, job_named_ready."""
    found: list[QueuedJob] = []
    for side in SIDES:
        rows = db.rows(
            f"SELECT uid, queued_at, priority, queue FROM job WHERE {READY} AND {side} AND queued_at <= ? {IN_ORDER} LIMIT ?",
            (before, most),
        )
        found += [QueuedJob(*row) for row in rows]
    return found
