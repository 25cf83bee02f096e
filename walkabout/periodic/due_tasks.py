"""The tick's statements on the table `schedule`. They cost what is due, not what exists."""

from walkabout.database.connections import Database
from walkabout.notices.targets import ANYBODY_SQL
from walkabout.periodic.periodic_task import ACTIVE, PeriodicTask
from walkabout.periodic.tables import ScheduleTable
from walkabout.periodic.task_queries import COLUMNS, read_row

_REPAIRED = (
    "state", "next_run_at", "fire_at", "anchor", "computed_at", "repaired_at", "repaired_from", "repaired_until",
)  # fmt: skip


def due(db: Database, now: float, limit: int) -> list[PeriodicTask]:
    """The active tasks that are to fire by now (UTC seconds), the oldest first. Index: schedule_due.

    When there are more than that many: of each owner as many as of any other, so that nobody's stop the others'.
    """
    is_due = "state = 'active' AND fire_at <= ?"
    rows = db.rows(f"SELECT {COLUMNS} FROM schedule WHERE {is_due} ORDER BY fire_at LIMIT ?", (now, limit + 1))
    if len(rows) > limit:
        in_turn = "row_number() OVER (PARTITION BY owner ORDER BY fire_at)"
        rows = db.rows(
            f"SELECT {COLUMNS} FROM schedule JOIN (SELECT id AS turned, {in_turn} AS turn FROM schedule WHERE {is_due})"
            " AS turns ON turned = id ORDER BY turn, fire_at LIMIT ?",
            (now, limit),
        )
    return [read_row(row) for row in rows]


def computed_ahead(db: Database, moment: float, limit: int) -> list[PeriodicTask]:
    """Tasks whose due time, or whose end, was computed when the clock was past a moment (UTC seconds).

    Index: schedule_reckoned.
    """
    states = "('active', 'expired', 'never')"
    rows = db.rows(
        f"SELECT {COLUMNS} FROM schedule WHERE state IN {states} AND reckoned_at > ? LIMIT ?", (moment, limit)
    )
    return [read_row(row) for row in rows]


def next_fire(db: Database) -> float | None:
    """When the next task is to fire (UTC seconds), or None. Index: schedule_due."""
    row = db.first("SELECT fire_at FROM schedule WHERE state = 'active' ORDER BY fire_at LIMIT 1")
    return row[0] if row else None


def overdue_s(db: Database, now: float) -> float:
    """For how long the task that is due has been due that has been so longest, now (UTC seconds); 0: none is."""
    fire_at = next_fire(db)
    return 0.0 if fire_at is None else max(now - fire_at, 0.0)


def advance(db: Database, task: PeriodicTask, now: float, state: str, note: str, due_at: float | None) -> bool | None:
    """Claim a task's fire, and set what comes after it, computed now (UTC seconds). None: somebody fired it first, or
    it was edited. Else whether anybody is ever told of anything.

    Index: schedule.id.
    """
    fire_at = None if due_at is None else due_at + task.offset_s
    claimed = db.rows(
        "UPDATE schedule SET state = ?, note = ?, next_run_at = ?, fire_at = ?, reckoned_at = ?"
        " WHERE id = ? AND state = 'active' AND revision = ? AND next_run_at = ? AND fire_at = ?"
        f" RETURNING {ANYBODY_SQL}",
        (state, note, due_at, fire_at, now, task.id, task.revision, task.next_run_at, task.fire_at),
    )
    return bool(claimed[0][0]) if claimed else None


def count_runs(db: Database, id: int, runs: int, now: float) -> None:
    """Note that a task was run, now (UTC seconds). Index: schedule.id."""
    db.change(
        "UPDATE schedule SET total_run_count = total_run_count + ?, last_run_at = ? WHERE id = ?", (runs, now, id)
    )


def set_note(db: Database, id: int, note: str) -> None:
    """Say something about a task. Index: schedule.id."""
    db.change(ScheduleTable.update(note=note).where(ScheduleTable.id == id))


def put_off(db: Database, task: PeriodicTask, now: float, until: float, note: str) -> bool:
    """Let a task whose next time can't be computed wait until a moment (UTC seconds); its due time stays.

    False: somebody was first, or edited it. Index: schedule.id.
    """
    waits = ScheduleTable.update(fire_at=until, note=note, computed_at=now).where(
        ScheduleTable.id == task.id,
        ScheduleTable.state == ACTIVE,
        ScheduleTable.revision == task.revision,
        ScheduleTable.fire_at == task.fire_at,
    )
    return db.change(waits) > 0


def save_repaired(db: Database, before: PeriodicTask, after: PeriodicTask) -> bool:
    """Save a task whose due time was computed anew. False: somebody was first, or edited it. Index: schedule.id."""
    values = {name: getattr(after, name) for name in _REPAIRED}
    repaired = ScheduleTable.update(**values).where(
        ScheduleTable.id == before.id,
        ScheduleTable.revision == before.revision,
        ScheduleTable.computed_at == before.computed_at,
    )
    return db.change(repaired) > 0
