"""Events: each thing that happened is announced once; log, metrics, live pages and tests listen.

An event has a stable name (`job.rescued`) and fields, listed in docs/operate.md. Secrets in them are masked.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from walkabout import tracing
from walkabout.masking import MASK, Masker, is_telling
from walkabout.ready_mark import READY_MARK
from walkabout.setting_groups.process import JSON
from walkabout.times import iso

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
        stack = self._masker.text("".join(traceback.format_exception(error)).rstrip())
        logger.error("%s\n%s", name, stack, extra={"event": name, "fields": {"stack": stack} | _of_trace()})

    def _say(self, level: int, name: str, fields: dict[str, Any]) -> None:
        for listener in self._listeners:
            listener(name, fields)
        if level >= self._least:
            shown = {key: self._masked(key, value) for key, value in (fields | _of_trace()).items()}
            text = "".join(f" {key}={_quoted(str(value))}" for key, value in shown.items())
            logger.log(level, "%s%s", name, text, extra={"event": name, "fields": shown})

    def _masked(self, key: str, value: Any) -> Any:
        if is_telling(key):
            return MASK
        return value if value is None or isinstance(value, bool | int | float) else self._masker.text(str(value))


def _of_trace() -> dict[str, str]:
    trace = tracing.trace_id()
    return {} if trace is None else {"trace": trace}


def _quoted(text: str) -> str:
    return repr(text) if " " in text or "\n" in text or not text else text


class JsonLines(logging.Formatter):
    """A log for programs: each record as an object on one line, with the event's fields beside `time` and `level`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record; what is logged by others than the service's events has a `message`."""
        event = getattr(record, "event", None)
        said = {"event": event, **record.fields} if event else {"message": record.getMessage()}  # type: ignore[attr-defined]
        told = {"time": iso(record.created), "level": record.levelname.lower(), "pid": record.process, **said}
        return json.dumps(told, ensure_ascii=False, default=str)


def set_up_logging(level: str, form: str) -> None:
    """Log the service's events to standard error, a line each, and Huey's warnings with them. `form`: text or json."""
    handler = logging.StreamHandler()
    lines = JsonLines() if form == JSON else logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    handler.setFormatter(lines)
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
