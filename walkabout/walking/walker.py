"""The public face of walkers: their base class, and `at`, which binds a method to kinds of nodes."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn, Protocol, TypeVar

from walkabout.graph.objects import Node
from walkabout.jobs.limits import AT_MOST_MOST, read_rate
from walkabout.jobs.run_log import LEVELS
from walkabout.jobs.specs import check_queue
from walkabout.nearest import suggest_or_list
from walkabout.setting_groups.queues import DEFAULT_QUEUE
from walkabout.walking.fields import BadContext, WalkerField, fields_of, read_context, with_defaults
from walkabout.walking.request import Request

Handler = Callable[[Any, Node], Any]
H = TypeVar("H", bound=Handler)
ANY = "*"
_NEW_WORD = r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"


def at(*kinds: str) -> Callable[[H], H]:
    """Let a walker's method run at each node of these kinds that it visits; `@at()` at nodes of any kind.

    Methods that fit a node run in the order in which the class has them. A graph's first node is a "root".
    """

    def mark(method: H) -> H:
        method.__walk_at__ = kinds or (ANY,)  # type: ignore[attr-defined]
        return method

    return mark


@dataclass(frozen=True)
class Caller:
    """The master in whose name a walker runs."""

    jid: str
    email: str
    is_superuser: bool


class Http(Protocol):
    """Requests to the outside world, through the guard and the limits of this installation (see outbound.Client)."""

    @property
    def request(self) -> Callable[..., Any]: ...
    @property
    def get(self) -> Callable[..., Any]: ...
    @property
    def post(self) -> Callable[..., Any]: ...


@dataclass(frozen=True)
class StartOptions:
    """When a walker that another one starts runs as a job: after `delay` seconds, with a priority, in a queue (None: its own)."""

    delay: float = 0
    priority: int = 0
    queue: str | None = None


class WalkApi(Protocol):
    """What a walker's methods ask of the walk that it is on."""

    here: Node
    caller: Caller
    request: Request | None
    http: Http

    def report(self, value: Any) -> None: ...
    def visit(self, nodes: Node | Iterable[Node], again: bool) -> None: ...
    def stop(self) -> NoReturn: ...
    def pause(self) -> NoReturn: ...
    def set_status(self, code: int) -> None: ...
    def respond(self, status: int, type: str, body: Any, headers: Mapping[str, str | list[str]]) -> None: ...
    def progress(self, done: float, total: float | None, text: str) -> None: ...
    def log(self, level: str, text: str) -> None: ...
    def create(self, kind: str, context: dict[str, Any]) -> Node: ...
    def run(self, name: str, node: Node | None, ctx: dict[str, Any]) -> list[Any]: ...
    def start(self, name: str, node: Node | None, ctx: dict[str, Any], when: StartOptions) -> str: ...


class Walker:
    """A program that walks the graph. Derive from it, annotate fields, and bind methods with `at`.

    Class arguments: `name` (default: the class's name in snake_case), `public` (may be run with a key),
    `is_async` (runs in the background unless asked otherwise), `time_limit` (seconds a job of it may run),
    `repeatable` (False: never run again by itself when its worker was lost), `max_attempts` and `backoff`
    (seconds, doubled each time) for runs that raise; of its jobs `queue` (default: "default"), `at_most` (so many run at
    once in the whole installation, or of each value of the field `at_most_by`), and `rate` (so many start within a time:
    "10/m").
    """

    walker_name: ClassVar[str]
    walker_fields: ClassVar[dict[str, WalkerField]]
    walker_options: ClassVar["Options"]
    _handlers: ClassVar[list[tuple[tuple[str, ...], Handler]]]
    _by_kind: ClassVar[dict[str, list[Handler]]]
    _walk: WalkApi | None = None

    def __init_subclass__(cls, *, name: str = "", **options: Any) -> None:
        super().__init_subclass__()
        cls.walker_name = name or re.sub(_NEW_WORD, "_", cls.__name__).lower()
        cls.walker_options = Options(**options)
        cls.walker_fields = fields_of(cls, Walker)
        cls.walker_options.check_fields(cls.walker_fields)
        members: dict[str, Any] = {}
        for owner in reversed(cls.__mro__):
            members.update(owner.__dict__)
        cls._handlers = [(m.__walk_at__, m) for m in members.values() if hasattr(m, "__walk_at__")]
        cls._by_kind = {}

    def __init__(self, **fields: Any) -> None:
        """A walker with these fields, ready to go. Raises BadContext for a wrong type or an unknown or missing name."""
        values = read_context(self.walker_fields, fields)
        self.__dict__.update(with_defaults(self.walker_fields, values))

    @classmethod
    def handlers(cls, kind: str) -> list[Handler]:
        """The methods to run at a node of this kind, in order."""
        found = cls._by_kind.get(kind)
        if found is None:
            found = cls._by_kind[kind] = [m for kinds, m in cls._handlers if kind in kinds or ANY in kinds]
        return found

    @property
    def here(self) -> Node:
        """The node that the walker is at."""
        return self._walk_api.here

    @property
    def caller(self) -> Caller:
        """The master in whose name it runs: `jid`, `email`, `is_superuser`."""
        return self._walk_api.caller

    @property
    def request(self) -> Request | None:
        """The request that it came from (without credentials), or None: a schedule, a test."""
        return self._walk_api.request

    @property
    def http(self) -> Http:
        """Requests to the outside world: `self.http.get(url)` gives `.status`, `.text`, `.json()`, `.headers`."""
        return self._walk_api.http

    def report(self, value: Any) -> None:
        """Add a value to the answer: anything that JSON can hold, a node, an edge, a file, a date, a dataclass."""
        self._walk_api.report(value)

    def visit(self, nodes: Node | Iterable[Node], *, again: bool = False) -> None:
        """Go to these nodes after those that already wait: breadth first, in order.

        A node that was visited or waits already is left out, unless `again`.
        """
        self._walk_api.visit(nodes, again)

    def stop(self) -> NoReturn:
        """End the walk here, well; what it changed and reported is kept."""
        self._walk_api.stop()

    def pause(self) -> NoReturn:
        """End this run here; the next run of this walker by the same master goes on with the nodes that wait.

        (What other walker languages call yield.) Its fields keep their values.
        """
        self._walk_api.pause()

    def set_status(self, code: int) -> None:
        """Let the answer have this HTTP status (200 to 599)."""
        self._walk_api.set_status(code)

    def respond(
        self,
        status: int = 200,
        type: str = "",
        body: Any = "",
        headers: Mapping[str, str | list[str]] | None = None,
    ) -> None:
        """Answer in the walker's own way when it ends well: with this status, media type, body and these headers.

        `body`: bytes, a text (text/plain unless `type` says otherwise), a file, or another value, which is sent as JSON.
        The last call counts. The result of a job shows it. Raises ValueError.
        """
        self._walk_api.respond(status, type, body, headers or {})

    def progress(self, done: float, total: float | None = None, text: str = "") -> None:
        """Tell those who wait how far it is."""
        self._walk_api.progress(done, total, text)

    def log(self, *values: Any, level: str = "info") -> None:
        """Add a line to the log of the job, where people see it while it runs: the values with blanks between, as `print`
        writes them. `level`: debug, info, warning or error. Raises ValueError."""
        if level not in LEVELS:
            raise ValueError(f"log: level {level!r}; use one of {', '.join(LEVELS)}")
        self._walk_api.log(level, " ".join(map(str, values)))

    def create(self, kind: str, /, **context: Any) -> Node:
        """A new node in the graph of the node that it is at, connected to nothing; see also `here.create`."""
        return self._walk_api.create(kind, context)

    def run(self, name: str, /, at: Node | None = None, **ctx: Any) -> list[Any]:
        """Run another walker now, as part of this run (from `at`, default: here); what it reports."""
        return self._walk_api.run(name, at, ctx)

    def start(
        self,
        name: str,
        /,
        at: Node | None = None,
        *,
        delay: float = 0,
        priority: int = 0,
        queue: str | None = None,
        **ctx: Any,
    ) -> str:
        """Start another walker as a job when this run ends well (after `delay` seconds, in its own queue or this one); its
        task id."""
        return self._walk_api.start(name, at, ctx, StartOptions(delay, priority, queue))

    @property
    def _walk_api(self) -> WalkApi:
        if self._walk is None:
            raise RuntimeError(
                f"the walker {self.walker_name} is not running; use walkabout.testing.walk to run it in a test"
            )
        return self._walk


class Options:
    """What a walker class says of itself beside its fields."""

    def __init__(
        self,
        public: bool = False,
        is_async: bool = False,
        time_limit: float | None = None,
        repeatable: bool = True,
        max_attempts: int = 1,
        backoff: float = 0.0,
        queue: str = DEFAULT_QUEUE,
        at_most: int | None = None,
        at_most_by: str | None = None,
        rate: str | None = None,
    ) -> None:
        if time_limit is not None and not 0 < time_limit < math.inf:
            raise ValueError("time_limit: seconds, more than 0")
        if max_attempts < 1:
            raise ValueError("max_attempts: 1 or more")
        if not 0 <= backoff < math.inf:
            raise ValueError("backoff: seconds, 0 or more")
        check_queue("queue", queue)
        if at_most is not None and (not isinstance(at_most, int) or not 1 <= at_most <= AT_MOST_MOST):
            raise ValueError(f"at_most: a whole number from 1 to {AT_MOST_MOST}")
        if at_most_by is not None and at_most is None:
            raise ValueError("at_most_by: needs at_most")
        if rate is not None:
            read_rate(rate)
        self.public = public
        self.is_async = is_async
        self.time_limit = time_limit
        self.repeatable = repeatable
        self.max_attempts = max_attempts
        self.backoff = backoff
        self.queue = queue
        self.at_most = at_most
        self.at_most_by = at_most_by
        self.rate = rate

    def check_fields(self, fields: Mapping[str, WalkerField]) -> None:
        """See that the options fit the walker's fields. Raises ValueError."""
        by = self.at_most_by
        if by is not None and by not in fields:
            raise ValueError(f"at_most_by: {by!r} is not a field of the walker{suggest_or_list(by, fields)}")

    def limits_view(self) -> dict[str, Any]:
        """Its queue and its limits, for people; what says nothing is left out."""
        named = {"queue": self.queue, "at_most": self.at_most, "at_most_by": self.at_most_by, "rate": self.rate}
        return {name: value for name, value in named.items() if value not in (None, DEFAULT_QUEUE)}

    def limits_in_words(self) -> list[str]:
        """The same in words."""
        each = f" for each {self.at_most_by}" if self.at_most_by else ""
        return [
            *([f"queue {self.queue}"] if self.queue != DEFAULT_QUEUE else []),
            *([f"at most {self.at_most:,} at once{each}"] if self.at_most is not None else []),
            *([f"at most {read_rate(self.rate).words}"] if self.rate is not None else []),
        ]


__all__ = ["BadContext", "Walker", "at"]
