"""Runs inside requests: on threads of their own, a limited number of them, for a limited time.

At its limit a walk is told to end and the request is answered; what a stubborn walk does later is never kept.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as NotInTime
from contextlib import AbstractContextManager
from contextvars import copy_context
from typing import TypeVar

from walkabout.database.connections import OutcomeUnknown, Unavailable
from walkabout.jobs.hooks import Uninterrupted, sent_text
from walkabout.jobs.places import Places
from walkabout.jobs.specs import Upload
from walkabout.jobs.thread_place import StopOrdered, ThreadPlace
from walkabout.jobs.worker.scoreboard import CANCEL, STOP, Interrupted

T = TypeVar("T")
TELL_AGAIN_S = 0.25  # a walk that swallowed the interrupt is told again so often
KEEP_MOST_S = 60.0  # what one try to write the changes may take: each of its waits for another writer has an end


class TimeIsUp(Exception):
    """The run was ended at its limit."""


class OwnerLostRights(Exception):
    """The run was ended: its owner may not run it any more."""

    def __init__(self) -> None:
        super().__init__(
            "the run was ended: its owner was disabled, or is not an admin any more; nothing of it was saved"
        )


class Stops(Exception):
    """The process is told to stop, and the run was ended before its end, or did not begin."""

    def __init__(self) -> None:
        super().__init__("the service is stopping; nothing was saved, try again")


class NotWritten(Unavailable):
    """The run came to its end, but its limit was over before the database could take what it changed."""


_WHY: dict[int, type[Exception]] = {CANCEL: OwnerLostRights, STOP: Stops}


class RequestHooks:
    """The hooks of a run inside of a request (see jobs.hooks.Hooks)."""

    in_request = True

    def __init__(self, place: ThreadPlace) -> None:
        self.place = place
        self.final: str | None = None

    def guard(self) -> AbstractContextManager[None]:
        """Hold interrupts off."""
        return Uninterrupted(self.place)

    def tell(self, done: float, total: float | None, text: str) -> None:
        """Nobody can look: the request waits for the end."""

    def about_to_send(self, request: str) -> None:
        """Remember it: after a conflict the run must not start again."""
        self.final = self.final or sent_text(request)

    def uploads(self) -> list[Upload]:
        """The call has its files."""
        return []

    def lengthen(self, seconds: float) -> None:
        """See Hooks."""
        self.place.lengthen(seconds)

    def cut_with(self, cut: Callable[[], None]) -> None:
        """See Hooks."""
        self.place.cut_with(cut)


class Foreground:
    """Runs things for requests, as many at once as there are places, each for at most some seconds."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._running: dict[ThreadPlace, tuple[str, str]] = {}  # of whom, and of which kind
        self._stops = False
        self._pool = ThreadPoolExecutor(places.most, thread_name_prefix="walk")

    def run(self, work: Callable[[ThreadPlace], T], limit_s: float, person: str, kind: str = "") -> T:
        """What `work(place)` gives. `person` (a uid) holds the place until the work is over, whoever still waits for it.

        `kind`: of the run, as jobs have it.

        Raises ShareFull, AllTaken, TimeIsUp, RunEnded, Stops, and what the work raises.
        """
        if self._stops:
            raise Stops
        self.places.take(person)
        place = ThreadPlace()
        future = self._pool.submit(copy_context().run, self._work, work, place, (person, kind))
        try:
            return _result(future, place, limit_s)
        except NotInTime:
            if not place.interrupt():
                return self._await_write(place, future)
            threading.Thread(target=_insist, args=(place, future), daemon=True).start()
            raise TimeIsUp from None
        except Interrupted as interrupted:
            raise _WHY.get(interrupted.order, TimeIsUp) from None

    def end_all_of(self, person: str, kind: str | None) -> None:
        """Tell what runs for a person to end: what is of one kind, or (None) all."""
        for place, (runner, runs) in list(self._running.items()):
            if runner == person and kind in (None, runs):
                place.cancel()

    def stop(self, grace_s: float) -> None:
        """Nothing begins any more; what runs has so many seconds left, and is told to end then. Returns at once."""
        self._stops = True
        over = threading.Timer(grace_s, self._end_all)
        over.daemon = True
        over.start()

    def _end_all(self) -> None:
        for place in list(self._running):
            place.interrupt(StopOrdered)

    def _await_write(self, place: ThreadPlace, future: "Future[T]") -> T:
        """How the try to write ends that was under way at the limit: there is no other one."""
        future.add_done_callback(lambda _: place.settled.set())
        if not place.settled.wait(KEEP_MOST_S):
            raise OutcomeUnknown("The database does not answer; it is not known yet whether the run was saved")
        if not future.done():
            raise NotWritten("the run has ended, but its changes could not be written in time")
        try:
            return future.result()
        except Interrupted:
            raise TimeIsUp from None

    def _work(self, work: Callable[[ThreadPlace], T], place: ThreadPlace, runner: tuple[str, str]) -> T:
        self._running[place] = runner
        try:
            return work(place)
        finally:
            try:
                place.hold()
            finally:
                del self._running[place]
                self.places.give(runner[0])


def _result(future: "Future[T]", place: ThreadPlace, limit_s: float) -> T:
    """What the work gives. Raises NotInTime when it takes longer than its limit, and than what it was given beyond that."""
    ends_at = time.monotonic() + limit_s
    while True:
        longer_s = place.longer_s
        try:
            return future.result(max(ends_at + longer_s - time.monotonic(), 0.0))
        except NotInTime:
            if place.longer_s == longer_s:
                raise


def _insist(place: ThreadPlace, future: "Future[T]") -> None:
    while not wait([future], TELL_AGAIN_S).done:
        place.interrupt()
