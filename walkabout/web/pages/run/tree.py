"""A JSON value as a tree that folds, within a budget that keeps the page small."""

from dataclasses import dataclass, field
from typing import Any

from walkabout.masking import left_out
from walkabout.web.pages.words import count, cut

TEXT_MOST = 2000  # characters of one text
DEPTH_MOST = 30  # levels; what lies deeper is shown as one line of text
OPEN_ITEMS = 30  # a branch with more items starts folded, and so does what lies below the third level


@dataclass
class Budget:
    """What may still be shown. `is_record`: of a value that was cut already when it was recorded."""

    items: int
    chars: int
    is_record: bool = False


@dataclass
class Branch:
    """A value with its key. A leaf has `text`; a list or an object has `note` and `children`."""

    key: str
    kind: str
    text: str = ""
    note: str = ""
    children: list["Branch"] = field(default_factory=list)
    open: bool = False
    left_out: str = ""


def tree(value: Any, budget: Budget, key: str = "", depth: int = 0) -> Branch:
    """The tree of a JSON value; what the budget does not reach is counted in `left_out`."""
    budget.items -= 1
    budget.chars -= len(key)
    if not value or depth >= DEPTH_MOST or not isinstance(value, dict | list):
        return _leaf(value, key, budget)
    if isinstance(value, dict):
        kind, noun, items = "object", "key", list(value.items())
    else:
        kind, noun, items = "list", "item", [(str(index), item) for index, item in enumerate(value)]
    lacks = left_out(value) if budget.is_record else 0
    if lacks:
        del items[-1]  # the mark of the cut
    kept = f", {len(items):,} kept" if lacks else ""
    return _inner(items, Branch(key, kind, note=count(len(items) + lacks, noun) + kept), budget, depth)


def _inner(items: list[tuple[str, Any]], branch: Branch, budget: Budget, depth: int) -> Branch:
    branch.open = depth < 3 and len(items) <= OPEN_ITEMS
    for position, (key, item) in enumerate(items):
        if budget.items <= 0 or budget.chars <= 0:
            branch.left_out = f"{len(items) - position:,} more"
            break
        branch.children.append(tree(item, budget, cut(key, 200), depth + 1))
    return branch


def _leaf(value: Any, key: str, budget: Budget) -> Branch:
    kind, text = _text(value)
    text = cut(text, min(TEXT_MOST, max(budget.chars, 1)))
    budget.chars -= len(text)
    return Branch(key, kind, text=text)


def _text(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return "text", value
    if value is None:
        return "null", "null"
    if isinstance(value, bool):
        return "flag", "true" if value else "false"
    if isinstance(value, int | float):
        return "number", str(value)
    return "object", "{}" if value == {} else "[]" if value == [] else str(value)
