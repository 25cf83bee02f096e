"""Notices as lists show them: what was told to whom, and what became of it."""

from dataclasses import dataclass
from typing import Any

from peewee import JOIN

from walkabout.database.connections import Database
from walkabout.notices.addresses import label
from walkabout.notices.messages import title
from walkabout.notices.occasions import POINTS
from walkabout.notices.tables import NoticeTable, NoticeTargetTable
from walkabout.notices.telling import GIVEN_UP, OPEN, WAITING

REMOVED = "removed"


@dataclass(frozen=True)
class ListedNotice:
    """A notice and its outcome. Times are UTC seconds; `to`: what is shown of its target's address; `tries`: so far;
    `due_at`: when it is sent (again), while it waits; `error`: of the latest try."""

    id: int
    uid: str
    event: str
    task: int | None
    task_name: str
    run: str | None
    count: int
    why: str
    at: float
    due_at: float
    state: str
    tries: int
    job: str | None
    error: str
    sent_at: float | None
    over_at: float | None
    to: str

    @property
    def title(self) -> str:
        """It in a line."""
        return title(self.event, self.task_name, self.count)

    @property
    def waits(self) -> bool:
        """Whether it will be sent (again)."""
        return self.state == WAITING

    @property
    def goes_on(self) -> bool:
        """Whether what it tells is still so."""
        return self.event not in POINTS and self.over_at is None


def notices(
    db: Database,
    owner: str | None,
    limit: int,
    *,
    before: int | None = None,
    state: str = "",
    task: int | None = None,
) -> list[ListedNotice]:
    """The notices of an owner's (a uid's) targets or of all, the newest first; those older than a row's id, in a state, of a
    task. Index: the primary key, notice_owner, notice_task."""
    query = (
        _Table.select(*_COLUMNS, NoticeTargetTable.address)
        .join(NoticeTargetTable, JOIN.LEFT_OUTER, on=NoticeTargetTable.id == _Table.target)
        .order_by(_Table.id.desc())
        .limit(limit)
    )
    for condition, value in (
        (_Table.owner == owner, owner),
        (_Table.id < before, before),
        (_Table.state == state, state or None),
        (_Table.task == task, task),
    ):
        if value is not None:
            query = query.where(condition)
    return db.records(_listed, query)


def row_of(db: Database, uid: str) -> int | None:
    """The row's id of a notice, or None. Index: notice.uid."""
    found: int | None = db.value(_Table.select(_Table.id).where(_Table.uid == uid))
    return found


def given_up_since(db: Database, owner: str | None, since: float) -> int:
    """How many notices of an owner (a uid) or of all could not be delivered since a moment (UTC seconds).

    Index: notice_given_up.
    """
    whose, params = ("", ()) if owner is None else (" AND owner = ?", (owner,))
    text = f"SELECT count(*) FROM notice WHERE state = '{GIVEN_UP}' AND at >= ?{whose}"
    return int(db.value(text, (since, *params)))


def forget(db: Database, before: float, limit: int) -> int:
    """Forget notices that are older than a moment (UTC seconds) and tell of nothing that goes on; how many."""
    old = _Table.select(_Table.id).where(
        _Table.at < before, _Table.over_at.is_null(False), _Table.state.not_in(list(OPEN))
    )
    return db.change(_Table.delete().where(_Table.id.in_(old.order_by(_Table.id).limit(limit))))


_Table = NoticeTable
_COLUMNS = [getattr(_Table, name) for name in ListedNotice.__dataclass_fields__ if name != "to"]


def _listed(address: str | None, **columns: Any) -> ListedNotice:
    return ListedNotice(**columns, to=label(address) if address else REMOVED)
