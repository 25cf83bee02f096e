"""Work, counted: the same on every machine, however busy it is."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

# These begin at a place that the count can't see; `WatchedBytes` can.
_FROM_A_PLACE = frozenset({"find", "rfind", "index", "startswith", "endswith"})


class Work:
    """What a function did: `steps` are the lines of Python that ran and the calls it made; `looked_at` are the characters
    and bytes of what methods written in C were called on."""

    def __init__(self) -> None:
        self.steps = 0
        self.looked_at = 0

    def of(self, function: Callable[[], Any]) -> Any:
        """Call a function and count. What other threads do meanwhile does not count."""
        sys.setprofile(self._called)
        sys.settrace(self._line)
        try:
            return function()
        finally:
            sys.settrace(None)
            sys.setprofile(None)

    def _line(self, frame: FrameType, event: str, _: Any) -> Any:
        self.steps += 1
        return self._line

    def _called(self, frame: FrameType, event: str, what: Any) -> None:
        if event == "c_call":
            self.steps += 1
            owner = getattr(what, "__self__", None)
            if isinstance(owner, str | bytes | bytearray) and what.__name__ not in _FROM_A_PLACE:
                self.looked_at += len(owner)


class WatchedBytes(bytes):
    """Bytes that count how many of themselves were looked at, by what searches in them."""

    looked_at = 0

    def find(self, part: Any, start: Any = 0, end: Any = None) -> int:
        stop = len(self) if end is None else min(end, len(self))
        found = super().find(part, start, stop)
        self.looked_at += (stop if found == -1 else found + len(part)) - min(start, stop)
        return found

    def count(self, *args: Any) -> int:
        self.looked_at += len(self)
        return super().count(*args)

    def decode(self, *args: Any, **more: Any) -> str:
        self.looked_at += len(self)
        return super().decode(*args, **more)

    def split(self, *args: Any, **more: Any) -> list[bytes]:
        self.looked_at += len(self)
        return super().split(*args, **more)

    def strip(self, *args: Any) -> bytes:
        self.looked_at += len(self)
        return super().strip(*args)

    def __contains__(self, part: Any) -> bool:
        self.looked_at += len(self)
        return super().__contains__(part)
