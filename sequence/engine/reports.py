"""Collects the records of a run and passes each one to a listener while the run goes on."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from sequence.engine.records import DISCARDED, UNKNOWN, Record
from sequence.masking.masker import Masker

OnStep = Callable[[Record], None]


class Reporter:
    """The records of a list of steps. An item that runs beside others reports to a fork, judged later in order."""

    def __init__(
        self,
        masker: Masker,
        budget: int,
        on_step: OnStep | None,
        lock: AbstractContextManager[object] | None = None,
        in_flight: dict[str, Callable[[], None]] | None = None,
    ) -> None:
        self.masker = masker
        self.budget = budget
        self.records: list[Record] = []
        self._on_step = on_step
        self._lock = lock or threading.Lock()
        self._in_flight = {} if in_flight is None else in_flight

    def say(self, record: Record, *, keeps_bodies: bool = True) -> None:
        """Keeps the record, or what it says without bodies, and tells it. What the listener raises ends the run."""
        self.records.append(record if keeps_bodies else replace(record, request=None, response=None))
        if self._on_step is not None:
            with self._lock:
                self._on_step(record)

    def fork(self) -> "Reporter":
        """A reporter for one item: tells at once, is collected by `join` or `discard`."""
        return Reporter(self.masker, self.budget, self._on_step, self._lock, self._in_flight)

    @contextmanager
    def in_flight(self, path: str, say_unknown: Callable[[], None]) -> Iterator[None]:
        """Around a request: `say_unknown` is called when the run is interrupted meanwhile."""
        self._in_flight[path] = say_unknown
        try:
            yield
        finally:
            self._in_flight.pop(path, None)

    def say_unknown(self) -> None:
        """Tells what is in flight on other threads when the run is interrupted: they are not waited for."""
        for say in list(self._in_flight.values()):
            say()

    def join(self, records: Iterable[Record]) -> None:
        """Takes over the records of an item that counts."""
        self.records.extend(records)

    def discard(self, records: Iterable[Record]) -> None:
        """Takes over the records of an item that doesn't count, and tells them again as discarded; what was in flight
        stays unknown."""
        for record in records:
            if record.state == UNKNOWN:
                self.records.append(record)
            else:
                self.say(replace(record, state=DISCARDED))
