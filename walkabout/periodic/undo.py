"""What an action on many tasks can take back for a while: how each of them stood before."""

from dataclasses import dataclass
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.jids import new_uid
from walkabout.periodic.tables import UndoTable


@dataclass(frozen=True)
class Before:
    """A task before an action on many, and its revision after it: one that was edited since is left alone."""

    id: int
    revision: int
    state: str
    note: str
    tags: str

    def plain(self) -> list[Any]:
        """Its values, in order."""
        return [self.id, self.revision, self.state, self.note, self.tags]


def save(db: Database, master: str, what: str, before: list[Before], at: float, kept_s: float) -> str:
    """Save what somebody (a uid) did at a moment (UTC seconds), and forget what is older than `kept_s`; the undo's uid."""
    uid = new_uid()
    content = json_text.write([what, [one.plain() for one in before]])
    with db.transaction():
        db.change(UndoTable.delete().where(UndoTable.at < at - kept_s))
        db.change(UndoTable.insert(uid=uid, master=master, at=at, content=content))
    return uid


def take(db: Database, master: str, uid: str, since: float) -> tuple[str, list[Before]] | None:
    """What was saved since a moment (UTC seconds), once: what was done, and how it was before; None: it is gone."""
    with db.transaction():
        mine = (UndoTable.uid == uid) & (UndoTable.master == master)
        found = db.values(UndoTable.select(UndoTable.content).where(mine, UndoTable.at >= since))
        db.change(UndoTable.delete().where(mine))
    if not found:
        return None
    what, before = json_text.load(found[0])
    return what, [Before(*values) for values in before]
