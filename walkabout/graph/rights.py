"""Who may read and change an object: its owner, those it is shared with, everybody if it says so, and admins."""

from dataclasses import dataclass
from typing import Any

from walkabout.database.connections import Database


@dataclass(frozen=True)
class Actor:
    """In whose name the graph is read and changed: a master's uid, and whether that is an admin."""

    master: str
    is_superuser: bool = False


def readable(alias: str, actor: Actor) -> tuple[str, list[Any]]:
    """SQL text and parameters for "this node may be read by the actor"; `alias` is the node table's name there."""
    if actor.is_superuser:
        return "1 = 1", []
    return (
        f"({alias}.owner = ? OR {alias}.access <> 'private' OR EXISTS"
        f" (SELECT 1 FROM share WHERE share.object = {alias}.uid AND share.master = ?))",
        [actor.master, actor.master],
    )


class Shares:
    """Whom objects are shared with. The questions to the table `share`."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def may_write(self, uid: str, owner: str, access: str, actor: Actor) -> bool:
        """Whether the actor may change an object (a uid, its owner and its access)."""
        if actor.is_superuser or owner == actor.master or access == "public":
            return True
        return (
            self.db.first(
                "SELECT 1 FROM share WHERE object = ? AND master = ? AND level = 'write'", (uid, actor.master)
            )
            is not None
        )

    def grant(self, uid: str, master: str, level: str) -> None:
        """Let a master read or write ("read", "write") an object."""
        self.db.change(
            "INSERT INTO share (object, master, level) VALUES (?, ?, ?)"
            " ON CONFLICT (object, master) DO UPDATE SET level = excluded.level",
            (uid, master, level),
        )

    def revoke(self, uid: str, master: str) -> bool:
        """Take it back. False: nothing was granted."""
        return self.db.change("DELETE FROM share WHERE object = ? AND master = ?", (uid, master)) > 0


def share_like(db: Database, uid: str, like: str) -> None:
    """Share an object with those that another one is shared with."""
    db.change(
        "INSERT INTO share (object, master, level) SELECT ?, master, level FROM share WHERE object = ?", (uid, like)
    )
