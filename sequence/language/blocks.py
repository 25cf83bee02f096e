"""The blocks of a sequence: each is compiled once, whatever uses it. Circles and deep nesting are refused."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from sequence.json_values import Json, kind_of
from sequence.language import keys, paths
from sequence.language.plan import BlockPlan, StepPlan
from sequence.language.templates import Refuse
from sequence.suggestions import suggest_or_list

Compile = Callable[[Json, str], tuple[tuple[StepPlan, ...], int]]
"""Compiles a block that stands at a path: its steps, and how deep the blocks of its own nest."""

NAMES_MOST = 50
"""So many names of blocks a problem may list, and are compared with one that isn't there: that costs their product."""


class Blocks:
    """The named lists of steps of one sequence, and which of them use which."""

    def __init__(
        self, given: Json, path: str, most: int, refuse: Refuse, others: Callable[[], list[str]] = list
    ) -> None:
        """`path`: where they stand; `most`: how deep they may nest; `others`: what could be meant by a name that is none."""
        self._given: Mapping[str, Json] = given if isinstance(given, dict) else {}
        self._path = path
        self._most = most
        self._refuse = refuse
        self._others = cache(others)
        self._plans = {name: BlockPlan(name, paths.child(path, name)) for name in self._given}
        self._in = ""  # the block that is being compiled; empty: the sequence itself
        self._uses: dict[str, dict[str, str]] = {"": {}}  # by block: those that it uses, and where
        self._own_depth: dict[str, int] = {}

    def use(self, name: str, path: str) -> BlockPlan | None:
        """The block that the step at a path uses; None when there is none, which goes to `refuse`."""
        found = self.find(name, path)
        if found is not None:
            self._uses[self._in].setdefault(name, path)
        return found

    def find(self, name: str, path: str) -> BlockPlan | None:
        """The same, for a use that can't lead to another one inside of it, and so neither to a circle."""
        if self._given.get(name) is None:
            names = [*self._given, *self._others()][:NAMES_MOST]
            self._refuse(
                path, f"unknown block{suggest_or_list(name, names) if names else '; this sequence has no blocks'}"
            )
            return None
        return self._plans[name]

    def compile(self, compile_block: Compile) -> None:
        """Compiles all of them. One by one, not where they are used: blocks in loops in blocks would be too deep."""
        for name, given in self._given.items():
            path = paths.child(self._path, name)
            if not keys.BLOCK_NAMES.fullmatch(name):
                self._refuse(path, f"the name of a block has {keys.BLOCK_NAME_RIGHT}, and nothing else")
            elif isinstance(given, list | dict):
                self._in, self._uses[name] = name, {}
                self._plans[name].steps, self._own_depth[name] = compile_block(given, path)
            elif given is not None:
                where = "; a file can stand here only where the sequence itself is a file" * isinstance(given, str)
                self._refuse(path, f"a block is a list of steps, not {kind_of(given)}{where}")
        self._in = ""

    def reach(self, names: Iterable[str]) -> list[str]:
        """The paths of these blocks, and of all that they use."""
        found = dict.fromkeys(names)
        left = list(found)
        while left:
            new = [used for used in self._uses.get(left.pop(), ()) if used not in found]
            found |= dict.fromkeys(new)
            left += new
        return [paths.child(self._path, name) for name in found]

    def measure(self) -> int:
        """How deep they nest from the sequence on. Circles, and what is deeper than may be, go to `refuse`."""
        depths: dict[str, int] = {}
        for name in self._uses:
            self._measure(name, depths)
        return max((depths.get(used, 0) for used in self._uses[""]), default=0)

    def _measure(self, start: str, depths: dict[str, int]) -> None:
        """Fills in the depths of a block and of those that it uses, without recursion."""
        way, left = [start], [iter(self._uses[start].items())]
        while way:
            name = way[-1]
            step = next(left[-1], None)
            if step is None:
                inner = max((depths.get(used, 0) for used in self._uses[name]), default=0)
                depths[name] = (name != "") + max(inner, self._own_depth.get(name, 0))
                way.pop()
                left.pop()
                continue
            used, path = step
            if used in way:
                self._refuse(path, f"the blocks run in a circle: {' -> '.join([*way[way.index(used) :], used])}")
            elif len(way) > self._most or depths.get(used, 0) + len(way) - (start == "") > self._most:
                self._refuse(path, f"blocks nest more than {self._most} deep; the limit is the setting blocks")
                return
            elif used not in depths and used in self._uses:
                way.append(used)
                left.append(iter(self._uses[used].items()))
