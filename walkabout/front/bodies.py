"""Limits on the bodies being read: how many, how much memory, how long, and how slowly.

No thread waits for a body. While bodies are incomplete, one thread checks all of them a few times a second.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from walkabout.front.steps import AwaitCancelled, Future

LOOK_AGAIN_S = 0.25  # between two checks: a body is ended at most this much too late
ASK_AGAIN_S = 2  # Retry-After of a client that is refused because there is no room


@dataclass(frozen=True)
class BodyLimits:
    """What bodies may cost; see the settings of the same names."""

    deadline_s: float
    grace_s: float
    rate: float
    most: int
    most_bytes: int
    linger_s: float = 2.0
    """How long the rest of a body is read and dropped after an early answer: a client that is cut off may not see the answer."""


class BodyRefused(Exception):
    """A body is not read, or not to its end; its client gets this status and text."""

    def __init__(self, status: int, text: str, retry_after_s: int | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.retry_after_s = retry_after_s


class IncomingBody:
    """One body that is being read."""

    __slots__ = ("at_once", "due", "ends", "future", "known", "mark", "received", "refused", "size")

    def __init__(self, known: bool, due: float, ends: float, at_once: bool) -> None:
        self.known = known
        self.at_once = at_once  # all of it arrives at once; pieces are not seen before
        self.due = due  # when it is checked next; times here are of the monotonic clock
        self.ends = ends
        self.received = 0
        self.mark = 0  # what had been received at the last check
        self.size = 0  # its share of most_bytes
        self.future: Future | None = None
        self.refused: BodyRefused | None = None

    async def wait(self, future: Future) -> bytes:
        """The next piece from the server. Raises BodyRefused when it was ended in the meantime."""
        self.future = future
        refused = None
        if self.refused is not None:
            future.cancel()
        try:
            return bytes(await future)
        except AwaitCancelled:
            # Not stored: its traceback would keep the connection open, which is to be closed now.
            refused, self.refused = self.refused, None
            raise refused or BodyRefused(408, "body: was ended") from None
        finally:
            self.future = refused = None

    def end(self, refused: BodyRefused) -> None:
        """End it, from any thread; its reader continues in this one."""
        self.refused = refused
        if self.future is not None:
            self.future.cancel()


class Bodies:
    """All bodies that are being read, or whose requests are not answered yet."""

    def __init__(self, limits: BodyLimits, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: monotonic seconds."""
        self.limits = limits
        self.clock = clock
        self._read: dict[bool, dict[IncomingBody, None]] = {
            False: {},
            True: {},
        }  # by whether the caller is known; oldest first
        self._bytes = 0
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, known: bool, declared: int | None) -> IncomingBody:
        """Begin to read a body. `known`: the caller is; `declared`: its length in bytes, if it is read at once.

        When all places for unknown callers are taken, the body that has been read for longest loses its place. Raises
        BodyRefused when all places for known callers are taken.
        """
        limits, now = self.limits, self.clock()
        due = now + limits.grace_s + (declared or 0) / limits.rate
        body = IncomingBody(known, due, now + limits.deadline_s, declared is not None)
        loses: IncomingBody | None = None
        with self._lock:
            places = self._read[known]
            if len(places) >= limits.most:
                if known:
                    raise self._full()
                loses = next(iter(places))
                del places[loses]
            places[body] = None
        if loses is not None:
            loses.end(self._full())
        if not self._some.is_set():
            self._wake()
        try:
            self.receive(body, declared or 0)
        except BodyRefused:
            self.finish(body)
            raise
        return body

    def receive(self, body: IncomingBody, count: int) -> None:
        """Count received bytes. Raises BodyRefused when all bodies together are too large."""
        with self._lock:
            body.received += count
            if self._bytes + count > self.limits.most_bytes:
                raise BodyRefused(503, "The server has no memory left for request bodies; try again", ASK_AGAIN_S)
            body.size += count
            self._bytes += count

    def mark_known(self, body: IncomingBody) -> None:
        """Its caller turned out to be known. Raises BodyRefused as `begin` does."""
        with self._lock:
            if len(self._read[True]) >= self.limits.most:
                raise self._full()
            self._read[False].pop(body, None)
            self._read[True][body] = None
            body.known = True

    def finish(self, body: IncomingBody) -> None:
        """Stop watching it: its reading is over."""
        with self._lock:
            self._read[body.known].pop(body, None)

    def release(self, body: IncomingBody) -> None:
        """Its request was answered: release its memory."""
        with self._lock:
            self._read[body.known].pop(body, None)
            self._bytes -= body.size
            body.size = 0

    def linger(self) -> IncomingBody | None:
        """A place for reading and dropping the rest of a body after an early answer; None when no place is free."""
        now = self.clock()
        body = IncomingBody(False, now + self.limits.linger_s, now + self.limits.linger_s, at_once=True)
        with self._lock:
            if len(self._read[False]) >= self.limits.most:
                return None
            self._read[False][body] = None
        if not self._some.is_set():
            self._wake()
        return body

    def _full(self) -> BodyRefused:
        return BodyRefused(503, f"The server reads {self.limits.most} bodies already; try again", ASK_AGAIN_S)

    def _wake(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="bodies", daemon=True)
                self._thread.start()
            self._some.set()

    def _watch(self) -> None:
        while True:
            self._some.wait()
            time.sleep(LOOK_AGAIN_S)
            self.end_late()

    def end_late(self) -> None:
        """End the bodies that are late or too slow."""
        now = self.clock()
        with self._lock:
            late = [body for places in self._read.values() for body in places if self._is_late(body, now)]
            for body in late:
                del self._read[body.known][body]
            if not any(self._read.values()):
                self._some.clear()
        for body in late:
            body.end(self._late_refusal(body, now))

    def _is_late(self, body: IncomingBody, now: float) -> bool:
        if now >= body.ends:
            return True
        if now < body.due:
            return False
        if body.at_once or body.received - body.mark < self.limits.rate * self.limits.grace_s:
            return True
        body.mark, body.due = body.received, now + self.limits.grace_s
        return False

    def _late_refusal(self, body: IncomingBody, now: float) -> BodyRefused:
        limits = self.limits
        if now >= body.ends:
            return BodyRefused(408, f"body: did not end within {limits.deadline_s:g} s (the setting BODY_DEADLINE_S)")
        return BodyRefused(
            408, f"body: was slower than {limits.rate:g} bytes a second over {limits.grace_s:g} s (BODY_MIN_RATE)"
        )
