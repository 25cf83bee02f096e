"""Limits how many requests are answered at once; the others wait without a thread."""

import threading
from collections import deque
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any


class Turns:
    """Whose turn it is. A thread that has answered goes on with the next who waits."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._taken = 0
        self._waiting: deque[Callable[[], object]] = deque()
        self._called: deque[Callable[[], object]] = deque()  # whose turn it is, until a thread goes on with them
        self._lock = threading.Lock()

    async def take(self) -> None:
        """Wait for a turn."""
        with self._lock:
            if self._taken < self.most:
                self._taken += 1
                return
        await _Turn(self)

    def give_back(self) -> None:
        """A turn is over."""
        with self._lock:
            if self._waiting:
                self._called.append(self._waiting.popleft())
            else:
                self._taken -= 1

    def next(self) -> Callable[[], object] | None:
        """Who goes on now, in the thread that asks."""
        with self._lock:
            return self._called.popleft() if self._called else None

    def wait(self, go_on: Callable[[], object]) -> None:
        """Let somebody go on when it is their turn: now, in this thread, if one came free meanwhile."""
        with self._lock:
            if self._taken >= self.most:
                self._waiting.append(go_on)
                return
            self._taken += 1
        go_on()


class _Turn:
    """What is awaited (see steps.Future)."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns

    def __await__(self) -> Generator[Any, Any, Any]:
        yield self

    def done(self) -> bool:
        """It calls."""
        return False

    def cancelled(self) -> bool:
        """Nobody gives up a turn."""
        return False

    def add_done_callback(self, call: Callable[[], object], context: Context) -> None:  # noqa: ARG002
        """Call when it is the turn."""
        self.turns.wait(call)
