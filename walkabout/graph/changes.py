"""The unit of work: what a run wants to change, written in one transaction or not at all.

What was read had a version; if another run has moved it meanwhile, or an end of a new edge is gone, that is a
Conflict, and the run starts again from the beginning. Connecting moves no version: two runs may hang nodes on one.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Conflict, Database
from walkabout.graph import table
from walkabout.graph.objects import Edge, Node, Thing
from walkabout.graph.rights import share_like


class GraphChanges:
    """What one run created, changed and deleted."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: dict[str, Edge] = {}
        self.deleted: dict[str, Thing] = {}
        self.changed: list[tuple[Thing, str]] = []
        self.touched: set[str] = set()
        self.shared_like: dict[str, str] = {}  # a new node, and the one whose shares it takes over

    def collect(self, seen: Iterable[Thing]) -> None:
        """Find which of the objects seen have another context now. Raises ValueError for what is no JSON."""
        self.changed = []
        for new in (*self.nodes.values(), *self.edges.values()):
            _text(new)
        for thing in seen:
            if thing.version and thing.uid not in self.deleted:
                text = _text(thing)
                if text is None and thing.uid in self.touched:
                    text = json_text.write(thing.context)
                if text is not None:
                    self.changed.append((thing, text))

    def empty(self) -> bool:
        """Whether there is nothing to write."""
        gone = any(thing.version for thing in self.deleted.values())
        return not (self.nodes or self.edges or gone or self.changed)

    def counts(self) -> dict[str, int]:
        """How many objects were created, changed and deleted."""
        created = len(self.nodes) + len(self.edges)
        return {"created": created, "changed": len(self.changed), "deleted": len(self.deleted)}

    def apply(self, db: Database) -> None:
        """Write all of it; the caller has opened the transaction. Raises Conflict."""
        for kind in (Edge, Node):
            name = "edge" if kind is Edge else "node"
            gone = [thing for thing in self.deleted.values() if type(thing) is kind and thing.version]
            _each(db, f"DELETE FROM {name} WHERE uid = ? AND version = ?", name, gone, [_key(t) for t in gone])
            kept = [(thing, text) for thing, text in self.changed if type(thing) is kind]
            sql = f"UPDATE {name} SET context = ?, version = version + 1 WHERE uid = ? AND version = ?"
            _each(db, sql, name, [thing for thing, _ in kept], [(text, *_key(thing)) for thing, text in kept])
        self._insert(db)

    def _insert(self, db: Database) -> None:
        nodes = [
            (n.uid, n.type, n.kind, n.graph, n.owner, n.access, _text(n) or "{}", n.created_at)
            for n in self.nodes.values()
        ]
        if nodes:
            db.change_many(table.INSERT_NODE, nodes)
        for uid, like in self.shared_like.items():
            share_like(db, uid, like)
        edges = [
            (e.uid, e.kind, e.source_uid, e.target_uid, e.owner, e.access, _text(e) or "{}", e.created_at)
            for e in self.edges.values()
        ]
        if edges:
            _must_exist(db, {end for edge in edges for end in (edge[2], edge[3])} - self.nodes.keys())
            db.change_many(table.INSERT_EDGE, edges)


def _text(thing: Thing) -> str | None:
    try:
        return thing.changed_text()
    except (ValueError, TypeError) as error:
        raise ValueError(f"the context of {thing.jid} can't be kept as JSON: {error}") from None


def _key(thing: Thing) -> tuple[str, int]:
    return thing.uid, thing.version


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
    found = {row[0] for row in db.rows(f"SELECT uid FROM node WHERE {which}", params)}
    for uid in uids - found:
        raise Conflict(uid)
