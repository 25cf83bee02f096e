"""APIs of sequences: run now, in the background or dry, resume after a failed step, and check."""

import time
from collections.abc import Sequence
from typing import Any

import sequence as language
from walkabout import json_text
from walkabout.api.answers import Answer, Refusal, error_body
from walkabout.api.dispatch import Call
from walkabout.api.inline import NOT_KEPT, handed_back, run_inside
from walkabout.api.queue import task_of
from walkabout.api.registry import ADMIN, api
from walkabout.api.timing import RunOptions, timing_of
from walkabout.database.connections import ConstraintRefused
from walkabout.jobs import reading
from walkabout.jobs.reading import JobState
from walkabout.jobs.specs import JobSpec
from walkabout.jobs.states import FAILURE, SUCCESS
from walkabout.problems import Invalid, Problem
from walkabout.sequences import journal, progress, relaxed_json
from walkabout.sequences.runs import KIND, NAME
from walkabout.walking.foreground import ThreadPlace, TimeIsUp

MORE_S = 1.0  # beyond its limit, for a run that ends by itself there to say where it was


@api(ADMIN, conflicts=True)
def sequence_run(
    call: Call,
    sequence: Any = None,
    *,
    when: RunOptions,
    mocks: Any = None,
    again_from: str | None = None,
    unknown: Any = None,
) -> Any:
    """Run a sequence: now, or with `is_async` in the background.

    `sequence` is an object, or text of one with comments and trailing commas. `delay` (seconds) or `eta` (ISO) and
    `priority` (-9 to 9, larger first) go with `is_async`. `mocks` (answers by path) makes it a dry run. `again_from` (a
    task id) goes on from where that run failed, with its own argument or an edited one; `unknown` says what became of its
    requests of unknown outcome, by path: "send", or the answer that they got, {"status", "body"}.
    """
    planned = timing_of(when, call.service.clock())
    if unknown is not None and again_from is None:
        raise Refusal(400, Problem("unknown", "goes with again_from, the task id of the run whose requests they are"))
    if mocks is not None:
        if planned.background or again_from is not None:
            raise Refusal(400, Problem("mocks", "a dry run is answered at once; leave is_async and again_from out"))
        return _dry(call, _argument(call, sequence), _object(call, mocks, "mocks"))
    if not planned.background and again_from is None:
        argument = _argument(call, sequence)
        return _now(call, argument) if call.within is None else language.Nested(argument)
    if call.within is not None and not planned.background:
        raise Refusal(400, Problem("again_from", "goes with is_async where a step of a sequence asks"))
    source = None if again_from is None else _source(call, again_from)
    argument = json_text.load(source.argument) if source and sequence is None else _argument(call, sequence)
    spec = call.service.sequences.as_spec(
        argument,
        call.master.uid,
        name=source.name if source else NAME,
        eta=planned.eta,
        priority=planned.priority,
        again_from=source.uid if source else None,
        unknown=_words(call, unknown),
    )
    return _as_job(call, spec, background=planned.background)


@api(ADMIN)
def sequence_check(call: Call, sequence: Any) -> dict[str, Any]:
    """What is wrong with a sequence, each problem with its path; nothing is sent."""
    problems: Sequence[Problem]
    try:
        argument = relaxed_json.value_of(sequence, call.service.settings.json_limits, "argument")
        problems = call.service.sequences.check(argument)
    except Invalid as error:
        problems = error.problems
    return {"ok": not problems, "problems": [{"path": one.path, "message": one.message} for one in problems]}


def _now(call: Call, argument: dict[str, Any]) -> Answer:
    service, limit_s = call.service, call.service.settings.foreground_limit_s
    steps: list[language.Record] = []
    begun_at = time.monotonic()

    def work(place: ThreadPlace) -> language.SequenceRun:
        return service.sequences.now(argument, call.master.uid, place, limit_s, steps.append)

    try:
        run = service.foreground.run(work, limit_s + MORE_S, call.master.uid, KIND)
    except TimeIsUp:
        return _answer("{}", _texts(steps), _too_long(limit_s, steps[-1].path if steps else ""))
    error = {"path": run.error.path, "message": run.error.message} if run.error else None
    if error and time.monotonic() - begun_at >= limit_s:
        # Also when it is a request that failed: its time was cut by the run's.
        error = _too_long(limit_s, error["path"])
    return _ran(run, error)


def _dry(call: Call, argument: dict[str, Any], mocks: dict[str, Any]) -> Answer:
    problems = language.check_mocks(mocks)
    if problems:
        raise Refusal(400, *problems)
    service, limit_s = call.service, call.service.settings.foreground_limit_s

    def work(place: ThreadPlace) -> language.SequenceRun:
        try:
            place.release()
            return service.sequences.dry(argument, mocks)
        finally:
            place.hold()

    try:
        if call.within is not None:
            run = service.sequences.dry(argument, mocks)
        else:
            run = service.foreground.run(work, limit_s, call.master.uid, KIND)
    except TimeIsUp:
        return _answer("{}", "[]", _too_long(limit_s, ""))
    return _ran(run, {"path": run.error.path, "message": run.error.message} if run.error else None)


def _as_job(call: Call, spec: JobSpec, *, background: bool) -> Answer:
    service = call.service
    runs_here = not background or (spec.eta is None and not service.consumers.alive())
    try:
        if call.within is not None or not runs_here:
            service.ledger.enqueue(spec)
            return Answer(200, {"is_queued": True, "result": spec.uid})
        run_inside(service, spec, service.settings.foreground_limit_s + MORE_S)
        if handed_back(service, spec.uid):
            return Answer(200, {"is_queued": True, "result": spec.uid})
        answer = _of_task(call, reading.task(service.db, spec.uid))
    except ConstraintRefused:
        raise Refusal(409, Problem("again_from", "somebody else goes on from this run just now")) from None
    except TimeIsUp:
        error = _too_long(service.settings.foreground_limit_s, progress.last_path(service.db, spec.uid))
        answer = _answer("{}", progress.shown(service.db, spec.uid), error)
    if not background:
        return answer
    return Answer(answer.status, text=f'{{"is_queued":false,"result":{answer.as_text()}}}')


def _of_task(call: Call, task: JobState | None) -> Answer:
    """What a run that was a row of the ledger answers now."""
    if task is None or task.state not in (SUCCESS, FAILURE):
        return Answer(409, error_body(409, [NOT_KEPT]))
    error = json_text.load(task.error) if task.error else None
    if error is not None:
        path = error.get("path") or progress.last_path(call.service.db, task.uid)
        is_late = (task.ended_at or 0.0) - (task.started_at or 0.0) >= call.service.settings.foreground_limit_s
        if error["type"] == "TimeLimit" or is_late:
            error = _too_long(call.service.settings.foreground_limit_s, path)
        else:
            error = {"path": path, "message": error["message"]}
    return _answer(task.result or "{}", progress.shown(call.service.db, task.uid), error)


def _ran(run: language.SequenceRun, error: dict[str, str] | None) -> Answer:
    return _answer(progress.text_of(run.for_owner()), _texts(run.steps), error)


def _answer(result: str, steps: str, error: dict[str, str] | None) -> Answer:
    success = "true" if error is None else "false"
    told = progress.text_of(error)
    return Answer(200, text=f'{{"success":{success},"result":{result},"steps":{steps},"error":{told}}}')


def _texts(steps: list[language.Record]) -> str:
    return progress.text_of([record.as_dict() for record in steps[-progress.SHOWN_MOST :]])


def _too_long(limit_s: float, path: str) -> dict[str, str]:
    message = f"TimeLimit: ended after {limit_s:g} s (FOREGROUND_LIMIT_S); use is_async for longer runs"
    return {"path": path, "message": message}


def _source(call: Call, again_from: str) -> JobState:
    """The run that is to be gone on from. Raises Refusal."""
    task = task_of(call, again_from, "again_from")
    db = call.service.db
    if task.kind != KIND:
        raise Refusal(400, Problem("again_from", f"{task.name} is no sequence"))
    if not task.ended:
        raise Refusal(409, Problem("again_from", f"the run has not ended yet: {task.state}"))
    if task.state == SUCCESS:
        raise Refusal(409, Problem("again_from", "the run went well; there is nothing to go on from"))
    later = journal.successor(db, task.uid)
    if later is not None:
        raise Refusal(409, Problem("again_from", f"the run was gone on from already, by {later}; go on from that one"))
    if not journal.is_there(db, task.uid):
        raise Refusal(409, Problem("again_from", "the run never began; run the sequence"))
    return task


def _argument(call: Call, given: Any) -> dict[str, Any]:
    """The sequence, checked. Raises Refusal that names the path of each problem."""
    if given is None:
        raise Refusal(400, Problem("sequence", "is required: an object, or text of one", is_missing=True))
    argument = relaxed_json.value_of(given, call.service.settings.json_limits, "sequence")
    problems = call.service.sequences.check(argument)
    if problems:
        raise Refusal(400, *problems)
    checked: dict[str, Any] = argument
    return checked


def _object(call: Call, given: Any, name: str) -> dict[str, Any]:
    value = relaxed_json.value_of(given, call.service.settings.json_limits, name)
    if value is not None and not isinstance(value, dict):
        raise Refusal(400, Problem(name, "expected an object whose keys are paths of steps"))
    return value or {}


def _words(call: Call, unknown: Any) -> dict[str, Any]:
    """What somebody says of requests of unknown outcome, by path. Raises Refusal."""
    words = _object(call, unknown, "unknown")
    for path, said in words.items():
        is_answer = isinstance(said, dict) and not set(said) - {"status", "body"}
        status = said.get("status", 200) if is_answer else None
        if said != "send" and not (type(status) is int and 100 <= status <= 599):
            raise Refusal(
                400, Problem(f"unknown[{path}]", 'say "send", or the answer that it got: {"status": 200, "body": ...}')
            )
    return words
