"""One run of one job, from its claim to its outcome.

A target does the work and gives an Outcome; what it wants to change is applied here, behind the ledger's fence.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from walkabout.database import Conflict, Unavailable
from walkabout.events import Events
from walkabout.jobs.board import CANCEL, LIMIT, Interrupted
from walkabout.jobs.ledger import Claim, LeaseLost, Ledger, Upload

PROGRESS_EVERY_S = 0.1
WRITE_AGAIN_S = 1.0  # between two tries to write an outcome while the database can't be written
_PAUSE_S = (0.001, 0.05)  # the shortest and the longest wait before a run that had a conflict starts again


@dataclass(frozen=True)
class Outcome:
    """How a run went. `result`: what the sync call answers, as JSON text; `status`: its HTTP status.

    `apply` writes what the run wants to change, within the ledger's transaction; it may raise Conflict.
    `error` (type and message): the run raised, and `apply` is not called.
    """

    result: str
    status: int = 200
    apply: Callable[[], None] | None = None
    error: tuple[str, str] | None = None


class Hooks(Protocol):
    """What a run needs from whoever runs it: a job's worker, or a request."""

    sent: str | None

    def guard(self) -> AbstractContextManager[Any]:
        """Stands around each use of the database: no interrupt falls into it."""

    def tell(self, done: float, total: float | None, text: str) -> None:
        """Keep the progress."""

    def about_to_send(self, request: str) -> None:
        """Note that a request which may not be repeated is sent now."""

    def uploads(self) -> list[Upload]:
        """The files that came with the call."""


class Interruptible(Protocol):
    """Where interrupts are held off and let in: a worker's place on the board, or a thread of the web server."""

    def hold(self) -> None: ...
    def release(self) -> None: ...
    def keep(self) -> None: ...


Target = Callable[[Claim, Hooks], Outcome]
Sleep = Callable[[float], None]


def until_kept(once: Callable[[], Outcome], keep: Callable[[Outcome], None], hooks: Hooks, tries: int) -> Outcome:
    """Run, and keep the outcome; start again from the beginning, a few times, when another run was faster.

    `once()` runs, `keep(outcome)` commits what it changed and may raise Conflict. The last Conflict is raised, with
    what the run has sent already if that is why it can't run again.
    """
    for attempt in range(1, tries + 1):
        outcome = once()
        try:
            keep(outcome)
        except Conflict as conflict:
            if hooks.sent is not None:
                conflict.args = (f"{conflict}; not run again, since {hooks.sent} may not be sent twice",)
                raise
            if attempt == tries:
                conflict.args = (f"{conflict}, {tries} times (CONFLICT_TRIES)",)
                raise
            shortest, longest = _PAUSE_S
            time.sleep(random.uniform(0, min(shortest * 2**attempt, longest)))
        else:
            return outcome
    raise AssertionError("tries is 1 or more")


@contextmanager
def held(place: Interruptible) -> Iterator[None]:
    """Hold interrupts off meanwhile; afterwards one that has come raises Interrupted."""
    place.hold()
    try:
        yield
    finally:
        place.release()


class JobHooks:
    """The hooks of a run that is a row of the ledger."""

    def __init__(self, ledger: Ledger, claim: Claim, place: Interruptible) -> None:
        self.ledger = ledger
        self.claim = claim
        self.place = place
        self.sent: str | None = None
        self._told_at = float("-inf")

    def guard(self) -> AbstractContextManager[None]:
        """Hold interrupts off."""
        return held(self.place)

    def tell(self, done: float, total: float | None, text: str) -> None:
        """Keep the progress, at most every PROGRESS_EVERY_S."""
        now = time.monotonic()
        if now - self._told_at < PROGRESS_EVERY_S:
            return
        self._told_at = now
        with self.guard():
            try:
                self.ledger.tell_progress(self.claim, {"done": done, "total": total, "text": text})
            except Unavailable:
                pass  # a full disk is no reason for the run to fail; its end waits until there is room

    def about_to_send(self, request: str) -> None:
        """Note it in the ledger before it is sent; a run that is not ours any more ends here."""
        with self.guard():
            try:
                self.ledger.note_sent(self.claim, request)
            except LeaseLost:
                raise Interrupted(CANCEL) from None
        self.sent = request

    def uploads(self) -> list[Upload]:
        """The files that came with the job."""
        with self.guard():
            return self.ledger.uploads(self.claim.uid)


@dataclass
class Runner:
    """Runs claimed jobs. `targets`: by kind of job, what does the work; `ended` is told of each claim that is over."""

    ledger: Ledger
    targets: Mapping[str, Target]
    events: Events
    conflict_tries: int
    ended: Callable[[Claim], None]

    def run(self, claim: Claim, place: Interruptible) -> Outcome | None:
        """Run a job to its outcome, and write it. None: it did not end here (given back, taken over, revoked).

        While the database can't be written (a full disk), the outcome waits in memory until it can.
        """
        started = time.monotonic()
        self.events.debug("job.started", job=claim.uid, name=claim.name, attempt=claim.attempt, worker=os.getpid())
        outcome = self._run(claim, place)
        self.ended(claim)
        took_ms = round((time.monotonic() - started) * 1000, 1)
        self.events.debug("job.finished", job=claim.uid, name=claim.name, ms=took_ms)
        return outcome

    def _run(self, claim: Claim, place: Interruptible) -> Outcome | None:
        hooks = JobHooks(self.ledger, claim, place)
        try:
            outcome = until_kept(
                lambda: self._once(claim, hooks, place),
                lambda outcome: self._write(claim, lambda: self._keep(claim, place, outcome)),
                hooks,
                self.conflict_tries,
            )
        except Interrupted as interrupted:
            order = interrupted.order
            self._write(claim, lambda: self._interrupted(claim, order))
            return None
        except Conflict as conflict:
            text = str(conflict)
            self._write(claim, lambda: self.ledger.fail(claim.id, claim.attempt, "Conflict", text))
            return None
        except LeaseLost:
            self._write(claim, lambda: self._lost(claim))
            return None
        return outcome

    def _once(self, claim: Claim, hooks: Hooks, place: Interruptible) -> Outcome:
        try:
            place.release()
            return self.targets[claim.kind](claim, hooks)
        finally:
            place.hold()

    def _keep(self, claim: Claim, place: Interruptible, outcome: Outcome) -> None:
        place.keep()
        if outcome.error is None:
            self.ledger.succeed(claim, outcome.result, outcome.apply)
            return
        kind, message = outcome.error
        if claim.raised + 1 < claim.max_attempts:
            wait_s = claim.backoff_s * 2**claim.raised
            self.events.say("job.retry", job=claim.uid, name=claim.name, wait_s=wait_s, error=kind)
            self.ledger.retry(claim, kind, message, wait_s)
        else:
            self.ledger.fail(claim.id, claim.attempt, kind, message, outcome.result)
            self.events.say("job.failed", job=claim.uid, name=claim.name, error=kind)

    def _write(self, claim: Claim, write: Callable[[], Any]) -> None:
        while True:
            try:
                write()
                return
            except Unavailable as error:
                self.events.warn("job.outcome_waits", job=claim.uid, error=str(error))
                time.sleep(WRITE_AGAIN_S)

    def _interrupted(self, claim: Claim, order: int) -> None:
        if order == CANCEL:
            self.ledger.revoke_running(claim.id, claim.attempt, "cancelled")
            self.events.say("job.cancelled", job=claim.uid, name=claim.name)
        elif order == LIMIT:
            self.ledger.fail(claim.id, claim.attempt, "TimeLimit", limit_text(claim.limit_s or 0))
            self.events.say("job.time_limit", job=claim.uid, name=claim.name)
        elif self.ledger.give_back(claim):
            self.events.say("job.given_back", job=claim.uid, name=claim.name)

    def _lost(self, claim: Claim) -> None:
        # Cancelled while it ended: the cancel was first.
        if not self.ledger.revoke_running(claim.id, claim.attempt, "cancelled"):
            self.events.warn("job.lease_lost", job=claim.uid, attempt=claim.attempt)


def limit_text(limit_s: float) -> str:
    """What a run that was ended at its time limit (seconds) says."""
    return f"ended after {limit_s:g} s, its time limit; nothing of it was kept"
