"""Runs a block: the steps that a step names with `use`, as steps of its own path."""

from sequence.engine.failure import Failure
from sequence.engine.loops import RunSteps
from sequence.engine.scope import Scope
from sequence.json_values import Json
from sequence.language.plan import BlockPlan


def run_block(block: BlockPlan, values: Json, scope: Scope, path: str, run_steps: RunSteps) -> Failure | None:
    """Runs the block's steps where a step stands, `values` being `@` inside. Afterwards `$` and `%` are what its last
    step left. The failure that ended it, or None; raises RunEnded for what ends the run.
    """
    inner = scope.block(values)
    try:
        return run_steps(block.steps, inner, f"{path}.{block.name}.")
    finally:
        scope.current, scope.last = inner.current, inner.last
