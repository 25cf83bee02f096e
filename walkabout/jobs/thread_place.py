"""A run on a thread of the web server: how it is interrupted, and when interrupts are held back.

CPython 3.11 finds a thread by its identity, and a new thread has the identity of the one that starts it until it runs. An
exception that is raised in a thread while it starts another may so end the new one before it has begun, and the first then
waits for it for ever. So no interrupt is sent while the run's thread is inside Thread.start: that takes, on threads of
runs, the lock under which interrupts are sent. (To look at the thread's frames instead would leave a gap between the look
and the sending, and code of walkers and libraries starts threads where we can't hold interrupts off.)
"""

import ctypes
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache, wraps

from walkabout.jobs.worker.machine import end_if_strayed
from walkabout.jobs.worker.scoreboard import CANCEL, LIMIT, STOP, Interrupted


class OverLimit(Interrupted):
    """Raised in the thread of a walk that is over its limit. It needs no arguments: the interpreter makes it."""

    def __init__(self) -> None:
        super().__init__(LIMIT)


class Cancelled(Interrupted):
    """Raised in the thread of a walk that somebody cancelled."""

    def __init__(self) -> None:
        super().__init__(CANCEL)


class StopOrdered(Interrupted):
    """Raised in the thread of a walk when the grace of a process that is told to stop is over."""

    def __init__(self) -> None:
        super().__init__(STOP)


_BEGINS_WITHIN_S = 1.0  # a thread that has not begun by then never will
_LOOK_AGAIN_S = 0.001

_here = threading.local()
"""`place`: where the run of the current thread is interrupted."""

Order = type[OverLimit | Cancelled | StopOrdered]


class ThreadPlace:
    """Where a run in a thread holds interrupts off, and lets them in (see jobs.hooks.Interruptible)."""

    in_request = True

    def __init__(self) -> None:
        self._pid = os.getpid()
        _watch_starts()
        self._lock = threading.RLock()  # a run may end itself, and start a thread to do so
        self._thread: int | None = None
        self._beginning: threading.Thread | None = None
        self._keeping = False
        self._order: Order | None = None
        self._cut: Callable[[], None] | None = None
        self.longer_s = 0.0
        """Seconds that the run may take beyond its limit."""
        self.settled = threading.Event()
        """Set once a run that was told to end will keep nothing, or has ended."""

    def release(self) -> None:
        """From here on the run may be interrupted. Raises OverLimit, Cancelled when it was told to end meanwhile."""
        end_if_strayed(self._pid)
        _here.place = self
        with self._lock:
            self._obey()
            self._keeping = False
            self._thread = threading.get_ident()

    def hold(self) -> None:
        """From here on, until `release`, interrupts wait."""
        end_if_strayed(self._pid)
        with self._lock:
            self._thread = None

    def was_ordered(self, order: int) -> bool:
        """Whether the run was told to end by this order; a walker may raise Interrupted by itself."""
        return self._order is not None and self._order().order == order

    def keep(self) -> None:
        """The run is over and its changes are written now: too late for an interrupt. Raises OverLimit, Cancelled.

        To be said before each try to write them.
        """
        end_if_strayed(self._pid)
        with self._lock:
            self._obey()
            self._keeping = True

    def _obey(self) -> None:
        if self._order:
            self._keeping = False
            self.settled.set()
            raise self._order

    def lengthen(self, seconds: float) -> None:
        """Whoever waits for the run is to wait so much longer."""
        self.longer_s += seconds

    def cut_with(self, cut: Callable[[], None]) -> None:
        """Say how to end what the run waits for: no exception reaches a thread that waits for a socket or a lock."""
        self._cut = cut

    @contextmanager
    def starting(self, thread: threading.Thread) -> Iterator[None]:
        """The run's thread starts another one meanwhile: interrupts wait until that has begun."""
        try:
            with self._lock:
                self._beginning = thread
            yield
        finally:
            self._beginning = None

    def interrupt(self, order: Order = OverLimit) -> bool:
        """Tell the run to end, from another thread.

        False: its changes are being written, it has ended in time; if that fails, it does not start again.
        """
        give_up_at = time.monotonic() + _BEGINS_WITHIN_S
        while True:
            with self._lock:
                self._order = order
                if self._keeping:
                    return False
                if not self._is_starting() or time.monotonic() > give_up_at:
                    self._send(order)
                    return True
            time.sleep(_LOOK_AGAIN_S)

    def _is_starting(self) -> bool:
        thread = self._beginning
        return thread is not None and thread.ident is None

    def _send(self, order: Order) -> None:
        if self._thread is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(order))
        # Only now: what the run then does next is to meet the exception.
        if self._cut is not None:
            self._cut()

    def cancel(self) -> None:
        """Tell the run to end because somebody cancelled it."""
        self.interrupt(Cancelled)


@cache
def _watch_starts() -> None:
    """Let places know of the threads that their runs start; once a process."""
    start = threading.Thread.start

    @wraps(start)
    def start_unharmed(thread: threading.Thread) -> None:
        place = getattr(_here, "place", None)
        with place.starting(thread) if place is not None else nullcontext():
            start(thread)

    threading.Thread.start = start_unharmed  # type: ignore[method-assign, assignment]
