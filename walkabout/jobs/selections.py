"""Which jobs there are of a kind, by their ids alone: cheaper than the jobs themselves."""

from collections.abc import Sequence

from walkabout.database.connections import Database
from walkabout.jobs.queries import JobFilter
from walkabout.jobs.tables import JobTable


def uids(db: Database, which: JobFilter, limit: int) -> list[str]:
    """The uids of jobs, the newest first. Index: as `jobs`."""
    conditions, params = which.conditions()
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return [row[0] for row in db.rows(f"SELECT uid FROM job {where} ORDER BY id DESC LIMIT ?", (*params, limit))]


def uids_in(db: Database, given: Sequence[str], states: Sequence[str], owner: str | None) -> list[str]:
    """Which of these uids are of jobs in some states, of an owner (a uid) or of all; the newest first. Index: job.uid."""
    chosen = JobTable.select(JobTable.uid).where(JobTable.uid.in_(list(given)), JobTable.state.in_(list(states)))
    if owner is not None:
        chosen = chosen.where(JobTable.owner == owner)
    return db.values(chosen.order_by(JobTable.id.desc()))


def schedules(db: Database, which: JobFilter, limit: int) -> list[int]:
    """The periodic tasks that jobs belong to, by id, in order. Index: as `jobs`."""
    conditions, params = which.conditions()
    where = " AND ".join([*conditions, "schedule IS NOT NULL"])
    return [
        row[0]
        for row in db.rows(
            f"SELECT DISTINCT schedule FROM job WHERE {where} ORDER BY schedule LIMIT ?", (*params, limit)
        )
    ]


def schedules_of(db: Database, given: Sequence[str], states: Sequence[str]) -> list[int]:
    """The periodic tasks of those of these jobs (uids) that are in some states, by id, in order. Index: job.uid."""
    chosen = JobTable.select(JobTable.schedule).distinct()
    chosen = chosen.where(
        JobTable.uid.in_(list(given)), JobTable.state.in_(list(states)), JobTable.schedule.is_null(False)
    )
    return db.values(chosen.order_by(JobTable.schedule))


def latest(db: Database, schedules: Sequence[int]) -> list[tuple[int | None, str | None]]:
    """Of each of these periodic tasks, what tells that its latest rows have changed: the id of the newest one, and those
    that are not over, with their states (None: all are). Index: job_schedule, job_open.
    """
    rows = db.rows(
        "SELECT (SELECT max(id) FROM job WHERE schedule = asked.value),"
        f" (SELECT {db.wording.joined.format('id || state')} FROM job"
        f" WHERE schedule = asked.value AND ended_at IS NULL) FROM {db.wording.numbers}",
        (db.many(schedules),),
    )
    return [(newest, open_) for newest, open_ in rows]
