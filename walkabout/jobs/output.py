"""What a run prints, warns of and logs by Python's own means, caught line by line.

Caught is what the run's own thread says, while it runs; what other threads say goes where it always went.
"""

import io
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, TextIO

from walkabout.jobs.run_log import ERROR, INFO, WARNING

Log = Callable[[str, str], None]
"""Takes a line: its level, and its text."""

_LINE_MOST = 65_536  # characters without an end of line that are held back
_log: ContextVar["Catcher | None"] = ContextVar("log", default=None)


class Catcher:
    """Where the lines of one run go. `rest`: what was printed behind the last end of line."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.rest = ""
        self.is_busy = False

    def write(self, text: str) -> None:
        """A part of what is printed: whole lines are logged."""
        *lines, self.rest = (self.rest + text).split("\n")
        if len(self.rest) > _LINE_MOST:
            lines, self.rest = [*lines, self.rest], ""
        if lines:
            self.say(INFO, "\n".join(lines))

    def say(self, level: str, text: str) -> None:
        """Log it; what logging says itself meanwhile is no line of the run."""
        if self.is_busy:
            return
        self.is_busy = True
        try:
            self.log(level, text)
        finally:
            self.is_busy = False


class _Printed(io.TextIOBase):
    """Stands for standard output while something is caught."""

    def __init__(self, real: TextIO) -> None:
        self.real = real

    def write(self, text: str) -> int:
        catcher = _log.get()
        if catcher is None:
            return self.real.write(text)
        catcher.write(text)
        return len(text)

    def flush(self) -> None:
        if _log.get() is None:
            self.real.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class _Logged(logging.Handler):
    """Takes the records of Python's logging."""

    def emit(self, record: logging.LogRecord) -> None:
        catcher = _log.get()
        if catcher is not None:
            level = ERROR if record.levelno >= logging.ERROR else WARNING if record.levelno >= logging.WARNING else INFO
            catcher.say(level, self.format(record))


class _Swap:
    """Puts our standard output and our handler of warnings in place, for as long as anything is caught."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._warn: Any = None

    def begin(self) -> None:
        """One more run is caught."""
        with self._lock:
            self._users += 1
            if self._users == 1:
                sys.stdout = _Printed(sys.stdout)
                self._warn = warnings.showwarning
                warnings.showwarning = self._warned

    def end(self) -> None:
        """It has ended."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                if isinstance(sys.stdout, _Printed):  # a run may have put something else there
                    sys.stdout = sys.stdout.real
                warnings.showwarning = self._warn

    def _warned(self, message: Any, category: Any, filename: str, lineno: int, *more: Any, **named: Any) -> None:
        catcher = _log.get()
        if catcher is None:
            self._warn(message, category, filename, lineno, *more, **named)
        else:
            catcher.say(WARNING, f"{category.__name__}: {message}")


@contextmanager
def caught(log: Log) -> Iterator[Catcher]:
    """Pass on, line by line, what this thread prints, warns of and logs meanwhile.

    Where interrupts may come, it stands around the place where they are let in: half of its end must not be done.
    """
    swap = _swap()
    catcher = Catcher(log)
    token = _log.set(catcher)
    swap.begin()
    try:
        yield catcher
    finally:
        swap.end()
        _log.reset(token)


def log_line(level: str, text: str) -> bool:
    """Add a line to the log of the run that this thread runs. False: it runs none that has a log."""
    catcher = _log.get()
    if catcher is not None:
        catcher.say(level, text)
    return catcher is not None


@cache
def _swap() -> _Swap:
    """One for the process, which has one standard output; from now on its logging is asked, too."""
    root = logging.getLogger()
    root.addHandler(_Logged())
    if root.level == logging.WARNING:
        root.setLevel(logging.INFO)
    return _Swap()
