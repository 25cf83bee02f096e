"""Waiting for the end of a run: one watcher per web process queries for all who wait."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from walkabout.database.connections import Database, Unavailable
from walkabout.events import Events
from walkabout.jobs import queries
from walkabout.jobs.worker.wake_ups import WEB, Bell, Bells

ASK_AGAIN_S = 1.0  # a bell may be lost: so long a waiter may learn of an end late
APART_S = 0.01  # when many jobs end at once, the ledger is asked at most every so many seconds
REST = 3  # and not for more than a quarter of the time: for thousands who wait a question takes a while


class WaitHalted(BaseException):
    """A step of a sequence waited when the process was told to stop; `left_s` seconds of its wait are left.

    (Not an Exception: nothing on the way makes an answer of it.)
    """

    def __init__(self, left_s: float) -> None:
        self.left_s = left_s
        super().__init__("the process stops")


class WhoWaits(Protocol):
    """Who waits for a run, and may stop to do so."""

    def watched(self, gone: Callable[[], object]) -> AbstractContextManager[None]:
        """While inside: `gone` is called, in another thread, when nobody waits any more (at once, if it is so already)."""


class Watcher:
    """Tells those who wait that their task has ended."""

    def __init__(self, db: Database, bells: Bells, events: Events) -> None:
        self.events = events
        self.db = db
        self.bells = bells
        self._waiting: dict[str, list[_Place]] = defaultdict(list)
        self._count = 0
        self._lock = threading.Lock()
        self._somebody = threading.Event()
        self._thread: threading.Thread | None = None
        self._nobody_waits = False

    def wait(
        self,
        uid: str,
        seconds: float,
        client: WhoWaits | None = None,
        is_over: Callable[[], bool] | None = None,
    ) -> None:
        """Return when the task has ended, the seconds are over, nobody may wait any more, or the client has hung up.

        `is_over()` says whether it has ended; it is asked at the beginning, and then whenever it may have.
        """
        is_over = is_over or (lambda: bool(queries.ended(self.db, [uid])))
        ends_at = time.monotonic() + seconds
        with self._place(uid) as place, client.watched(place.leave) if client is not None else nullcontext():
            # First registered, then asked: an end between the two would be missed otherwise.
            while not (is_over() or self._nobody_waits or place.left) and place.wait(ends_at - time.monotonic()):
                pass

    def let_go(self) -> None:
        """The process stops: who waits gets what there is, and nobody waits any more."""
        with self._lock:
            self._nobody_waits = True
            for uid in self._waiting:
                self._tell(uid)

    @contextmanager
    def _place(self, uid: str) -> Iterator["_Place"]:
        place = _Place()
        with self._lock:
            self._count += 1
            self._waiting[uid].append(place)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)
                self._thread.start()
            self._somebody.set()
        try:
            yield place
        finally:
            with self._lock:
                self._count -= 1
                self._waiting[uid].remove(place)
                if not self._waiting[uid]:
                    del self._waiting[uid]
                if not self._count:
                    self._somebody.clear()

    def _watch(self) -> None:
        bell: Bell | None = None
        while True:
            self._somebody.wait()
            # Whatever fails here must not end the one thread that all who wait depend on.
            try:
                bell = bell or self.bells.hang(WEB)
                bell.wait(ASK_AGAIN_S)
                began = time.monotonic()
                self._look()
                time.sleep(max(APART_S, (time.monotonic() - began) * REST))
            except Exception as error:
                self.events.bug("watcher.failed", error)
                time.sleep(ASK_AGAIN_S)

    def _look(self) -> None:
        with self._lock:
            uids = list(self._waiting)
        # Who waits alone reads the whole task: to ask for its end before would only take time.
        if len(uids) > 1:
            try:
                over = queries.ended(self.db, uids)
            except Unavailable:
                return  # asked again at the next ring, or in ASK_AGAIN_S
            uids = list(over)
        with self._lock:
            for uid in uids:
                self._tell(uid)

    def _tell(self, uid: str) -> None:
        for place in self._waiting.get(uid, ()):
            place.tell()


class _Place:
    """One who waits. `left`: it hung up."""

    def __init__(self) -> None:
        self.left = False
        self._told = threading.Event()

    def tell(self) -> None:
        """The task may have ended."""
        self._told.set()

    def leave(self) -> None:
        """Nobody wants to know any more."""
        self.left = True
        self._told.set()

    def wait(self, seconds: float) -> bool:
        """Wait to be told. False: the seconds are over."""
        told = self._told.wait(max(seconds, 0.0))
        self._told.clear()
        return told
