"""What a run may ask of whoever runs it, a job's worker or a request, and how a job's worker answers."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from walkabout.database.connections import Unavailable
from walkabout.jobs import notes, queries
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.specs import Claim, LeaseLost, Upload
from walkabout.jobs.worker.scoreboard import CANCEL, Interrupted
from walkabout.masking import Masker

PROGRESS_EVERY_S = 0.1
NOT_REPEATABLE = "its walker is not repeatable"


class Hooks(Protocol):
    """What a run needs from whoever runs it: a job's worker, or a request."""

    final: str | None
    """Why the run may not start again from the beginning; None: it may."""

    @property
    def in_request(self) -> bool:
        """Whether a request waits for the run's end."""

    def guard(self) -> AbstractContextManager[Any]:
        """Stands around each use of the database: no interrupt falls into it."""

    def tell(self, done: float, total: float | None, text: str) -> None:
        """Keep the progress."""

    def about_to_send(self, request: str) -> None:
        """Note that a request which may not be repeated is sent now."""

    def uploads(self) -> list[Upload]:
        """The files that came with the call."""

    def lengthen(self, seconds: float) -> None:
        """Give the run so many seconds more than its time limit says."""

    def cut_with(self, cut: Callable[[], None]) -> None:
        """Say how to end what the run waits for outside; called from another thread when the run is interrupted."""


class Interruptible(Protocol):
    """Where interrupts are held off and let in: a worker's slot on the scoreboard, or a thread of the web server."""

    in_request: bool

    def hold(self) -> None: ...
    def release(self) -> None: ...
    def keep(self) -> None: ...
    def was_ordered(self, order: int) -> bool: ...
    def lengthen(self, seconds: float) -> None: ...
    def cut_with(self, cut: Callable[[], None]) -> None: ...


class Uninterrupted:
    """Holds interrupts off meanwhile; afterwards one that has come raises Interrupted. (A class, since it stands around
    each question that a walker asks the database: a generator takes twice as many calls.)"""

    __slots__ = ("place",)

    def __init__(self, place: Interruptible) -> None:
        self.place = place

    def __enter__(self) -> None:
        self.place.hold()

    def __exit__(self, *_: object) -> None:
        self.place.release()


class JobHooks:
    """The hooks of a run that is a row of the ledger."""

    def __init__(self, ledger: Ledger, masker: Masker, claim: Claim, place: Interruptible) -> None:
        self.ledger = ledger
        self.masker = masker
        self.claim = claim
        self.place = place
        self.final: str | None = None if claim.repeatable else NOT_REPEATABLE
        self._saved_at = float("-inf")

    @property
    def in_request(self) -> bool:
        """See Hooks."""
        return self.place.in_request

    def guard(self) -> AbstractContextManager[None]:
        """Hold interrupts off."""
        return Uninterrupted(self.place)

    def tell(self, done: float, total: float | None, text: str) -> None:
        """Keep the progress, at most every PROGRESS_EVERY_S."""
        now = time.monotonic()
        if now - self._saved_at < PROGRESS_EVERY_S:
            return
        self._saved_at = now
        with self.guard():
            try:
                notes.save_progress(
                    self.ledger.db, self.claim, {"done": done, "total": total, "text": self.masker.text(text)}
                )
            except Unavailable:
                pass  # a full disk is no reason for the run to fail; its end waits until there is room

    def about_to_send(self, request: str) -> None:
        """Note it in the ledger before it is sent; a run that is not ours any more ends here."""
        text = sent_text(request)
        with self.guard():
            try:
                notes.note_sent(self.ledger.db, self.claim, text)
            except LeaseLost:
                raise Interrupted(CANCEL) from None
        self.final = self.final or text

    def uploads(self) -> list[Upload]:
        """The files that came with the job."""
        with self.guard():
            return queries.uploads(self.ledger.db, self.claim.uid)

    def lengthen(self, seconds: float) -> None:
        """See Hooks."""
        self.place.lengthen(seconds)

    def cut_with(self, cut: Callable[[], None]) -> None:
        """See Hooks."""
        self.place.cut_with(cut)


def sent_text(request: str) -> str:
    """Why a run that sent a request which may not be repeated does not start again."""
    return f"it sent {request}, which must not be sent twice"
