"""What a run changed in the graph, in brief and for people: how much of what, and a few of the nodes."""

from typing import Any

from walkabout.graph.changes import Changes
from walkabout.graph.objects import Edge, Node, Thing

NODES_MOST = 10  # nodes that are named
NAME_MOST = 60  # characters of a name or a kind


def summary(changes: Changes) -> dict[str, Any] | None:
    """Counts of nodes and edges that were created, changed and deleted, and some nodes with their graphs; as a plain
    JSON object. None: nothing was changed."""
    if changes.empty():
        return None
    changed = [thing for thing, _ in changes.changed]
    gone = [thing for thing in changes.deleted.values() if thing.version]
    made = [*changes.nodes.values(), *changes.edges.values()]
    done = {"created": made, "changed": changed, "deleted": gone}
    nodes = [_told(node, what) for what, things in done.items() for node in _nodes(things)[:NODES_MOST]]
    return {
        "nodes": {what: len(_nodes(things)) for what, things in done.items()},
        "edges": {what: sum(isinstance(thing, Edge) for thing in things) for what, things in done.items()},
        "some": nodes[:NODES_MOST],
    }


def _nodes(things: list[Thing]) -> list[Node]:
    return [thing for thing in things if isinstance(thing, Node)]


def _told(node: Node, what: str) -> dict[str, str]:
    name = node.get("name")
    label = name if isinstance(name, str) else ""
    return {
        "uid": node.uid,
        "graph": node.graph,
        "kind": node.kind[:NAME_MOST],
        "name": label[:NAME_MOST],
        "what": what,
    }
