"""Sequences: run them now, dry or as a job, and resume failed runs. Only admins may.

A step of a sequence hands in `within`, its hooks: what it starts as a job, a worker runs; a dry run is its own thread's.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sequence as language
from walkabout import json_text
from walkabout.actions import jobs
from walkabout.actions.inline import TIME_LIMIT, NotKept, is_handed_back, run_inside
from walkabout.actions.timing import NOW, Queued, Timing, runs_here
from walkabout.jobs import queries
from walkabout.jobs.foreground import TimeIsUp
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.specs import JobSpec
from walkabout.jobs.states import FAILURE, SUCCESS
from walkabout.jobs.template import NotAllowed
from walkabout.jobs.thread_place import ThreadPlace
from walkabout.people.masters import Master
from walkabout.problems import Invalid, Problem
from walkabout.sequences import progress
from walkabout.sequences.api_steps import StepHooks
from walkabout.sequences.named import saved_name
from walkabout.sequences.resuming import check_resumable
from walkabout.sequences.rights import ONLY_ADMINS, may_have_sequences
from walkabout.sequences.runs import KIND, NAME, OnStep
from walkabout.service import Service

MORE_S = 1.0  # beyond its limit, for a run that ends by itself there to say where it was


@dataclass(frozen=True)
class FailedAt:
    """Where a sequence failed, the path of a step, and why."""

    path: str
    message: str


@dataclass(frozen=True)
class SequenceOutcome:
    """How a sequence went: its result and the records of its last steps, both as JSON texts. `errors`: why it failed."""

    result: str
    steps: str
    errors: list[FailedAt]

    @property
    def error(self) -> FailedAt | None:
        """The first of its errors."""
        return self.errors[0] if self.errors else None


def problems_of(service: Service, by: Master, argument: object) -> list[Problem]:
    """What is wrong with a sequence; nothing is sent. Raises NotAllowed."""
    _check_right(by)
    return service.sequences.check(argument)


def warnings_of(service: Service, by: Master, argument: object) -> list[Problem]:
    """What in a sequence works and is hardly meant. Raises NotAllowed."""
    _check_right(by)
    return service.sequences.advise(argument)


def check(service: Service, by: Master, argument: object) -> dict[str, Any]:
    """The sequence, when nothing is wrong with it. Raises NotAllowed, Invalid."""
    if problems := problems_of(service, by, argument):
        raise Invalid(problems)
    assert isinstance(argument, dict)  # anything else is a problem
    return argument


def whole(service: Service, by: Master, argument: object, *, within: StepHooks | None = None) -> dict[str, Any]:
    """The sequence with the saved ones that it names put in, when nothing is wrong with it. Raises NotAllowed, Invalid."""
    _check_right(by)
    filled = service.sequences.whole(argument, within.find_saved if within else None)
    return check(service, by, filled)


def run(service: Service, by: Master, argument: object) -> SequenceOutcome:
    """Run a sequence inside this request, as no job. Raises NotAllowed, Invalid, ShareFull, AllTaken, Stops."""
    checked, limit_s = whole(service, by, argument), service.settings.foreground_limit_s
    steps: list[language.Record] = []
    begun_at = time.monotonic()
    took: list[float] = []

    def work(place: ThreadPlace) -> language.SequenceRun:
        def on_ending() -> None:
            took.append(time.monotonic() - begun_at)

        return service.sequences.now(checked, by.uid, place, limit_s, steps.append, on_ending=on_ending)

    try:
        ran = service.foreground.run(work, limit_s + service.sequences.ending_s(checked) + MORE_S, by.uid, KIND)
    except TimeIsUp:
        return SequenceOutcome("{}", _texts(steps), [_too_long(limit_s, steps[-1].path if steps else "")])
    outcome = _outcome_of(ran)
    if outcome.error is None or sum(took) < limit_s:
        return outcome
    # Also when it is a request that failed: its time was cut by the run's.
    return SequenceOutcome(outcome.result, outcome.steps, [_too_long(limit_s, outcome.error.path), *outcome.errors[1:]])


def run_dry(
    service: Service, by: Master, argument: object, mocks: Mapping[str, Any], *, within: StepHooks | None = None
) -> SequenceOutcome:
    """Run a sequence against answers by path (`mocks`); nothing is sent. Raises NotAllowed, Invalid, ShareFull, AllTaken."""
    checked, limit_s = whole(service, by, argument), service.settings.foreground_limit_s
    if problems := language.check_mocks(mocks):
        raise Invalid(problems)
    if within is not None:
        return _outcome_of(service.sequences.dry(checked, mocks))

    def work(place: ThreadPlace) -> language.SequenceRun:
        try:
            place.release()
            return service.sequences.dry(checked, mocks, limit_s=limit_s)
        finally:
            place.hold()

    try:
        return _outcome_of(service.foreground.run(work, limit_s, by.uid, KIND))
    except TimeIsUp:
        return SequenceOutcome("{}", "[]", [_too_long(limit_s, "")])


def run_watched(
    service: Service,
    by: Master | None,
    argument: object,
    on_step: OnStep | None,
    mocks: Mapping[str, Any] | None = None,
) -> language.SequenceRun:
    """Run a sequence to its end in this thread, where somebody watches each step: at the command line.

    `by`: in whose name JAC steps ask; None: in nobody's. `mocks`: answers by path, then nothing is sent. Raises
    NotAllowed, Invalid.
    """
    if by is not None:
        _check_right(by)
    argument = service.sequences.whole(argument)
    if mocks is not None:
        return service.sequences.dry(argument, mocks, on_step)
    limits, owner = service.sequences.settings.limits, by.uid if by else None
    return service.sequences.now(argument, owner, ThreadPlace(), limits.total_s, on_step, finally_s=limits.finally_s)


def enqueue(
    service: Service, by: Master, argument: object, timing: Timing, *, within: StepHooks | None = None
) -> Queued | SequenceOutcome:
    """Run a sequence as a job; without a worker it runs inside this request, as a job of its own.

    Raises NotAllowed, Invalid, QueueFull, NotKept, ShareFull, AllTaken.
    """
    checked = check(service, by, argument)
    name = saved_name(checked) or NAME
    spec = service.sequences.as_spec(
        checked, by.uid, name=name, eta=timing.eta, priority=timing.priority, queue=timing.queue, uid=timing.uid
    )
    return _start(service, spec, timing, within)


def resume(
    service: Service,
    by: Master,
    text: str,
    argument: object | None,
    timing: Timing = NOW,
    *,
    unknown: Mapping[str, Any] | None = None,
    within: StepHooks | None = None,
) -> Queued | SequenceOutcome:
    """Go on from where a run (a text names it) failed, as a new job that takes over its journal.

    `argument`: the sequence as it was edited; None: as it was. `unknown`: what became of requests of unknown outcome, by
    path: "send", or the answer that they got. Raises what `enqueue` raises, BadJid, NoSuchJob, NotASequence,
    CannotResume, AlreadyResumed.
    """
    _check_right(by)
    source = jobs.find(service, by, text)
    check_resumable(service.db, source)
    checked = json_text.load(source.argument) if argument is None else check(service, by, argument)
    _check_words(unknown or {})
    spec = service.sequences.as_spec(
        checked,
        by.uid,
        name=source.name,
        eta=timing.eta,
        priority=timing.priority,
        queue=timing.queue or source.queue,
        uid=timing.uid,
        again_from=source.uid,
        unknown=unknown,
    )
    return _start(service, _of_task(spec, source, by), timing, within)


def run_again(service: Service, by: Master, job: WholeJob) -> str:
    """Enqueue the sequence of a run once more, from the beginning; the uid. Raises NotAllowed, Invalid, QueueFull."""
    # Not a copy of the row: its limits are those of today, and it runs in the name of whoever asks for it now.
    argument = check(service, by, json_text.load(job.argument))
    spec = service.sequences.as_spec(argument, by.uid, name=job.name or NAME, priority=job.priority, queue=job.queue)
    return service.ledger.enqueue(_of_task(spec, job, by))


def _of_task(spec: JobSpec, before: WholeJob, by: Master) -> JobSpec:
    """A run that follows another one, by hand, is of the same task."""
    return replace(spec, schedule=before.schedule, task_name=before.task_name, asked_by=by.uid)


def _check_right(by: Master) -> None:
    if not may_have_sequences(by):
        raise NotAllowed(ONLY_ADMINS)


def _start(service: Service, spec: JobSpec, timing: Timing, within: StepHooks | None) -> Queued | SequenceOutcome:
    is_here = not timing.background or runs_here(service, spec)
    if within is not None or not is_here:
        return Queued(service.ledger.enqueue(spec))
    limit_s = service.settings.foreground_limit_s
    try:
        run_inside(service, spec, limit_s + MORE_S, service.sequences.ending_s(spec.argument))
    except TimeIsUp:
        where = progress.last_path(service.db, spec.uid)
        return SequenceOutcome("{}", progress.records_text(service.db, spec.uid), [_too_long(limit_s, where)])
    if is_handed_back(service, spec.uid):
        return Queued(spec.uid)
    return _outcome_of_job(service, queries.job(service.db, spec.uid))


def _outcome_of_job(service: Service, job: WholeJob | None) -> SequenceOutcome:
    if job is None or job.state not in (SUCCESS, FAILURE):
        raise NotKept
    return SequenceOutcome(job.result or "{}", progress.records_text(service.db, job.uid), _failed_at(service, job))


def _failed_at(service: Service, job: WholeJob) -> list[FailedAt]:
    error, limit_s = jobs.error_of(service, job), service.settings.foreground_limit_s
    if error is None:
        return []
    errors = [FailedAt(one["path"], one["message"]) for one in jobs.errors_of(service, job)]
    ending_s = service.sequences.ending_s(json_text.load(job.argument))
    is_late = (job.ended_at or 0.0) - (job.started_at or 0.0) >= limit_s + ending_s
    if error["type"] == TIME_LIMIT or is_late:
        return [_too_long(limit_s, error["path"]), *errors[1:]]
    return errors


def _outcome_of(ran: language.SequenceRun) -> SequenceOutcome:
    errors = [FailedAt(error.path, error.message) for error in ran.errors]
    return SequenceOutcome(progress.text_of(ran.for_owner()), _texts(ran.steps), errors)


def _texts(steps: list[language.Record]) -> str:
    return progress.text_of([record.as_dict() for record in steps[-progress.SHOWN_MOST :]])


def _too_long(limit_s: float, path: str) -> FailedAt:
    return FailedAt(path, f"TimeLimit: ended after {limit_s:g} s (FOREGROUND_LIMIT_S); use is_async for longer runs")


def _check_words(unknown: Mapping[str, Any]) -> None:
    """Raises Invalid for what can't be said of a request of unknown outcome."""
    for path, said in unknown.items():
        is_answer = isinstance(said, dict) and not set(said) - {"status", "body"}
        status = said.get("status", 200) if is_answer else None
        if said != "send" and not (type(status) is int and 100 <= status <= 599):
            use = 'use "send", or the response that it got: {"status": 200, "body": ...}'
            raise Invalid([Problem(f"unknown[{path}]", use)])
