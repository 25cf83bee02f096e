"""Runs the block of `retry.use` after an answer of 401, once for all tries that were refused with what it last brought.

The runs of a block are numbered. A try takes what those before it have saved, and its request tells the number of the newest.
When it is refused, the next one decides, whoever runs it: after a good end the step is tried again, else it has failed, too. So a
replay, which knows what each try knew, comes to the same.
"""

from dataclasses import replace

from sequence.engine.context import RunContext
from sequence.engine.loops import RunSteps
from sequence.engine.scope import Scope
from sequence.errors import RunCut, RunEnded
from sequence.json_values import Json
from sequence.language.plan import OUTSIDE, BlockPlan
from sequence.senders.base import BlockRun


class Refresher:
    """What one step has to do with its block."""

    def __init__(self, block: BlockPlan, scope: Scope) -> None:
        self.uses = 0
        """The newest run that the try under way knows."""
        self._block = block
        self._scope = scope
        self._runs = scope.context.refreshes.of(block)

    def begin(self, path: str, attempt: int) -> bool:
        """A try begins, with what the block has saved up to now; whether there is more than the step knew. Raises
        LimitReached."""
        known = self._scope.context.channel.known_use(path, attempt)
        self.uses = self._runs.over if known is None else known
        return self._runs.bring(self._scope.memory, self.uses)

    def refresh(self, path: str, value: Json, run_steps: RunSteps) -> BlockRun:
        """The try at a path was refused; the run of the block that decides about another one, when it is over.

        `value`: what `$` is after the refusal. Raises RunEnded.
        """
        number, runs = self.uses + 1, self._runs
        with runs.lock:
            is_new = len(runs.runs) < number
            if is_new:
                runs.runs.append(BlockRun(runs.block, number, f"{path}.retry[{number}]", value, self._scope.last))
            run = runs.runs[number - 1]
            # One that is known from before is gone through once more by its own step: for its records, and to count it.
            if not run.is_over or (run.path == f"{path}.retry[{number}]" and not run.is_told):
                self._run(run, run_steps, is_new=is_new)
            return run

    def _run(self, run: BlockRun, run_steps: RunSteps, *, is_new: bool) -> None:
        if run.ended_by is not None:
            raise run.ended_by  # nobody else is to begin it, or to send what was sent
        try:
            if is_new:
                self._scope.context.channel.note_block_run(run)
            self._run_steps(run, run_steps)
        except BaseException as error:
            run.ended_by = error if isinstance(error, RunEnded) else RunCut()
            raise

    def _run_steps(self, run: BlockRun, run_steps: RunSteps) -> None:
        context: RunContext = replace(self._scope.context, is_refreshing=True)
        # Not what this step's loop sees: who runs it must make no difference.
        memory = self._scope.memory.common.view()
        self._runs.bring(memory, run.number - 1)
        inner = Scope(context, memory, run.current, (OUTSIDE,), run.last)
        failure = run_steps(self._block.steps, inner, f"{run.path}.{self._block.name}.")
        run.is_told, run.current, run.last = True, None, {}  # bodies of answers are not kept
        if run.is_over:
            return
        over = replace(run, saves=memory.saved())
        if failure is not None:
            over = replace(run, saves={}, error=failure.message, at=failure.path)
        self._runs.weigh(over.saves or {}, context.settings.limits.persistence_bytes)
        context.channel.note_block_run(over)
        # Only now, when the journal has it, may a try know of it.
        run.error, run.at = over.error, over.at
        run.saves = over.saves
