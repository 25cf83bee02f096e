"""The list of periodic tasks for people: filtered, sorted in several ways, paged by key.

A key is what the last task of a page has in the order, and its id, so that a page deep in the list costs what the first
one does. Tasks without a value in an order (no next time, not run yet) come last, the newest first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from walkabout.database.connections import Database
from walkabout.periodic import table
from walkabout.periodic.periodic_task import PeriodicTask

Key = tuple[float | str | None, int]
"""The value in an order and the id of a task; None: it has no value there."""

Beyond = tuple[str, list[Any]]
"""That a task lies behind a key: as SQL, and the parameters."""


@dataclass(frozen=True)
class TaskFilter:
    """Which tasks a list has: of an owner (a uid), in a state, of a kind of task, with a text in name or description."""

    owner: str | None = None
    search: str = ""
    state: str = ""
    task: str = ""

    def where(self) -> tuple[list[str], list[Any]]:
        """The conditions as SQL, and their parameters."""
        parts, params = table.conditions(self.owner, self.search)
        for condition, value in (("state = ?", self.state), ("task = ?", self.task)):
            if value:
                parts.append(condition)
                params.append(value)
        return parts, params


@dataclass(frozen=True)
class TaskOrder:
    """An order of the list: the column, which of its ends comes first, and whether tasks may have no value there."""

    column: str
    descending: bool = False
    sparse: bool = False
    folded: bool = False  # capitals and small letters stand together

    def key(self, task: PeriodicTask) -> Key:
        """Where a task stands in this order."""
        return (getattr(task, self.column) if self.column != "id" else None), task.id


# Index: schedule.id, schedule_name, schedule_due, schedule_last; for what has no value: schedule_idle, schedule.id.
NEWEST = TaskOrder("id", descending=True)
ORDERS = {
    "newest": NEWEST,
    "name": TaskOrder("name", folded=True),
    "next": TaskOrder("fire_at", sparse=True),
    "last": TaskOrder("last_run_at", descending=True, sparse=True),
}


def tasks(
    db: Database, which: TaskFilter, order: TaskOrder, limit: int, after: Key | None = None
) -> list[PeriodicTask]:
    """A page of the list, behind a key."""
    found: list[int] = []
    if order.sparse and (after is None or after[0] is not None):
        found = _ids(db, which, order, limit, after)
        after = None
    if order.sparse and len(found) < limit:
        rest = _with(which, f"{order.column} IS NULL")
        found += _page(db, rest, "id DESC", ("id < ?", [after[1]]) if after else None, limit - len(found))
    elif not order.sparse:
        found = _ids(db, which, order, limit, after)
    return table.by_ids(db, found)


def _ids(db: Database, which: TaskFilter, order: TaskOrder, limit: int, after: Key | None) -> list[int]:
    """The ids of the tasks that have a value in an order."""
    sign, word = ("<", "DESC") if order.descending else (">", "ASC")
    if order.column == "id":
        newer: Beyond | None = (f"id {sign} ?", [after[1]]) if after else None
        return _page(db, which.where(), f"id {word}", newer, limit)
    column = f"{order.column} COLLATE NOCASE" if order.folded else order.column
    # The first bound says nothing new, but it is the one that SQLite finds in an index with a collation.
    beyond: Beyond | None = None
    if after:
        beyond = (f"{column} {sign}= ? AND ({column}, id) {sign} (?, ?)", [after[0], after[0], after[1]])
    where = which.where()
    if order.column == "fire_at":
        where = _with(which, "state = 'active'")  # what the index schedule_due has
    elif order.sparse:
        where = _with(which, f"{order.column} IS NOT NULL")
    return _page(db, where, f"{column} {word}, id {word}", beyond, limit)


def _with(which: TaskFilter, condition: str) -> tuple[list[str], list[Any]]:
    parts, params = which.where()
    return [*parts, condition], params


def _page(
    db: Database,
    where: tuple[Sequence[str], Sequence[Any]],
    order: str,
    beyond: Beyond | None,
    limit: int,
) -> list[int]:
    parts, params = list(where[0]), list(where[1])
    if beyond:
        parts.append(beyond[0])
        params += beyond[1]
    text = " WHERE " + " AND ".join(parts) if parts else ""
    return [row[0] for row in db.rows(f"SELECT id FROM schedule{text} ORDER BY {order} LIMIT ?", [*params, limit])]
