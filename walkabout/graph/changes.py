"""The unit of work: all changes of a run, written in one transaction or not at all.

What was read had a version; if another run has moved it meanwhile, or an end of a new edge is gone, that is a
Conflict, and the run starts again from the beginning. Connecting moves no version: two runs may hang nodes on one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Conflict, Database
from walkabout.graph import queries, usage
from walkabout.graph.limits import GraphLimits
from walkabout.graph.objects import Edge, Node, Thing
from walkabout.graph.rights import Actor, NotYours, as_of_now
from walkabout.jids import jid


class GraphChanges:
    """What one run created, changed and deleted. `borrowed`: the objects of others among it, or below them."""

    def __init__(self, actor: Actor, limits: GraphLimits) -> None:
        self.actor = actor
        self.limits = limits
        self.borrowed: dict[str, Thing] = {}
        self.nodes: dict[str, Node] = {}
        self.edges: dict[str, Edge] = {}
        self.deleted: dict[str, Thing] = {}
        self.changed: list[tuple[Thing, str]] = []
        self.touched: set[str] = set()

    def collect(self, seen: Iterable[Thing]) -> None:
        """Find which of the objects seen have another context now.

        Raises ValueError for what is no JSON, LimitExceeded for a context that is too large.
        """
        self.changed = []
        self._new = {new.uid: self._text(new) or "{}" for new in (*self.nodes.values(), *self.edges.values())}
        for thing in seen:
            if thing.version and thing.uid not in self.deleted:
                text = self._text(thing)
                if text is None and thing.uid in self.touched:
                    text = json_text.write(thing.context)
                if text is not None:
                    self.changed.append((thing, text))

    def empty(self) -> bool:
        """Whether there is nothing to write."""
        gone = any(thing.version for thing in self.deleted.values())
        return not (self.nodes or self.edges or gone or self.changed)

    def existing(self) -> list[str]:
        """The uids of the objects that it changes or deletes and that were there before."""
        return [thing.uid for thing in (*self.deleted.values(), *(thing for thing, _ in self.changed)) if thing.version]

    def counts(self) -> dict[str, int]:
        """How many objects were created, changed and deleted."""
        created = len(self.nodes) + len(self.edges)
        return {"created": created, "changed": len(self.changed), "deleted": len(self.deleted)}

    def apply(self, db: Database) -> None:
        """Write all of it; the caller has opened the transaction.

        Raises Conflict; NotYours when what was granted has been taken back meanwhile; LimitExceeded.
        """
        self._check_rights(db)
        bytes_of = self._bytes(db)
        for kind in (Edge, Node):
            name = "edge" if kind is Edge else "node"
            # In one order, whatever the run did first: two runs that change the same objects would wait for each other.
            gone = sorted((t for t in self.deleted.values() if type(t) is kind and t.version), key=_uid)
            _each(db, f"DELETE FROM {name} WHERE uid = ? AND version = ?", name, gone, [_key(t) for t in gone])
            kept = sorted(((thing, text) for thing, text in self.changed if type(thing) is kind), key=_first_uid)
            sql = f"UPDATE {name} SET context = ?, version = version + 1 WHERE uid = ? AND version = ?"
            _each(db, sql, name, [thing for thing, _ in kept], [(text, *_key(thing)) for thing, text in kept])
        self._insert(db)
        usage.add(db, bytes_of, self.limits.owner_bytes)

    def _check_rights(self, db: Database) -> None:
        if not self.borrowed:
            return
        actor = as_of_now(db, self.actor)
        nodes = {uid for uid, thing in self.borrowed.items() if isinstance(thing, Node)}
        edges = self.borrowed.keys() - nodes
        there = queries.writable_nodes(db, nodes, actor) if nodes else set()
        there |= queries.writable_edges(db, edges, actor) if edges else set()
        for uid in self.borrowed.keys() - there:
            raise NotYours(f"you may no longer change {jid(uid)}")

    def _bytes(self, db: Database) -> Counter[str]:
        """How many bytes more each owner (a uid) will hold."""
        more: Counter[str] = Counter()
        for thing in (*self.nodes.values(), *self.edges.values()):
            more[thing.owner] += usage.size(thing.kind, self._new[thing.uid])
        for thing, text in self.changed:
            more[thing.owner] += usage.size(thing.kind, text) - usage.size(thing.kind, thing.text)
        gone = [thing for thing in self.deleted.values() if thing.version]
        for thing in gone:
            more[thing.owner] -= usage.size(thing.kind, thing.text)
        if nodes := [thing.uid for thing in gone if isinstance(thing, Node)]:
            more.subtract(usage.of_edges_along(db, nodes, [thing.uid for thing in gone]))
        return more

    def _insert(self, db: Database) -> None:
        nodes = [
            (n.uid, n.type, n.kind, n.graph, n.follows, n.owner, "private" if n.follows else n.access, self._new[n.uid],
             n.created_at)
            for n in self.nodes.values()
        ]  # fmt: skip
        if nodes:
            db.change_many(_INSERT_NODE, nodes)
        edges = [
            (e.uid, e.kind, e.source_uid, e.target_uid, e.owner, e.access, self._new[e.uid], e.created_at)
            for e in self.edges.values()
        ]
        if edges:
            _must_exist(db, {end for edge in edges for end in (edge[2], edge[3])} - self.nodes.keys())
            db.change_many(_INSERT_EDGE, edges)

    def _text(self, thing: Thing) -> str | None:
        try:
            text = thing.changed_text()
        except (ValueError, TypeError) as error:
            raise ValueError(f"the context of {thing.jid} can't be saved as JSON: {error}") from None
        if text is not None:
            self.limits.check_context(text, thing.jid)
        return text


_INSERT_NODE = (
    "INSERT INTO node (uid, type, kind, graph, follows, owner, access, context, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_EDGE = (
    "INSERT INTO edge (uid, kind, source, target, owner, access, context, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def _key(thing: Thing) -> tuple[str, int]:
    return thing.uid, thing.version


def _uid(thing: Thing) -> str:
    return thing.uid


def _first_uid(changed: tuple[Thing, str]) -> str:
    return changed[0].uid


class _Moved(Exception):
    """Some rows were not as they had been read."""


def _each(db: Database, sql: str, name: str, things: Sequence[Thing], rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        return
    try:
        # A savepoint: once it is rolled back, the versions tell which objects others have moved.
        with db.transaction():
            if db.change_many(sql, rows) != len(rows):
                raise _Moved
    except _Moved:
        which, params = db.among("uid", [thing.uid for thing in things])
        now: dict[str, int] = dict(db.rows(f"SELECT uid, version FROM {name} WHERE {which}", params))
        raise Conflict(next(thing.uid for thing in things if now.get(thing.uid) != thing.version)) from None


def _must_exist(db: Database, uids: set[str]) -> None:
    which, params = db.among("uid", sorted(uids))
    # Held, so that nobody deletes them before the edges are there.
    found = set(db.values(f"SELECT uid FROM node WHERE {which} ORDER BY uid{db.wording.for_share}", params))
    for uid in uids - found:
        raise Conflict(uid)
