"""The ledger as it is read: one task, those that ended, and what stands in the queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from walkabout.database.connections import Database
from walkabout.jobs.ledger import ENDED, Upload

_COLUMNS = (
    "uid, kind, name, owner, state, argument, priority, eta, wait_until, queued_at, started_at, ended_at, attempt,"
    " consumer, worker, worker_pid, progress, result, error, reason"
)
QUEUE_MOST = 1000  # tasks that the queue shows of each kind


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


def running(db: Database, owner: str | None) -> list[JobState]:
    """The tasks that run, of an owner (a uid) or of all, oldest first. Index: job_started."""
    return _listed(db, "state = 'STARTED'", owner, "started_at, id")


def scheduled(db: Database, owner: str | None) -> list[JobState]:
    """The tasks that wait for their time, the next one first. Index: job_waiting."""
    return _listed(db, "wait_until IS NOT NULL", owner, "wait_until, id")


def reserved(db: Database, owner: str | None) -> list[JobState]:
    """The tasks that wait for a free worker, in the order in which they will be taken. Index: job_ready."""
    return _listed(db, "state = 'PENDING' AND wait_until IS NULL", owner, "priority DESC, id")


def _listed(db: Database, where: str, owner: str | None, order: str) -> list[JobState]:
    params: list[Any] = []
    if owner is not None:
        where += " AND owner = ?"
        params.append(owner)
    rows = db.rows(f"SELECT {_COLUMNS} FROM job WHERE {where} ORDER BY {order} LIMIT ?", [*params, QUEUE_MOST])
    return [JobState(*row) for row in rows]
