"""Puts saved sequences where a sequence names them: the whole of it (`{"name": ...}`), or a block (`{"use": ...}`)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sequence.language.keys import BLOCK, BLOCK_NAMES, LOOP_NAMES
from walkabout.nearest import suggest
from walkabout.problems import refuse

NAME = "name"
MOST = 200
"""Blocks that a sequence may get from saved ones, those of saved ones counted."""
_STEPS = ("requests", "on_error", "finally")
_BESIDE = ("persistence", "container", "timeout")
"""What may stand beside the name of a saved sequence, and counts more than what that says itself."""

Find = Callable[[str], dict[str, Any] | None]
"""The saved sequence of a name, or None."""


def is_named(argument: Any) -> bool:
    """Whether an argument is a saved sequence's name in place of steps."""
    return isinstance(argument, Mapping) and "requests" not in argument and argument.get(NAME) is not None


def saved_name(argument: Any) -> str:
    """The saved sequence that an argument names as a whole; empty when it names none."""
    return str(argument[NAME]) if is_named(argument) else ""


def whole(argument: Any, find: Find, known: Callable[[], list[str]] = list) -> Any:
    """The argument with all that it names put in; what is wrong with it otherwise is the language's to say.

    `known`: the names that could have been meant. Raises Invalid.
    """
    if not isinstance(argument, Mapping):
        return argument
    filler = _Filler(find)
    if not is_named(argument):
        return filler.fill(argument, ())
    name = argument[NAME]
    for key in argument:
        if key not in (NAME, *_BESIDE):
            raise refuse(key, f"can't stand beside the name of a saved sequence; {', '.join(_BESIDE)} can")
    found = find(name) if isinstance(name, str) else None
    if found is None:
        near = suggest(name, known()) if isinstance(name, str) else ""
        raise refuse(NAME, f"no sequence is saved under {str(name)[:80]!r}{near}")
    beside = {key: argument[key] for key in _BESIDE if argument.get(key) is not None}
    own = found.get("persistence")
    if isinstance(own, Mapping) and isinstance(beside.get("persistence"), Mapping):
        beside["persistence"] = {**own, **beside["persistence"]}
    return filler.fill({**found, **beside}, (name,))


def names_in(argument: Any) -> set[str]:
    """The saved sequences that an argument may name: as a whole, as blocks that it does not have itself, by JAC."""
    if not isinstance(argument, Mapping):
        return set()
    if is_named(argument):
        return {str(argument[NAME])}
    blocks = _blocks(argument)
    found = {name for name in _used(argument) if name not in blocks}
    for block in blocks.values():
        found |= names_in(block) if isinstance(block, Mapping) else set()
    return found


def used_words(argument: Any) -> str:
    """The names of `names_in` as one text, with a blank between them: those that a saved sequence may have."""
    return " ".join(sorted(name for name in names_in(argument) if BLOCK_NAMES.fullmatch(name)))


class _Filler:
    def __init__(self, find: Find) -> None:
        self._find = find
        self._left = MOST

    def fill(self, argument: Mapping[str, Any], around: tuple[str, ...]) -> dict[str, Any]:
        """The sequence with the blocks that it uses and does not have. `around`: the saved ones that this is in."""
        blocks = {
            name: self.fill(block, around) if isinstance(block, Mapping) else block
            for name, block in _blocks(argument).items()
        }
        for name in dict.fromkeys(_used(argument, by_jac=False)):
            if name in blocks:
                continue
            found = self._find(name)
            if found is None:
                continue
            if name in around:
                circle = " -> ".join([*around[around.index(name) :], name])
                raise refuse(f"blocks.{name}", f"the saved sequences run in a circle: {circle}")
            self._left -= 1
            if self._left < 0:
                raise refuse(f"blocks.{name}", f"more than {MOST} blocks come from saved sequences")
            own = {key: found[key] for key in BLOCK if found.get(key) is not None}
            blocks[name] = self.fill(own, (*around, name))
        return {**argument, "blocks": blocks} if blocks else dict(argument)


def _blocks(argument: Mapping[str, Any]) -> Mapping[str, Any]:
    blocks = argument.get("blocks")
    return blocks if isinstance(blocks, Mapping) else {}


def _used(argument: Mapping[str, Any], *, by_jac: bool = True) -> Iterator[str]:
    """The names that steps use, also those in blocks that are lists: these see the blocks of the sequence."""
    for name in _STEPS:
        yield from _used_by_steps(argument.get(name), by_jac)
    for block in _blocks(argument).values():
        yield from _used_by_steps(block, by_jac)
    yield from _used_by(argument.get("defaults"), by_jac)


def _used_by_steps(steps: Any, by_jac: bool) -> Iterator[str]:
    for step in steps if isinstance(steps, list) else ():
        yield from _used_by(step, by_jac)


def _used_by(step: Any, by_jac: bool) -> Iterator[str]:
    if not isinstance(step, Mapping):
        return
    for owner in (step, step.get("retry")):
        if isinstance(owner, Mapping) and isinstance(owner.get("use"), str):
            yield owner["use"]
    if by_jac and step.get("api") == "sequence_run" and isinstance(step.get("body"), Mapping):
        yield from names_in(step["body"])
        yield from names_in(step["body"].get("sequence"))
    for name in LOOP_NAMES:
        if isinstance(step.get(name), Mapping):
            yield from _used_by_steps(step[name].get("requests"), by_jac)
