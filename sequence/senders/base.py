"""The interface between the engine and its senders."""

import threading
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from sequence.errors import RunEnded
from sequence.json_values import Json
from sequence.settings import SequenceLimits

Jac = Callable[[str, Json, str | None], object]
"""`jac(api, body, master)`: calls an API of this service. Gives its answer as a JSON value, an `Answer` for another
status, or `Nested` when the call is another sequence; whatever it raises is the step's error."""

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Methods that may be sent again (RFC 9110, 9.2.2), of those that a step may have."""
Try = tuple[str, int]
"""A step's path and the number of the try."""
AUTH = ".auth"
"""What the path of a request for an access token ends with."""


def phrase_of(status: int) -> str:
    """The reason phrase of a status (RFC 9110, 15), "" for one that has none."""
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""


@dataclass(frozen=True, slots=True)
class StepRequest:
    """A resolved step, ready to be sent: everything that decides about the bytes, and how to wait for the answer.

    `parse`: how its response is read; None: by its type. `has_token`: its Authorization is a token of the run's own,
    which is another one when the request is sent again. `left_s`: a JAC step that only waits was halted; so many
    seconds of its wait are left. `uses`: the newest run of the block of `retry.use` that it knows (0: none).
    """

    path: str
    method: str
    url: str
    header: Mapping[str, str]
    content: bytes | None
    body: Json
    timeout_s: float
    attempt: int = 1
    redirects: bool = True
    verify: bool = True
    repeatable: bool = False
    master: str | None = None
    left_s: float | None = None
    parse: Json = None
    has_token: bool = False
    uses: int | None = None

    @property
    def is_jac(self) -> bool:
        """Whether this calls an API of this service instead of a URL."""
        return self.method == "JAC"


@dataclass(frozen=True, slots=True)
class StepResponse:
    """What came back. `failure` is set when no whole answer came: "connect" (nothing was sent), "timeout" (it is not
    known whether it was answered) or "other"; `message` then says what happened. Times: `started` UTC seconds, `ms`.
    `cookies` is the whole jar when the answer changed it, `set_cookies` what the answer itself sets, name -> value."""

    status: int | None = 200
    body: Json = None
    reason: str = ""
    header: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    ms: float = 0.0
    size: int = 0
    started: float = 0.0
    failure: str = ""
    message: str = ""
    cookies: tuple[Mapping[str, Json], ...] | None = None
    replayed: bool = False
    set_cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class BlockRun:
    """A run of the block of `retry.use`, after an answer of 401.

    `block`: which one, by the sequence that it is in and its place there; `number`: of its runs, from 1; `path`: what the paths
    of its steps begin with; `current`, `last`: what `$` and `%` are for its first step. Once it is over it has `saves`, or the
    `error` that it failed with, at the path `at`. `is_told`: its records were written by this process; `ended_by`: what ended
    the whole run meanwhile.
    """

    block: str
    number: int
    path: str
    current: Json
    last: dict[str, Json]
    saves: Mapping[str, Json] | None = None
    error: str = ""
    at: str = ""
    is_told: bool = False
    ended_by: RunEnded | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end, a good one or not."""
        return self.saves is not None


@dataclass(frozen=True, slots=True)
class Nested:
    """What `jac` gives when the API is to run a sequence: it runs as steps of this same run, under the step's path."""

    argument: object


@dataclass(frozen=True, slots=True)
class Rest:
    """The pause of a step that sends nothing: when it began (UTC seconds), how long it was, and whether the journal
    knew that it was over."""

    started: float = 0.0
    ms: float = 0.0
    replayed: bool = False


class Stop:
    """How a run is ended from another thread. `pauses` is set once it was: nobody waits any longer."""

    def __init__(self) -> None:
        self.pauses = threading.Event()
        self.is_cut = False
        self.is_halted = False
        self.is_cancelled = False

    def cut(self) -> None:
        """End it at once, whatever is in flight."""
        self.is_cut = True
        self.pauses.set()

    def cancel(self) -> None:
        """End it at once, whatever is in flight, but for what it does at its end."""
        self.is_cancelled = True
        self.cut()

    def halt(self) -> None:
        """Let what is in flight be answered, and nothing more begin."""
        self.is_halted = True
        self.pauses.set()


@dataclass(frozen=True, slots=True)
class Opening:
    """What a run tells its sender at the start."""

    limits: SequenceLimits
    jac: Jac | None = None
    cookies: bool = False
    total_s: float = 3600.0
    stop: Stop = field(default_factory=Stop)
    has_secret: Callable[[str], bool] = lambda _: False


class Channel(Protocol):
    """One run's line to the world. All that is not determined by the argument comes through it.

    Several threads may call it at once when a loop has a concurrency.
    """

    @property
    def seed(self) -> str:
        """What the run's UUIDs and jitter derive from."""

    def now(self, path: str) -> str:
        """The moment at which the step at this path first asked, ISO 8601 in UTC."""

    def wait(self, path: str, attempt: int, seconds: float) -> None:
        """Lets the time pass before this try is sent. Raises LimitReached when the run's time is over."""

    def rest(self, path: str, seconds: float) -> Rest:
        """Lets the time pass at a step that sends nothing. Raises LimitReached when the run's time is over."""

    def known_bound(self, path: str, place: str) -> str:
        """What an expression at this place of the step said of a bound that it had reached; empty when it had not."""

    def note_bound(self, path: str, place: str, text: str) -> None:
        """An expression at this place of the step has reached a bound."""

    def patience(self) -> float:
        """How many times longer an expression may take: what went well once is not to fail where it is only repeated."""

    def check_time(self, path: str) -> None:
        """Raises LimitReached when the run's time is over."""

    def send(self, request: StepRequest) -> StepResponse | Nested:
        """Sends and waits. What goes wrong on the way is an Answer too; raises only what ends the run."""

    def ending(self, name: str, seconds: float) -> "Channel":
        """A line for the steps that a run does at its end: with so much time of its own, and not ended by what has ended
        the run. `name` is that of their list."""

    def has_answer(self, path: str, attempt: int) -> bool:
        """Whether the answer to this try is known already."""

    def place_of_token(self, request: StepRequest, taken: Container[Try]) -> StepRequest:
        """The request for a token, at the path and try where the answer to one like it is known and not yet taken; as it
        is when there is none."""

    def known_block_runs(self) -> Sequence[BlockRun]:
        """The runs of blocks of `retry.use` that are known from before, each block's in their order."""

    def known_use(self, path: str, attempt: int) -> int | None:
        """The `uses` of this try, if it is known from before."""

    def note_block_run(self, run: BlockRun) -> None:
        """A run of a block begins, or is over."""

    def note_end(self, paths: tuple[str, ...]) -> None:
        """The run failed at these paths (none: it went well)."""

    def close(self) -> None:
        """Gives connections back. Called once, however the run ended."""


class Unjournaled:
    """The part of a Channel that is about a journal, for one that has none: nothing is known from before."""

    def known_bound(self, path: str, place: str) -> str:
        """See Channel."""
        return ""

    def note_bound(self, path: str, place: str, text: str) -> None:
        """See Channel."""

    def patience(self) -> float:
        """See Channel."""
        return 1.0

    def has_answer(self, path: str, attempt: int) -> bool:
        """See Channel."""
        return False

    def place_of_token(self, request: StepRequest, taken: Container[Try]) -> StepRequest:
        """See Channel."""
        return request

    def known_block_runs(self) -> Sequence[BlockRun]:
        """See Channel."""
        return ()

    def known_use(self, path: str, attempt: int) -> int | None:
        """See Channel."""
        return None

    def note_block_run(self, run: BlockRun) -> None:
        """See Channel."""

    def note_end(self, paths: tuple[str, ...]) -> None:
        """See Channel."""


class Sender(Protocol):
    """Opens a channel per run; one sender may serve any number of runs."""

    def open(self, opening: Opening) -> Channel:
        """A channel for one run."""
