"""The blocks of a sequence: each is compiled once, when a step uses it first. Circles and deep nesting are refused."""

from collections.abc import Callable, Mapping

from sequence.json_values import Json, kind_of
from sequence.language import keys, paths
from sequence.language.plan import BlockPlan, StepPlan
from sequence.language.templates import Refuse
from sequence.suggestions import suggest_or_list

Compile = Callable[[Json, str], tuple[tuple[StepPlan, ...], int]]
"""Compiles a block that stands at a path: its steps, and how deep the blocks of its own nest."""


class Blocks:
    """The named lists of steps of one sequence, and which of them are being compiled."""

    def __init__(self, given: Json, path: str, most: int, refuse: Refuse) -> None:
        """`path`: where they stand; `most`: how deep they may nest."""
        self._given: Mapping[str, Json] = given if isinstance(given, dict) else {}
        self._path = path
        self._most = most
        self._refuse = refuse
        self._plans: dict[str, BlockPlan] = {}
        self._open: list[str] = []
        self._deepest = [0]
        for name in self._given:
            if not keys.BLOCK_NAMES.fullmatch(name):
                refuse(paths.child(path, name), "the name of a block has letters, digits, _ and -, and nothing else")

    @property
    def deepest(self) -> int:
        """How deep the blocks nest that the sequence itself has used so far."""
        return self._deepest[0]

    def use(self, name: str, path: str, compile_block: Compile) -> BlockPlan | None:
        """The block that the step at a path uses; None when it can't, which goes to `refuse`."""
        if self._given.get(name) is None:
            known = suggest_or_list(name, self._given) if self._given else "; this sequence has no blocks"
            self._refuse(path, f"unknown block{known}")
            return None
        if name in self._open:
            circle = " -> ".join([*self._open[self._open.index(name) :], name])
            self._refuse(path, f"the blocks run in a circle: {circle}")
            return None
        if name not in self._plans:
            if len(self._open) >= self._most:
                self._refuse(path, self._too_deep)
                return None
            self._plans[name] = self._compile(name, compile_block)
        block = self._plans[name]
        self._deepest[-1] = max(self._deepest[-1], block.depth)
        return block

    def use_rest(self, compile_block: Compile) -> None:
        """Compiles the blocks that no step uses, so that their problems are told as well."""
        for name in self._given:
            if name not in self._plans and self._given[name] is not None:
                self._plans[name] = self._compile(name, compile_block)

    def _compile(self, name: str, compile_block: Compile) -> BlockPlan:
        given, path = self._given[name], paths.child(self._path, name)
        if not isinstance(given, list | dict):
            where = "; a file can stand here only where the sequence itself is a file" * isinstance(given, str)
            self._refuse(path, f"a block is a list of steps, not {kind_of(given)}{where}")
            return BlockPlan(name, (), 1)
        self._open.append(name)
        self._deepest.append(0)
        steps, own = compile_block(given, path)
        self._open.pop()
        depth = 1 + max(own, self._deepest.pop())
        if depth > self._most:
            self._refuse(path, self._too_deep)
        return BlockPlan(name, steps, depth)

    @property
    def _too_deep(self) -> str:
        return f"blocks nest more than {self._most} deep; the limit is the setting blocks"
