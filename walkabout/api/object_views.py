"""How answers show objects: `{"name","kind","jid","j_type","j_timestamp","context"}`, and more when detailed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from walkabout.actions import aliases
from walkabout.graph import queries
from walkabout.graph.objects import Edge, Node
from walkabout.graph.view import GraphView
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.times import iso

EDGES_FACTOR = 4  # so many times OBJECT_NODES_MAX jids of edges are listed at the nodes of one answer


@dataclass(frozen=True)
class ObjectViews:
    """Turns what the rooms have into the contract's objects."""

    service: Service

    def thing(self, view: GraphView, thing: Node | Edge, *, detailed: bool = False) -> dict[str, Any]:
        """A node, a graph or an edge of a view."""
        return self.things(view, [thing], detailed=detailed)[0]

    def things(self, view: GraphView, things: Sequence[Node | Edge], *, detailed: bool = False) -> list[dict[str, Any]]:
        """Nodes, graphs and edges of a view, in their order."""
        bodies = [thing.as_object() for thing in things]
        if detailed:
            for thing, body, access in zip(things, bodies, view.access_of(things), strict=True):
                body |= {"j_parent": None, "j_master": jid(thing.owner), "j_access": access}
            self._add_edges(view, [(thing, body) for thing, body in zip(things, bodies, strict=True)])
        return bodies

    def _add_edges(self, view: GraphView, pairs: Sequence[tuple[Node | Edge, dict[str, Any]]]) -> None:
        nodes = [(thing, body) for thing, body in pairs if isinstance(thing, Node)]
        most = self.service.settings.object_nodes_max * EDGES_FACTOR
        uids = [node.uid for node, _ in nodes]
        edges, is_whole = queries.edges_of(self.service.db, uids, view.actor, most) if uids else ({}, True)
        for node, body in nodes:
            body["j_parent"] = jid(node.graph) if node.type != "graph" else None
            body["edges"] = [jid(uid) for uid in edges[node.uid]]
            if not is_whole:
                body["truncated"] = f"there are more edges: an answer lists {most:,} (OBJECT_NODES_MAX)"

    def graph(self, uid: str, master: Master, *, detailed: bool = False) -> dict[str, Any]:
        """The graph of a uid."""
        view = self.service.view(master)
        return self.thing(view, view.node(uid), detailed=detailed)

    def master(self, master: Master, *, detailed: bool = False) -> dict[str, Any]:
        """A master: its email for a name, and no context."""
        body: dict[str, Any] = {
            "name": master.email,
            "kind": "master",
            "jid": jid(master.uid),
            "j_type": "master",
            "j_timestamp": iso(master.created_at),
        }
        if detailed:
            body |= {
                "j_parent": None,
                "j_master": jid(master.uid),
                "j_access": "private",
                "active_gph_id": jid(self.service.graphs.active(master)),
                "active_snt_id": jid(self.service.sentinel.uid),
                "alias_map": aliases.list_all(self.service, master),
            }
        return body
