"""The queries on the table `schedule`, except for the tick's (due_tasks) and the list's (listing).

Those that stand in the way of an edit are SQL text: building them would take longer than their answer.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from peewee import SQL, Value

from walkabout.database.connections import Database, Row
from walkabout.database.models import SEARCH_MOST, folded
from walkabout.periodic.errors import Broken
from walkabout.periodic.periodic_task import ACTIVE, SEQUENCE, PeriodicTask
from walkabout.periodic.policies import POLICY_NAMES, Policies
from walkabout.periodic.tables import ScheduleTable
from walkabout.sequences.named import used_words

_OWN = tuple(field.name for field in fields(PeriodicTask) if field.name != "policies")
_NAMES = (*_OWN, *POLICY_NAMES)
_ONE_OFF = _NAMES.index("one_off")
_COLUMN = {name: getattr(ScheduleTable, name).column_name for name in _NAMES}
_COUNTED = (
    "id", "last_run_at", "total_run_count", "created_at", "health", "health_since", "failures", "health_note",
)  # fmt: skip
# What an edit may change: everything but what firing counts.
_EDITED = tuple(name for name in _NAMES if name not in _COUNTED)

COLUMNS = ", ".join(_COLUMN.values())
"""The columns of a task, as SQL text, for a statement of which `read_row` reads the rows."""

_BY_ID = f"SELECT {COLUMNS} FROM schedule WHERE id = ?"
_NEW = tuple(name for name in _NAMES if name != "id")  # without an id the database gives one
_INSERT, _INSERT_NEW = (
    f"INSERT INTO schedule ({', '.join(_COLUMN[name] for name in names)}, folded, uses)"
    f" VALUES ({', '.join('?' * (len(names) + 2))}) RETURNING id"
    for names in (_NAMES, _NEW)
)
_EDITS = ", ".join(f"{_COLUMN[name]} = ?" for name in _EDITED)
_UPDATE = f"UPDATE schedule SET {_EDITS}, folded = ?, uses = ? WHERE id = ? AND revision = ?"


def read_row(row: Row) -> PeriodicTask:
    """The task of a row of COLUMNS."""
    # By the order of the declarations, which COLUMNS have: by names it would take twice the time, at each tick.
    values = list(row)
    values[_ONE_OFF] = bool(values[_ONE_OFF])
    own, policies = values[: len(_OWN)], Policies(*values[len(_OWN) :])
    return PeriodicTask(*[*own, policies])


def insert(db: Database, task: PeriodicTask) -> int:
    """Add a new task, under its id if it has one; the id. Raises ConstraintRefused when its id or name is taken."""
    values = _values(task)
    insert, names = (_INSERT, _NAMES) if task.id else (_INSERT_NEW, _NEW)
    return int(db.rows(insert, [*(values[name] for name in names), searched(task), _uses(task)])[0][0])


def update(db: Database, task: PeriodicTask) -> bool:
    """Save an edited task, as the next revision. False: another edit was first (or it is gone). Index: schedule.id.

    Raises ConstraintRefused when its new name is taken.
    """
    values = _values(task) | {"revision": task.revision + 1}
    texts = (searched(task), _uses(task))
    return db.change(_UPDATE, [*(values[name] for name in _EDITED), *texts, task.id, task.revision]) > 0


def delete(db: Database, id: int) -> bool:
    """Delete a task. False: it is not there. Index: schedule.id."""
    return db.change(ScheduleTable.delete().where(ScheduleTable.id == id)) > 0


def by_id(db: Database, id: int) -> PeriodicTask | None:
    """The task of an id, or None. Index: schedule.id."""
    row = db.first(_BY_ID, (id,))
    return read_row(row) if row else None


def by_ids(db: Database, ids: Sequence[int]) -> list[PeriodicTask]:
    """The tasks of these ids, in their order; those that are gone are left out. Index: schedule.id."""
    among, params = db.among("id", ids)
    found = {task.id: task for task in map(read_row, db.rows(f"SELECT {COLUMNS} FROM schedule WHERE {among}", params))}
    return [found[id] for id in ids if id in found]


def by_owner_and_name(db: Database, owner: str, name: str) -> PeriodicTask | None:
    """An owner's (a uid's) task of a name, or None. Index: schedule_name_owner."""
    return db.record(_task, _tasks().where(ScheduleTable.name == name, ScheduleTable.owner == owner))


def of_name(db: Database, name: str, limit: int) -> list[PeriodicTask]:
    """The tasks of a name by their owners, who are all different; at most so many. Index: schedule_name_owner."""
    return db.records(_task, _tasks().where(ScheduleTable.name == name).order_by(ScheduleTable.owner).limit(limit))


def active_of(db: Database, owner: str) -> list[PeriodicTask]:
    """The active tasks of an owner (a uid). Index: schedule_owner."""
    active = _tasks().where(ScheduleTable.owner == owner, ScheduleTable.state == ACTIVE)
    return db.records(_task, active.order_by(ScheduleTable.id))


def ids_of(db: Database, owner: str, state: str, note: str, *, beyond: int, limit: int) -> list[int]:
    """The ids of an owner's (a uid's) tasks of a state beyond an id; with this note, unless it is empty.

    Index: schedule_owner.
    """
    query = ScheduleTable.select(ScheduleTable.id).where(
        ScheduleTable.owner == owner, ScheduleTable.id > beyond, ScheduleTable.state == state
    )
    if note:
        query = query.where(ScheduleTable.note == note)
    return db.values(query.order_by(ScheduleTable.id).limit(limit))


def page(
    db: Database, owner: str | None, search: str, limit: int, offset: int, *, ascending: bool
) -> list[PeriodicTask]:
    """A page of the tasks of an owner (a uid) or of all, by age; `search` in name and description; `limit` 0 is all.

    Index: schedule_owner, schedule.id.
    """
    order = ScheduleTable.id.asc() if ascending else ScheduleTable.id.desc()
    query = narrow(_tasks(), owner, search).order_by(order)
    return db.records(_task, query.limit(limit or None).offset(offset))


def by_name_in_order(
    db: Database,
    owner: str | None,
    search: str,
    limit: int,
    offset: int,
    *,
    ascending: bool,
    tags: Sequence[str] = (),
) -> list[PeriodicTask]:
    """The same by name, from A to Z or from Z to A. Index: schedule_name_owner."""
    names, ids = ScheduleTable.name, ScheduleTable.id
    order = (names.asc(), ids.asc()) if ascending else (names.desc(), ids.desc())
    query = with_tags(narrow(_tasks(), owner, search), tags).order_by(*order)
    return db.records(_task, query.limit(limit or None).offset(offset))


def coming(db: Database, owner: str | None, until: float, limit: int) -> list[PeriodicTask]:
    """The active tasks that fire before a moment (UTC seconds), the next one first. Index: schedule_due."""
    active = _tasks().where(ScheduleTable.state == ACTIVE, ScheduleTable.fire_at < until)
    return db.records(_task, narrow(active, owner, "").order_by(ScheduleTable.fire_at).limit(limit))


def sequences_that_name(db: Database, name: str = "") -> list[PeriodicTask]:
    """The tasks whose sequence names a saved one, or the one of a name. Index: schedule_uses."""
    query = _tasks().where(SQL("uses <> ''"))
    words = Value(" ").concat(ScheduleTable.uses).concat(" ")
    return db.records(_task, (query.where(words.contains(f" {name} ")) if name else query).order_by(ScheduleTable.id))


def narrow(query: Any, owner: str | None, search: str) -> Any:
    """A query for the tasks of an owner (a uid) or of all alone that have a text in their name or description."""
    if owner is not None:
        query = query.where(ScheduleTable.owner == owner)
    if search:
        query = query.where(ScheduleTable.folded.contains(folded(search[:SEARCH_MOST])))
    return query


def with_tags(query: Any, tags: Sequence[str]) -> Any:
    """A query for the tasks alone that have all of these tags."""
    for tag in tags:
        query = query.where(Value(" ").concat(ScheduleTable.tags).concat(" ").contains(f" {tag} "))
    return query


def tags(db: Database, owner: str | None) -> list[tuple[str, int]]:
    """The tags of an owner's (a uid's) tasks, or of all, in order, and how many tasks have each."""
    texts = narrow(ScheduleTable.select(ScheduleTable.tags), owner, "").where(ScheduleTable.tags != "")
    return sorted(Counter(tag for text in db.values(texts) for tag in text.split()).items())


def searched(task: PeriodicTask) -> str:
    """The texts of a task in which a search looks, folded."""
    return folded(f"{task.name}\n{task.policies.description}\n{task.policies.tags}")


def _uses(task: PeriodicTask) -> str:
    """The saved sequences that a task names, as the table has them."""
    if task.task != SEQUENCE:
        return ""
    try:
        return used_words(task.argument_object())
    except Broken:
        return ""


def _tasks() -> Any:
    return ScheduleTable.select(*(getattr(ScheduleTable, name) for name in _NAMES))


def _task(**values: Any) -> PeriodicTask:
    policies = Policies(**{name: values.pop(name) for name in POLICY_NAMES})
    return PeriodicTask(**values | {"policies": policies, "one_off": bool(values["one_off"])})


def _values(task: PeriodicTask) -> dict[str, Any]:
    own = {name: getattr(task, name) for name in _OWN}
    return own | task.policies.by_name()
