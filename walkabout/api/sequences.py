"""APIs of sequences: run now, in the background or dry, resume after a failed step, and check."""

from dataclasses import replace
from typing import Any

import sequence as language
from walkabout.actions import sequences
from walkabout.actions.inline import NotKept
from walkabout.actions.jobs import NoSuchJob
from walkabout.actions.sequences import SequenceOutcome
from walkabout.actions.timing import Queued, Timing
from walkabout.api.answers import Answer, Refusal
from walkabout.api.dispatch import Call
from walkabout.api.once import answer_once, queued_answer
from walkabout.api.refusals import Naming, refusal_of
from walkabout.api.registry import ADMIN, api
from walkabout.api.timing import RunOptions, timing_of
from walkabout.jids import BadJid
from walkabout.problems import Invalid, Problem
from walkabout.sequences import progress, relaxed_json
from walkabout.sequences.journal import CannotResume
from walkabout.sequences.resuming import NotASequence


@api(ADMIN, conflicts=True)
def sequence_run(
    call: Call,
    sequence: Any = None,
    *,
    name: str | None = None,
    when: RunOptions,
    mocks: Any = None,
    again_from: str | None = None,
    unknown: Any = None,
) -> Any:
    """Run a sequence: now, or with `is_async` in the background.

    `sequence` is an object, or text of one with comments and trailing commas; `name` that of a saved one. `delay`
    (seconds) or `eta` (ISO), `priority` (-9 to 9, larger first) and `queue` go with `is_async`. `mocks` (answers by path)
    makes it a dry run. `again_from` (a task id) resumes that run where it failed, with its own argument or an edited
    one; `unknown` says what became of its requests of unknown outcome, by path: "send", or the answer that they got,
    {"status", "body"}.
    """
    if name is not None:
        if sequence is not None:
            raise Refusal(400, Problem("name", "give the name of a saved sequence, or a sequence, not both"))
        sequence = {"name": name}
    timing = timing_of(when, call.service.clock())
    if unknown is not None and again_from is None:
        raise Refusal(400, Problem("unknown", "can only be used with again_from"))
    if mocks is not None:
        if timing.background or again_from is not None:
            raise Refusal(400, Problem("mocks", "a dry run can't be combined with is_async or again_from"))
        argument, answers = _argument(call, sequence), _object(call, mocks, "mocks")
        return _view(sequences.run_dry(call.service, call.master, argument, answers, within=call.within))
    if timing.background or again_from is not None:

        def work(uid: str) -> Answer:
            return _job(call, sequence, replace(timing, uid=uid), again_from, unknown)

        return answer_once(call, call.master, when.idempotency_key, work, lambda job: queued_answer(job.uid))
    argument = _argument(call, sequence)
    if call.within is not None:
        # A step of a sequence runs it as its own steps.
        return language.Nested(sequences.whole(call.service, call.master, argument, within=call.within))
    return _view(sequences.run(call.service, call.master, argument))


@api(ADMIN)
def sequence_check(call: Call, sequence: Any) -> dict[str, Any]:
    """What is wrong with a sequence, and what is hardly meant, each with its path; nothing is sent."""
    warnings: list[Problem] = []
    try:
        argument = relaxed_json.value_of(sequence, call.service.settings.json_limits, "argument")
        problems = sequences.problems_of(call.service, call.master, argument)
        warnings = sequences.warnings_of(call.service, call.master, argument)
    except Invalid as error:
        problems = list(error.problems)
    return {"ok": not problems, "problems": _views(problems), "warnings": _views(warnings)}


def _views(problems: list[Problem]) -> list[dict[str, str]]:
    return [{"path": one.path, "message": one.message} for one in problems]


def _job(call: Call, sequence: Any, timing: Timing, again_from: str | None, unknown: Any) -> Answer:
    try:
        ran = _start(call, sequence, timing, again_from, unknown)
    except NotKept as error:
        no = refusal_of(error).answer()
        return Answer(no.status, {"is_queued": False, "result": no.body}) if timing.background else no
    if isinstance(ran, Queued):
        return queued_answer(ran.uid)
    answer = _view(ran)
    return Answer(200, text=f'{{"is_queued":false,"result":{answer.as_text()}}}') if timing.background else answer


def _start(call: Call, sequence: Any, timing: Timing, again_from: str | None, unknown: Any) -> Queued | SequenceOutcome:
    service, within = call.service, call.within
    if again_from is None:
        return sequences.enqueue(service, call.master, _argument(call, sequence), timing, within=within)
    if within is not None and not timing.background:
        raise Refusal(400, Problem("again_from", "needs is_async when a step of a sequence calls this"))
    argument = None if sequence is None else _argument(call, sequence)
    words = _object(call, unknown, "unknown")
    with Naming("again_from", BadJid, NoSuchJob, NotASequence, CannotResume):
        return sequences.resume(service, call.master, again_from, argument, timing, unknown=words, within=within)


def _view(ran: SequenceOutcome) -> Answer:
    success = "true" if ran.error is None else "false"
    errors = [{"path": error.path, "message": error.message} for error in ran.errors]
    told = f'"error":{progress.text_of(errors[0] if errors else None)},"errors":{progress.text_of(errors)}'
    return Answer(200, text=f'{{"success":{success},"result":{ran.result},"steps":{ran.steps},{told}}}')


def _argument(call: Call, given: Any) -> Any:
    """The sequence as a value. Raises Refusal, Invalid."""
    if given is None:
        raise Refusal(400, Problem("sequence", "is required: an object, or text of one", is_missing=True))
    return relaxed_json.value_of(given, call.service.settings.json_limits, "sequence")


def _object(call: Call, given: Any, name: str) -> dict[str, Any]:
    value = relaxed_json.value_of(given, call.service.settings.json_limits, name)
    if value is not None and not isinstance(value, dict):
        raise Refusal(400, Problem(name, "expected an object whose keys are paths of steps"))
    return value or {}
