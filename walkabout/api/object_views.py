"""How objects look in answers: `{"name","kind","jid","j_type","j_timestamp","context"}`, and more when detailed."""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from walkabout.graph import table
from walkabout.graph.objects import Edge, Node, Thing
from walkabout.graph.rights import Actor
from walkabout.graph.view import GraphView
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.times import iso


@dataclass(frozen=True)
class ObjectViews:
    """Turns what the rooms have into the contract's objects."""

    service: Service

    def view(self, master: Master) -> GraphView:
        """A view of the graph in a master's name, outside of any walk."""
        actor = Actor(master.uid, master.is_superuser)
        return GraphView(self.service.db, actor, self.service.clock, nullcontext)

    def thing(self, thing: Thing, *, detailed: bool = False) -> dict[str, Any]:
        """A node, a graph or an edge."""
        if not isinstance(thing, Node | Edge):
            raise TypeError(f"{thing!r} is neither a node nor an edge")
        body = thing.as_object()
        if detailed:
            parent = jid(thing.graph) if isinstance(thing, Node) and thing.type != "graph" else None
            body |= {"j_parent": parent, "j_master": jid(thing.owner), "j_access": thing.access}
            if isinstance(thing, Node):
                body["edges"] = [jid(uid) for uid in table.edges_of(self.service.db, thing.uid)]
        return body

    def graph(self, uid: str, master: Master, *, detailed: bool = False) -> dict[str, Any]:
        """The graph of a uid."""
        return self.thing(self.view(master).node(uid), detailed=detailed)

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
                "alias_map": self.service.aliases.all(master.uid),
            }
        return body
