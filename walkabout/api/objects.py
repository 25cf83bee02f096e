"""Objects of the graph: read, change, and share them."""

from typing import Any

from walkabout import json_text
from walkabout.api.answers import Refusal
from walkabout.api.dispatch import Call
from walkabout.api.graphs import sentinel_object
from walkabout.api.object_views import ObjectViews
from walkabout.api.registry import GENERAL, Ctx, Obj, api
from walkabout.database.connections import Conflict
from walkabout.graph import table
from walkabout.graph.objects import Edge, Node, Thing
from walkabout.graph.view import GraphView, NotFound

DEPTH_MOST = 100
ACCESS = ("private", "read_only", "public")


@api(GENERAL)
def object_get(call: Call, obj: Obj, depth: int = 0, detailed: bool = False) -> dict[str, Any]:
    """An object; with `depth` n also the nodes and edges that are reached from it within n steps."""
    if not 0 <= depth <= DEPTH_MOST:
        raise Refusal(400, f"depth: {depth} is out of range; use 0 to {DEPTH_MOST}")
    if obj == call.service.sentinel.uid:
        return sentinel_object(call)
    shown = ObjectViews(call.service)
    view = shown.view(call.master)
    try:
        thing = _thing(view, obj)
    except NotFound:
        master = call.service.masters.by_uid(obj)
        if master is None:
            raise
        return shown.master(master, detailed=detailed)
    body = shown.thing(thing, detailed=detailed)
    if depth:
        nodes, edges = _reached(view, thing, depth) if isinstance(thing, Node) else ([], [])
        body["nodes"] = [shown.thing(node, detailed=detailed) for node in nodes]
        body["edges"] = [shown.thing(edge, detailed=detailed) for edge in edges]
    return body


@api(GENERAL, conflicts=True)
def object_set(call: Call, obj: Obj, ctx: Ctx) -> dict[str, Any]:
    """Set attributes of an object: `{"context": {...}}` replaces its context."""
    if surplus := sorted(ctx.keys() - {"context"}):
        raise Refusal(400, *(f"ctx.{name}: can't be set; context can" for name in surplus))
    context = ctx.get("context", {})
    if not isinstance(context, dict):
        raise Refusal(400, f"ctx.context: expected an object, not {json_text.write(context)[:60]}")
    shown = ObjectViews(call.service)
    for attempt in range(1, call.service.settings.conflict_tries + 1):
        view = shown.view(call.master)
        try:
            thing = _thing(view, obj)
        except NotFound:
            raise Refusal(400, "obj: a master has no context to set") from None
        if "context" not in ctx:
            return shown.thing(thing)
        view.may_change(thing)
        thing.context.clear()
        thing.context.update(context)
        try:
            with call.service.db.transaction():
                view.finish().apply(call.service.db)
        except Conflict:
            if attempt == call.service.settings.conflict_tries:
                raise
            continue
        return shown.thing(_thing(shown.view(call.master), obj))
    raise AssertionError("conflict_tries is 1 or more")


@api(GENERAL)
def object_perms_get(call: Call, obj: Obj) -> dict[str, Any]:
    """Who may use an object: private, read_only (everybody may read) or public (everybody may change)."""
    return {"access": _thing(ObjectViews(call.service).view(call.master), obj).access}


@api(GENERAL)
def object_perms_set(call: Call, obj: Obj, mode: str) -> dict[str, Any]:
    """Make one's own object private, read_only or public."""
    if mode not in ACCESS:
        raise Refusal(400, f'mode: "{mode[:40]}" is unknown; use {", ".join(ACCESS)}')
    thing = _own(call, obj)
    table.set_access(call.service.db, "node" if isinstance(thing, Node) else "edge", thing.uid, mode)
    return {"success": True, "response": f"{thing.jid} is {mode} now"}


@api(GENERAL)
def object_perms_grant(call: Call, obj: Obj, mast: str, read_only: bool = False) -> dict[str, Any]:
    """Share one's own node with another master, to read it or also to change it."""
    thing, other = _own(call, obj), _somebody(call, mast)
    call.service.shares.grant(thing.uid, other, "read" if read_only else "write")
    return {"success": True, "response": f"{thing.jid} is shared now"}


@api(GENERAL)
def object_perms_revoke(call: Call, obj: Obj, mast: str) -> dict[str, Any]:
    """Take back what was granted to another master."""
    thing, other = _own(call, obj), _somebody(call, mast)
    revoked = call.service.shares.revoke(thing.uid, other)
    return {"success": revoked, "response": f"{thing.jid} is {'no longer' if revoked else 'not'} shared with them"}


def _own(call: Call, uid: str) -> Thing:
    thing = _thing(ObjectViews(call.service).view(call.master), uid)
    if thing.owner != call.master.uid and not call.master.is_superuser:
        raise Refusal(403, f"obj: {thing.jid} is not yours to share")
    return thing


def _somebody(call: Call, text: str) -> str:
    uid = call.resolver.uid(text, "mast")
    if call.service.masters.by_uid(uid) is None:
        raise Refusal(404, f'mast: "{text[:200]}" names no master')
    return uid


def _thing(view: GraphView, uid: str) -> Thing:
    found = view.load([uid])
    return found[0] if found else view.edge(uid)


def _reached(view: GraphView, start: Node, depth: int) -> tuple[list[Node], list[Edge]]:
    """What is reached from a node along edges within some steps, a query a step, without the start itself."""
    seen, nodes, edges = {start.uid}, [], []
    level = [start]
    for _ in range(depth):
        waiting = tuple(level)
        view.frontier = lambda waiting=waiting: waiting  # type: ignore[misc]
        following: list[Node] = []
        for node in level:
            for edge in node.edges_out():
                edges.append(edge)
                if edge.target_uid not in seen:
                    seen.add(edge.target_uid)
                    following.append(edge.target)
        nodes.extend(following)
        level = following
    return nodes, edges
