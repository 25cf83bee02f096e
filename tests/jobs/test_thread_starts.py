"""Interrupts that arrive while a run starts a thread: CPython 3.11 would give them to the new thread, before it begins."""

import sys
import threading
from types import FrameType
from typing import Any

import pytest

from walkabout.jobs.thread_place import OverLimit, ThreadPlace

TIMES = 30
LONG_S = 30.0


def test_an_interrupt_never_falls_into_a_thread_that_begins() -> None:
    assert [_interrupt_at_start() for _ in range(TIMES)] == ["both"] * TIMES


def test_interrupts_from_outside_end_runs_that_start_threads_all_the_time() -> None:
    for _ in range(TIMES):
        place, ended = ThreadPlace(), threading.Event()
        began = threading.Event()

        def work(place: ThreadPlace = place, began: threading.Event = began, ended: threading.Event = ended) -> None:
            place.release()
            try:
                while True:
                    threading.Thread(target=began.set).start()
            except OverLimit:
                place.hold()
                ended.set()

        threading.Thread(target=work, daemon=True).start()
        assert began.wait(LONG_S)
        place.interrupt()
        assert ended.wait(LONG_S)


def test_a_thread_that_could_not_start_keeps_no_interrupt_back(monkeypatch: pytest.MonkeyPatch) -> None:
    place = ThreadPlace()
    place.release()
    thread = threading.Thread(target=lambda: None)
    with monkeypatch.context() as patched:
        patched.setattr(threading, "_start_new_thread", _refuse)
        with pytest.raises(RuntimeError):
            thread.start()
    with pytest.raises(OverLimit):
        _interrupt_and_wait(place)


def _interrupt_at_start() -> str:
    """Interrupt a run at the moment when it has started a thread; who has gone on: "both", if all is well."""
    place, began, ended = ThreadPlace(), threading.Event(), threading.Event()

    def interrupt(frame: FrameType, event: str, called: Any) -> None:
        if event == "c_return" and called.__name__ == "start_new_thread":
            sys.setprofile(None)
            place.interrupt()

    def work() -> None:
        place.release()
        try:
            inner = threading.Thread(target=began.set, daemon=True)
            sys.setprofile(interrupt)
            inner.start()
            while True:
                sum(range(100))
        except OverLimit:
            place.hold()
            ended.set()

    threading.Thread(target=work, daemon=True).start()
    return {(True, True): "both", (True, False): "the run"}.get((ended.wait(LONG_S), began.is_set()), "nobody")


def _interrupt_and_wait(place: ThreadPlace) -> None:
    threading.Thread(target=place.interrupt).start()
    while True:
        sum(range(100))


def _refuse(*_: Any) -> None:
    raise RuntimeError("can't start new thread")
