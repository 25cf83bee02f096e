"""The queue's throughput: how many runs ended, and how long they waited, in the last hour and day.

A day of runs is much to read for a page that asks every few seconds: what was read is kept for a while.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from walkabout.database.connections import Database
from walkabout.jobs import queries

KEPT_MOST = 200  # owners whose figures are remembered
KEEP_S = 2.0  # how long figures are remembered at least, seconds
SHARE = 0.01  # of its time at most a page that is looked at all day makes us read


@dataclass(frozen=True)
class FlowSpan:
    """A time that ends now, cut into equal steps."""

    name: str
    seconds: float
    step_s: float


HOUR = FlowSpan("last hour", 3600.0, 60.0)
DAY = FlowSpan("last 24 hours", 86_400.0, 1800.0)


@dataclass(frozen=True)
class FlowStep:
    """One step of a span: how many runs ended in it, how many of them badly, how long they had waited, and how
    long they ran (seconds)."""

    ended: int
    failed: int
    waited_s: float | None
    longest_s: float | None
    ran_s: float = 0.0


@dataclass(frozen=True)
class Flow:
    """The steps of a span, the oldest first; `start`: UTC seconds."""

    span: FlowSpan
    start: float
    steps: tuple[FlowStep, ...]

    @property
    def ended(self) -> int:
        """How many runs ended in all."""
        return sum(step.ended for step in self.steps)

    @property
    def ran_s(self) -> float:
        """How long they ran in all, seconds."""
        return sum(step.ran_s or 0.0 for step in self.steps)

    @property
    def failed(self) -> int:
        """How many of them badly."""
        return sum(step.failed for step in self.steps)

    @property
    def longest_s(self) -> float | None:
        """The longest wait, seconds; None: nothing had to wait."""
        return max((step.longest_s for step in self.steps if step.longest_s is not None), default=None)


class Flows:
    """Reads flows, and remembers them for a while."""

    def __init__(self, db: Database, clock: Callable[[], float]) -> None:
        """`clock`: UTC seconds."""
        self.db = db
        self.clock = clock
        self._kept: dict[tuple[str, str | None], tuple[float, float, Flow]] = {}  # when, how long they are good, what
        self._lock = threading.Lock()

    def flow(self, span: FlowSpan, owner: str | None) -> Flow:
        """The flow of a span, of an owner's runs (a uid) or of all."""
        now = self.clock()
        with self._lock:
            kept = self._kept.get((span.name, owner))
            if kept is None or not 0 <= now - kept[0] < kept[1]:
                if len(self._kept) >= KEPT_MOST:
                    self._kept.clear()
                begun = time.monotonic()
                flow = self._read_flow(span, owner, now)
                keep_s = max(KEEP_S, (time.monotonic() - begun) / SHARE)
                kept = self._kept[span.name, owner] = (now, keep_s, flow)
            return kept[2]

    def _read_flow(self, span: FlowSpan, owner: str | None, now: float) -> Flow:
        # Whole steps, so that a step's figures do not wander from bar to bar.
        end = (now // span.step_s + 1) * span.step_s
        start = end - span.seconds
        rows = queries.flow(self.db, start, span.step_s, owner)
        found = {row[0]: FlowStep(*row[1:]) for row in rows}
        steps = tuple(found.get(step, FlowStep(0, 0, None, None)) for step in range(int(span.seconds / span.step_s)))
        return Flow(span, start, steps)
