"""Tells everything with something to finish that this process was asked to stop."""

import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Action = Callable[[], object]


class Stopping:
    """Whether this process was told to stop, and who wants to know."""

    def __init__(self) -> None:
        self.begun = False
        self._actions: list[Action] = []
        self._lock = threading.Lock()

    def listen(self, action: Action, *, first: bool = False) -> None:
        """Call `action` when the process is told to stop, in some thread; at once when it was told already.

        Actions are called in the order in which they came, but for one that is to be the `first`.
        """
        with self._lock:
            if not self.begun:
                self._actions.insert(0 if first else len(self._actions), action)
                return
        action()

    @contextmanager
    def heard(self, action: Action) -> Iterator[None]:
        """As `listen`, but only as long as this lasts, and the first: what runs knows before it is said to others."""
        self.listen(action, first=True)
        try:
            yield
        finally:
            with self._lock:
                if action in self._actions:
                    self._actions.remove(action)

    def tell(self) -> None:
        """The process is told to stop. Later calls change nothing."""
        with self._lock:
            self.begun = True
            actions, self._actions = self._actions, []
        for action in actions:
            action()

    def watch(self, descriptor: int) -> None:
        """Tell as soon as a file descriptor is readable, or its other end is gone; returns at once."""

        def wait() -> None:
            poller = select.poll()
            poller.register(descriptor, select.POLLIN)
            poller.poll()
            self.tell()

        threading.Thread(target=wait, name="stopping", daemon=True).start()
