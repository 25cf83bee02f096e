"""The walk itself: one walker on one graph, breadth first, until no node is left or it stops."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from walkabout.database.connections import Unavailable
from walkabout.graph.objects import Node
from walkabout.graph.view import GraphView
from walkabout.jobs.output import log_line
from walkabout.jobs.run import OwnResponse
from walkabout.jobs.worker.scoreboard import Interrupted
from walkabout.setting_rules import MB
from walkabout.walking.fields import BadContext, WalkerField, read_context, with_defaults
from walkabout.walking.request import Request
from walkabout.walking.responses import own_response
from walkabout.walking.resting import Resting
from walkabout.walking.values import plain
from walkabout.walking.walker import Caller, Http, StartOptions, Walker


class Stopped(BaseException):
    """The walker said stop; no error. (Not an Exception: a walker's own `except Exception` must not keep it.)"""


class Paused(BaseException):
    """The walker said pause; no error."""


class StepLimit(RuntimeError):
    """The walk went over its limit of steps: a circle, most likely."""


@dataclass
class WalkEnvironment:
    """What a walk needs from outside: who it is for, what it may touch, and how it tells of itself."""

    view: GraphView
    caller: Caller
    http: Http
    find: Callable[[str], type[Walker]]
    start_job: Callable[[type[Walker], Node, dict[str, Any], StartOptions], str]
    tell: Callable[[float, float | None, str], None]
    log: Callable[[str, str], object] = log_line
    request: Request | None = None
    step_limit: int = 1_000_000
    depth_limit: int = 20
    respond_most: int = 16 * MB
    steps: int = 0


@dataclass
class WalkResult:
    """How a walk went. `error` is what the walker raised; then nothing of the changes may be kept."""

    report: list[Any] = field(default_factory=list)
    status_code: int | None = None
    response: OwnResponse | None = None
    final: Node | None = None
    paused: bool = False
    error: BaseException | None = None


class Walk:
    """One walker on its way. It does what the walker asks for (see `walker.WalkApi`)."""

    def __init__(self, walker: Walker, environment: WalkEnvironment, depth: int = 0) -> None:
        """`depth`: how many walkers stand above this one."""
        self.walker = walker
        self.environment = environment
        self.depth = depth
        self.ran = WalkResult()
        self.queue: deque[Node] = deque()
        self.seen: set[str] = set()
        self.here: Node
        self.caller = environment.caller
        self.request = environment.request
        self.http = environment.http

    def go(self, start: Node, resting: Resting | None = None) -> WalkResult:
        """Walk from a node (or on from where it paused) to the end. What the walker raises is in the answer."""
        self.here = start
        self._resume(start, resting)
        view, before = self.environment.view, self.environment.view.frontier
        view.frontier = lambda: self.queue
        self.walker._walk = self
        try:
            while self.queue:
                self._step(self.queue.popleft())
        except Stopped:
            pass
        except Paused:
            self.ran.paused = True
        except (Interrupted, Unavailable):
            raise  # not the walker's own
        except BaseException as error:
            self.ran.error = error
        finally:
            self.walker._walk = None
            view.frontier = before
        self.ran.final = self.here
        return self.ran

    def state(self) -> dict[str, Any]:
        """What a paused walk keeps. Raises TypeError for an attribute that JSON can't hold."""
        values = {name: plain(value) for name, value in vars(self.walker).items() if name != "_walk"}
        return {"values": values, "queue": [node.uid for node in self.queue], "seen": sorted(self.seen)}

    def _resume(self, start: Node, resting: Resting | None) -> None:
        if resting is not None and resting.queue:
            self.seen.update(resting.seen)
            self.queue.extend(self.environment.view.load(resting.queue))
        else:
            self.visit(start, False)

    def _step(self, node: Node) -> None:
        self.environment.steps += 1
        if self.environment.steps > self.environment.step_limit:
            raise StepLimit(
                f"more than {self.environment.step_limit} steps; visit() leaves visited nodes out unless again=True"
            )
        if node.uid in self.environment.view.changes.deleted:
            return
        self.here = node
        for method in type(self.walker).handlers(node.kind):
            method(self.walker, node)

    # What follows is what the methods of Walker ask for; they have the words.

    def report(self, value: Any) -> None:
        """Keep a copy, in JSON's types, of what is reported now."""
        self.ran.report.append(plain(value))

    def visit(self, nodes: Node | Iterable[Node], again: bool) -> None:
        """Let nodes wait for their visit."""
        for node in (nodes,) if isinstance(nodes, Node) else nodes:
            if not isinstance(node, Node):
                raise TypeError(f"visit takes nodes, not {type(node).__name__}")
            if again or node.uid not in self.seen:
                self.seen.add(node.uid)
                self.queue.append(node)

    def stop(self) -> NoReturn:
        """End the walk."""
        raise Stopped

    def pause(self) -> NoReturn:
        """End this run; nodes that wait are kept."""
        if self.depth:
            raise RuntimeError("pause: a walker that another walker runs can't pause")
        raise Paused

    def set_status(self, code: int) -> None:
        """Set the answer's status."""
        if not isinstance(code, int) or isinstance(code, bool) or not 200 <= code <= 599:
            raise ValueError(f"set_status: {code!r} is not an HTTP status; use 200 to 599")
        self.ran.status_code = code

    def respond(self, status: int, type: str, body: Any, headers: Mapping[str, str | list[str]]) -> None:
        """Keep how the caller is to be answered."""
        self.ran.response = own_response(status, type, body, headers, self.environment.respond_most)

    def progress(self, done: float, total: float | None, text: str) -> None:
        """Tell how far it is."""
        self.environment.tell(done, total, text)

    def log(self, level: str, text: str) -> None:
        """Add to the log."""
        self.environment.log(level, text)

    def create(self, kind: str, context: dict[str, Any]) -> Node:
        """A node in the graph of the node it is at."""
        return self.environment.view.create(kind, context, self.here)

    def run(self, name: str, node: Node | None, ctx: dict[str, Any]) -> list[Any]:
        """Run another walker on the same view of the graph: its changes are this run's."""
        if self.depth >= self.environment.depth_limit:
            raise RecursionError(f"walkers run walkers more than {self.environment.depth_limit} deep")
        inner = Walk(self.environment.find(name)(**ctx), self.environment, self.depth + 1)
        ran = inner.go(node or self.here)
        if ran.error is not None:
            raise ran.error
        if ran.status_code is not None:
            self.ran.status_code = ran.status_code
        self.ran.response = ran.response or self.ran.response
        return ran.report

    def start(self, name: str, node: Node | None, ctx: dict[str, Any], when: StartOptions) -> str:
        """Ask for a job when this run has ended well."""
        return self.environment.start_job(self.environment.find(name), node or self.here, ctx, when)


def build_walker(walker: type[Walker], ctx: dict[str, Any], resting: Resting | None) -> Walker:
    """A walker with the fields of `ctx`, over those that it rested with, over the defaults. Raises BadContext."""
    fields = walker.walker_fields
    built = walker.__new__(walker)
    kept = {} if resting is None else _rested_values(fields, resting)
    given = read_context(fields, ctx, partial=resting is not None)
    built.__dict__.update({**with_defaults(fields, kept), **given})
    return built


def _rested_values(fields: Mapping[str, WalkerField], resting: Resting) -> dict[str, Any]:
    """What a walk rested with. A field that has another type by now begins anew."""
    kept = dict(resting.values)
    for name in kept.keys() & fields.keys():
        try:
            kept |= read_context(fields, {name: kept[name]}, partial=True)
        except BadContext:
            del kept[name]
    return kept
