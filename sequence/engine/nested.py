"""Runs the sequence that a JAC step calls as steps of the same run, with paths below the step's own."""

from dataclasses import replace

from sequence.engine.block_runs import Refreshes
from sequence.engine.endings import run_to_end
from sequence.engine.loops import RunSteps
from sequence.engine.scope import Scope
from sequence.errors import LimitReached, RunError
from sequence.language.check import make_plan
from sequence.senders.base import Nested, StepResponse


def run_nested(nested: Nested, scope: Scope, path: str, run_steps: RunSteps) -> tuple[StepResponse, list[RunError]]:
    """Runs the sequence with a persistence of its own. Its answer is the API's: success, result, steps, error, errors;
    and the errors as they are.

    Raises LimitReached when sequences stand too deep inside each other.
    """
    context = scope.context
    if context.nested >= context.settings.limits.nested:
        raise LimitReached(f"sequences are nested more than {context.settings.limits.nested} deep")
    plan, problems = make_plan(nested.argument, context.settings.limits)
    if plan is None:
        text = "; ".join(str(problem) for problem in problems[:10])
        return StepResponse(status=400, reason="Bad Request", body={"errors": text}), []
    inner = replace(
        context,
        nested=context.nested + 1,
        reporter=context.reporter.fork(),
        soft=[],
        refreshes=Refreshes(f"{path}.", context.channel.known_block_runs()),
    )
    begun = Scope.first(plan.persistence, plan.start, inner)

    def is_over(errors: list[RunError]) -> bool:
        context.lengthen(bool(errors and plan.on_error) + bool(plan.always))
        return True

    try:
        failures, ended = run_to_end(plan, begun, f"{path}.", run_steps, is_over)
    finally:
        context.reporter.join(inner.reporter.records)
    if ended is not None:
        raise ended
    errors = [{"path": one.path, "message": one.message} for one in failures]
    steps = [record.as_dict() for record in inner.reporter.records]
    told = {"error": errors[0] if errors else None, "errors": errors}
    return StepResponse(body={"success": not errors, "result": begun.memory.whole(), "steps": steps, **told}), failures
