"""Graphs: a root node and the nodes created in it. Every master starts with one."""

from collections.abc import Callable

from walkabout.database.connections import Database
from walkabout.graph import queries, usage
from walkabout.graph.rights import SYSTEM, Actor
from walkabout.graph.tables import NodeTable
from walkabout.jids import new_uid
from walkabout.people.masters import Master, Masters

ROOT = "root"


class Graphs:
    """Makes, lists and deletes graphs, and knows which one is active."""

    def __init__(self, db: Database, masters: Masters, clock: Callable[[], float], owner_bytes: int) -> None:
        """`clock`: UTC seconds; `owner_bytes`: what a person may hold in the graph."""
        self.db = db
        self.masters = masters
        self.clock = clock
        self.owner_bytes = owner_bytes

    def create(self, owner: str, *, activate: bool) -> str:
        """A new graph of a master (a uid); its own uid. Raises LimitExceeded for who holds too much already."""
        uid = new_uid()
        with self.db.transaction():
            self.db.change(
                NodeTable.insert(
                    uid=uid,
                    type="graph",
                    kind=ROOT,
                    graph=uid,
                    owner=owner,
                    access="private",
                    context="{}",
                    version=1,
                    created_at=self.clock(),
                )
            )
            usage.add(self.db, {owner: usage.size(ROOT, "{}")}, self.owner_bytes)
            if activate:
                self.masters.activate_graph(owner, uid)
        return uid

    def list(self, owner: str) -> list[str]:
        """The uids of a master's graphs, oldest first."""
        return queries.graphs(self.db, owner, SYSTEM)

    def active(self, master: Master) -> str:
        """The uid of the master's active graph.

        While that is none that they may read (any more), it is their oldest one; one is made if there is none.
        """
        chosen = master.active_graph
        if chosen and queries.type_of(self.db, chosen, Actor(master.uid, master.is_superuser)) == "graph":
            return chosen
        own = self.list(master.uid)
        return own[0] if own else self._another(master.uid)

    def delete(self, graph: str, owner: str) -> None:
        """Delete a graph with its nodes and their edges; if it was active, another takes its place."""
        with self.db.transaction():
            self._hold(graph)
            gone = usage.of_graph(self.db, graph)
            self.db.change(NodeTable.delete().where(NodeTable.graph == graph))
            usage.add(self.db, {holder: -size for holder, size in gone.items()}, self.owner_bytes)
            master = self.masters.by_uid(owner)
            if master and master.active_graph == graph:
                self._another(owner)

    def _hold(self, graph: str) -> None:
        """Let nobody add to a graph until the transaction ends, where others write meanwhile: who adds a node to one of its
        nodes waits for that one."""
        held: set[str] = set()
        nodes = f"SELECT uid FROM node WHERE graph = ? ORDER BY uid{self.db.wording.for_update}"
        while self.db.wording.for_update and not (found := set(self.db.values(nodes, (graph,)))) <= held:
            held = found

    def _another(self, owner: str) -> str:
        with self.db.transaction():
            others = self.list(owner)
            if not others:
                return self.create(owner, activate=True)
            self.masters.activate_graph(owner, others[0])
            return others[0]
