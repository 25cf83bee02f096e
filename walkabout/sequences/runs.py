"""Runs sequences as jobs, inside requests and dry, each by one call of the library."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sequence
from walkabout import json_text, tracing
from walkabout.database.connections import Database, Unavailable
from walkabout.jids import new_uid
from walkabout.jobs import notes
from walkabout.jobs.hooks import Hooks, Interruptible, Uninterrupted
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.run import TRY_AGAIN_S, Outcome, RunHalted
from walkabout.jobs.specs import Claim, JobSpec
from walkabout.jobs.stopping import Stopping
from walkabout.jobs.waiting import WaitHalted
from walkabout.nearest import suggest
from walkabout.people.reach import Reach
from walkabout.problems import Invalid, Problem
from walkabout.sequences import journal, named
from walkabout.sequences.api_steps import ApiCall, AskApi, Guard, InFlight, RunWaits, StepHooks, only_here
from walkabout.sequences.cancelling import CancelWatch
from walkabout.sequences.journal import JobJournal
from walkabout.sequences.progress import ProgressWriter, text_of
from walkabout.sequences.rights import SequenceRights
from walkabout.sequences.saved import SavedSequences
from walkabout.setting_groups.queues import DEFAULT_QUEUE

OnStep = Callable[[sequence.Record], None]
KIND = "sequence"
NAME = "sequence"  # what a run is called in the queue when nobody gave it a name
ENDS_BEFORE_S = 1.0  # so long before its job's time limit a run ends by itself, with all that it has come to
ERRORS_MOST = 100  # errors of one run that are kept
LONGER_S = 10.0  # so much more than a run may take by itself its job may
TYPES = {
    "step": "StepFailed",
    "limit": "LimitReached",
    "unknown": "UnknownOutcome",
    "replay": "ReplayStopped",
    "refused": "Refused",
    "cancelled": "Cancelled",
}
"""The type of a task's error, by the kind of the run's."""


@dataclass
class Sequences:
    """Runs sequences. `ask_api` is what JAC steps ask."""

    db: Database
    rights: SequenceRights
    ledger: Ledger
    network: sequence.Network
    reach: Reach
    settings: sequence.SequenceSettings
    stopping: Stopping
    finally_now_s: float
    ask_api: AskApi
    saved: SavedSequences

    def check(self, argument: object) -> list[sequence.Problem]:
        """Every problem of an argument, each with its path."""
        try:
            return sequence.check(self.whole(argument), self.settings.limits, self.saved.names)
        except Invalid as error:
            return list(error.problems)

    def check_saved(self, name: str, argument: object) -> list[sequence.Problem]:
        """Every problem of a sequence that is to be saved under a name; one of them is that it would run itself."""
        if named.is_named(argument):
            return [Problem("name", "a saved sequence has steps, not another's name; use it as a block")]
        found = self._find_saved

        def find(other: str) -> dict[str, Any] | None:
            return dict(argument) if other == name and isinstance(argument, Mapping) else found(other)

        try:
            named.whole({"name": name}, find)
            return sequence.check(named.whole(argument, find), self.settings.limits, self.saved.names)
        except Invalid as error:
            return list(error.problems)

    def whole(self, argument: object, find: named.Find | None = None) -> Any:
        """The argument with the saved sequences that it names put in. Raises Invalid."""
        return named.whole(argument, find or self._find_saved, self.saved.names)

    def unknown_name(self, name: str) -> str:
        """That no sequence is saved under a name, and which one was probably meant."""
        return f"name: no sequence is saved under {name[:80]!r}{suggest(name, self.saved.names())}"

    def _find_saved(self, name: str) -> dict[str, Any] | None:
        found = self.saved.find(name)
        return found.argument if found else None

    def advise(self, argument: object) -> list[sequence.Problem]:
        """What in an argument works and is hardly meant, each with its path."""
        return sequence.advice(argument, self.settings)

    @property
    def limit_s(self) -> float:
        """The time limit of a run's job, seconds: a little more than what the run may take by itself."""
        return self.settings.limits.total_s + LONGER_S

    def ending_s(self, argument: object) -> float:
        """How much longer a run inside a request may take for what it does at its end, seconds."""
        return self.finally_now_s * _endings(self.saved_of(argument))

    def saved_of(self, argument: object) -> object:
        """The saved sequence that an argument names as a whole, as it is now; any other argument as it is."""
        if not named.is_named(argument):
            return argument
        assert isinstance(argument, Mapping)
        return self._find_saved(str(argument[named.NAME])) or argument

    def as_spec(
        self,
        argument: dict[str, Any],
        owner: str,
        *,
        name: str = NAME,
        eta: float | None = None,
        priority: int = 0,
        queue: str | None = None,
        uid: str = "",
        again_from: str | None = None,
        unknown: Mapping[str, Any] | None = None,
    ) -> JobSpec:
        """A run of a (checked) argument as a job. `eta`: UTC seconds.

        `again_from`: the uid of an ended run that it resumes; enqueuing it raises AlreadyResumed when another one
        has done so meanwhile. `unknown`: what a person says of that run's requests of unknown outcome, by path.
        """
        uid = uid or new_uid()

        def rescue() -> None:
            if again_from is not None:
                journal.hand_over(self.db, again_from, uid, unknown or {})

        within_transaction = rescue if again_from is not None else None
        return JobSpec(
            KIND,
            name,
            owner,
            argument,
            uid=uid,
            priority=priority,
            queue=queue or DEFAULT_QUEUE,
            eta=eta,
            limit_s=self.limit_s,
            within_transaction=within_transaction,
            cleans_up=_cleans_up(self.saved_of(argument)),
        )

    def as_job(self, claim: Claim, hooks: Hooks) -> Outcome:
        """The target of jobs of the kind "sequence"; the argument is the sequence's."""
        with hooks.guard():
            why = self.rights.why_not_for(claim.owner)
            settings = self._within(claim.limit_s)
            if hooks.in_request:
                settings = self._ending_within(settings, self.finally_now_s)
        if why:
            hooks.final = hooks.final or why
            return Outcome("{}", error=("NotAllowed", why))
        run = self._durable(claim, hooks, settings)
        result = text_of(run.for_owner())
        if run.error is None:
            return Outcome(result, apply=lambda: journal.forget(self.db, claim.id))
        hooks.final = hooks.final or _why_final(run.errors)
        return Outcome(
            result,
            error=(TYPES[run.error.kind], run.error.message),
            path=run.error.path,
            errors=tuple({"path": error.path, "message": error.message} for error in run.errors[:ERRORS_MOST])
            if len(run.errors) > 1
            else (),
        )

    def now(
        self,
        argument: object,
        owner: str | None,
        place: Interruptible,
        limit_s: float,
        on_step: OnStep | None = None,
        *,
        on_ending: Callable[[], None] = lambda: None,
        finally_s: float | None = None,
    ) -> sequence.SequenceRun:
        """Run in this thread, to its end or for `limit_s` seconds. `owner`: a uid; nothing of it is saved.

        `on_ending` is called when nothing is left but what it does at its end, which may take `finally_s` seconds more
        for each of the two lists (None: what it may take inside a request).
        """
        settings = self._ending_within(self._within(limit_s + ENDS_BEFORE_S), finally_s or self.finally_now_s)

        def is_over(_errors: list[sequence.RunError]) -> bool:
            on_ending()
            return True

        def nothing(request: sequence.StepRequest) -> None:
            """Nobody could take it up."""

        guard, waits = only_here(lambda: Uninterrupted(place)), RunWaits()
        flight, jac = self._jac(owner, guard, nothing, waits)
        live = sequence.Live(self._network_of(owner, guard), sending=flight, more_headers=_trace())
        place.cut_with(lambda: _both(live.cut, waits.cut))
        try:
            place.release()
            return sequence.run(
                argument,
                jac=jac,
                on_step=on_step,
                sender=live,
                settings=settings,
                is_over=is_over,
                lengthen=lambda lists: place.lengthen(settings.limits.finally_s * lists),
            )
        finally:
            place.hold()

    def dry(
        self, argument: object, mocks: Mapping[str, Any], on_step: OnStep | None = None, limit_s: float | None = None
    ) -> sequence.SequenceRun:
        """Run against answers by path, for `limit_s` seconds at most; nothing is sent, and nothing of this service is
        asked. Raises Invalid."""
        return sequence.run(argument, on_step=on_step, sender=sequence.Mock(mocks), settings=self._within(limit_s))

    def _durable(self, claim: Claim, hooks: Hooks, settings: sequence.SequenceSettings) -> sequence.SequenceRun:
        """Run with a journal. When the process is told to stop, what is in flight is answered and journaled, and the
        run is given back."""
        guard, argument, waits = only_here(hooks.guard), json_text.load(claim.argument), RunWaits()
        own_journal = JobJournal(self.db, self.ledger, claim, guard)
        writer = ProgressWriter(self.db, self.ledger, claim)
        find = journal.RunsSaved(own_journal, self._find_saved, writer.uses).find
        note, jac = self._jac(
            claim.owner, guard, lambda request: own_journal.note_sent(request.path, request.attempt), waits, find
        )

        def sending(request: sequence.StepRequest) -> None:
            note(request)
            writer.sending(request)

        live = sequence.Live(self._network_of(claim.owner, guard), sending=sending, more_headers=_trace())
        watch = CancelWatch(self.db, claim, lambda: _both(live.cancel, waits.cancel))
        try:
            with guard():
                writer.start()
                again, unknown = self._resumption(claim)
            hooks.cut_with(lambda: _both(live.cut, waits.cut))
            sender = sequence.Replay(own_journal, live, again=again, unknown=unknown)
            argument = self.whole(argument, find)
            if cleans_up := _cleans_up(argument):
                with guard():
                    watch.start()
            if cleans_up != claim.cleans_up:
                # What it names was changed after it was queued.
                with guard():
                    notes.note_clean_up(self.db, claim, cleans_up)

            def is_over(errors: list[sequence.RunError]) -> bool:
                if errors and claim.raised + 1 < claim.max_attempts and not (hooks.final or _why_final(errors)):
                    return False
                if not hooks.in_request:  # there it was known beforehand
                    lengthen(_endings(argument))
                return True

            def lengthen(lists: int) -> None:
                hooks.lengthen(settings.limits.finally_s * lists)

            with self.stopping.heard(live.halt):
                return sequence.run(
                    argument,
                    jac=jac,
                    on_step=writer.on_step,
                    sender=sender,
                    settings=settings,
                    is_over=is_over,
                    lengthen=lengthen,
                )
        except sequence.Halted:
            raise RunHalted from None
        except Invalid as error:
            return _refused(error)
        finally:
            own_journal.close()
            watch.close()
            writer.close(guard)

    def _network_of(self, owner: str | None, guard: Guard) -> sequence.Network:
        def may_reach_private() -> bool:
            while True:
                try:
                    with guard():
                        return self.reach.is_private(owner)
                except Unavailable:
                    # The request may be in the journal: that it was not sent must not be in doubt. Its time goes on.
                    time.sleep(TRY_AGAIN_S)

        return self.network.reaching(may_reach_private)

    def _resumption(self, claim: Claim) -> tuple[bool, dict[str, Any]]:
        """Whether this attempt resumes the run where it failed, and what is to be settled: neither is done twice,
        when the worker was killed in between."""
        resumed = journal.resumed_from(self.db, claim.id)
        if resumed is None and not claim.raised:
            return False, {}
        done = [*journal.own_entries(self.db, claim.id, ("run", "settled"))]
        settled = {entry["path"] for entry in done if entry["kind"] == "settled"}
        begun = sum(entry["kind"] == "run" for entry in done)
        unknown = resumed.unknown if resumed else {}
        return begun <= claim.raised, {path: said for path, said in unknown.items() if path not in settled}

    def _jac(
        self,
        owner: str | None,
        guard: Guard,
        note_sent: Callable[[sequence.StepRequest], None],
        waits: RunWaits,
        find_saved: named.Find | None = None,
    ) -> tuple[Callable[[sequence.StepRequest], None], sequence.Jac]:
        flight = InFlight()

        def sending(request: sequence.StepRequest) -> None:
            flight.request = request

        def jac(api: str, body: Any, master: str | None) -> object:
            request = flight.request
            within = StepHooks(
                guard,
                lambda: note_sent(request) if request else None,
                request.left_s if request else None,
                find_saved,
                waits.of(request.path if request else ""),
            )
            try:
                return self.ask_api(ApiCall(owner, api, body, master, within))
            except WaitHalted as halted:
                raise sequence.Halted(request.path if request else "", halted.left_s) from None

        return sending, jac

    def _ending_within(self, settings: sequence.SequenceSettings, seconds: float) -> sequence.SequenceSettings:
        return replace(settings, limits=replace(settings.limits, finally_s=seconds))

    def _within(self, limit_s: float | None) -> sequence.SequenceSettings:
        limits = self.settings.limits
        if limit_s is None or limit_s - ENDS_BEFORE_S >= limits.total_s:
            return self.settings
        total_s = max(limit_s - ENDS_BEFORE_S, limit_s / 2)
        return replace(self.settings, limits=replace(limits, total_s=total_s))


def _both(requests: Callable[[], None], waits: Callable[[], None]) -> None:
    """Ends what a run waits for: answers to its requests, and runs that its JAC steps wait for."""
    requests()
    waits()


def _refused(error: Invalid) -> sequence.SequenceRun:
    """The outcome of a run whose saved sequences are not there any more."""
    problems = list(error.problems)
    return sequence.SequenceRun(
        error=sequence.RunError(problems[0].path, problems[0].message, "refused"), problems=problems
    )


def _endings(argument: object) -> int:
    """How many lists of steps an argument has for its end."""
    return sum(bool(argument.get(name)) for name in ("on_error", "finally")) if isinstance(argument, Mapping) else 0


def _cleans_up(argument: object) -> bool:
    return isinstance(argument, Mapping) and bool(argument.get("finally"))


def _why_final(errors: Sequence[sequence.RunError]) -> str | None:
    """Why a run with these errors does not start again by itself; None: it may."""
    return next((error.message for error in errors if error.kind != "step"), None)


def _trace() -> Callable[[], Mapping[str, str]]:
    """What a run adds to its requests when who asked for it is in a trace."""
    traceparent = tracing.current()

    def headers() -> Mapping[str, str]:
        onward = tracing.onward(traceparent)
        return {tracing.HEADER: onward} if onward else {}

    return headers
