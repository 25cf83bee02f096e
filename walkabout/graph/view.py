"""The graph as one run sees it: each object once, read many at a time, changes held back until the end."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Database, Row
from walkabout.graph import table
from walkabout.graph.changes import GraphChanges
from walkabout.graph.objects import Edge, Node, Thing
from walkabout.graph.rights import Actor, Shares
from walkabout.jids import jid, new_uid

FRONTIER_MOST = 20_000  # nodes whose neighbours are read by one query


class NotFound(LookupError):
    """There is no such object, or it is not the actor's to see: the two look the same."""


class NotYours(PermissionError):
    """The object may be read but not changed."""


class GraphView:
    """One run's graph. `frontier` gives the nodes that the run is about to visit: their neighbours are read along."""

    def __init__(
        self,
        db: Database,
        actor: Actor,
        clock: Callable[[], float],
        guard: Callable[[], AbstractContextManager[Any]],
        frontier: Callable[[], Iterable[Node]] = tuple,
    ) -> None:
        """`clock`: UTC seconds; `guard()` stands around each question, so that an interrupt never falls into one."""
        self.db = db
        self.actor = actor
        self.clock = clock
        self.guard = guard
        self.frontier = frontier
        self.changes = GraphChanges()
        self._nodes: dict[str, Node] = {}
        self._edges: dict[str, Edge] = {}
        self._out: dict[str, list[Edge]] = {}
        self._in: dict[str, list[Edge]] = {}
        self._shares = Shares(db)
        self._writable: set[str] = set()

    def node(self, uid: str) -> Node:
        """The node of a uid. Raises NotFound."""
        if uid in self.changes.deleted:
            raise NotFound(f"{jid(uid)} was deleted by this run")
        found = self._nodes.get(uid)
        if found is None:
            found = next(iter(self.load([uid])), None)
        if found is None:
            raise NotFound(f"no node {jid(uid)}")
        return found

    def load(self, uids: Sequence[str]) -> list[Node]:
        """The nodes of these uids, read by one query; those that are gone or can't be read are left out."""
        missing = [uid for uid in uids if uid not in self._nodes]
        if missing:
            with self.guard():
                rows = table.nodes(self.db, missing, self.actor)
            for row in rows:
                self._node(row)
        return [self._nodes[uid] for uid in uids if uid in self._nodes and uid not in self.changes.deleted]

    def edge(self, uid: str) -> Edge:
        """The edge of a uid. Raises NotFound."""
        if uid in self.changes.deleted:
            raise NotFound(f"{jid(uid)} was deleted by this run")
        if uid not in self._edges:
            with self.guard():
                row = table.edge(self.db, uid, self.actor)
            if row is None:
                raise NotFound(f"no edge {jid(uid)}")
            self._edge(row)
        return self._edges[uid]

    def out_edges(self, node: Node, kind: str | None) -> list[Edge]:
        """The edges that leave a node, oldest first."""
        return self._at(node, kind, self._out, outwards=True)

    def in_edges(self, node: Node, kind: str | None) -> list[Edge]:
        """The edges that lead into a node, oldest first."""
        return self._at(node, kind, self._in, outwards=False)

    def create(self, kind: str, context: dict[str, Any], at: Node) -> Node:
        """A new node, connected to nothing yet, in the graph of another one.

        It belongs to the owner of that one and is shared like it: an admin's walker, or a guest's, leaves nothing
        that the graph's owner can't see. Raises NotYours.
        """
        _check_kind(kind)
        self.may_change(at)
        node = Node(self, new_uid(), "node", kind, at.graph, at.owner, at.access, "{}", 0, self.clock())
        if at.owner != self.actor.master:
            self.changes.shared_like[node.uid] = self.changes.shared_like.get(at.uid, at.uid)
        node.context.update(_plain(context))
        self.changes.nodes[node.uid] = self._nodes[node.uid] = node
        self._out[node.uid], self._in[node.uid] = [], []
        return node

    def connect(self, source: Node, target: Node, kind: str, context: dict[str, Any]) -> Edge:
        """A new edge between two nodes. Raises NotYours when the source may not be changed."""
        _check_kind(kind)
        for end in (source, target):
            if end.uid in self.changes.deleted:
                raise NotFound(f"{end.jid} was deleted by this run")
        self.may_change(source)
        rest = (source.owner, source.access, "{}", 0, self.clock())
        edge = Edge(self, new_uid(), kind, source.uid, target.uid, *rest)
        edge.context.update(_plain(context))
        self.changes.edges[edge.uid] = self._edges[edge.uid] = edge
        for known, uid in ((self._out, source.uid), (self._in, target.uid)):
            if uid in known:
                known[uid].append(edge)
        return edge

    def touch(self, thing: Thing) -> None:
        """Let the object's version move, whether or not its context changes. Raises NotYours."""
        self.may_change(thing)
        self.changes.touched.add(thing.uid)

    def delete(self, thing: Thing) -> None:
        """Delete an object at the end of the run, a node with its edges. Raises NotYours, ValueError for a graph."""
        self.may_change(thing)
        if isinstance(thing, Node):
            if thing.type == "graph":
                raise ValueError(f"{thing.jid} is a graph's root; graph_delete deletes a graph")
            for edge in [*self.out_edges(thing, None), *self.in_edges(thing, None)]:
                self._drop(edge)
        self._drop(thing)

    def may_change(self, thing: Thing) -> None:
        """Raises NotYours unless the actor may change the object."""
        if thing.owner == self.actor.master or thing.version == 0 or thing.uid in self._writable:
            return
        subject = self.node(thing.source_uid) if isinstance(thing, Edge) else thing
        with self.guard():
            allowed = self._shares.may_write(subject.uid, subject.owner, subject.access, self.actor)
        if not allowed:
            raise NotYours(f"{thing.jid} may be read but not changed by you")
        self._writable.add(thing.uid)

    def finish(self) -> GraphChanges:
        """The changes of the whole run. Raises NotYours, ValueError for a context that is no JSON."""
        self.changes.collect([*self._nodes.values(), *self._edges.values()])
        for thing, _ in self.changes.changed:
            self.may_change(thing)
        return self.changes

    def _at(self, node: Node, kind: str | None, known: dict[str, list[Edge]], *, outwards: bool) -> list[Edge]:
        if node.uid not in known:
            self._read_neighbours(node, known, outwards=outwards)
        return [edge for edge in known[node.uid] if kind is None or edge.kind == kind]

    def _read_neighbours(self, node: Node, known: dict[str, list[Edge]], *, outwards: bool) -> None:
        uids = [node.uid]
        uids.extend({near.uid for near in self.frontier() if near.uid not in known} - {node.uid})
        uids = uids[:FRONTIER_MOST]
        with self.guard():
            rows = table.neighbours(self.db, uids, self.actor, outwards=outwards)
        for uid in uids:
            known[uid] = []
        for row in rows:
            self._node(row[: table.NODE_WIDTH])
            edge = self._edge(row[table.NODE_WIDTH :])
            if edge.uid not in self.changes.deleted:
                known[edge.source_uid if outwards else edge.target_uid].append(edge)
        # What this run connected before these nodes were read.
        for edge in self.changes.edges.values():
            end = edge.source_uid if outwards else edge.target_uid
            if end in uids:
                known[end].append(edge)

    def _node(self, row: Row) -> Node:
        found = self._nodes.get(row[0])
        if found is None:
            found = self._nodes[row[0]] = Node(self, *row)
        return found

    def _edge(self, row: Row) -> Edge:
        found = self._edges.get(row[0])
        if found is None:
            found = self._edges[row[0]] = Edge(self, *row)
        return found

    def _drop(self, thing: Thing) -> None:
        if isinstance(thing, Edge):
            for known, uid in ((self._out, thing.source_uid), (self._in, thing.target_uid)):
                if uid in known and thing in known[uid]:
                    known[uid].remove(thing)
        if thing.version == 0:
            self.changes.nodes.pop(thing.uid, None)
            self.changes.edges.pop(thing.uid, None)
        self.changes.deleted[thing.uid] = thing


def _check_kind(kind: str) -> None:
    if not isinstance(kind, str) or not kind or "\0" in kind:
        raise ValueError(f"a kind is a text that is not empty, not {kind!r}")
    json_text.write(kind)


def _plain(context: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json_text.load(json_text.write(context))
    return plain
