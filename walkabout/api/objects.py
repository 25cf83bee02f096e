"""APIs of the graph's objects: read, change and share them."""

from typing import Any

from walkabout import json_text
from walkabout.actions import objects
from walkabout.api.answers import Refusal
from walkabout.api.dispatch import Call
from walkabout.api.graphs import sentinel_object
from walkabout.api.object_views import ObjectViews
from walkabout.api.refusals import Naming
from walkabout.api.registry import GENERAL, Ctx, Obj, api
from walkabout.graph.objects import Edge, Node
from walkabout.graph.rights import NotYours
from walkabout.graph.view import GraphView, NotFound
from walkabout.people.masters import Master
from walkabout.problems import Problem

DEPTH_MOST = 100
KIND_MOST = 200  # characters of a name that is set
TOGETHER = 500  # nodes whose edges are read by one query
_TRUNCATED = (
    "there is more: an answer has at most {0.object_nodes_max:,} nodes and as many edges (OBJECT_NODES_MAX), with"
    " contexts of {0.object_mb:g} MiB in all (OBJECT_MB)"
)


@api(GENERAL)
def object_get(call: Call, obj: Obj, depth: int = 0, detailed: bool = False) -> dict[str, Any]:
    """An object; with `depth` n also the nodes and edges that are reached from it within n steps.

    `truncated` is there when there are more than one answer holds (OBJECT_NODES_MAX, OBJECT_MB).
    """
    if not 0 <= depth <= DEPTH_MOST:
        raise Refusal(400, Problem("depth", f"{depth} is out of range; use 0 to {DEPTH_MOST}"))
    if obj == call.service.sentinel.uid:
        return sentinel_object(call)
    shown, view = ObjectViews(call.service), call.service.view(call.master)
    try:
        thing = objects.thing(view, obj)
    except NotFound:
        master = call.service.masters.by_uid(obj)
        if master is None:
            raise
        return shown.master(master, detailed=detailed)
    body = shown.thing(view, thing, detailed=detailed)
    if depth:
        nodes, edges, is_whole = _reach(view, thing, depth) if isinstance(thing, Node) else ([], [], True)
        body["nodes"] = shown.things(view, nodes, detailed=detailed)
        body["edges"] = shown.things(view, edges, detailed=detailed)
        if not is_whole:
            body["truncated"] = _TRUNCATED.format(call.service.settings)
    return body


@api(GENERAL, conflicts=True)
def object_set(call: Call, obj: Obj, ctx: Ctx) -> dict[str, Any]:
    """Set attributes of an object: `{"context": {...}}` replaces its context, `{"name": ...}` its name, which is its kind.

    Other attributes can't be set and are ignored.
    """
    name = ctx.get("name")
    if name is not None and not (isinstance(name, str) and 0 < len(name) <= KIND_MOST):
        raise Refusal(400, Problem("ctx.name", f"expected a text of 1 to {KIND_MOST} characters"))
    context = ctx.get("context", {})
    if not isinstance(context, dict):
        raise Refusal(400, Problem("ctx.context", f"expected an object, not {json_text.write(context)[:60]}"))
    try:
        if name is not None or "context" in ctx:
            new = context if "context" in ctx else None
            objects.set_attributes(call.service, call.master, obj, kind=name, context=new)
        view = call.service.view(call.master)
        return ObjectViews(call.service).thing(view, objects.thing(view, obj))
    except NotFound:
        if "context" not in ctx:
            return object_get(call, obj)
        raise Refusal(400, Problem("obj", "a master has no context")) from None


@api(GENERAL)
def object_perms_get(call: Call, obj: Obj) -> dict[str, Any]:
    """Who may use an object: private, read_only (everybody may read) or public (everybody may change).

    A node that a guest's walker made has the access of the node that it was made at, an edge that of its ends, until
    it is given one of its own.
    """
    view = call.service.view(call.master)
    return {"access": view.access_of([objects.thing(view, obj)])[0]}


@api(GENERAL)
def object_perms_set(call: Call, obj: Obj, mode: str) -> dict[str, Any]:
    """Make one's own object private, read_only or public.

    A node that a guest's walker made is then no longer shared like the node that it was made at. An edge can be read
    by who can read both of its ends and, from then on, the edge.
    """
    with Naming("obj", NotYours):
        thing = objects.set_access(call.service, call.master, obj, mode, call.origin)
    return {"success": True, "response": f"{thing.jid} is {mode} now"}


@api(GENERAL)
def object_perms_grant(call: Call, obj: Obj, mast: str, read_only: bool = False) -> dict[str, Any]:
    """Share one's own node with another master, to read it or also to change it."""
    with Naming("obj", NotYours):
        objects.check_may_share(call.service, call.master, obj)
        other = _somebody(call, mast)
        thing = objects.grant(call.service, call.master, obj, other, call.origin, read_only=read_only)
    return {"success": True, "response": f"{thing.jid} is shared now"}


@api(GENERAL)
def object_perms_revoke(call: Call, obj: Obj, mast: str) -> dict[str, Any]:
    """Revoke what was granted to another master."""
    with Naming("obj", NotYours):
        objects.check_may_share(call.service, call.master, obj)
        other = _somebody(call, mast)
        thing, revoked = objects.revoke(call.service, call.master, obj, other, call.origin)
    return {"success": revoked, "response": f"{thing.jid} is {'no longer' if revoked else 'not'} shared with them"}


def _somebody(call: Call, text: str) -> Master:
    master = call.service.masters.by_uid(call.resolver.uid(text, "mast"))
    if master is None:
        raise Refusal(404, Problem("mast", f'"{text[:200]}" is not a master'))
    return master


def _reach(view: GraphView, start: Node, depth: int) -> tuple[list[Node], list[Edge], bool]:
    """What is reached from a node along edges within some steps, without the start itself; whether that is all."""
    seen: set[str] = {start.uid}
    nodes: list[Node] = []
    edges: list[Edge] = []
    level = [start]
    for _ in range(depth):
        following: list[Node] = []
        for first in range(0, len(level), TOGETHER):
            found, is_whole = _spread(view, level[first : first + TOGETHER])
            edges += found
            new = dict.fromkeys(edge.target_uid for edge in found if edge.target_uid not in seen)
            seen |= new.keys()
            following += view.load(list(new))
            if not is_whole:
                return nodes + following, edges, False
        nodes += following
        level = following
    return nodes, edges, True


def _spread(view: GraphView, level: list[Node]) -> tuple[list[Edge], bool]:
    """The edges that leave some nodes, node by node; whether these are all."""
    found, is_whole = view.spread(level)
    by_node: dict[str, list[Edge]] = {node.uid: [] for node in level}
    for edge in found:
        by_node[edge.source_uid].append(edge)
    return [edge for edges in by_node.values() for edge in edges], is_whole
