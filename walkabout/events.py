"""Say once what happened; the log, metrics, live pages and tests listen.

An event has a stable name (`job.rescued`) and fields. Secrets are masked here, in one place.
"""

import logging
import re
from collections.abc import Callable
from typing import Any

logger = logging.getLogger("walkabout")

# Names under which secrets travel. Their values never reach a log, a record or an error.
SECRET_NAME = re.compile(r"(?i)(password|passwd|secret|token|authorization|cookie|api_?key|^key$)")
MASK = "***"

Listener = Callable[[str, dict[str, Any]], None]


class Events:
    """The one voice of a service. `say` costs a dictionary and a level check when nobody listens."""

    def __init__(self, level: str = "info") -> None:
        """`level`: debug, info, warning or error; what lies below it is not logged."""
        self._least = logging.getLevelName(level.upper())
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener(name, fields)` for each event from now on, in the thread that says it."""
        self._listeners.append(listener)

    def debug(self, name: str, /, **fields: Any) -> None:
        """Something that happens all the time: a job asked, claimed, ended."""
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
        logger.error("%s", name, exc_info=error)

    def _say(self, level: int, name: str, fields: dict[str, Any]) -> None:
        for listener in self._listeners:
            listener(name, fields)
        if level >= self._least:
            logger.log(level, "%s%s", name, "".join(f" {key}={_shown(key, value)}" for key, value in fields.items()))


def set_up_logging(level: str) -> None:
    """Log the service's events to standard error, a line each, and Huey's warnings with them."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False


def mask(value: Any) -> Any:
    """A copy of a JSON value in which what stands under a secret's name is hidden."""
    if isinstance(value, dict):
        return {key: MASK if SECRET_NAME.search(str(key)) and inner else mask(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [mask(item) for item in value]
    return value


def _shown(key: str, value: Any) -> str:
    if SECRET_NAME.search(key):
        return MASK
    text = str(value)
    return repr(text) if " " in text or "\n" in text or not text else text
