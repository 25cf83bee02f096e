"""Try a walker without a server: `walk(Greet(name="you")).report == ["hello, you"]`.

The graph is a real one, in a database in memory; `walk` gives a World of its own to each call unless one is handed on.
"""

from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from walkabout.database.connections import Database
from walkabout.database.sqlite import Sqlite
from walkabout.events import Events
from walkabout.graph.graphs import Graphs
from walkabout.graph.limits import graph_limits
from walkabout.graph.objects import Node
from walkabout.graph.rights import Actor
from walkabout.graph.view import GraphView
from walkabout.jids import jid, new_uid
from walkabout.jobs.run import OwnResponse
from walkabout.people.masters import Masters
from walkabout.sequences.network import network_of, outbound_of
from walkabout.settings import Settings
from walkabout.walking.request import Request
from walkabout.walking.sentinel import Sentinel
from walkabout.walking.walk import Walk, WalkEnvironment, WalkResult
from walkabout.walking.walker import Caller, StartOptions, Walker

_NOW = 1_800_000_000.0


@dataclass
class Walked:
    """How a walk went in a test: what the answer would hold, and what it asked for beside."""

    report: list[Any]
    status_code: int | None
    final: Node
    paused: bool
    started: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    progress: list[tuple[float, float | None, str]] = field(default_factory=list)
    response: OwnResponse | None = None
    logged: list[tuple[str, str]] = field(default_factory=list)


class Playground:
    """A graph to walk in a test. `root` is its first node; `Playground("walkers")` finds other walkers there."""

    def __init__(self, walkers: str | None = None) -> None:
        self.db = Database(Sqlite(None))
        self.db.migrate()
        masters = Masters(self.db)
        self.master = masters.create("test@example.com", "", "Test", _NOW)
        self.limits = graph_limits(Settings())
        graphs = Graphs(self.db, masters, lambda: _NOW, self.limits.owner_bytes)
        self.root_uid = graphs.create(self.master.uid, activate=True)
        folders = [Path(walkers).resolve()] if walkers else []
        self.sentinel = Sentinel(folders, Events(), reload=False)

    @property
    def root(self) -> Node:
        """The root as it is now, to look at and (with `keep`) to prepare."""
        return self._view().node(self.root_uid)

    def build(self, **context: Any) -> Node:
        """Put values into the root's context, and keep them; the root."""
        view = self._view()
        view.node(self.root_uid).context.update(context)
        self._keep(view)
        return self.root

    def walk(self, walker: Walker, at: Node | None = None, request: Request | None = None) -> Walked:
        """Let a walker walk from a node (default: the root), and keep its changes. What it raises is raised here."""
        walked = Walked([], None, self.root, False)
        settings = Settings()
        view = self._view()

        def start_job(other: type[Walker], _node: Node, ctx: dict[str, Any], _when: StartOptions) -> str:
            walked.started.append((other.walker_name, ctx))
            return new_uid()

        world = WalkEnvironment(
            view=view,
            caller=Caller(jid(self.master.uid), self.master.email, False),
            http=outbound_of(settings, network_of(settings)).client(lambda _: None, lambda: True),
            find=self.sentinel.walker,
            start_job=start_job,
            tell=lambda done, total, text: walked.progress.append((done, total, text)),
            log=lambda level, text: walked.logged.append((level, text)),
            request=request,
            respond_most=settings.respond_bytes,
        )
        ran: WalkResult = Walk(walker, world).go(view.node(at.uid if at else self.root_uid))
        if ran.error is not None:
            raise ran.error
        self._keep(view)
        walked.report, walked.status_code, walked.paused = ran.report, ran.status_code, ran.paused
        walked.final, walked.response = ran.final or self.root, ran.response
        return walked

    def _view(self) -> GraphView:
        return GraphView(self.db, Actor(self.master.uid), lambda: _NOW, nullcontext, self.limits)

    def _keep(self, view: GraphView) -> None:
        with self.db.transaction():
            view.finish().apply(self.db)


def walk(walker: Walker) -> Walked:
    """Let a walker walk from the root of an empty graph. What it raises is raised here."""
    return Playground().walk(walker)
