"""Runs one job, from its claim to its outcome.

A target does the work and gives an Outcome; what it wants to change is applied here, behind the ledger's fence.
"""

import os
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count

from walkabout import tracing
from walkabout.database.connections import Conflict, Damaged, Database, Unavailable
from walkabout.events import Events
from walkabout.jobs.hooks import Hooks, Interruptible, JobHooks
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.losses import CANCELLED, limit_text
from walkabout.jobs.output import caught
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.run_log import DEBUG, ERROR, WARNING, LogLimits, RunLog
from walkabout.jobs.specs import Claim, LeaseLost
from walkabout.jobs.turns import NotItsTurn, Turn
from walkabout.jobs.worker.scoreboard import CANCEL, LIMIT, STOP, Interrupted
from walkabout.jobs.worker.trouble import Trouble
from walkabout.masking import Masker
from walkabout.raised import describe_error

TRY_AGAIN_S = 1.0  # between two tries while the database can't be asked
UNKNOWN_EVERY_S = 2.0  # between two tries of a job that a worker does not know how to run
_PAUSE_S = (0.001, 0.05)  # the shortest and the longest wait before a run that had a conflict starts again


@dataclass(frozen=True)
class OwnResponse:
    """How a run wants its caller answered, instead of by its result."""

    status: int
    type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How a run went. `result`: what the sync call answers, as JSON text; `status`: its HTTP status.

    `apply` writes what the run wants to change, within the ledger's transaction; it may raise Conflict and CannotKeep.
    `error` (type and message): the run raised, and `apply` is not called; `path`: the step of it that did, if it has
    steps; `errors`: all of them, each with path and message, where there are several. `changes`: what it changed, for
    people, as JSON text; `objects`: the uids of what it changes that was there. `elsewhere`: it could not begin, since this
    process does not know what it is to run; while a deploy rolls, another one does.
    """

    result: str
    status: int = 200
    apply: Callable[[], None] | None = None
    error: tuple[str, str] | None = None
    path: str | None = None
    errors: tuple[Mapping[str, str], ...] = ()
    changes: str | None = None
    objects: tuple[str, ...] = ()
    response: OwnResponse | None = None
    elsewhere: bool = False


class RunHalted(Exception):
    """The process is told to stop, and the target has come to a rest where somebody else can go on: the run is given
    back. For targets only; what a walker raises is the outcome of its run."""


class CannotKeep(Exception):
    """What a run wants to change may not be changed after all; its outcome says why."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(str(outcome.error))


Target = Callable[[Claim, Hooks], Outcome]


def run_until_saved(
    once: Callable[[Turn], Outcome], save: Callable[[Outcome], None], hooks: Hooks, tries: int, db: Database
) -> Outcome:
    """Run, and save the outcome; start again from the beginning, a few times, when another run was faster.

    `once(turn)` waits for its turn and runs, `save(outcome)` commits what it changed and may raise Conflict. The last
    Conflict is raised, with what the run has sent already if that is why it can't run again.
    """
    turn = Turn(db, hooks.guard)
    try:
        for attempt in count(1):
            outcome = once(turn)
            try:
                saved = _save(_at_its_turn(outcome, turn, hooks), save)
            except NotItsTurn as others:
                turn.draw(others.uid)
            except Conflict as conflict:
                _check_tries(conflict, hooks, attempt, tries)
                if not conflict.uid or not turn.draw(conflict.uid):
                    shortest, longest = _PAUSE_S
                    time.sleep(random.uniform(0, min(shortest * 2**attempt, longest)))
            else:
                if saved.apply is not None:
                    turn.forget()
                return saved
        raise AssertionError("a count has no end")
    finally:
        turn.leave()


def _at_its_turn(outcome: Outcome, turn: Turn, hooks: Hooks) -> Outcome:
    if outcome.apply is None:
        return outcome
    return replace(outcome, apply=turn.behind(outcome.apply, outcome.objects, minds=hooks.final is None))


def _check_tries(conflict: Conflict, hooks: Hooks, attempt: int, tries: int) -> None:
    if hooks.final is not None:
        raise Conflict(conflict.uid, f"; not run again: {hooks.final}") from conflict
    if attempt >= tries:
        raise Conflict(conflict.uid, f", {tries} times (CONFLICT_TRIES)") from conflict


def _save(outcome: Outcome, save: Callable[[Outcome], None]) -> Outcome:
    try:
        save(outcome)
    except CannotKeep as refused:
        save(refused.outcome)
        return refused.outcome
    return outcome


@dataclass
class Runner:
    """Runs claimed jobs. `targets`: by kind of job, what does the work; `ended`, `waits`: rings for who waits for a
    task, and for who lets a retry go when its time has come. `unknown_wait_s`: how long a job that nobody knows how to run
    waits for somebody who does."""

    ledger: Ledger
    targets: Mapping[str, Target]
    events: Events
    masker: Masker
    conflict_tries: int
    ended: Callable[[], None]
    waits: Callable[[], None]
    log_limits: LogLimits = field(default_factory=LogLimits)
    unknown_wait_s: float = 0.0

    def run(self, claim: Claim, place: Interruptible) -> Outcome | None:
        """Run a job to its outcome, and write it. None: it did not end here (given back, taken over, revoked).

        While the database can't be written (a full disk), the outcome waits in memory until it can. A job always
        leaves STARTED, whatever happens in it.
        """
        with tracing.within(claim.traceparent):
            return self._run_and_tell(claim, place)

    def _run_and_tell(self, claim: Claim, place: Interruptible) -> Outcome | None:
        started = time.monotonic()
        self.events.debug("job.started", job=claim.uid, name=claim.title, attempt=claim.attempt, worker=os.getpid())
        self.ledger.note_start(claim)
        outcome = self._run(claim, place)
        self._let_next_go(claim)
        self.events.debug("job.saved", job=claim.uid, worker=os.getpid())
        self.ended()
        took_ms = round((time.monotonic() - started) * 1000, 1)
        self.events.debug("job.finished", job=claim.uid, name=claim.title, ms=took_ms)
        return outcome

    def _run(self, claim: Claim, place: Interruptible) -> Outcome | None:
        hooks = JobHooks(self.ledger, self.masker, claim, place)
        log = self._log_of(claim)

        def once(turn: Turn) -> Outcome:
            return self._once(claim, hooks, turn, log)

        def keep(outcome: Outcome) -> None:
            def write() -> None:
                # Before each try: who was told meanwhile that nothing is kept was told the truth.
                place.keep()
                self._keep(claim, hooks, outcome)

            self._write(claim, write)

        try:
            return run_until_saved(once, keep, hooks, self.conflict_tries, self.ledger.db)
        except Interrupted as interrupted:
            if place.was_ordered(interrupted.order):
                self._end(claim, partial(self._interrupted, claim, interrupted.order))
            else:
                # A walker raised it by itself: a run that could give itself back would do so for ever.
                self._end(claim, partial(self._fail, claim, "Interrupted", describe_error(interrupted)[1]))
        except RunHalted:
            self._end(claim, partial(self._interrupted, claim, STOP))
        except LeaseLost:
            self._write(claim, partial(self._end_cancelled, claim))
        except (Conflict, QueueFull, Damaged) as refused:
            self._end(claim, partial(self._fail, claim, type(refused).__name__, str(refused)))
        except BaseException as error:
            self.events.bug("job.crashed", error, job=claim.uid, name=claim.title)
            self._end(claim, partial(self._fail, claim, *describe_error(error)))
        return None

    def _let_next_go(self, claim: Claim) -> None:
        # A run that was held for this one: whoever ran this takes it, nobody has to be woken.
        with suppress(Unavailable):  # then the supervisor's next turn lets it go
            if claim.schedule is not None:
                self.ledger.release_held(claim.schedule)
            if claim.lane is not None or claim.rate is not None:
                self.ledger.admit(claim.name, claim.lane, rated=claim.rate is not None)

    def _once(self, claim: Claim, hooks: JobHooks, turn: Turn, log: RunLog) -> Outcome:
        trouble = Trouble(self.events.warn, "job.waits_for_database")
        while True:
            try:
                return self._logged(claim, hooks, turn, log)
            except Damaged:
                raise  # it does not pass by itself
            except Unavailable as error:
                if hooks.final is not None:
                    raise
                time.sleep(trouble.met(job=claim.uid, error=str(error)))

    def _logged(self, claim: Claim, hooks: JobHooks, turn: Turn, log: RunLog) -> Outcome:
        """Let the target work, and keep what it logs and prints meanwhile."""
        place, rest = hooks.place, ""

        def keep_line(level: str, text: str) -> None:
            if log.add(level, text):
                with hooks.guard():
                    log.write()

        try:
            with caught(keep_line) as catcher:
                try:
                    place.release()
                    turn.come()
                    return self.targets.get(claim.kind, _unknown_kind)(claim, hooks)
                finally:
                    place.hold()
                    rest = catcher.rest
        finally:
            log.finish(rest)

    def _log_of(self, claim: Claim) -> RunLog:
        says = {WARNING: self.events.warn, ERROR: self.events.warn, DEBUG: self.events.debug}

        def say(level: str, text: str) -> None:
            says.get(level, self.events.say)("job.log", job=claim.uid, text=text)

        return RunLog(self.ledger.db, claim, self.log_limits, self.masker, self.ledger.clock, say=say)

    def _keep(self, claim: Claim, hooks: JobHooks, outcome: Outcome) -> None:
        if outcome.error is None:
            self.ledger.succeed(claim, outcome.result, outcome.apply, outcome.changes)
            return
        kind, message = outcome.error
        is_left = self._is_left(claim, hooks, outcome)
        if is_left or (claim.raised + 1 < claim.max_attempts and hooks.final is None):
            wait_s = UNKNOWN_EVERY_S if is_left else claim.backoff_s * 2**claim.raised
            text = self.masker.text(message)
            won = self.ledger.retry(claim, kind, text, wait_s, outcome.path, raised=not is_left)
            if won:
                self.events.say("job.retry", job=claim.uid, name=claim.title, wait_s=wait_s, error=kind)
                self.waits()
        else:
            won = self._fail(claim, kind, message, outcome)
        if not won:
            raise LeaseLost(claim)

    def _is_left(self, claim: Claim, hooks: JobHooks, outcome: Outcome) -> bool:
        """Whether a job that this process does not know how to run is left to others: each attempt may be another's."""
        return outcome.elsewhere and not hooks.in_request and claim.attempt * UNKNOWN_EVERY_S <= self.unknown_wait_s

    def _fail(self, claim: Claim, kind: str, message: str, outcome: Outcome | None = None) -> bool:
        result, path = (outcome.result, outcome.path) if outcome else (None, None)
        errors = (
            [{name: self.masker.text(text) for name, text in error.items()} for error in outcome.errors]
            if outcome
            else []
        )
        won = self.ledger.fail(claim.id, claim.attempt, kind, self.masker.text(message), result, path, errors=errors)
        if won:
            self.events.say("job.failed", job=claim.uid, name=claim.title, error=kind)
        return won

    def _interrupted(self, claim: Claim, order: int) -> bool:
        if order == CANCEL:
            return False
        if order == LIMIT:
            return self._fail(claim, "TimeLimit", limit_text(claim.limit_s or 0, claim.kind))
        state = self.ledger.requeue(claim)
        if state:
            self.events.say("job.requeued", job=claim.uid, name=claim.title, state=state)
        return state is not None

    def _end(self, claim: Claim, write: Callable[[], bool]) -> None:
        """Write an outcome; where that does not win, somebody asked to cancel the run, or it is not ours any more."""

        def end() -> None:
            if not write():
                self._end_cancelled(claim)

        self._write(claim, end)

    def _end_cancelled(self, claim: Claim) -> None:
        if self.ledger.revoke_running(claim.id, claim.attempt, CANCELLED):
            self.events.say("job.cancelled", job=claim.uid, name=claim.title)
        else:
            self.events.warn("job.lease_lost", job=claim.uid, attempt=claim.attempt)

    def _write(self, claim: Claim, write: Callable[[], object]) -> None:
        """Write something of a run, however long the database can't be written."""
        trouble = Trouble(self.events.warn, "job.outcome_waits")
        while True:
            try:
                write()
                return
            except Unavailable as error:
                time.sleep(trouble.met(job=claim.uid, error=str(error)))


def _unknown_kind(claim: Claim, _hooks: Hooks) -> Outcome:
    text = f'no worker has known jobs of the kind "{claim.kind}"; they are those of a newer version'
    return Outcome("null", error=("UnknownKind", text), elsewhere=True)
