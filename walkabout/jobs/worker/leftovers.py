"""Finds what a job left behind in its worker, by comparing the process with how it started.

All that is looked at costs some microseconds together; see bench/leftovers.py.
"""

import _signal  # type: ignore[import-not-found]  # what signal wraps: without its enums, which cost ten times as much
import gc
import locale
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from walkabout.jobs.worker.forks import has_children

MORE = 32  # descriptors, and threads that are none of Python's, that a worker may keep beyond those that it had
_LIMITED = ("AS", "CORE", "CPU", "DATA", "FSIZE", "NOFILE", "NPROC", "STACK")
_LIMITS = [getattr(resource, f"RLIMIT_{name}") for name in _LIMITED]
_SIGNALS = [int(number) for number in signal.valid_signals() if number < signal.SIGRTMIN]
_TIMERS = [int(timer) for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)]
_STREAMS = (0, 1, 2)
_THREADS = "/proc/self/task"


def _stream(descriptor: int) -> tuple[int, int]:
    try:
        status = os.fstat(descriptor)
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino


def _streams() -> Any:
    python = (sys.stdin, sys.stdout, sys.stderr)
    return [_stream(n) for n in _STREAMS], [(id(stream), stream is None or stream.closed) for stream in python]


def _folder() -> Any:
    try:
        return os.stat(".").st_ino  # noqa: PTH116 - a path costs more
    except OSError:
        return None


def _mask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


_LOOKS: dict[str, Callable[[], Any]] = {
    "alarm": lambda: [_signal.getitimer(timer)[0] > 0 for timer in _TIMERS],
    "signal handlers": lambda: [_signal.getsignal(number) for number in _SIGNALS],
    "signal mask": lambda: _signal.pthread_sigmask(_signal.SIG_BLOCK, ()),
    "threads": threading.active_count,
    "standard streams": _streams,
    "limits of resources": lambda: [resource.getrlimit(limit) for limit in _LIMITS],
    "working directory": _folder,
    "umask": _mask,
    "sys.path": lambda: list(sys.path),
    "locale": lambda: locale.setlocale(locale.LC_ALL),
    "priority": lambda: (os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0)),
    "user": lambda: (os.getresuid(), os.getresgid()),
    "interpreter": lambda: (
        sys.getrecursionlimit(), sys.getswitchinterval(), sys.gettrace(), sys.getprofile(), gc.isenabled(),
        socket.getdefaulttimeout(),
    ),
}  # fmt: skip


def _descriptors() -> int:
    """The lowest number that is free: it grows when descriptors are left open."""
    try:
        free = os.dup(2)
    except OSError:
        return sys.maxsize
    os.close(free)
    return free


def _native_threads() -> int:
    return os.stat(_THREADS).st_nlink  # noqa: PTH116 - a path costs more


class Leftovers:
    """How a worker was before its first job; made by the worker itself."""

    def __init__(self) -> None:
        self._before = [look() for look in _LOOKS.values()]
        self._descriptors = _descriptors()
        self._threads = _native_threads()

    def found(self) -> str:
        """What is not as it was before, in words; empty when nothing is."""
        now = [look() for look in _LOOKS.values()]
        if now != self._before:
            return ", ".join(name for name, a, b in zip(_LOOKS, self._before, now, strict=True) if a != b)
        if has_children():
            return "processes"
        if _descriptors() > self._descriptors + MORE:
            return "descriptors"
        return "threads" if _native_threads() > self._threads + MORE else ""
