"""Failed sign-ins, remembered for a while: whoever fails too often has to wait before the next try is looked at.

Kept in the memory of the web process. What counts is a key: an email, or the address that somebody comes from.
"""

import threading
from collections import deque
from collections.abc import Callable

KEYS_MOST = 10_000  # keys that are remembered; the ones that failed longest ago are forgotten first


class SignInLimits:
    """Counts failures by key within a sliding window."""

    def __init__(self, clock: Callable[[], float], window_s: float) -> None:
        """`clock`: UTC seconds; `window_s`: how long a failure counts."""
        self.clock = clock
        self.window_s = window_s
        self._failed: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: str, most: int) -> float:
        """Seconds until the key may try again, having failed `most` times within the window; 0: now."""
        with self._lock:
            failed = self._recent(key)
            return failed[-most] + self.window_s - self.clock() if len(failed) >= most else 0.0

    def failed(self, key: str) -> None:
        """Note a failure now."""
        with self._lock:
            failed = self._recent(key)
            failed.append(self.clock())
            # Put in again, so that the dictionary's order is the one in which keys failed last.
            self._failed.pop(key, None)
            self._failed[key] = failed
            while len(self._failed) > KEYS_MOST:
                del self._failed[next(iter(self._failed))]

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        with self._lock:
            self._failed.pop(key, None)

    def _recent(self, key: str) -> "deque[float]":
        failed = self._failed.get(key, deque())
        start = self.clock() - self.window_s
        while failed and failed[0] <= start:
            failed.popleft()
        return failed
