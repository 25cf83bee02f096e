"""The requests that this web process has answered, counted by route. Prometheus knows them from other processes by
where it asked."""

import threading
from bisect import bisect_left
from dataclasses import dataclass, field

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of what a request takes, seconds; one more has all that took longer."""

Route = tuple[str, str]
"""The pattern of a path, and the method."""


@dataclass
class Answered:
    """What a route has answered: how often each status, and how long it took (seconds, by bucket)."""

    by_status: dict[int, int] = field(default_factory=dict)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    seconds: float = 0.0


class RequestCounts:
    """Counts answers; safe in several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._routes: dict[Route, Answered] = {}

    def note(self, route: Route, status: int, seconds: float) -> None:
        """Count an answer that took so long."""
        bucket = bisect_left(BUCKETS_S, seconds)
        with self._lock:
            answered = self._routes.get(route)
            if answered is None:
                answered = self._routes[route] = Answered()
            answered.by_status[status] = answered.by_status.get(status, 0) + 1
            answered.buckets[bucket] += 1
            answered.seconds += seconds

    def all(self) -> dict[Route, Answered]:
        """What was counted so far."""
        with self._lock:
            return {
                route: Answered(dict(one.by_status), list(one.buckets), one.seconds)
                for route, one in self._routes.items()
            }
