"""Who may read and change an object: its owner, those it is shared with, everybody if it is public, and admins.

What belongs to somebody who is disabled is there for admins only. A node that a guest's walker made follows the rights
of the node that it was made at, until it gets an access of its own. An edge can be read by who can read both of its
ends, unless it has an access of its own: then that counts, too.
"""

from dataclasses import dataclass
from typing import Any

from peewee import SQL, fn

from walkabout.database.connections import Database
from walkabout.graph.tables import NodeTable, ShareTable
from walkabout.jids import jid
from walkabout.people.masters import Masters, active_sql

ACCESS = ("private", "read_only", "public")
"""What an object can be for everybody: nothing, to be read, to be changed; the narrowest first."""


@dataclass(frozen=True)
class Actor:
    """In whose name the graph is read and changed: a master's uid, and whether that is an admin."""

    master: str
    is_superuser: bool = False


SYSTEM = Actor("", is_superuser=True)
"""The service itself, for what it reads in nobody's name."""


class NotYours(PermissionError):
    """The object may be read but not changed."""


def readable(alias: str, actor: Actor) -> tuple[str, list[Any]]:
    """SQL text and parameters for "this node may be read by the actor"; `alias` is the node table's name there."""
    if actor.is_superuser:
        return "1 = 1", []
    return _as_guest(alias, "access <> 'private'", "level IN ('read', 'write')", actor)


def writable(alias: str, actor: Actor) -> tuple[str, list[Any]]:
    """SQL text and parameters for "this node may be changed by the actor"."""
    if actor.is_superuser:
        return "1 = 1", []
    return _as_guest(alias, "access = 'public'", "level = 'write'", actor)


def edge_readable(alias: str, actor: Actor) -> tuple[str, list[Any]]:
    """SQL text and parameters for "this edge may be read by the actor, who can read both of its ends"."""
    if actor.is_superuser:
        return "1 = 1", []
    own, who = _own_access(alias, "access <> 'private'", "level IN ('read', 'write')", actor)
    return f"({alias}.own_access = 0 OR {own})", who


def edge_writable(alias: str, source: str, actor: Actor) -> tuple[str, list[Any]]:
    """SQL text and parameters for "this edge may be changed by the actor"; `source`: the name of its source there."""
    if actor.is_superuser:
        return "1 = 1", []
    own, who = _own_access(alias, "access = 'public'", "level = 'write'", actor)
    may, as_guest = writable(source, actor)
    return f"CASE {alias}.own_access WHEN 0 THEN {may} ELSE {own} END", [*as_guest, *who]


def _as_guest(alias: str, access: str, level: str, actor: Actor) -> tuple[str, list[Any]]:
    shared = f"EXISTS (SELECT 1 FROM share WHERE share.object = {{}}.uid AND share.master = ? AND share.{level})"
    return (
        f"({alias}.owner = ? OR"
        f" {active_sql(f'{alias}.owner')}"
        f" AND ({alias}.{access} OR {shared.format(alias)} OR EXISTS (SELECT 1 FROM node AS led"
        f" WHERE led.uid = {alias}.follows AND (led.{access} OR {shared.format('led')}))))",
        [actor.master] * 3,
    )


def _own_access(alias: str, access: str, level: str, actor: Actor) -> tuple[str, list[Any]]:
    return (
        f"({alias}.{access} OR {alias}.owner = ? OR EXISTS (SELECT 1 FROM share"
        f" WHERE share.object = {alias}.uid AND share.master = ? AND share.{level}))",
        [actor.master, actor.master],
    )


def as_of_now(db: Database, actor: Actor) -> Actor:
    """The actor as they stand now: an admin may be one no more. Raises NotYours for who may do nothing any more."""
    master = Masters(db).by_uid(actor.master)
    if master is None or not master.is_activated:
        raise NotYours(f"the master {jid(actor.master)} may no longer change anything")
    return Actor(actor.master, master.is_superuser)


class Shares:
    """Whom objects are shared with. The questions to the table `share`."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def grant(self, uid: str, master: str, level: str) -> None:
        """Let a master read or write ("read", "write") an object."""
        row = ShareTable.insert(object=uid, master=master, level=level)
        self.db.change(
            row.on_conflict(conflict_target=[ShareTable.object, ShareTable.master], preserve=[ShareTable.level])
        )

    def revoke(self, uid: str, master: str) -> bool:
        """Take it back. False: nothing was granted.

        A node that is shared with the master because it follows another one follows it no more.
        """
        theirs = ShareTable.select(SQL("1")).where(ShareTable.master == master)
        led = NodeTable.alias("led")
        access = led.select(led.access).where(led.uid == NodeTable.follows)
        is_led_there = fn.EXISTS(theirs.where(ShareTable.object == NodeTable.follows))
        with self.db.transaction():
            revoked = self.db.change(ShareTable.delete().where(ShareTable.object == uid, ShareTable.master == master))
            alone = self.db.change(
                NodeTable.update(follows=None, access=fn.coalesce(access, "private")).where(
                    NodeTable.uid == uid, is_led_there
                )
            )
        return revoked + alone > 0
