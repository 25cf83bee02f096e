"""The fires of schedules in the ledger: the queries on them. Only the ledger writes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.jobs.states import NO_RUN

_COLUMNS = "uid, state, reason, scheduled_for, first_for, fire_at, fires, missed, queued_at, started_at, ended_at, attempt, error"


@dataclass(frozen=True)
class OpenRun:
    """A run of a schedule that is not over. `due`: UTC seconds, None for a run by hand."""

    uid: str
    state: str
    due: float | None
    held: bool
    caught_up: bool


@dataclass(frozen=True)
class FireRow:
    """One row of a schedule's history: a run, or due times that got none. Times are UTC seconds; `error` is JSON."""

    uid: str
    state: str
    reason: str | None
    scheduled_for: float | None
    first_for: float | None
    fire_at: float
    fires: int
    missed: int
    queued_at: float
    started_at: float | None
    ended_at: float | None
    attempt: int
    error: str | None

    @property
    def ran(self) -> bool:
        """Whether it is a run, and not a note that there was none."""
        return self.state not in NO_RUN

    @property
    def late_s(self) -> float:
        """Seconds from when the tick was to see to it until it started; until it was asked for if it did not (yet)."""
        return (self.started_at or self.queued_at) - self.fire_at


def open_runs(db: Database, schedule: int) -> list[OpenRun]:
    """The runs of a schedule that are not over, oldest first. Index: job_open."""
    rows = db.rows(
        "SELECT uid, state, scheduled_for, held, caught_up FROM job WHERE schedule = ? AND ended_at IS NULL ORDER BY id",
        (schedule,),
    )
    return [OpenRun(uid, state, due, bool(held), bool(caught_up)) for uid, state, due, held, caught_up in rows]


def history(db: Database, schedule: int, state: str | None, limit: int, offset: int) -> tuple[int, list[FireRow]]:
    """How many rows a schedule has (of a state, or of all), and a page of them, newest first. Index: job_schedule."""
    where, params = ("schedule = ?", [schedule]) if state is None else ("schedule = ? AND state = ?", [schedule, state])
    total = db.rows(f"SELECT count(*) FROM job WHERE {where}", params)[0][0]
    rows = db.rows(
        f"SELECT {_COLUMNS} FROM job WHERE {where} ORDER BY id DESC LIMIT ? OFFSET ?", [*params, limit, offset]
    )
    return int(total), [FireRow(*row) for row in rows]


@dataclass(frozen=True)
class Mark:
    """A row of a schedule's history, as small pictures need it. Times are UTC seconds."""

    uid: str
    state: str
    queued_at: float
    started_at: float | None
    ended_at: float | None


def recent(db: Database, schedules: Sequence[int], most: int) -> dict[int, list[Mark]]:
    """The latest rows of each of these schedules, oldest first, by one question. Index: job_schedule."""
    found: dict[int, list[Mark]] = {id: [] for id in schedules}
    rows = db.rows(
        "SELECT job.schedule, uid, state, queued_at, started_at, ended_at FROM json_each(?) AS asked JOIN job ON job.id IN"
        " (SELECT id FROM job WHERE schedule = asked.value ORDER BY id DESC LIMIT ?) ORDER BY job.id",
        (json_text.write(list(schedules)), most),
    )
    for schedule, *rest in rows:
        found[schedule].append(Mark(*rest))
    return found


def between(db: Database, schedule: int, start: float, end: float, most: int = 20) -> list[FireRow]:
    """The rows whose due times lie within a stretch of time (UTC seconds, its end excluded), by due time.

    A row that stands for several due times counts when its stretch touches this one. Index: job_fire.
    """
    question = f"SELECT {_COLUMNS} FROM job WHERE schedule = ? AND scheduled_for"
    within = db.rows(
        f"{question} >= ? AND scheduled_for < ? ORDER BY scheduled_for LIMIT ?", (schedule, start, end, most)
    )
    # Rows don't cross: only the next one can have begun before the stretch ended.
    beyond = db.rows(f"{question} >= ? ORDER BY scheduled_for LIMIT 1", (schedule, end))
    found = [FireRow(*row) for row in within + beyond]
    return [
        row for row in found if (row.scheduled_for or 0) < end or (row.first_for is not None and row.first_for < end)
    ]
