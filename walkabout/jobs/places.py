"""Shares a limited number of places fairly: nobody can hold so many that others get none."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from walkabout.setting_groups.server import ServerSettings

LATER = "try again when one of them has ended"


@dataclass(frozen=True)
class Fairness:
    """What is kept for those who hold little: a share of all places (0 to 1), for people who hold fewer than `few`."""

    kept: float
    few: int


class ShareFull(Exception):
    """This person may hold no more of the places just now; others may."""


class AllTaken(Exception):
    """Every place is taken."""


class Places:
    """So many places, each held by a person (a uid). The places of one process: another one has its own."""

    def __init__(self, most: int, fairness: Fairness, what: str, *, within: "Places | None" = None) -> None:
        """`what`: what holds a place, in the plural, for the texts of refusals. `within`: a larger number of places,
        of which each of these is one, too."""
        self.most = most
        self.fairness = fairness
        self.what = what
        self.within = within
        self.kept = max(1, int(most * fairness.kept)) if most > 1 and fairness.kept else 0
        self._held: Counter[str] = Counter()
        self._taken = 0
        self._lock = threading.Lock()

    def take(self, person: str) -> None:
        """Hold a place until `give`. Raises ShareFull, AllTaken."""
        if self.within is not None:
            self.within.take(person)
        try:
            self._take(person)
        except BaseException:
            if self.within is not None:
                self.within.give(person)
            raise

    def give(self, person: str) -> None:
        """Give a place back."""
        with self._lock:
            self._taken -= 1
            self._held[person] -= 1
            if not self._held[person]:
                del self._held[person]
        if self.within is not None:
            self.within.give(person)

    @contextmanager
    def held(self, person: str) -> Iterator[None]:
        """Hold a place meanwhile. Raises ShareFull, AllTaken."""
        self.take(person)
        try:
            yield
        finally:
            self.give(person)

    @property
    def taken(self) -> int:
        """How many are held."""
        return self._taken

    def _take(self, person: str) -> None:
        with self._lock:
            mine, free = self._held[person], self.most - self._taken
            if mine >= self.most - self.kept:
                raise ShareFull(f"{self.what}: {mine} of {self.most} are yours, the most one person may have; {LATER}")
            if free <= 0:
                raise AllTaken(f"{self.what}: all {self.most} places are taken; {LATER}")
            if free <= self.kept and mine >= self.fairness.few:
                raise ShareFull(
                    f"{self.what}: {mine} of {self.most} are yours, and the {free} free ones are reserved for people who"
                    f" have fewer than {self.fairness.few}; {LATER}"
                )
            self._held[person] += 1
            self._taken += 1


@dataclass(frozen=True)
class ServerPlaces:
    """What holds threads of the web server: runs inside of requests, waits for tasks, and cancels of running ones."""

    runs: Places
    waits: Places
    cancels: Places


def server_places(settings: ServerSettings) -> ServerPlaces:
    """The places of a web server, as its settings have them."""
    fairness = Fairness(settings.kept_share, settings.few_places)
    # Who waits and who runs: together they must leave threads for requests that are answered at once.
    held = Places(settings.held_most, fairness, "requests that wait or run (THREADS)")
    return ServerPlaces(
        Places(settings.foreground_most, fairness, "runs inside of requests (FOREGROUND_MAX)", within=held),
        Places(settings.waiting_most, fairness, "requests that wait for tasks (WAITING_MAX)", within=held),
        Places(settings.threads - settings.held_most, fairness, "requests that cancel running tasks (THREADS)"),
    )
