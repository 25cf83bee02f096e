"""The list of periodic tasks for people: filtered, sorted in several ways, paged by key.

A key is what the last task of a page has in the order, and its id, so that a page deep in the list costs what the first
one does. Tasks without a value in an order (no next time, not run yet) come last, the newest first.
"""

from dataclasses import dataclass
from typing import Any

from peewee import SQL, Select, Tuple, fn

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.periodic import task_queries
from walkabout.periodic.condition import in_condition
from walkabout.periodic.periodic_task import WALKER, PeriodicTask
from walkabout.periodic.tables import IS_ACTIVE, ScheduleTable

Key = tuple[float | str | None, int]
"""The value in an order and the id of a task; None: it has no value there."""


@dataclass(frozen=True)
class TaskFilter:
    """Which tasks a list has: of an owner (a uid), with a text in name or description, in a condition (see condition.py)
    now (UTC seconds), of a kind of task, of a walker, of a kind of schedule, with a tag."""

    owner: str | None = None
    search: str = ""
    condition: str = ""
    now: float = 0.0
    task: str = ""
    walker: str = ""
    schedule: str = ""
    tag: str = ""

    def ids(self) -> Any:
        """The query of the ids of these tasks."""
        query = task_queries.narrow(ScheduleTable.select(ScheduleTable.id), self.owner, self.search)
        if self.condition:
            query = query.where(in_condition(self.condition, self.now))
        if self.walker:
            named = f'"name":{json_text.write(self.walker)}'
            query = query.where(ScheduleTable.task == WALKER, ScheduleTable.argument.contains(named))
        if self.tag:
            query = task_queries.with_tags(query, [self.tag])
        if self.schedule:
            # A schedule is stored with its kind in front.
            query = query.where(ScheduleTable.schedule.startswith(f'{{"type":"{self.schedule}"'))
        return query.where(ScheduleTable.task == self.task) if self.task else query


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

    def in_order(self, ids: Any, after: Key | None) -> Any:
        """A query of ids in this order, of what has a value there and lies behind a key."""
        columns = [ScheduleTable.id] if self.column == "id" else [self._value(), ScheduleTable.id]
        if after:
            ids = self._behind(ids, columns, after)
        return ids.order_by(*(column.desc() if self.descending else column.asc() for column in columns))

    def _value(self) -> Any:
        column = getattr(ScheduleTable, self.column)
        return column.collate("NOCASE") if self.folded else column

    def _behind(self, ids: Any, columns: list[Any], after: Key) -> Any:
        key = after[-len(columns) :]
        first, whole = columns[0], Tuple(*columns)
        # The first bound says nothing new, but it is the one that SQLite finds in an index with a collation.
        if self.descending:
            return ids.where(first <= key[0], whole < key)
        return ids.where(first >= key[0], whole > key)


# Index: schedule.id, schedule_name, schedule_due, schedule_last, schedule_health; for what has no value: schedule_idle,
# schedule.id.
NEWEST = TaskOrder("id", descending=True)
ORDERS = {
    "newest": NEWEST,
    "name": TaskOrder("name", folded=True),
    "next": TaskOrder("fire_at", sparse=True),
    "last": TaskOrder("last_run_at", descending=True, sparse=True),
    "health": TaskOrder("health", descending=True),
}


def count(db: Database, which: TaskFilter, most: int) -> int:
    """How many tasks a filter has, counted up to `most`."""
    return int(db.value(Select([which.ids().limit(most).alias("some")], [fn.count(SQL("*"))])))


def tasks(
    db: Database, which: TaskFilter, order: TaskOrder, limit: int, after: Key | None = None
) -> list[PeriodicTask]:
    """A page of the list, behind a key."""
    found: list[int] = []
    if not order.sparse or after is None or after[0] is not None:
        found = db.values(order.in_order(_with_value(which, order), after).limit(limit))
        after = None
    if order.sparse and len(found) < limit:
        rest = which.ids().where(getattr(ScheduleTable, order.column).is_null())
        found += db.values(NEWEST.in_order(rest, after).limit(limit - len(found)))
    return task_queries.by_ids(db, found)


def _with_value(which: TaskFilter, order: TaskOrder) -> Any:
    ids = which.ids()
    if order.column == "fire_at":
        return ids.where(IS_ACTIVE)  # what the index schedule_due has
    return ids.where(getattr(ScheduleTable, order.column).is_null(False)) if order.sparse else ids
