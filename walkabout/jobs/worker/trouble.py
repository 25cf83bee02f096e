"""Repeated failures in a loop: pauses that grow, and messages that become rare."""

import time
from collections.abc import Callable
from typing import Any

SAY_AGAIN_S = 60.0
PAUSES_S = (0.05, 2.0)  # the first pause and the longest

Say = Callable[..., None]


class Trouble:
    """One trouble of one loop. `say(event, **fields)` is called when it begins, and then once a minute."""

    def __init__(self, say: Say, event: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._event = event
        self._monotonic = monotonic
        self._times = 0
        self._said_at = float("-inf")

    def met(self, **fields: Any) -> float:
        """It was met (again); how many seconds to pause before the next try."""
        now = self._monotonic()
        self._times += 1
        if now - self._said_at >= SAY_AGAIN_S:
            self._said_at = now
            self._say(self._event, **fields, **({"times": self._times} if self._times > 1 else {}))
        return self.pause_s

    @property
    def pause_s(self) -> float:
        """The pause before the next try, seconds; 0: there is no trouble."""
        first, longest = PAUSES_S
        return min(first * 2.0 ** min(self._times - 1, 16), longest) if self._times else 0.0

    def over(self) -> None:
        """It went well. What is met soon afterwards is said again after a minute only."""
        self._times = 0
