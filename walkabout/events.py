"""Events: each thing that happened is announced once; log, metrics, live pages and tests listen.

An event has a stable name (`job.rescued`) and fields, listed in docs/operate.md. Secrets in them are masked.
"""

import logging
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from walkabout.masking import MASK, Masker, is_telling
from walkabout.ready_mark import READY_MARK

logger = logging.getLogger("walkabout")

READY = ("web.ready", "worker.ready")
"""The events that announce that a process is ready."""

Listener = Callable[[str, dict[str, Any]], None]


class Events:
    """The events of a service. `say` costs a dictionary and a level check when nobody listens."""

    def __init__(self, level: str = "info", masker: Masker | None = None) -> None:
        """`level`: debug, info, warning or error, the lowest level that is logged."""
        self._masker = masker or Masker({})
        self._least = logging.getLevelName(level.upper())
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener(name, fields)` for each event from now on, in the thread where it happens."""
        self._listeners.append(listener)

    def debug(self, name: str, /, **fields: Any) -> None:
        """Something that happens all the time: a job queued, claimed, finished."""
        self._say(logging.DEBUG, name, fields)

    def say(self, name: str, /, **fields: Any) -> None:
        """Something worth a line in the log."""
        self._say(logging.INFO, name, fields)

    def warn(self, name: str, /, **fields: Any) -> None:
        """Something that a person should look at."""
        self._say(logging.WARNING, name, fields)

    def bug(self, name: str, error: BaseException, /, **fields: Any) -> None:
        """An error of our own: the log has its stack trace, nobody else sees it."""
        self._say(logging.ERROR, name, {**fields, "error": type(error).__name__})
        trace = "".join(traceback.format_exception(error)).rstrip()
        logger.error("%s\n%s", name, self._masker.text(trace))

    def _say(self, level: int, name: str, fields: dict[str, Any]) -> None:
        for listener in self._listeners:
            listener(name, fields)
        if level >= self._least:
            logger.log(
                level, "%s%s", name, "".join(f" {key}={self._format(key, value)}" for key, value in fields.items())
            )

    def _format(self, key: str, value: Any) -> str:
        if is_telling(key):
            return MASK
        text = self._masker.text(str(value))
        return repr(text) if " " in text or "\n" in text or not text else text


def set_up_logging(level: str) -> None:
    """Log the service's events to standard error, a line each, and Huey's warnings with them."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False


def announce_readiness(events: Events) -> None:
    """Print on standard output that the process is ready, for the program that started it and reads its output."""

    def tell(name: str, _fields: dict[str, Any]) -> None:
        if name in READY:
            # At once and as one: the log and walkers write to the same pipe.
            os.write(sys.__stdout__.fileno(), f"{READY_MARK}{name}\n".encode())  # type: ignore[union-attr]

    events.listen(tell)
