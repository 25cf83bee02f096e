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
        self._waiting: dict[str, list[threading.Event]] = defaultdict(list)
        self._count = 0
        self._lock = threading.Lock()
        self._somebody = threading.Event()
        self._thread: threading.Thread | None = None
        self._nobody_waits = False

    def wait(self, uid: str, seconds: float, client: WhoWaits | None = None) -> None:
        """Return when the task has ended, the seconds are over, nobody may wait any more, or the client has hung up."""
        with self._place(uid) as ended:
            # First register, then look: an end between the two would be missed otherwise.
            if not queries.ended(self.db, [uid]) and not self._nobody_waits:
                with client.watched(ended.set) if client is not None else nullcontext():
                    ended.wait(seconds)

    def let_go(self) -> None:
        """The process stops: who waits gets what there is, and nobody waits any more."""
        with self._lock:
            self._nobody_waits = True
            for events in self._waiting.values():
                for event in events:
                    event.set()

    @contextmanager
    def _place(self, uid: str) -> Iterator[threading.Event]:
        event = threading.Event()
        with self._lock:
            self._count += 1
            self._waiting[uid].append(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)
                self._thread.start()
            self._somebody.set()
        try:
            yield event
        finally:
            with self._lock:
                self._count -= 1
                self._waiting[uid].remove(event)
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
        if not uids:
            return
        try:
            over = queries.ended(self.db, uids)
        except Unavailable:
            return  # asked again at the next ring, or in ASK_AGAIN_S
        with self._lock:
            for uid in over:
                for event in self._waiting.get(uid, ()):
                    event.set()
