"""Waiting for what no event tells."""

import threading
import time
from collections.abc import Callable

LOOK_AGAIN_S = 0.01


def until(happened: Callable[[], object], seconds: float = 20.0) -> None:
    """Return as soon as `happened()` is true; fail when it is not within the seconds."""
    end = time.monotonic() + seconds
    never = threading.Event()
    while not happened():
        assert time.monotonic() < end, f"did not happen within {seconds} s"
        never.wait(LOOK_AGAIN_S)
