"""Objects of the graph: change their context, and share them, within the rights that the graph knows."""

from typing import Any

from walkabout.actions.rights import controls
from walkabout.database.connections import Conflict
from walkabout.graph import queries
from walkabout.graph.objects import Edge, Node
from walkabout.graph.rights import ACCESS, Actor, NotYours
from walkabout.graph.view import GraphView
from walkabout.people import audit
from walkabout.people.masters import Master
from walkabout.people.sign_ins import Origin
from walkabout.problems import refuse
from walkabout.service import Service


def thing(view: GraphView, uid: str) -> Node | Edge:
    """The node or the edge of a uid. Raises NotFound."""
    found = view.load([uid])
    return found[0] if found else view.edge(uid)


def set_attributes(
    service: Service, by: Master, uid: str, *, kind: str | None = None, context: dict[str, Any] | None = None
) -> None:
    """Give an object another kind, another context, or both. Raises NotFound, NotYours, LimitExceeded, Conflict."""
    tries = service.settings.conflict_tries
    for attempt in range(1, tries + 1):
        view = service.view(by)
        changed = thing(view, uid)
        view.may_change(changed)
        view.touch(changed)
        if context is not None:
            changed.context.clear()
            changed.context.update(context)
        try:
            with service.db.transaction():
                view.finish().apply(service.db)
                if kind is not None:
                    queries.set_kind(service.db, changed, kind)
        except Conflict:
            if attempt == tries:
                raise
        else:
            return


def set_access(service: Service, by: Master, uid: str, mode: str, origin: Origin) -> Node | Edge:
    """Make an object private, read_only or public. Raises Invalid, NotFound, NotYours."""
    if mode not in ACCESS:
        raise refuse("mode", f'"{mode[:40]}" is unknown; use {", ".join(ACCESS)}')
    shared = check_may_share(service, by, uid)
    set_access_of = queries.set_node_access if isinstance(shared, Node) else queries.set_edge_access
    with service.db.transaction():
        set_access_of(service.db, shared.uid, mode, Actor(by.uid, by.is_superuser))
        service.audit.record(audit.ACCESS_SET, by.email, by.email, origin.address, f"{shared.jid} is {mode}")
    return shared


def check_may_share(service: Service, by: Master, uid: str) -> Node | Edge:
    """An object that one may share. Raises NotFound, NotYours."""
    found = thing(service.view(by), uid)
    if not controls(by, found.owner):
        raise NotYours(f"{found.jid} is not yours to share")
    return found


def grant(
    service: Service, by: Master, uid: str, other: Master, origin: Origin, *, read_only: bool = False
) -> Node | Edge:
    """Share an object with somebody, to read it or also to change it. Raises NotFound, NotYours."""
    shared, level = check_may_share(service, by, uid), "read" if read_only else "write"
    with service.db.transaction():
        service.shares.grant(shared.uid, other.uid, level)
        service.audit.record(audit.GRANTED, by.email, other.email, origin.address, f"{level} {shared.jid}")
    return shared


def revoke(service: Service, by: Master, uid: str, other: Master, origin: Origin) -> tuple[Node | Edge, bool]:
    """Take back what was granted to somebody; whether anything was. Raises NotFound, NotYours."""
    shared = check_may_share(service, by, uid)
    with service.db.transaction():
        revoked = service.shares.revoke(shared.uid, other.uid)
        if revoked:
            service.audit.record(audit.REVOKED, by.email, other.email, origin.address, shared.jid)
    return shared, revoked
