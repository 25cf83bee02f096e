"""What references in a list of steps resolve to: `$ # @ ! %` and the sender's values (`now`, `uuid`)."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from sequence.engine.computing import StepWorld, bounds_of
from sequence.engine.context import RunContext
from sequence.engine.memory import Memory
from sequence.errors import StepError
from sequence.expressions.bounds import BoundReached
from sequence.expressions.evaluation import evaluate
from sequence.expressions.program import Program
from sequence.json_values import MISSING, Json, too_deep, wire
from sequence.language.plan import OUTSIDE, Frame, Start
from sequence.language.references import Reference


class ScopeMark(NamedTuple):
    """Where a scope stands, to return to."""

    path: str
    now: str | None
    places: int
    computed: int
    current: Json
    last: dict[str, Json]


class Scope:
    """The state of one list of steps. Each loop item has its own, so that items may run side by side."""

    __slots__ = ("_computed", "_now", "_places", "_weight", "context", "current", "frames", "last", "memory", "path")

    def __init__(
        self, context: RunContext, memory: Memory, current: Json, frames: tuple[Frame, ...], last: dict[str, Json]
    ) -> None:
        self.context = context
        self.memory = memory
        self.current = current
        self.frames = frames
        self.last = last
        self.enter("")

    @classmethod
    def first(cls, persistence: dict[str, Json], start: Start, context: RunContext) -> "Scope":
        """The scope in which a sequence begins. Raises LimitReached when its persistence is too large."""
        memory = Memory.of(persistence, context.settings.limits)
        current = memory.document if start.current is MISSING else start.current
        return cls(context, memory, current, (start.outside,), {})

    @property
    def regex_s(self) -> float:
        """Seconds of one regex (Scene)."""
        return self.context.settings.limits.regex_s

    def item(self, context: RunContext, memory: Memory, item: Json, index: int) -> "Scope":
        """The scope of one loop item."""
        frames = (Frame(item, str(index)), *self.frames)
        return Scope(context, memory, item, frames, self.last)

    def block(self, values: Json) -> "Scope":
        """The scope of a block, which has these values as its item."""
        frames = (Frame({} if values is None else values, OUTSIDE.index), *self.frames)
        return Scope(self.context, self.memory, self.current, frames, self.last)

    def enter(self, path: str) -> None:
        """Begins a step: its `now` is asked anew, its UUIDs are counted from 0, its request weighs nothing yet."""
        self.path = path
        self._now: str | None = None
        self._places = 0
        self._computed = 0
        self.lighten()

    def mark(self) -> ScopeMark:
        """Where this scope stands now."""
        return ScopeMark(self.path, self._now, self._places, self._computed, self.current, self.last)

    def return_to(self, mark: ScopeMark) -> None:
        """Goes on where the scope stood: with the same `now`, and the UUIDs from there on once more."""
        self.path, self._now, self._places, self._computed, self.current, self.last = mark
        self.lighten()

    def lighten(self) -> None:
        """What templates put in from here on is weighed from 0: it is not a part of the request."""
        self._weight = 0

    def compute(self, program: Program) -> Json:
        """The value of an expression (Computing).

        A bound that it reaches is journaled: later, or on another machine, it might not reach it.
        """
        # A step may have any number of expressions, each within its own bounds.
        self.context.channel.check_time(self.path)
        channel, place = self.context.channel, f"{self._computed}.{_digest(program.text)[:8]}"
        self._computed += 1
        known = channel.known_bound(self.path, place)
        if known:
            raise BoundReached(known)
        try:
            return evaluate(program, StepWorld(self), bounds_of(self.context.settings.limits, channel.patience()))
        except BoundReached as reached:
            channel.note_bound(self.path, place, str(reached))
            raise

    def value_of(self, reference: Reference) -> Json:
        """The value of a reference's root (Roots)."""
        match reference.root:
            case "$":
                return self.current
            case "#":
                return self.memory.document
            case "@":
                return self._frame(reference.outward).item
            case "!":
                return self._frame(reference.outward).index
            case "%":
                return self.last
            case "error":
                return self.context.error
            case "env":
                return self.context.settings.environment.get(reference.name, MISSING)
            case "secret":
                return self.context.settings.secrets.get(reference.name, MISSING)
            case "now":
                return self.moment()
        return self.uuid()

    def _frame(self, outward: int) -> Frame:
        return self.frames[outward] if outward < len(self.frames) else OUTSIDE

    def moment(self) -> str:
        """This moment, the same all through a step."""
        if self._now is None:
            self._now = self.context.channel.now(self.path)
        return self._now

    def uuids_from(self, place: int | None = None) -> int:
        """How many UUIDs this step has asked for; with a place it is as if it had asked for so many."""
        if place is not None:
            self._places = place
        return self._places

    def uuid(self) -> str:
        """The next UUID of this step."""
        # From the run's seed, the path and the place: a run that is taken up makes the same ones again.
        source = f"{self.context.channel.seed}|{self.path}|{self._places}"
        self._places += 1
        return str(UUID(bytes=hashlib.sha256(source.encode()).digest()[:16], version=4))

    def weigh(self, value: Json) -> None:
        """Counts what templates put into this step. Raises StepError past the limits (Target)."""
        if isinstance(value, (Mapping, list)):
            text = wire(self.own(value))
            if too_deep(text, self.context.settings.limits.depth):
                raise StepError(f"a value is nested deeper than {self.context.settings.limits.depth} levels")
            self._weight += len(text)
        elif isinstance(value, str):
            self._weight += len(value)
        limit = self.context.settings.limits.request_bytes
        if self._weight > limit:
            raise StepError(f"the resolved step has more than {limit} bytes, the limit of a request")

    def own(self, value: Json) -> Json:
        """A copy of the live persistence; every other value never changes and is given as it is (Target)."""
        return value if isinstance(value, (dict, list)) and value is not self.memory.document else _plain(value)


def _plain(value: Json) -> Json:
    return dict(value) if isinstance(value, Mapping) else value


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
