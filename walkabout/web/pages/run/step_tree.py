"""The records of a sequence's run as a tree: steps with their tries, loop items and nested steps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from walkabout.sequences.record_summaries import RecordSummary

BAD = ("failed", "unknown")
_ITEM, _PAGE, _REFRESH, _LOOP = "loop[", "page[", "retry[", "loop"
_LAST = {"on_error": 10**18, "finally": 10**18 + 1}  # what a run does at its end stands behind its steps


@dataclass(eq=False, slots=True)
class TreeStep:
    """A place in a run. `key`: its own part of the path; `tries`: the records of it, oldest first.

    `steps` are those that it ran (a block, also that of `retry.use`, or a sequence that a JAC step asked for), or those of an
    item; `items` are its loop's, `pages` those that it followed; `loop` is what the loop itself told. Each list is in the
    order of the paths.
    """

    path: str
    key: str
    tries: list[RecordSummary] = field(default_factory=list)
    steps: list["TreeStep"] = field(default_factory=list)
    items: list["TreeStep"] = field(default_factory=list)
    pages: list["TreeStep"] = field(default_factory=list)
    loop: "TreeStep | None" = None
    is_bad: bool = False

    @property
    def is_name(self) -> bool:
        """Whether it is no step, but the name of the block or list that its steps stand in."""
        return not self.tries and bool(self.steps) and not self.key.isdecimal()

    @property
    def state(self) -> str:
        """The state of its last try; empty when it has none (of these records)."""
        return self.tries[-1].state if self.tries else ""

    def inside(self) -> tuple["TreeStep", ...]:
        """All that stands directly below it."""
        return (*self.pages, *self.steps, *self.items)

    def list_of(self, key: str) -> list["TreeStep"]:
        """Where a part with this key belongs."""
        return self.items if key.startswith(_ITEM) else self.pages if key.startswith(_PAGE) else self.steps

    def last_heads(self) -> Iterator[RecordSummary]:
        """The last try of each step in it."""
        if self.tries:
            yield self.tries[-1]
        for inner in self.inside():
            yield from inner.last_heads()

    def heads(self) -> Iterator[RecordSummary]:
        """All tries of all steps in it."""
        yield from self.tries
        for inner in self.inside():
            yield from inner.heads()


def step_tree(heads: Iterable[RecordSummary]) -> TreeStep:
    """The tree of these records; its root is the run, whose steps are the sequence's."""
    root = TreeStep("", "")
    known: dict[str, TreeStep] = {"": root}
    for head in heads:
        _place(known, head.path).tries.append(head)
    _finish(root)
    return root


def find_step(root: TreeStep, path: str) -> TreeStep | None:
    """The step of a path, or None."""
    step = root
    for key in path.split("."):
        inner = next((one for one in step.inside() if one.key == key), None)
        if inner is None:
            return None
        step = inner
    return step


def tally(items: Iterable[TreeStep]) -> dict[str, int]:
    """How many of a loop's items are ok, failed and discarded."""
    counts = {"ok": 0, "failed": 0, "discarded": 0}
    for item in items:
        is_discarded = any(head.state == "discarded" for head in item.last_heads())
        counts["failed" if item.is_bad else "discarded" if is_discarded else "ok"] += 1
    return {word: number for word, number in counts.items() if number}


def _place(known: dict[str, TreeStep], path: str) -> TreeStep:
    step = known.get(path)
    if step is None:
        above, _, key = path.rpartition(".")
        parent = _place(known, above)
        step = known[path] = TreeStep(path, key)
        if key == _LOOP:
            parent.loop = step
        else:
            parent.list_of(key).append(step)
    return step


def _finish(root: TreeStep) -> None:
    """Put all in the order of the paths, and mark what has failed somewhere in it."""
    # Without recursion: a path may be as long as nested sequences make it.
    steps = [root]
    for step in steps:
        step.steps.sort(key=_number)
        step.items.sort(key=_number)
        step.pages.sort(key=_number)
        step.tries.sort(key=lambda head: head.attempt)
        steps += step.inside()
    for step in reversed(steps):
        step.is_bad = step.state in BAD or any(inner.is_bad for inner in step.inside())


def _number(step: TreeStep) -> int:
    digits = step.key.removesuffix("]")
    for kind in (_ITEM, _PAGE, _REFRESH):
        digits = digits.removeprefix(kind)
    return int(digits) if digits.isdecimal() else _LAST.get(step.key, -1)
