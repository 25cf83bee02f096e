"""A clock whose waits are noted and take no time."""

import threading
import time


class TestClock:
    __test__ = False

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.offset = 0.0

    def time(self) -> float:
        return time.time() + self.offset

    def monotonic(self) -> float:
        return time.monotonic() + self.offset

    def wait(self, stop: threading.Event, seconds: float) -> None:
        self.waits.append(seconds)
        self.offset += seconds
