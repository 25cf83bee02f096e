"""The queries on the ledger: one run, the runs that ended, and what is in the queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from walkabout.database.connections import Database
from walkabout.jobs.specs import Upload
from walkabout.jobs.states import ENDED

_COLUMNS = (
    "uid, kind, name, owner, state, argument, priority, eta, wait_until, queued_at, started_at, ended_at, attempt,"
    " consumer, worker, worker_pid, progress, result, error, reason"
)
# The parts of the queue: what belongs to each, and in which order.
_PARTS = {
    "active": ("state = 'STARTED'", "started_at, id"),
    "scheduled": ("wait_until IS NOT NULL", "wait_until, id"),
    "reserved": ("state = 'PENDING' AND wait_until IS NULL", "priority DESC, id"),
}


@dataclass(frozen=True)
class JobState:
    """One row of the ledger. Times are UTC seconds; argument, progress, result and error are JSON texts."""

    uid: str
    kind: str
    name: str
    owner: str
    state: str
    argument: str
    priority: int
    eta: float | None
    wait_until: float | None
    queued_at: float
    started_at: float | None
    ended_at: float | None
    attempt: int
    consumer: str | None
    worker: str | None
    worker_pid: int | None
    progress: str | None
    result: str | None
    error: str | None
    reason: str | None

    @property
    def ended(self) -> bool:
        """Whether it is over, in whatever way."""
        return self.state in ENDED


def task(db: Database, uid: str) -> JobState | None:
    """The task of a uid, or None. Index: job.uid."""
    row = db.first(f"SELECT {_COLUMNS} FROM job WHERE uid = ?", (uid,))
    return JobState(*row) if row else None


def uid_of_row(db: Database, job_id: int) -> str:
    """The uid of a row of the ledger; empty when it is gone."""
    row = db.first("SELECT uid FROM job WHERE id = ?", (job_id,))
    return row[0] if row else ""


def kind_of_row(db: Database, job_id: int) -> str:
    """The kind of a row of the ledger; empty when it is gone."""
    row = db.first("SELECT kind FROM job WHERE id = ?", (job_id,))
    return row[0] if row else ""


def uploads(db: Database, uid: str) -> list[Upload]:
    """The files that came with a run."""
    rows = db.rows("SELECT field, name, type, content FROM job_file WHERE job = ? ORDER BY field, position", (uid,))
    return [Upload(*row) for row in rows]


def ended(db: Database, uids: Sequence[str]) -> set[str]:
    """Which of these tasks are over (or gone), by one question. Index: job.uid."""
    which, params = db.among("uid", uids)
    going = db.rows(f"SELECT uid FROM job WHERE {which} AND ended_at IS NULL", params)
    return set(uids) - {row[0] for row in going}


def next_due(db: Database) -> float | None:
    """When the next run's time comes, UTC seconds, or None. Index: job_waiting."""
    row = db.first("SELECT min(wait_until) FROM job WHERE wait_until IS NOT NULL")
    return row[0] if row else None


def cancelled(db: Database, consumer: str) -> list[tuple[int, int]]:
    """The runs of a consumer that are to be ended, as (id, attempt). Index: job_started."""
    rows = db.rows("SELECT id, attempt FROM job WHERE state = 'STARTED' AND consumer = ? AND cancel = 1", (consumer,))
    return [(row[0], row[1]) for row in rows]


def queued(db: Database, part: str, owner: str | None, limit: int) -> list[JobState]:
    """The first tasks of a part of the queue, of an owner (a uid) or of all: "active" (they run, the oldest first),
    "scheduled" (they wait for their time, the next one first) or "reserved" (in the order in which a free worker will
    take them). Index: job_started, job_waiting, job_ready.
    """
    where, order = _PARTS[part]
    whose, params = _whose(owner)
    rows = db.rows(f"SELECT {_COLUMNS} FROM job WHERE {where}{whose} ORDER BY {order} LIMIT ?", [*params, limit])
    return [JobState(*row) for row in rows]


def queued_in_all(db: Database, part: str, owner: str | None) -> int:
    """How many tasks a part of the queue has in all. Index: as `queued`, job_waits."""
    whose, params = _whose(owner)
    rows = db.rows(f"SELECT count(*) FROM job WHERE {_PARTS[part][0]}{whose}", params)
    return int(rows[0][0])


def _whose(owner: str | None) -> tuple[str, list[Any]]:
    return ("", []) if owner is None else (" AND owner = ?", [owner])
