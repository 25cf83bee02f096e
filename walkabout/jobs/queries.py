"""The queries on the table of jobs, in two shapes: a job as lists show it, and a whole one.

Lists are read by key (the row's id), so that a page deep in the past costs what the first one does. What pages and
clients ask again and again is SQL text: to make a query of this width takes peewee 0.4 ms, ten times what SQLite takes to
answer it. The rest are peewee queries.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, TypeVar

from walkabout import json_text
from walkabout.database.connections import Database, Row
from walkabout.jobs.limits import JobLimits
from walkabout.jobs.specs import JobSpec, Upload
from walkabout.jobs.states import ENDED, NO_RUN
from walkabout.jobs.tables import JobFileTable, JobTable
from walkabout.setting_groups.queues import DEFAULT_QUEUE


# Neither shape is frozen: a page makes hundreds of them, and that would take ten times as long.
@dataclass(slots=True)
class ListedJob:
    """A job as lists show it. Times are UTC seconds; `progress` and `error` are JSON texts. `email`: the owner's.

    `schedule` to `missed`: what it is to a periodic task; see specs.Fire. `fire_at` is when the tick was to see to it.
    `task_name`: what the task is called, or was when it was deleted; `task_id`: `schedule`, if the task is still there.
    `lane` to `rate` are its walker's limits (limits.py), `gate` is the one that it waits for.
    """

    id: int
    uid: str
    kind: str
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
    first_for: float | None
    fire_at: float | None
    fires: int
    missed: int
    task_name: str | None
    task_id: int | None
    queue: str
    lane: str | None
    at_most: int | None
    rate: str | None
    gate: str | None

    @property
    def title(self) -> str:
        """What people call it: its task, else what it runs."""
        return self.task_name or self.name

    @property
    def ended(self) -> bool:
        """Whether it is over, in whatever way."""
        return self.state in ENDED

    @property
    def ran(self) -> bool:
        """Whether it is a run, and not a note that there was none."""
        return self.state not in NO_RUN

    @property
    def late_s(self) -> float:
        """Seconds from when the tick was to see to it until it started, or was queued if it has not started."""
        fire_at = self.queued_at if self.fire_at is None else self.fire_at
        return (self.started_at or self.queued_at) - fire_at


@dataclass(slots=True)
class WholeJob(ListedJob):
    """A job with all that is known of it. `argument`, `result` and `changes` are JSON texts; `changes`: what it changed
    in the graph (graph/summary.py)."""

    argument: str
    result: str | None
    priority: int
    takeovers: int
    worker_pid: int | None
    limit_s: float | None
    sent: str | None
    changes: str | None
    cleans_up: bool
    cancelling: bool
    asked_by: str | None


class OpenRun(NamedTuple):
    """A run of a periodic task that is not over, as the tick needs it. `due`: UTC seconds, None for a run by hand."""

    uid: str
    state: str
    due: float | None
    held: bool
    caught_up: bool


class Mark(NamedTuple):
    """A row of a periodic task's history, as small pictures of many need it. Times are UTC seconds."""

    uid: str
    state: str
    queued_at: float
    started_at: float | None
    ended_at: float | None


Shape = TypeVar("Shape", bound=ListedJob)


@dataclass(frozen=True)
class JobFilter:
    """Which jobs a list has: of these states, of a walker, of an owner (a uid), queued since and until (UTC s).

    `schedule`: the id of a periodic task; `alone`: only those of no task; `longer_s`: that took longer than so many
    seconds; `tag`: of tasks with this tag; `saved`: that have used this saved sequence; `upto`: up to this row (its id).
    """

    states: tuple[str, ...] = ()
    name: str = ""
    owner: str | None = None
    since: float | None = None
    until: float | None = None
    schedule: int | None = None
    alone: bool = False
    longer_s: float | None = None
    tag: str = ""
    saved: str = ""
    upto: int | None = None

    def conditions(self) -> tuple[list[str], list[Any]]:
        """The conditions as SQL, all of which hold, and their parameters."""
        conditions = [f"job.state IN ({', '.join('?' * len(self.states))})"] if self.states else []
        params: list[Any] = [*self.states]
        for condition, value in (
            ("job.name = ?", self.name or None),
            ("job.owner = ?", self.owner),
            ("job.queued_at >= ?", self.since),
            ("job.queued_at < ?", self.until),
            ("job.schedule = ?", self.schedule),
        ):
            if value is not None:
                conditions.append(condition)
                params.append(value)
        if self.upto is not None:
            conditions.append("job.id <= ?")
            params.append(self.upto)
        if self.longer_s is not None:
            conditions.append("job.ended_at - job.started_at > ?")
            params.append(self.longer_s)
        if self.tag:
            conditions.append("job.schedule IN (SELECT id FROM schedule WHERE ' ' || tags || ' ' LIKE ? ESCAPE '!')")
            params.append("% " + self.tag.replace("!", "!!").replace("%", "!%").replace("_", "!_") + " %")
        if self.saved:
            conditions.append("job.id IN (SELECT job FROM saved_sequence_run WHERE name = ?)")
            params.append(self.saved)
        if self.alone:
            conditions.append("job.schedule IS NULL")
        return conditions, params


# One job.


def job(db: Database, uid: str) -> WholeJob | None:
    """The job of a uid, or None. Index: job.uid."""
    found = shaped(db, WholeJob, "WHERE job.uid = ?", (uid,))
    return found[0] if found else None


def uid_of_row(db: Database, job_id: int) -> str:
    """The uid of a row of the ledger; empty when it is gone."""
    return db.value(JobTable.select(JobTable.uid).where(JobTable.id == job_id)) or ""


def kind_of_row(db: Database, job_id: int) -> str:
    """The kind of a row of the ledger; empty when it is gone."""
    return db.value(JobTable.select(JobTable.kind).where(JobTable.id == job_id)) or ""


def uploads(db: Database, uid: str) -> list[Upload]:
    """The files that came with a job."""
    files = JobFileTable.select(*JobFileTable.fields_of(Upload)).where(JobFileTable.job == uid)
    return db.records(Upload, files.order_by(JobFileTable.field, JobFileTable.position))


def spec_of(db: Database, uid: str) -> JobSpec | None:
    """A job as it was asked for, with its files, to be queued once more; None when it is gone. Index: job.uid."""
    names = (
        "kind",
        "name",
        "owner",
        "argument",
        "priority",
        "limit_s",
        "repeatable",
        "max_attempts",
        "backoff_s",
        "queue",
    )
    columns = [getattr(JobTable, name) for name in (*names, "schedule", "task_name", "lane", "at_most", "rate")]
    found: dict[str, Any] | None = db.record(dict, JobTable.select(*columns).where(JobTable.uid == uid))
    if found is None:
        return None
    limits = JobLimits(found.pop("lane"), found.pop("at_most"), found.pop("rate"))
    changed = {
        "argument": json_text.load(found["argument"]),
        "uploads": tuple(uploads(db, uid)),
        "queue": found["queue"] or DEFAULT_QUEUE,
        "limits": limits if limits.gate else None,
    }
    return JobSpec(**found | changed)


# The queue.


def ended(db: Database, uids: Sequence[str]) -> set[str]:
    """Which of these jobs are over (or gone), by one question. Index: job.uid."""
    which, params = db.among("uid", uids)
    going = db.rows(f"SELECT uid FROM job WHERE {which} AND ended_at IS NULL", params)
    return set(uids) - {row[0] for row in going}


def next_due(db: Database) -> float | None:
    """When the next job's time comes, UTC seconds, or None. Index: job_waiting."""
    row = db.first("SELECT min(wait_until) FROM job WHERE wait_until IS NOT NULL")
    return row[0] if row else None


def cancelled(db: Database, consumer: str) -> list[tuple[int, int]]:
    """The jobs of a consumer that are to be ended, as (id, attempt). Index: job_started."""
    rows = db.rows("SELECT id, attempt FROM job WHERE state = 'STARTED' AND consumer = ? AND cancel = 1", (consumer,))
    return [(row[0], row[1]) for row in rows]


def running_of(db: Database, consumer: str) -> set[tuple[int, int]]:
    """The jobs that a consumer has claimed and that are not over, as (id, attempt). Index: job_started."""
    rows = db.rows("SELECT id, attempt FROM job WHERE state = 'STARTED' AND consumer = ?", (consumer,))
    return {(row[0], row[1]) for row in rows}


def waiting_of(db: Database, owner: str, most: int) -> int:
    """How many jobs of an owner (a uid) wait; counted up to `most`. Index: job_waits."""
    waiting = "SELECT 1 FROM job WHERE owner = ? AND state IN ('PENDING', 'RETRY') LIMIT ?"
    question = f"SELECT count(*) FROM ({waiting}) AS waiting"
    return int(db.rows(question, (owner, most))[0][0])


def consumers_at_work(db: Database) -> set[str]:
    """The uids of the consumers that have claimed a job which is not over. Index: job_started."""
    return {row[0] for row in db.rows("SELECT DISTINCT consumer FROM job WHERE state = 'STARTED'")}


# What happened.


def jobs(
    db: Database, which: JobFilter, limit: int, *, before: int | None = None, after: int | None = None
) -> list[ListedJob]:
    """Jobs, newest first: the newest ones, those before a row's id, or those right after it.

    Index: the primary key, job_owner, job_schedule.
    """
    conditions, params = which.conditions()
    for condition, key in (("job.id < ?", before), ("job.id > ?", after)):
        if key is not None:
            conditions.append(condition)
            params.append(key)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    order = "DESC" if after is None else "ASC"
    found = shaped(db, ListedJob, f"{where} ORDER BY job.id {order} LIMIT ?", (*params, limit))
    return found if after is None else found[::-1]


def longest(db: Database, which: JobFilter, limit: int, offset: int = 0) -> list[ListedJob]:
    """Jobs by how long their last attempt took, the longest first. Index: that of the filter; the ids alone are sorted."""
    conditions, params = which.conditions()
    ids = f"SELECT job.id FROM job WHERE {' AND '.join([*conditions, _LONGEST])} LIMIT ? OFFSET ?"
    return shaped(db, ListedJob, f"WHERE job.id IN ({ids}) AND {_LONGEST}", (*params, limit, offset))


def newest_at(db: Database) -> float | None:
    """When the newest row was queued (UTC seconds), or None. Index: the primary key."""
    row = db.first("SELECT queued_at FROM job ORDER BY id DESC LIMIT 1")
    return row[0] if row else None


def flow(db: Database, start: float, step_s: float, owner: str | None) -> list[Row]:
    """What ended since a moment (UTC seconds), by steps of time: the number of the step, how many ended, how many of them
    failed, how long those that took one attempt had waited (seconds) on average, and at most, and for how long they have run
    since then in all (the last attempt of each). Index: job_ended."""
    # By time, not by owner: of somebody's runs most are older. The empty text keeps the database from the owner's index.
    whose, params = ("", ()) if owner is None else (" AND owner || '' = ?", (owner,))
    step = db.wording.whole_part.format("(ended_at - ?) / ?")
    ready_at = "CASE WHEN eta > queued_at THEN eta ELSE queued_at END"
    return db.rows(
        f"SELECT {step} AS step, count(*), count(*) FILTER (WHERE state = 'FAILURE'), avg(waited), max(waited),"
        " sum(ran)"
        " FROM (SELECT ended_at, state, CASE WHEN attempt <> 1 OR started_at IS NULL THEN NULL"
        f" WHEN started_at > {ready_at} THEN started_at - {ready_at} ELSE 0 END AS waited,"
        " ended_at - CASE WHEN started_at > ? THEN started_at ELSE ? END AS ran FROM job"
        f" WHERE ended_at >= ?{whose}) AS ended GROUP BY step",
        (start, step_s, start, start, start, *params),
    )


def running_s(db: Database, start: float, now: float) -> float:
    """For how long the jobs that run now have run since a moment (both UTC seconds), in all. Index: job_started."""
    begun = "CASE WHEN started_at > ? THEN started_at ELSE ? END"
    seconds = db.value(f"SELECT sum(? - {begun}) FROM job WHERE state = 'STARTED'", (now, start, start))
    return max(seconds or 0.0, 0.0)


# Of periodic tasks, by their ids.


def open_runs(db: Database, schedule: int) -> list[OpenRun]:
    """The runs of a periodic task that are not over, oldest first. Index: job_open."""
    rows = db.rows(
        "SELECT uid, state, scheduled_for, held, caught_up FROM job WHERE schedule = ? AND ended_at IS NULL ORDER BY id",
        (schedule,),
    )
    return [OpenRun(uid, state, due, bool(held), bool(caught_up)) for uid, state, due, held, caught_up in rows]


def history(db: Database, schedule: int, state: str | None, limit: int, offset: int) -> tuple[int, list[ListedJob]]:
    """How many rows a periodic task has (of a state, or of all), and a page of them, newest first. Index: job_schedule."""
    conditions, params = JobFilter((state,) if state else (), schedule=schedule).conditions()
    where = f"WHERE {' AND '.join(conditions)}"
    total = db.rows(f"SELECT count(*) FROM job {where}", params)[0][0]
    page = f"{where} ORDER BY job.id DESC LIMIT ? OFFSET ?"
    return int(total), shaped(db, ListedJob, page, (*params, limit, offset))


def recent(db: Database, schedules: Sequence[int], most: int) -> dict[int, list[Mark]]:
    """The latest rows of each of these periodic tasks, oldest first, by one question. Index: job_schedule."""
    found: dict[int, list[Mark]] = {id: [] for id in schedules}
    rows = db.rows(
        f"SELECT job.schedule, uid, state, queued_at, started_at, ended_at FROM {db.wording.numbers} JOIN job ON job.id IN"
        " (SELECT id FROM job WHERE schedule = asked.value ORDER BY id DESC LIMIT ?) ORDER BY job.id",
        (db.many(schedules), most),
    )
    for schedule, *rest in rows:
        found[schedule].append(Mark(*rest))
    return found


def due_between(db: Database, schedule: int, start: float, end: float, most: int = 20) -> list[ListedJob]:
    """The rows whose due times lie within a stretch of time (UTC seconds, its end excluded), by due time.

    A row that stands for several due times counts when its stretch touches this one. Index: job_fire.
    """
    due, in_order = "WHERE job.schedule = ? AND job.scheduled_for", "ORDER BY job.scheduled_for LIMIT ?"
    until = f"{due} >= ? AND job.scheduled_for < ? {in_order}"
    within = shaped(db, ListedJob, until, (schedule, start, end, most))
    # Rows don't cross: only the next one can have begun before the stretch ended.
    beyond = shaped(db, ListedJob, f"{due} >= ? {in_order}", (schedule, end, 1))
    return within + [row for row in beyond if row.first_for is not None and row.first_for < end]


def shaped(db: Database, shape: type[Shape], rest: str, params: Sequence[Any]) -> list[Shape]:
    """The jobs of a question in a shape. `rest`: what stands after FROM."""
    return [shape(*row) for row in db.rows(f"{_SELECTIONS[shape]} {rest}", params)]


_LONGEST = "job.ended_at - job.started_at IS NOT NULL ORDER BY job.ended_at - job.started_at DESC, job.id DESC"
# A task may have been renamed since, or be gone.
_ELSEWHERE = {
    "email": "master.email",
    "task_name": "coalesce(task.name, job.task_name)",
    "task_id": "task.id",
    "queue": f"coalesce(job.queue, '{DEFAULT_QUEUE}')",
}


def _selection(shape: type[ListedJob]) -> str:
    columns = (_ELSEWHERE.get(one.name, f"job.{one.name}") for one in fields(shape))
    return (
        f"SELECT {', '.join(columns)} FROM job LEFT JOIN master ON master.uid = job.owner"
        " LEFT JOIN schedule task ON task.id = job.schedule"
    )


_SELECTIONS: dict[type[ListedJob], str] = {shape: _selection(shape) for shape in (ListedJob, WholeJob)}
