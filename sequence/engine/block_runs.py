"""The runs of the blocks that steps name with `retry.use`, numbered, and what each of them saved for everybody."""

import threading
from collections.abc import Iterable, Mapping

from sequence.engine.memory import Memory
from sequence.errors import LimitReached
from sequence.json_values import Json, wire
from sequence.language.plan import BlockPlan
from sequence.senders.base import BlockRun

_OF = "|"


class BlockRuns:
    """The runs of one block, in their order. Hold `lock` to add one or to end it: there is never more than one under way."""

    def __init__(self, block: str) -> None:
        self.block = block
        self.lock = threading.RLock()
        self.runs: list[BlockRun] = []
        self._weight = 0

    def weigh(self, saves: Mapping[str, Json], limit: int | None) -> None:
        """Counts what one more run has saved: it is kept for those that will take it. Raises LimitReached."""
        self._weight += len(wire(saves))
        if limit is not None and self._weight > limit:
            raise LimitReached(
                f"the runs of a block after a 401 saved {self._weight} bytes; the limit is {limit}, that of the persistence"
            )

    @property
    def over(self) -> int:
        """How many have come to their end."""
        runs = list(self.runs)
        return len(runs) - bool(runs and not runs[-1].is_over)

    def bring(self, memory: Memory, number: int) -> bool:
        """Lets a memory have what the runs up to a number saved; whether any is new to it. Raises LimitReached."""
        before = memory.taken.get(self.block, 0)
        for run in self.runs[before:number]:
            memory.take(run.saves or {})
        memory.taken[self.block] = max(before, number)
        return number > before


class Refreshes:
    """The runs of all blocks of one sequence: `path` is that of the step that ran it, and a dot; empty for the outermost."""

    def __init__(self, path: str = "", known: Iterable[BlockRun] = ()) -> None:
        """`known`: runs from before, of any sequence."""
        self._path = path
        self._lock = threading.Lock()
        self._blocks: dict[str, BlockRuns] = {}
        for run in known:
            if run.block.partition(_OF)[0] == path:
                runs = self._of(run.block)
                runs.runs.append(run)
                runs.weigh(run.saves or {}, limit=None)

    def of(self, block: BlockPlan) -> BlockRuns:
        """The runs of a block."""
        with self._lock:
            return self._of(f"{self._path}{_OF}{block.place}")

    def bring_all(self, memory: Memory, prefix: str, taken: Iterable[Mapping[str, int]]) -> None:
        """Lets a memory have what the runs saved that a loop has begun, whose paths have this prefix, and those that its
        items have taken. Raises LimitReached."""
        known = list(taken)
        for block, runs in list(self._blocks.items()):
            begun = [run.number for run in runs.runs if run.is_over and run.path.startswith(prefix)]
            runs.bring(memory, max([0, *begun, *(one.get(block, 0) for one in known)]))

    def _of(self, block: str) -> BlockRuns:
        return self._blocks.setdefault(block, BlockRuns(block))
