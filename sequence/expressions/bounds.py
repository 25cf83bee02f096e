"""The bounds of one evaluation, and the meter that counts against them.

An expression runs in the run's own thread: a process for each would cost more than the expression, and a copy of the
persistence with it. So everything that can take long or grow is counted here before it is done: evaluations (and what
functions walk over), bytes that are made, and the thread's CPU time from time to time.
"""

import time
from dataclasses import dataclass

from sequence.errors import StepError

_LOOK_AFTER = 256
"""Evaluations between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one evaluation may use. `cpu_s`: seconds of CPU; `regex_s`: seconds of one regex; `levels`: of data."""

    cpu_s: float
    evaluations: int
    made_bytes: int
    depth: int
    regex_s: float
    levels: int


class BoundReached(StepError):
    """An expression has reached a bound. Somewhere else, or later, it might not: so it is a part of the answer."""


class Reached(BaseException):
    """A bound is reached. No Exception, as the library handles those in places, and would go on."""


class Fault(Exception):
    """What an expression asks for can't be done. The text says what and why."""


class Meter:
    """Counts one evaluation against its bounds. Raises Reached."""

    __slots__ = ("_ends_at", "_evaluations", "_look_at", "_made", "bounds")

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._evaluations = 0
        self._look_at = min(_LOOK_AFTER, bounds.evaluations)
        self._made = 0
        self._ends_at = time.thread_time() + bounds.cpu_s

    @property
    def evaluations(self) -> int:
        """How many were counted so far."""
        return self._evaluations

    @property
    def made(self) -> int:
        """How many bytes were counted so far."""
        return self._made

    def work(self, amount: int = 1) -> None:
        """Counts evaluations, before they are done."""
        self._evaluations += amount
        if self._evaluations > self._look_at:
            self._look()

    def walk(self, length: int) -> None:
        """Counts a walk over so many characters or items in the speed of C."""
        self.work(1 + (length >> 6))

    def make(self, size: int) -> None:
        """Counts bytes, before they are made."""
        self._made += size
        if self._made > self.bounds.made_bytes:
            raise Reached(f"makes more than {self.bounds.made_bytes} bytes, the limit of an expression")

    def make_list(self, length: int) -> None:
        """Counts a list of so many items that exist already."""
        self._evaluations += length >> 4
        self.make(64 + 8 * length)

    def make_object(self, length: int) -> None:
        """Counts an object of so many keys that exist already."""
        self._evaluations += length >> 3
        self.make(64 + 40 * length)

    def left_s(self) -> float:
        """Seconds of CPU that are left. Raises Reached when none are."""
        left = self._ends_at - time.thread_time()
        if left <= 0:
            raise Reached(f"takes more than {self.bounds.cpu_s:g} s of CPU time, the limit of an expression")
        return left

    def _look(self) -> None:
        if self._evaluations > self.bounds.evaluations:
            raise Reached(f"needs more than {self.bounds.evaluations} evaluations, the limit of an expression")
        self.left_s()
        self._look_at = min(self._evaluations + _LOOK_AFTER, self.bounds.evaluations)
