"""Limits how many jobs (PENDING or RETRY) one master may have waiting, wherever they come from.

Counting is not for each job that is asked for. A look at the database allows half of what is left, so that two
processes that look at once don't get past the limit together; the next look comes when that half is used up, or when the
last one is old. Only a master at the limit is counted each time, and then not more often than costs nothing.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from walkabout.database.connections import Database
from walkabout.jobs import queries

LOOK_AGAIN_S = 10.0  # other processes ask for jobs of the same master, too
COST_SHARE = 20  # a count that found no room counts for so many times as long as it took


class QueueFull(Exception):
    """A master has as many jobs waiting as anybody may (MAX_WAITING)."""


@dataclass
class _Look:
    """What a look at one master's jobs allows: so many more, until a moment (of the monotonic clock)."""

    left: int
    good_until: float


@dataclass
class Quotas:
    """Who may ask for one more job. `most`: jobs of one master that wait."""

    db: Database
    most: int
    monotonic: Callable[[], float] = time.monotonic
    _looks: dict[str, _Look] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, owner: str) -> None:
        """One more job of a master (a uid) is asked for now. Raises QueueFull."""
        if not self._has_room(owner):
            raise QueueFull(
                f"{self.most} jobs of this person are waiting, the most allowed (MAX_WAITING);"
                " wait until some of them have run, or cancel some"
            )

    def _has_room(self, owner: str) -> bool:
        with self._lock:
            look = self._looks.get(owner)
            if look is not None and self.monotonic() < look.good_until:
                if look.left > 0:
                    look.left -= 1
                    return True
                if look.left < 0:
                    return False
        return self._look(owner)

    def _look(self, owner: str) -> bool:
        began = self.monotonic()
        waiting = queries.waiting_of(self.db, owner, self.most)
        now = self.monotonic()
        room = self.most - waiting
        look = (
            _Look((room + 1) // 2 - 1, now + LOOK_AGAIN_S) if room > 0 else _Look(-1, now + (now - began) * COST_SHARE)
        )
        with self._lock:
            self._looks[owner] = look
        return room > 0
