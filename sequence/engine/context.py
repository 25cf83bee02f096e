"""What all steps of a run share, and the counters of its limits."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sequence.engine.access_tokens import AccessTokens
from sequence.engine.block_runs import Refreshes
from sequence.engine.failure import Failure
from sequence.engine.reports import Reporter
from sequence.errors import LimitReached
from sequence.json_values import MISSING, Json
from sequence.senders.base import Channel
from sequence.settings import SequenceLimits, SequenceSettings


class Counters:
    """Counts requests, steps and loop items against their limits.

    An item that runs beside others counts on a fork of its own, and its count is added when the item is judged, in the
    items' order: so where a limit is reached never depends on timing.
    """

    def __init__(self, limits: SequenceLimits, requests: int = 0, items: int = 0, steps: int = 0) -> None:
        self._limits = limits
        self.requests = requests
        self.items = items
        self.steps = steps
        self._before = (requests, items, steps)

    def request(self) -> None:
        """One more try of a request. Raises LimitReached."""
        self.requests += 1
        self._check()

    def step(self) -> None:
        """One more step, whatever becomes of it. Raises LimitReached."""
        self.steps += 1
        if self.steps > self._limits.steps:
            self._check()

    def item(self) -> None:
        """One more loop item. Raises LimitReached."""
        self.items += 1
        self._check()

    def fork(self) -> "Counters":
        """A count that begins where this one is."""
        return Counters(self._limits, self.requests, self.items, self.steps)

    def join(self, fork: "Counters") -> None:
        """Adds what the fork counted. Raises LimitReached."""
        self.requests += fork.requests - fork._before[0]
        self.items += fork.items - fork._before[1]
        self.steps += fork.steps - fork._before[2]
        self._check()

    def _check(self) -> None:
        if self.requests > self._limits.requests:
            raise LimitReached(f"more than {self._limits.requests} requests, the limit of a run")
        if self.items > self._limits.items:
            raise LimitReached(f"more than {self._limits.items} loop items, the limit of a run")
        if self.steps > self._limits.steps:
            raise LimitReached(f"more than {self._limits.steps} steps, the limit of a run")


class Threads:
    """The threads that a run may still start. Fewer than wanted is no error: the outcome doesn't depend on them."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._lock = threading.Lock()

    def take(self, wanted: int) -> int:
        """Up to `wanted` threads; 0 when all are in use."""
        with self._lock:
            taken = min(wanted, self._left)
            self._left -= taken
            return taken

    def requeue(self, taken: int) -> None:
        """Ends the use of threads that `take` gave."""
        with self._lock:
            self._left += taken


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a list of steps needs beside its scope. `soft`: the errors so far of steps that are `soft`; `error`: the
    root of that name. `refreshes`: the runs of blocks of `retry.use`; `is_refreshing`: this is one of them.
    `lengthen`: see sequence.run."""

    channel: Channel
    settings: SequenceSettings
    reporter: Reporter
    tally: Counters
    threads: Threads
    nested: int = 0
    soft: list[Failure] = field(default_factory=list)
    error: Json = MISSING
    tokens: AccessTokens = field(default_factory=AccessTokens)
    refreshes: Refreshes = field(default_factory=Refreshes)
    is_refreshing: bool = False
    lengthen: Callable[[int], None] = lambda _: None

    def check_level(self, prefix: str) -> None:
        """Raises LimitReached for steps that stand too deep inside each other, by the prefix of their paths."""
        # A loop and a block add two parts to a path (`0.loop[3]`, `0.sign_in`), a sequence one.
        if prefix.count(".") > 2 * self.settings.limits.levels:
            raise LimitReached(f"steps stand more than {self.settings.limits.levels} deep inside each other")

    def beside(self, tally: Counters) -> "RunContext":
        """The context of an item that runs beside others: its records and counts are judged later."""
        return replace(self, reporter=self.reporter.fork(), tally=tally, soft=[])
