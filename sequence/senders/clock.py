"""The clock that senders use; a test passes its own."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Where a sender's time comes from."""

    def time(self) -> float:
        """UTC seconds."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    def wait(self, stop: threading.Event, seconds: float) -> None:
        """Lets time pass; comes back at once when `stop` is set."""


class SystemClock:
    """The machine's clock."""

    def time(self) -> float:
        """See Clock."""
        return time.time()

    def monotonic(self) -> float:
        """See Clock."""
        return time.monotonic()

    def wait(self, stop: threading.Event, seconds: float) -> None:
        """See Clock."""
        stop.wait(seconds)
