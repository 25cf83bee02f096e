"""Graphs: each is a root node and the nodes that were made in it. Every master is born with one."""

from collections.abc import Callable

from walkabout.database.connections import Database
from walkabout.graph import table
from walkabout.jids import new_uid
from walkabout.people.masters import Master, Masters

ROOT = "root"


class Graphs:
    """Makes, lists and deletes graphs, and knows which one is active."""

    def __init__(self, db: Database, masters: Masters, clock: Callable[[], float]) -> None:
        """`clock`: UTC seconds."""
        self.db = db
        self.masters = masters
        self.clock = clock

    def create(self, owner: str, *, activate: bool) -> str:
        """A new graph of a master (a uid); its own uid."""
        uid = new_uid()
        with self.db.transaction():
            row = (uid, "graph", ROOT, uid, owner, "private", "{}", self.clock())
            self.db.change(table.INSERT_NODE, row)
            if activate:
                self.masters.activate_graph(owner, uid)
        return uid

    def list(self, owner: str) -> list[str]:
        """The uids of a master's graphs, oldest first."""
        return [row[0] for row in table.graphs(self.db, owner)]

    def active(self, master: Master) -> str:
        """The uid of the master's active graph; one is made active, or made, if there is none."""
        if master.active_graph:
            return master.active_graph
        return self._another(master.uid)

    def delete(self, graph: str, owner: str) -> None:
        """Delete a graph with its nodes and their edges; if it was active, another takes its place."""
        with self.db.transaction():
            self.db.change("DELETE FROM node WHERE graph = ?", (graph,))
            master = self.masters.by_uid(owner)
            if master and master.active_graph == graph:
                self._another(owner)

    def _another(self, owner: str) -> str:
        with self.db.transaction():
            others = self.list(owner)
            if not others:
                return self.create(owner, activate=True)
            self.masters.activate_graph(owner, others[0])
            return others[0]
