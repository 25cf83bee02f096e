"""A run on a thread of the web server: how it is interrupted, and when interrupts are held back."""

import ctypes
import os
import threading
from collections.abc import Callable

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


Order = type[OverLimit | Cancelled | StopOrdered]


class ThreadPlace:
    """Where a run in a thread holds interrupts off, and lets them in (see jobs.run.Interruptible)."""

    in_request = True

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._keeping = False
        self._order: Order | None = None
        self._cut: Callable[[], None] | None = None
        self.settled = threading.Event()
        """Set once a run that was told to end will keep nothing, or has ended."""

    def release(self) -> None:
        """From here on the run may be interrupted. Raises OverLimit, Cancelled when it was told to end meanwhile."""
        end_if_strayed(self._pid)
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
        """Nothing to do: whoever waits for the request knows beforehand how long it may take."""

    def cut_with(self, cut: Callable[[], None]) -> None:
        """Say how to end what the run waits for: no exception reaches a thread that waits for a socket or a lock."""
        self._cut = cut

    def interrupt(self, order: Order = OverLimit) -> bool:
        """Tell the run to end, from another thread.

        False: its changes are being written, it has ended in time; if that fails, it does not start again.
        """
        with self._lock:
            self._order = order
            if self._keeping:
                return False
            if self._thread is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(order))
            # Only now: what the run then does next is to meet the exception.
            if self._cut is not None:
                self._cut()
            return True

    def cancel(self) -> None:
        """Tell the run to end because somebody cancelled it."""
        self.interrupt(Cancelled)
