"""Isolates a process that runs walkers: its process group and signals are its own, and its children find the usual
ones.
"""

import ctypes
import os
import signal
from collections.abc import Callable
from types import FrameType

from walkabout.jobs.worker.scoreboard import INTERRUPT

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_WAYS_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, INTERRUPT)


def stand_alone() -> None:
    """Lead a session and a process group, and let the children that walkers fork have the usual signal handlers."""
    if os.getsid(0) != os.getpid():
        os.setsid()
    # Between its fork and the usual handlers a child must not lose a signal that was sent to it.
    os.register_at_fork(
        before=lambda: _mask(signal.SIG_BLOCK),
        after_in_parent=lambda: _mask(signal.SIG_UNBLOCK),
        after_in_child=_as_usual,
    )


def adopt_orphans() -> None:
    """Let what loses its parent among our descendants become our child, so that we know of it."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def obey_only(obey: Callable[[], None], interrupted: Callable[[], None]) -> None:
    """For a worker: let nobody but the consumer stop it; `obey` is called at an order.

    Signals from elsewhere do nothing; `interrupted` is called when code in the worker itself asks for an interrupt
    (`_thread.interrupt_main`), which is no signal for the kernel. No signal is ignored: it would stay ignored in the
    programs that a job starts.
    """
    signal.signal(INTERRUPT, _calls(obey))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _calls(_nothing))
    signal.signal(signal.SIGINT, _calls(interrupted))
    # The kernel's own handler of SIGINT, behind the interpreter's back: abs(3), which does nothing with the number.
    library = ctypes.CDLL(None)
    library.signal.restype = ctypes.c_void_p
    library.signal(int(signal.SIGINT), ctypes.cast(library.abs, ctypes.c_void_p))


def _nothing() -> None:
    pass


def _calls(action: Callable[[], None]) -> Callable[[int, FrameType | None], None]:
    def handler(_number: int, _frame: FrameType | None) -> None:
        action()

    return handler


def _as_usual() -> None:
    for number in _WAYS_TO_STOP:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    _mask(signal.SIG_UNBLOCK)


def _mask(how: int) -> None:
    signal.pthread_sigmask(how, _WAYS_TO_STOP)
