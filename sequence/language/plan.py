"""A checked sequence: parsed and compiled once, ready to run for any number of items."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sequence.json_values import MISSING, Json
from sequence.language.expressions import Operand
from sequence.language.filters import Group, Truth


@dataclass(frozen=True, slots=True)
class Frame:
    """One loop: its item now, and the item's index as text."""

    item: Json
    index: str


OUTSIDE = Frame({}, "0")
"""What `@` and `!` are where there is no loop."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a sequence's `container` says: `current` is `$` for the first step, or MISSING for the persistence."""

    current: Json = MISSING
    outside: Frame = OUTSIDE


@dataclass(frozen=True, slots=True)
class LoopPlan:
    """A loop: where its items are, and what to do with each. Values of `fields` may be templates."""

    by: Operand
    steps: tuple["StepPlan", ...]
    filter: Group | Truth | None = None
    until: Group | Truth | None = None
    fields: Mapping[str, Json] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class BlockPlan:
    """A named list of steps. They are filled in after the steps that use it were compiled. `place`: where it stands, which
    no other block of the sequence does."""

    name: str
    place: str = ""
    steps: tuple["StepPlan", ...] = ()


@dataclass(frozen=True, slots=True)
class PagesPlan:
    """How a step follows pages: `following` is what leads to the next one (`by_link`: the Link header); `counts`: it
    counts pages, so that an empty one is the last; `items`: where a page has its items; `most` may be a template."""

    following: Json
    by_link: bool
    counts: bool
    items: Operand | None
    most: Json
    into: str
    stop: Group | Truth | None


@dataclass(frozen=True, slots=True)
class StepPlan:
    """A step: `fields` are its compiled keys without the loop, the pages and `set`, `as_given` those as they were given.

    `saves`: the keys and values of `set`, in its order, compiled. `sends`: whether it has a request; `block`: what it
    runs in place of one; `refresh`: what it runs after an answer of 401 (`retry.use`).
    """

    index: int
    fields: Mapping[str, Json]
    when: Group | Truth | None = None
    expect: Group | Truth | None = None
    stop: Group | Truth | None = None
    until: Group | Truth | None = None
    saves: tuple[tuple[Json, Json], ...] = ()
    loop: LoopPlan | None = None
    as_given: Mapping[str, Json] = field(default_factory=dict)
    sends: bool = True
    block: BlockPlan | None = None
    pages: PagesPlan | None = None
    refresh: BlockPlan | None = None


@dataclass(frozen=True, slots=True)
class SequencePlan:
    """A whole sequence. `always` is its `finally`."""

    persistence: dict[str, Json]
    steps: tuple[StepPlan, ...]
    start: Start = Start()
    on_error: tuple[StepPlan, ...] = ()
    always: tuple[StepPlan, ...] = ()
    cookies: bool = False
    timeout_s: float | None = None
