"""Walks in this process, on the real graph: of walkers that a test wrote, or of those of the sentinel."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

from walkabout import json_text
from walkabout.graph.limits import graph_limits
from walkabout.graph.objects import Node, Thing
from walkabout.graph.rights import Actor
from walkabout.graph.view import GraphView
from walkabout.jids import jid
from walkabout.jobs.foreground import RequestHooks
from walkabout.jobs.run import run_until_saved
from walkabout.jobs.thread_place import ThreadPlace
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.walking.call import WalkerCall
from walkabout.walking.resting import Resting
from walkabout.walking.walk import Walk, WalkEnvironment
from walkabout.walking.walker import Caller, Walker


def view_of(service: Service, master: Master) -> GraphView:
    """The graph as a new run of the master sees it."""
    return GraphView(
        service.db, Actor(master.uid, master.is_superuser), service.clock, nullcontext, graph_limits(service.settings)
    )


def root_of(view: GraphView, master: Master) -> Node:
    """The root of the master's active graph."""
    assert master.active_graph is not None
    return view.node(master.active_graph)


def keep(service: Service, changed: GraphView | Thing) -> dict[str, int]:
    """Keep what was changed through a view (or the view of an object); how much it was."""
    view = changed._view if isinstance(changed, Thing) else changed
    assert isinstance(view, GraphView)
    changes = view.finish()
    with service.db.transaction():
        changes.apply(service.db)
    return changes.counts()


def walk(
    service: Service,
    master: Master,
    walker: Walker,
    *,
    known: Iterable[type[Walker]] = (),
    steps: int = 1000,
    depth: int = 5,
    start_job: Callable[..., str] = lambda *_: "",
    resting: Resting | None = None,
) -> Walk:
    """A walker's walk from the root of the master's graph, when it has ended; nothing is kept yet."""
    view = view_of(service, master)
    names = {other.walker_name: other for other in known}
    world = WalkEnvironment(
        view=view,
        caller=Caller(jid(master.uid), master.email, master.is_superuser),
        http=service.runs.outbound.client(lambda request: None, lambda: True),
        find=names.__getitem__,
        start_job=start_job,
        tell=lambda *_: None,
        step_limit=steps,
        depth_limit=depth,
    )
    made = Walk(walker, world)
    made.go(root_of(view, master), resting)
    return made


def run(service: Service, master: Master, name: str, node: str | None = None, **ctx: Any) -> dict[str, Any]:
    """Run a walker of the sentinel and keep what it changed; its answer."""
    errand = WalkerCall(name, master.uid, node or master.active_graph or "", ctx)
    hooks = RequestHooks(ThreadPlace())

    def kept(outcome: Any) -> None:
        if outcome.apply is not None:
            with service.db.transaction():
                outcome.apply()

    outcome = run_until_saved(lambda _turn: service.runs.once(errand, hooks), kept, hooks, 3, service.db)
    return dict(json_text.load(outcome.result))
