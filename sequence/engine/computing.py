"""What expressions see of a run: the names of their context, and the bounds that they run in."""

from typing import Protocol

from sequence.expressions.bounds import Bounds
from sequence.json_values import MISSING, Json
from sequence.language.plan import Frame
from sequence.language.references import ROOTS, Reference
from sequence.settings import SequenceLimits

_ROOT_OF = {"": "$", "memory": "#", "item": "@", "last": "%", "failure": "error"}


class StepState(Protocol):
    """The state of a list of steps."""

    frames: tuple[Frame, ...]

    def value_of(self, reference: Reference) -> Json:
        """The value of a root."""

    def own(self, value: Json) -> Json:
        """The value, or a copy of a live one."""

    def moment(self) -> str:
        """This moment."""

    def uuid(self) -> str:
        """The next UUID."""

    def uuids_from(self, place: int | None = None) -> int:
        """How many UUIDs this step has asked for; with a place it is as if it had asked for so many."""


class StepWorld:
    """The values of one evaluation (World)."""

    def __init__(self, state: StepState) -> None:
        self._state = state
        self._uuids = state.uuids_from()

    def context(self, name: str) -> Json:
        """See World."""
        # The last frame is what stands outside of all loops.
        loops = self._state.frames[:-1][::-1]
        match name:
            case "items":
                return [frame.item for frame in loops]
            case "indexes":
                return [_number(frame.index) for frame in loops]
            case "index":
                return _number(self._state.value_of(Reference("", "!")))
        root = _ROOT_OF[name]
        return self._state.own(self._state.value_of(Reference("", root))) if root in ROOTS else MISSING

    def named(self, root: str, name: str) -> Json:
        """See World."""
        return self._state.value_of(Reference("", root, name=name))

    def ask(self, name: str) -> str:
        """See World."""
        return self._state.moment() if name == "now" else self._state.uuid()

    def restart(self) -> None:
        """See World."""
        self._state.uuids_from(self._uuids)


def _number(index: str) -> Json:
    return int(index) if index.isascii() and index.isdecimal() and len(index) < 19 else index


def bounds_of(limits: SequenceLimits, patience: float) -> Bounds:
    """The bounds of one expression; `patience`: how many times longer it may take (Channel)."""
    return Bounds(
        cpu_s=limits.expression_s * patience,
        evaluations=limits.expression_evaluations,
        made_bytes=limits.expression_bytes,
        depth=limits.expression_depth,
        regex_s=limits.regex_s * patience,
        levels=limits.depth,
    )
