"""The queries on the table `schedule`. A tick costs what is due, not what exists."""

from collections.abc import Iterable, Sequence
from typing import Any

from walkabout.database.connections import Database, Row, pattern
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.periodic.policies import Policies

_BEFORE = ("id", "name", "task", "argument", "schedule", "timezone", "owner")
_POLICIES = (
    "description",
    "priority",
    "overlap",
    "catch_up",
    "grace_s",
    "jitter_s",
    "max_attempts",
    "backoff_s",
    "time_limit_s",
)
_AFTER = (
    "state", "note", "one_off", "start_at", "expires_at", "anchor", "share", "next_run_at", "fire_at", "last_run_at",
    "total_run_count", "revision", "created_at", "updated_at", "reckoned_at", "anew_at", "anew_from", "anew_until",
)  # fmt: skip
_NAMES = (*_BEFORE, *_POLICIES, *_AFTER)
_COLUMNS = ", ".join(_NAMES)
# What an edit may change: everything but what firing counts.
_EDITED = tuple(name for name in _NAMES if name not in ("id", "last_run_at", "total_run_count", "created_at"))


def due(db: Database, now: float, limit: int) -> list[PeriodicTask]:
    """The active tasks that are to fire by now (UTC seconds), the oldest first. Index: schedule_due.

    When there are more than that many: of each owner as many as of any other, so that nobody's stop the others'.
    """
    is_due = "state = 'active' AND fire_at <= ?"
    rows = db.rows(f"SELECT {_COLUMNS} FROM schedule WHERE {is_due} ORDER BY fire_at LIMIT ?", (now, limit + 1))
    if len(rows) > limit:
        in_turn = "row_number() OVER (PARTITION BY owner ORDER BY fire_at)"
        rows = db.rows(
            f"SELECT {_COLUMNS} FROM schedule JOIN (SELECT id AS turned, {in_turn} AS turn FROM schedule WHERE {is_due})"
            " ON turned = id ORDER BY turn, fire_at LIMIT ?",
            (now, limit),
        )
    return [_task(row) for row in rows]


def reckoned_ahead(db: Database, moment: float, limit: int) -> list[PeriodicTask]:
    """Tasks whose due time, or whose end, was reckoned when the clock was past a moment (UTC seconds).

    Index: schedule_reckoned.
    """
    states = "('active', 'expired', 'never')"
    rows = db.rows(
        f"SELECT {_COLUMNS} FROM schedule WHERE state IN {states} AND reckoned_at > ? LIMIT ?", (moment, limit)
    )
    return [_task(row) for row in rows]


def reckon_anew(db: Database, before: PeriodicTask, after: PeriodicTask) -> bool:
    """Keep what was reckoned anew. False: somebody was faster, or edited it. Index: schedule.id."""
    values = (after.state, after.next_run_at, after.fire_at, after.anchor, after.reckoned_at)
    trace = (after.anew_at, after.anew_from, after.anew_until)
    return (
        db.change(
            "UPDATE schedule SET state = ?, next_run_at = ?, fire_at = ?, anchor = ?, reckoned_at = ?, anew_at = ?,"
            " anew_from = ?, anew_until = ? WHERE id = ? AND revision = ? AND reckoned_at = ?",
            (*values, *trace, before.id, before.revision, before.reckoned_at),
        )
        > 0
    )


def next_fire(db: Database) -> float | None:
    """When the next task is to fire (UTC seconds), or None. Index: schedule_due."""
    row = db.first("SELECT fire_at FROM schedule WHERE state = 'active' ORDER BY fire_at LIMIT 1")
    return row[0] if row else None


def advance(db: Database, task: PeriodicTask, now: float, state: str, note: str, due_at: float | None) -> bool:
    """Claim a task's fire, and set what comes after it, reckoned now (UTC seconds). False: somebody fired it first, or
    it was edited.

    Index: schedule.id.
    """
    fire_at = None if due_at is None else due_at + task.offset_s
    claimed = db.change(
        "UPDATE schedule SET state = ?, note = ?, next_run_at = ?, fire_at = ?, reckoned_at = ?"
        " WHERE id = ? AND state = 'active' AND revision = ? AND next_run_at = ? AND fire_at = ?",
        (state, note, due_at, fire_at, now, task.id, task.revision, task.next_run_at, task.fire_at),
    )
    return claimed > 0


def put_off(db: Database, task: PeriodicTask, now: float, until: float, note: str) -> bool:
    """Let a task that can't be reckoned with now wait until a moment (UTC seconds); its due time stays.

    Index: schedule.id.
    """
    return (
        db.change(
            "UPDATE schedule SET fire_at = ?, note = ?, reckoned_at = ?"
            " WHERE id = ? AND state = 'active' AND revision = ? AND fire_at = ?",
            (until, note, now, task.id, task.revision, task.fire_at),
        )
        > 0
    )


def count_runs(db: Database, id: int, runs: int, now: float) -> None:
    """Note that a task was run, now (UTC seconds). Index: schedule.id."""
    db.change(
        "UPDATE schedule SET total_run_count = total_run_count + ?, last_run_at = ? WHERE id = ?", (runs, now, id)
    )


def set_note(db: Database, id: int, note: str) -> None:
    """Say something about a task. Index: schedule.id."""
    db.change("UPDATE schedule SET note = ? WHERE id = ?", (note, id))


def insert(db: Database, task: PeriodicTask) -> int:
    """Keep a new task, under its id if it has one; the id. Raises ConstraintRefused when its id or name is taken."""
    marks = ", ".join("?" * len(_NAMES))
    values = [task.id or None, *_values(task)[1:]]
    rows = db.rows(f"INSERT INTO schedule ({_COLUMNS}) VALUES ({marks}) RETURNING id", values)
    return int(rows[0][0])


def update(db: Database, task: PeriodicTask) -> bool:
    """Keep an edited task, as the next revision. False: another edit was first (or it is gone). Index: schedule.id.

    Raises ConstraintRefused when its new name is taken.
    """
    values = dict(zip(_NAMES, _values(task), strict=True)) | {"revision": task.revision + 1}
    sets = ", ".join(f"{name} = ?" for name in _EDITED)
    params = [*(values[name] for name in _EDITED), task.id, task.revision]
    return db.change(f"UPDATE schedule SET {sets} WHERE id = ? AND revision = ?", params) > 0


def delete(db: Database, id: int) -> bool:
    """Delete a task. False: it is not there. Index: schedule.id."""
    return db.change("DELETE FROM schedule WHERE id = ?", (id,)) > 0


def by_id(db: Database, id: int) -> PeriodicTask | None:
    """The task of an id, or None. Index: schedule.id."""
    return _first(db.rows(f"SELECT {_COLUMNS} FROM schedule WHERE id = ?", (id,)))


def active_of(db: Database, owner: str) -> list[PeriodicTask]:
    """The active tasks of an owner (a uid). Index: schedule_owner."""
    rows = db.rows(f"SELECT {_COLUMNS} FROM schedule WHERE owner = ? AND state = 'active' ORDER BY id", (owner,))
    return [_task(row) for row in rows]


def by_name(db: Database, name: str) -> PeriodicTask | None:
    """The task of a name, or None. Index: schedule.name."""
    return _first(db.rows(f"SELECT {_COLUMNS} FROM schedule WHERE name = ?", (name,)))


def page(
    db: Database, owner: str | None, search: str, limit: int, offset: int, *, ascending: bool
) -> list[PeriodicTask]:
    """A page of the tasks of an owner (a uid) or of all, by age; `search` in name and description; `limit` 0 is all.

    Index: schedule_owner, schedule.id.
    """
    parts, params = conditions(owner, search)
    where = " WHERE " + " AND ".join(parts) if parts else ""
    order = "ASC" if ascending else "DESC"
    rows = db.rows(
        f"SELECT {_COLUMNS} FROM schedule{where} ORDER BY id {order} LIMIT ? OFFSET ?",
        [*params, limit or 2**62, offset],
    )
    return [_task(row) for row in rows]


def ids_of(db: Database, owner: str, state: str, note: str, *, beyond: int, limit: int) -> list[int]:
    """The ids of an owner's (a uid's) tasks of a state beyond an id; with this note, unless it is empty.

    Index: schedule_owner.
    """
    rows = db.rows(
        "SELECT id FROM schedule WHERE owner = ? AND id > ? AND state = ? AND ? IN ('', note) ORDER BY id LIMIT ?",
        (owner, beyond, state, note, limit),
    )
    return [row[0] for row in rows]


def by_ids(db: Database, ids: Sequence[int]) -> list[PeriodicTask]:
    """The tasks of these ids, in their order; those that are gone are left out. Index: schedule.id."""
    among, params = db.among("id", ids)
    found = {row[0]: _task(row) for row in db.rows(f"SELECT {_COLUMNS} FROM schedule WHERE {among}", params)}
    return [found[id] for id in ids if id in found]


def coming(db: Database, owner: str | None, until: float, limit: int) -> list[PeriodicTask]:
    """The active tasks that fire before a moment (UTC seconds), the next one first. Index: schedule_due."""
    whose, params = ("", []) if owner is None else (" AND owner = ?", [owner])
    rows = db.rows(
        f"SELECT {_COLUMNS} FROM schedule WHERE state = 'active' AND fire_at < ?{whose} ORDER BY fire_at LIMIT ?",
        [until, *params, limit],
    )
    return [_task(row) for row in rows]


def conditions(owner: str | None, search: str) -> tuple[list[str], list[Any]]:
    """That a task is of an owner (a uid), and has a text in its name or description: as SQL, and the parameters."""
    parts: list[str] = []
    params: list[Any] = []
    if owner is not None:
        parts.append("owner = ?")
        params.append(owner)
    if search:
        text = pattern(search)
        parts.append(r"(lower(name) LIKE ? ESCAPE '\' OR lower(description) LIKE ? ESCAPE '\')")
        params += [text, text]
    return parts, params


def _first(rows: Sequence[Row]) -> PeriodicTask | None:
    return _task(rows[0]) if rows else None


def _task(row: Row) -> PeriodicTask:
    head, policies, tail = row[:7], row[7:16], list(row[16:])
    tail[2] = bool(tail[2])
    values: list[Any] = [*head, Policies(*policies), *tail]
    return PeriodicTask(*values)


def _values(task: PeriodicTask) -> list[Any]:
    policies: Iterable[Any] = (getattr(task.policies, name) for name in Policies.__struct_fields__)
    return [*(getattr(task, name) for name in _BEFORE), *policies, *(getattr(task, name) for name in _AFTER)]
