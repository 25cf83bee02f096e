"""Finds where two JSON values differ, by path."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from walkabout import json_text
from walkabout.web.pages.words import count, cut

TEXT_MOST = 300  # characters of a value
DEPTH_MOST = 30  # what lies deeper is compared as a whole
LEAVES_MOST = 50_000  # values that are looked at
_NOTHING = object()


@dataclass(frozen=True)
class Difference:
    """A path, and what stands there on each side; "" where there is nothing."""

    path: str
    left: str
    right: str


@dataclass(frozen=True)
class Differences:
    """What differs, how many values are the same, and how many differences were left out."""

    rows: list[Difference]
    same: int
    left_out: int

    @property
    def words(self) -> str:
        """What the rows do not say."""
        same = f"{count(self.same, 'value')} the same" if self.same else "No value is the same"
        return same + (f"; {count(self.left_out, 'difference')} more" if self.left_out else "")


def differences(left: Any, right: Any, most: int) -> Differences:
    """Where two values differ, the first `most` places."""
    one, other = dict(_leaves(left)), dict(_leaves(right))
    apart = [path for path in {**one, **other} if _apart(one.get(path, _NOTHING), other.get(path, _NOTHING))]
    rows = [
        Difference(cut(path or "all of it", 200), _text_of(one, path), _text_of(other, path)) for path in apart[:most]
    ]
    return Differences(rows, len({**one, **other}) - len(apart), len(apart) - len(rows))


def _apart(left: Any, right: Any) -> bool:
    # 1 and true are equal in Python, not in JSON.
    return type(left) is not type(right) or bool(left != right)


def _leaves(value: Any) -> Iterator[tuple[str, Any]]:
    pending, found = [("", value, 0)], 0
    while pending and found < LEAVES_MOST:
        path, item, depth = pending.pop()
        inner: list[tuple[str, Any]] = []
        if depth < DEPTH_MOST and isinstance(item, dict):
            inner = [(f"{path}.{key}" if path else str(key), child) for key, child in item.items()]
        elif depth < DEPTH_MOST and isinstance(item, list):
            inner = [(f"{path}[{index}]", child) for index, child in enumerate(item)]
        if inner:
            pending.extend((where, child, depth + 1) for where, child in reversed(inner))
        else:
            found += 1
            yield path, item


def _text_of(leaves: dict[str, Any], path: str) -> str:
    return cut(json_text.write(leaves[path]), TEXT_MOST) if path in leaves else ""
