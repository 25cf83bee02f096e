"""Graphs and sentinels: create, activate and delete. A graph is deleted by its owner and by admins."""

from walkabout.actions.rights import controls
from walkabout.graph.rights import NotYours
from walkabout.people.masters import Master
from walkabout.service import Service


def create(service: Service, by: Master, *, activate: bool) -> str:
    """A new graph of one's own; its uid. Raises LimitExceeded."""
    uid = service.graphs.create(by.uid, activate=activate)
    service.tokens.forget()
    return uid


def activate(service: Service, by: Master, graph: str) -> None:
    """Make a graph (a uid) that one may read one's active one. Raises NotFound."""
    service.view(by).node(graph)
    service.masters.activate_graph(by.uid, graph)
    service.tokens.forget()


def delete(service: Service, by: Master, graph: str) -> None:
    """Delete a graph (a uid) with its nodes; when it is active, another takes its place. Raises NotFound, NotYours."""
    root = service.view(by).node(graph)
    if not controls(by, root.owner):
        raise NotYours(f"{root.jid} is not yours to delete")
    service.graphs.delete(graph, root.owner)
    service.tokens.forget()


def activate_sentinel(service: Service, by: Master, sentinel: str) -> None:
    """Make a sentinel (a uid) one's active one."""
    service.masters.activate_sentinel(by.uid, sentinel)
    service.tokens.forget()
