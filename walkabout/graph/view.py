"""The graph as one run sees it: each object loaded once, many at a time, changes held until the end."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Database, Row
from walkabout.graph import queries
from walkabout.graph.changes import GraphChanges
from walkabout.graph.limits import GraphLimits, Room
from walkabout.graph.objects import Edge, Node, Thing
from walkabout.graph.rights import ACCESS, Actor, NotYours
from walkabout.graph.tables import EDGE_PART, NODE_PART, UID
from walkabout.jids import jid, new_uid

FRONTIER_MOST = 20_000  # nodes whose neighbours are read by one query


class NotFound(LookupError):
    """There is no such object, or it is not the actor's to see: the two look the same."""


class GraphView:
    """One run's graph. `frontier` gives the nodes that the run is about to visit: their neighbours are read along."""

    def __init__(
        self,
        db: Database,
        actor: Actor,
        clock: Callable[[], float],
        guard: Callable[[], AbstractContextManager[Any]],
        limits: GraphLimits,
        frontier: Callable[[], Iterable[Node]] = tuple,
    ) -> None:
        """`clock`: UTC seconds; `guard()` stands around each question, so that an interrupt never falls into one."""
        self.db = db
        self.actor = actor
        self.clock = clock
        self.guard = guard
        self.limits = limits
        self.frontier = frontier
        self.changes = GraphChanges(actor, limits)
        self._nodes: dict[str, Node] = {}
        self._edges: dict[str, Edge] = {}
        self._out: dict[str, list[Edge]] = {}
        self._in: dict[str, list[Edge]] = {}
        self._held_bytes = 0

    def node(self, uid: str) -> Node:
        """The node of a uid. Raises NotFound, LimitExceeded."""
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
            room = self._room()
            with self.guard():
                rows = queries.nodes(self.db, missing, self.actor, room.is_spent_by_node)
            if room.is_spent:
                raise self.limits.too_much()
            for row in rows:
                self._node(row)
        return [self._nodes[uid] for uid in uids if uid in self._nodes and uid not in self.changes.deleted]

    def edge(self, uid: str) -> Edge:
        """The edge of a uid. Raises NotFound."""
        if uid in self.changes.deleted:
            raise NotFound(f"{jid(uid)} was deleted by this run")
        if uid not in self._edges:
            with self.guard():
                row = queries.edge(self.db, uid, self.actor)
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

    def spread(self, nodes: Sequence[Node]) -> tuple[list[Edge], bool]:
        """The edges that leave these nodes, oldest first, and whether these are all: no more is read than may be held."""
        room = self._room()
        with self.guard():
            rows = queries.neighbours(
                self.db, [node.uid for node in nodes], self.actor, room.is_spent_by, outwards=True
            )
        if room.is_spent:
            rows.pop()
        for row in rows:
            self._node(row[NODE_PART])
        return [self._edge(row[EDGE_PART]) for row in rows], not room.is_spent

    def page_of_graph(self, graph: str, limit: int, offset: int) -> tuple[list[Node], list[Edge], int | None]:
        """A graph's nodes, then the edges between them, as one list cut to a page, but no more than may be held.

        `limit`: 0 is as many as may be held. The last value: the offset of what follows, None when nothing does.
        """
        most, room = min(limit or self.limits.held, self.limits.held), self._room()
        with self.guard():
            node_rows, edge_rows = queries.page_of_graph(
                self.db, graph, self.actor, most + 1, offset, room.is_spent_by_one
            )
        found = len(node_rows) + len(edge_rows)
        is_more = room.is_spent or found > most
        if is_more and found > 1:
            (edge_rows or node_rows).pop()
            found -= 1
        nodes, edges = [self._node(row) for row in node_rows], [self._edge(row) for row in edge_rows]
        return nodes, edges, offset + found if is_more else None

    def first_of_graph(self, graph: str, most: int, edges_most: int) -> tuple[list[Node], list[Edge]]:
        """The first nodes of a graph, and edges that leave them; no more than may be held."""
        room = self._room()
        with self.guard():
            node_rows, edge_rows = queries.first_of_graph(
                self.db, graph, self.actor, most, edges_most, room.is_spent_by_one
            )
        return [self._node(row) for row in node_rows], [self._edge(row) for row in edge_rows]

    def first_neighbours(self, node: Node, most: int, *, outwards: bool) -> list[Edge]:
        """The first edges that leave a node, or lead into it; no more than may be held."""
        room, left = self._room(), itertools.count(most - 1, -1)

        def enough(row: Row) -> bool:
            return room.is_spent_by(row) or next(left) <= 0

        with self.guard():
            rows = queries.neighbours(self.db, [node.uid], self.actor, enough, outwards=outwards)
        for row in rows:
            self._node(row[NODE_PART])
        return [self._edge(row[EDGE_PART]) for row in rows]

    def create(self, kind: str, context: dict[str, Any], at: Node) -> Node:
        """A new node, connected to nothing yet, in the graph of another one.

        It belongs to the owner of that one and is shared like it, now and later: an admin's walker, or a guest's, leaves
        nothing that the graph's owner can't see, and nothing that stays shared. Raises NotYours, LimitExceeded.
        """
        _check_kind(kind)
        self.may_change(at)
        self.limits.check_made(len(self.changes.nodes), "nodes")
        is_shared = at.owner != self.actor.master or at.access != "private"
        follows = (at.follows or at.uid) if is_shared else None
        rest = (at.owner, at.access, "{}", 0, self.clock())
        node = Node(self, new_uid(), "node", kind, at.graph, follows, *rest)
        node.context.update(_plain(context))
        self.changes.nodes[node.uid] = self._nodes[node.uid] = node
        self._out[node.uid], self._in[node.uid] = [], []
        return node

    def connect(self, source: Node, target: Node, kind: str, context: dict[str, Any]) -> Edge:
        """A new edge between two nodes. Raises NotYours when the source may not be changed, LimitExceeded."""
        _check_kind(kind)
        for end in (source, target):
            if end.uid in self.changes.deleted:
                raise NotFound(f"{end.jid} was deleted by this run")
        self.may_change(source)
        self.limits.check_made(len(self.changes.edges), "edges")
        rest = (source.owner, source.access, "{}", 0, self.clock())
        edge = Edge(self, new_uid(), kind, source.uid, target.uid, 0, *rest)
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
        if thing.owner == self.actor.master or thing.version == 0 or thing.uid in self.changes.borrowed:
            return
        ask = queries.writable_edges if isinstance(thing, Edge) else queries.writable_nodes
        with self.guard():
            allowed = ask(self.db, [thing.uid], self.actor)
        if not allowed:
            raise NotYours(f"you may read but not change {thing.jid}")
        self.changes.borrowed[thing.uid] = thing

    def access_of(self, things: Sequence[Node | Edge]) -> list[str]:
        """Who may use each of these objects: private, read_only or public. An edge without an access of its own has the
        narrower one of its two ends."""
        following = [thing.uid for thing in things if isinstance(thing, Edge) and not thing.own_access]
        narrower: dict[str, str] = {}
        if following:
            with self.guard():
                rows = queries.access_of_ends(self.db, following, self.actor)
            narrower = {uid: min(source, target, key=ACCESS.index) for uid, source, target in rows}
        return [narrower.get(thing.uid, thing.access) for thing in things]

    def finish(self) -> GraphChanges:
        """The changes of the whole run.

        Raises NotYours, ValueError for a context that is no JSON, LimitExceeded for one that is too large.
        """
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
        rows = self._neighbours(uids, outwards=outwards)
        if rows is None and len(uids) > 1:
            # What is read along must not be what is too much.
            uids = [node.uid]
            rows = self._neighbours(uids, outwards=outwards)
        if rows is None:
            raise self.limits.too_much()
        for uid in uids:
            known[uid] = []
        for row in rows:
            self._node(row[NODE_PART])
            edge = self._edge(row[EDGE_PART])
            if edge.uid not in self.changes.deleted:
                known[edge.source_uid if outwards else edge.target_uid].append(edge)
        # What this run connected before these nodes were read.
        for edge in self.changes.edges.values():
            end = edge.source_uid if outwards else edge.target_uid
            if end in uids:
                known[end].append(edge)

    def _neighbours(self, uids: Sequence[str], *, outwards: bool) -> list[Row] | None:
        """The edges at these nodes, each with its other end; None: more than may be held, not all of it was read."""
        room = self._room()
        with self.guard():
            rows = queries.neighbours(self.db, uids, self.actor, room.is_spent_by, outwards=outwards)
        return None if room.is_spent else rows

    def _room(self) -> Room:
        room = Room(self.limits, self._nodes, self._edges)
        made = self.changes
        room.take(len(self._nodes) - len(made.nodes), len(self._edges) - len(made.edges), self._held_bytes)
        return room

    def _node(self, row: Sequence[Any]) -> Node:
        found = self._nodes.get(row[UID])
        if found is None:
            found = self._nodes[row[UID]] = Node(self, *row)
            self._held_bytes += len(found.text)
        return found

    def _edge(self, row: Sequence[Any]) -> Edge:
        found = self._edges.get(row[UID])
        if found is None:
            found = self._edges[row[UID]] = Edge(self, *row)
            self._held_bytes += len(found.text)
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
        raise ValueError(f"a kind is a non-empty text, not {kind!r}")
    json_text.write(kind)


def _plain(context: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json_text.load(json_text.write(context))
    return plain
