"""The trace that a caller is in (W3C Trace Context, https://www.w3.org/TR/trace-context/), so that one id finds whatever
the call has caused: log lines, jobs, and the requests of sequences.

Only who sends a `traceparent` has a trace; nothing is added to requests otherwise.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "traceparent"
_FORM = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
_CURRENT: ContextVar[str | None] = ContextVar("traceparent", default=None)
_NO_TRACE, _NO_PARENT = "0" * 32, "0" * 16


def read(header: str | None) -> str | None:
    """What a caller's header says, as version 00; None: it says nothing, or nothing that can be used (section 3.2)."""
    found = _FORM.fullmatch((header or "").strip())
    if found is None or found["version"] == "ff" or (found["version"] == "00" and found["more"]):
        return None
    if found["trace"] == _NO_TRACE or found["parent"] == _NO_PARENT:
        return None
    return f"00-{found['trace']}-{found['parent']}-{found['flags']}"


def current() -> str | None:
    """The traceparent of what is done now, if it is in a trace."""
    return _CURRENT.get()


def trace_id() -> str | None:
    """The id of the trace of what is done now."""
    traceparent = _CURRENT.get()
    return None if traceparent is None else traceparent[3:35]


def onward(traceparent: str | None) -> str | None:
    """What a request says that is sent within a trace: the same trace, from a parent of its own (section 3.4)."""
    return None if traceparent is None else f"{traceparent[:36]}{secrets.token_hex(8)}{traceparent[52:]}"


@contextmanager
def within(traceparent: str | None) -> Iterator[None]:
    """What is done inside belongs to a trace, if there is one."""
    if traceparent is None:
        yield
        return
    token = _CURRENT.set(traceparent)
    try:
        yield
    finally:
        _CURRENT.reset(token)
