"""Runs a sequence to its end: its steps, `on_error` after an error, then `finally`, whatever came before.

Both lists have time and limits of their own, and go on with `$`, `%` and the memory as the last step left them.
"""

from collections.abc import Callable
from dataclasses import replace

from sequence.engine.context import Counters
from sequence.engine.failure import Failure
from sequence.engine.loops import RunSteps
from sequence.engine.scope import Scope
from sequence.errors import CANCELLED, RunEnded, RunError
from sequence.json_values import MISSING, Json
from sequence.language.plan import OUTSIDE, SequencePlan, StepPlan
from sequence.masking.masker import Masker

IsOver = Callable[[list[RunError]], bool]
"""Whether a run that has come to these errors is over. One that starts again from there is not: then it doesn't clean up."""


def run_to_end(
    plan: SequencePlan, scope: Scope, prefix: str, run_steps: RunSteps, is_over: IsOver
) -> tuple[list[RunError], RunEnded | None]:
    """Runs a whole sequence, its paths beginning with `prefix`. Its errors, in the order in which they came, and what
    ended the run, if something did. Raises Halted, and RunCut for a run that was interrupted.
    """
    errors, ended = _run_list(plan.steps, scope, prefix, run_steps)
    if not is_over(errors):
        return errors, ended
    if plan.on_error and errors and errors[-1].kind != CANCELLED:
        errors += _run_ending("on_error", plan.on_error, scope, errors, prefix, run_steps)
    if plan.always:
        errors += _run_ending("finally", plan.always, scope, errors, prefix, run_steps)
    return errors, ended


def _run_list(
    steps: tuple[StepPlan, ...], scope: Scope, prefix: str, run_steps: RunSteps
) -> tuple[list[RunError], RunEnded | None]:
    masker, ended = scope.context.reporter.masker, None
    last: list[RunError] = []
    try:
        failure = run_steps(steps, scope, prefix)
        last = [_error_of(failure, masker)] if failure is not None else []
    except RunEnded as end:
        if end.leaves_all:
            raise
        ended = end
        last = [RunError(end.path, masker.text(end.message), end.kind)]
    return [*(_error_of(soft, masker) for soft in scope.context.soft), *last], ended


def _run_ending(
    name: str, steps: tuple[StepPlan, ...], scope: Scope, errors: list[RunError], prefix: str, run_steps: RunSteps
) -> list[RunError]:
    context, limits = scope.context, scope.context.settings.limits
    channel = context.channel.ending(name, limits.finally_s)
    own = replace(context, channel=channel, tally=Counters(limits), soft=[], error=_root(errors))
    inner = Scope(own, scope.memory, scope.current, (OUTSIDE,), scope.last)
    found, _ = _run_list(steps, inner, f"{prefix}{name}.", run_steps)
    scope.current, scope.last = inner.current, inner.last
    return found


def _root(errors: list[RunError]) -> Json:
    """What the root `error` is: the first one."""
    return {name: getattr(errors[0], name) for name in ("path", "message", "status")} if errors else MISSING


def _error_of(failure: Failure, masker: Masker) -> RunError:
    status = failure.value.get("status") if isinstance(failure.value, dict) else None
    return RunError(failure.path, masker.text(failure.message), "step", failure.paths, status)
