"""Runs as lists and one by one, for people: the ledger's rows as the page reads them.

Lists are read by key (the row's id), so that a page deep in the past costs what the first one does.
"""

from dataclasses import dataclass
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Database, Row
from walkabout.jobs import reading
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.specs import JobSpec, Upload
from walkabout.jobs.states import NO_RUN

_LISTED = (
    "job.id, job.uid, job.name, job.owner, master.email, job.state, job.queued_at, job.eta, job.wait_until,"
    " job.started_at, job.ended_at, job.attempt, job.max_attempts, job.worker, job.progress, job.error, job.reason,"
    " job.schedule, job.scheduled_for"
)
_WHOLE = (
    f"{_LISTED}, job.kind, job.argument, job.result, job.priority, job.takeovers, job.worker_pid, job.limit_s, job.sent,"
    " job.fire_at, job.changes"
)
_FROM = "FROM job LEFT JOIN master ON master.uid = job.owner"


@dataclass(frozen=True)
class ListedJob:
    """One run as lists show it. Times are UTC seconds; progress and error are JSON texts. `email`: the owner's."""

    id: int
    uid: str
    name: str
    owner: str
    email: str | None
    state: str
    queued_at: float
    eta: float | None
    wait_until: float | None
    started_at: float | None
    ended_at: float | None
    attempt: int
    max_attempts: int
    worker: str | None
    progress: str | None
    error: str | None
    reason: str | None
    schedule: int | None
    scheduled_for: float | None

    @property
    def ran(self) -> bool:
        """Whether it is a run, and not a note that there was none."""
        return self.state not in NO_RUN


@dataclass(frozen=True)
class WholeJob(ListedJob):
    """One run with all that is known of it. `argument`, `result` and `changes` are JSON texts.

    `fire_at`: when a schedule was to see to it, UTC seconds; `changes`: what it changed in the graph (graph/summary.py).
    """

    kind: str
    argument: str
    result: str | None
    priority: int
    takeovers: int
    worker_pid: int | None
    limit_s: float | None
    sent: str | None
    fire_at: float | None
    changes: str | None


@dataclass(frozen=True)
class JobFilter:
    """Which runs a list has: of these states, of a walker, of an owner (a uid), asked for since and until (UTC s).

    `schedule`: the id of a scheduled task.
    """

    states: tuple[str, ...] = ()
    name: str = ""
    owner: str | None = None
    since: float | None = None
    until: float | None = None
    schedule: int | None = None

    def where(self) -> tuple[list[str], list[Any]]:
        """The conditions as SQL, and their parameters."""
        parts: list[str] = []
        params: list[Any] = []
        if self.states:
            parts.append(f"job.state IN ({', '.join('?' * len(self.states))})")
            params.extend(self.states)
        for condition, value in (
            ("job.name = ?", self.name or None),
            ("job.owner = ?", self.owner),
            ("job.queued_at >= ?", self.since),
            ("job.queued_at < ?", self.until),
            ("job.schedule = ?", self.schedule),
        ):
            if value is not None:
                parts.append(condition)
                params.append(value)
        return parts, params


def runs(
    db: Database, which: JobFilter, limit: int, *, before: int | None = None, after: int | None = None
) -> list[ListedJob]:
    """Runs, newest first: the newest ones, those before a row's id, or those right after it.

    Index: the primary key, job_owner, job_schedule.
    """
    parts, params = which.where()
    for condition, value in (("job.id < ?", before), ("job.id > ?", after)):
        if value is not None:
            parts.append(condition)
            params.append(value)
    where = "WHERE " + " AND ".join(parts) if parts else ""
    order = "ASC" if after is not None else "DESC"
    rows = db.rows(f"SELECT {_LISTED} {_FROM} {where} ORDER BY job.id {order} LIMIT ?", [*params, limit])
    return [ListedJob(*row) for row in (reversed(rows) if after is not None else rows)]


def run(db: Database, uid: str) -> WholeJob | None:
    """The run of a uid, or None. Index: job.uid."""
    row = db.first(f"SELECT {_WHOLE} {_FROM} WHERE job.uid = ?", (uid,))
    return WholeJob(*row) if row else None


def result(db: Database, uid: str) -> str | None:
    """The result of a run as JSON text, or None. Index: job.uid."""
    row = db.first("SELECT result FROM job WHERE uid = ?", (uid,))
    return row[0] if row else None


def newest_at(db: Database) -> float | None:
    """When the newest row was asked for (UTC seconds), or None. Index: the primary key."""
    row = db.first("SELECT queued_at FROM job ORDER BY id DESC LIMIT 1")
    return row[0] if row else None


def running(db: Database, owner: str | None, limit: int) -> list[ListedJob]:
    """The runs that run, of an owner (a uid) or of all, oldest first. Index: job_started."""
    return _queued(db, "job.state = 'STARTED'", owner, "job.started_at, job.id", limit)


def scheduled(db: Database, owner: str | None, limit: int) -> list[ListedJob]:
    """The runs that wait for their time, the next one first. Index: job_waiting."""
    return _queued(db, "job.wait_until IS NOT NULL", owner, "job.wait_until, job.id", limit)


def reserved(db: Database, owner: str | None, limit: int) -> list[ListedJob]:
    """The runs that wait for a free worker, in the order in which they will be taken. Index: job_ready."""
    where = "job.state = 'PENDING' AND job.wait_until IS NULL"
    return _queued(db, where, owner, "job.priority DESC, job.id", limit)


def again(db: Database, ledger: Ledger, uid: str) -> str | None:
    """Ask for a run once more, as it was asked for, with its files; the new uid, or None when it is gone."""
    row = db.first(
        "SELECT kind, name, owner, argument, priority, limit_s, repeatable, max_attempts, backoff_s FROM job WHERE uid = ?",
        (uid,),
    )
    return ledger.enqueue(_copy(row, reading.uploads(db, uid))) if row else None


def _copy(row: Row, uploads: list[Upload]) -> JobSpec:
    kind, name, owner, argument, priority, limit_s, repeatable, max_attempts, backoff_s = row
    return JobSpec(
        kind,
        name,
        owner,
        json_text.load(argument),
        priority=priority,
        limit_s=limit_s,
        repeatable=bool(repeatable),
        max_attempts=max_attempts,
        backoff_s=backoff_s,
        uploads=tuple(uploads),
    )


def _queued(db: Database, where: str, owner: str | None, order: str, limit: int) -> list[ListedJob]:
    params: list[Any] = []
    if owner is not None:
        where += " AND job.owner = ?"
        params.append(owner)
    rows = db.rows(f"SELECT {_LISTED} {_FROM} WHERE {where} ORDER BY {order} LIMIT ?", [*params, limit])
    return [ListedJob(*row) for row in rows]
