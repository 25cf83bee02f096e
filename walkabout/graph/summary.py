"""A short summary of what a run changed in the graph: the counts, and a few of the nodes."""

from itertools import islice
from typing import Any

from walkabout.graph.changes import GraphChanges
from walkabout.graph.objects import Node

NODES_MOST = 10  # nodes that are named
NAME_MOST = 60  # characters of a name or a kind


def summary(changes: GraphChanges) -> dict[str, Any] | None:
    """Counts of nodes and edges that were created, changed and deleted, and some nodes with their graphs; as a plain
    JSON object. None: nothing was changed."""
    if changes.empty():
        return None
    # Each run that changes something waits for this: one pass, and nothing is made for the many that are not named.
    nodes = {"created": len(changes.nodes), "changed": 0, "deleted": 0}
    edges = {"created": len(changes.edges), "changed": 0, "deleted": 0}
    some = [_entry(node, "created") for node in islice(changes.nodes.values(), NODES_MOST)]
    gone = (thing for thing in changes.deleted.values() if thing.version)
    for what, things in (("changed", (thing for thing, _ in changes.changed)), ("deleted", gone)):
        for thing in things:
            if isinstance(thing, Node):
                nodes[what] += 1
                if len(some) < NODES_MOST:
                    some.append(_entry(thing, what))
            else:
                edges[what] += 1
    return {"nodes": nodes, "edges": edges, "some": some}


def _entry(node: Node, what: str) -> dict[str, str]:
    name = node.get("name")
    return {
        "uid": node.uid,
        "graph": node.graph,
        "kind": node.kind[:NAME_MOST],
        "name": name[:NAME_MOST] if isinstance(name, str) else "",
        "what": what,
    }
