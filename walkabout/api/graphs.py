"""APIs of graphs and sentinels: create, list, show, activate and delete."""

from typing import Any

from walkabout.actions import graphs
from walkabout.actions.rights import sees_machine
from walkabout.api.answers import Answer, Refusal
from walkabout.api.dispatch import Call
from walkabout.api.object_views import ObjectViews
from walkabout.api.refusals import Naming
from walkabout.api.registry import GENERAL, Gph, Snt, api
from walkabout.graph.objects import Edge, Node
from walkabout.graph.rights import NotYours
from walkabout.graph.view import GraphView, NotFound
from walkabout.jids import BadJid, jid
from walkabout.problems import Problem
from walkabout.times import iso
from walkabout.walking.names import NotNamed

PAGE_MOST = 2**53  # beyond it, JSON's numbers are not whole for every client


@api(GENERAL)
def graph_create(call: Call, set_active: bool = True) -> dict[str, Any]:
    """Create a graph, and make it the active one unless `set_active` is false."""
    uid = graphs.create(call.service, call.master, activate=set_active)
    return ObjectViews(call.service).graph(uid, call.master)


@api(GENERAL)
def graph_list(call: Call, detailed: bool = False) -> list[dict[str, Any]]:
    """The caller's graphs, oldest first."""
    view = call.service.view(call.master)
    found = view.load(call.service.graphs.list(call.master.uid))
    return ObjectViews(call.service).things(view, found, detailed=detailed)


@api(GENERAL)
def graph_active_get(call: Call, detailed: bool = False) -> dict[str, Any]:
    """The caller's active graph."""
    return ObjectViews(call.service).graph(call.service.graphs.active(call.master), call.master, detailed=detailed)


@api(GENERAL)
def graph_active_set(call: Call, gph: Gph) -> list[str]:
    """Make a graph the active one."""
    graphs.activate(call.service, call.master, gph)
    return [f"Graph {gph} set as default"]


@api(GENERAL)
def graph_delete(call: Call, gph: Gph) -> list[str]:
    """Delete a graph with its nodes; when the active one goes, another takes its place."""
    with Naming("gph", NotYours):
        graphs.delete(call.service, call.master, gph)
    return [f"Graph {gph} successfully deleted"]


@api(GENERAL)
def graph_get(
    call: Call, gph: Gph, mode: str = "default", detailed: bool = False, limit: int = 0, offset: int = 0
) -> Any:
    """A graph's nodes that the caller may read, then the edges between them, as a list; with mode "dot" as DOT, a text.

    `limit` 0 is as many as an answer holds (OBJECT_NODES_MAX, OBJECT_MB); no answer holds more. When there is more, the
    header X-Walkabout-Next-Offset says from where. Without `gph`, `nd` may name a node of the graph, as in Jaseci.
    """
    if mode not in ("default", "dot"):
        raise Refusal(400, Problem("mode", f'"{mode[:40]}" is unknown; use default or dot'))
    check_page(limit, offset)
    view = call.service.view(call.master)
    nodes, edges, following = view.page_of_graph(_graph_of_node(call, view) or gph, limit, offset)
    headers = {} if following is None else {"X-Walkabout-Next-Offset": str(following)}
    if mode == "dot":
        return Answer(200, _dot(nodes, edges, following), headers=headers)
    shown = ObjectViews(call.service)
    bodies = shown.things(view, nodes, detailed=detailed)
    for body in shown.things(view, edges, detailed=detailed):
        # The original's names for the ends, beside ours.
        bodies.append(body | {"from_node_id": body["from"], "to_node_id": body["to"]})
    return Answer(200, bodies, headers=headers)


def _graph_of_node(call: Call, view: GraphView) -> str | None:
    """The graph of the node that `nd` names, where clients of Jaseci name one in place of `gph`; what names none is ignored."""
    given = call.asked.texts.get("nd") or call.asked.values.get("nd")
    if call.asked.has("gph") or not isinstance(given, str):
        return None
    try:
        return view.node(call.service.names.resolve(call.master, "node", given)).graph
    except (BadJid, NotNamed, NotFound):
        return None


@api(GENERAL)
def sentinel_list(call: Call, detailed: bool = False) -> list[dict[str, Any]]:
    """The sentinels; for an admin each with the walker files that could not be loaded."""
    return [sentinel_object(call)]


@api(GENERAL)
def sentinel_active_get(call: Call, detailed: bool = False) -> dict[str, Any]:
    """The caller's active sentinel."""
    return sentinel_object(call)


@api(GENERAL)
def sentinel_active_set(call: Call, snt: Snt) -> list[str]:
    """Make a sentinel the active one."""
    graphs.activate_sentinel(call.service, call.master, snt)
    return [f"Sentinel {snt} set as default"]


def check_page(limit: int, offset: int) -> None:
    """Raises Refusal unless limit and offset are a page of a list."""
    for name, number in (("limit", limit), ("offset", offset)):
        if not 0 <= number <= PAGE_MOST:
            raise Refusal(400, Problem(name, f"out of range; use 0 to {PAGE_MOST}"))


def sentinel_object(call: Call) -> dict[str, Any]:
    """The installation's sentinel, as objects look, for the caller."""
    sentinel, sees_errors = call.service.sentinel, sees_machine(call.master)
    return {
        "name": "global",
        "kind": "sentinel",
        "jid": jid(sentinel.uid),
        "j_type": "sentinel",
        "j_timestamp": iso(sentinel.loaded_at()),
        # Errors name files and modules of this machine.
        "errors": [{"file": file, "error": error} for file, error in sentinel.errors()] if sees_errors else [],
    }


def _dot(nodes: list[Node], edges: list[Edge], following: int | None) -> str:
    lines = [] if following is None else [f"  // There is more: offset={following}"]
    lines += [f'  "{node.uid}" [label="{_label(node)}"]' for node in nodes]
    lines += [f'  "{e.source_uid}" -> "{e.target_uid}" [label="{_escape(e.kind)}"]' for e in edges]
    return "digraph walkabout {\n" + "\n".join(lines) + "\n}"


def _label(node: Node) -> str:
    name = node.get("name")
    return _escape(f"{node.kind} {name}" if isinstance(name, str) else node.kind)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
