"""A sequence in words: its steps as a list, those of loops below the step that loops. Takes what is wrong, too."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from walkabout.web.pages.words import cut

MOST = 60  # steps that are listed
URL_MOST, NAME_MOST = 90, 60  # characters
LOOPS = ("__def_loop__", "__def_loop")


@dataclass(frozen=True)
class Step:
    """One line. `depth`: in so many loops; `path`: where it stands in the argument; `notes`: what it does beside asking."""

    depth: int
    path: str
    method: str
    url: str
    name: str
    notes: list[str]
    loop: str


def steps(argument: Any) -> list[Step]:
    """The steps of an argument, at most MOST."""
    requests = argument.get("requests") if isinstance(argument, dict) else None
    found = []
    for step in _steps(requests, "requests", 0):
        found.append(step)
        if len(found) == MOST:
            break
    return found


def count(argument: Any) -> int:
    """How many steps an argument has, those of loops once."""
    requests = argument.get("requests") if isinstance(argument, dict) else None
    return sum(1 for _ in _steps(requests, "requests", 0))


def _steps(requests: Any, path: str, depth: int) -> Iterator[Step]:
    for index, step in enumerate(requests if isinstance(requests, list) else []):
        if not isinstance(step, dict):
            continue
        here = f"{path}[{index}]"
        key = next((key for key in LOOPS if isinstance(step.get(key), dict)), "")
        yield _step(step, here, depth, _loop(step[key]) if key else "")
        if key:
            yield from _steps(step[key].get("requests"), f"{here}.{key}.requests", depth + 1)


def _step(step: dict[str, Any], path: str, depth: int, loop: str) -> Step:
    notes = ["only when its condition holds"] if step.get("when") else []
    for key, words in (("save_to", "saved as {}"), ("save_req_to", "its request saved as {}"), ("master", "as {}")):
        if isinstance(step.get(key), str) and step[key]:
            notes.append(words.format(cut(step[key], NAME_MOST)))
    if step.get("ignore_error") is True:
        notes.append("an error is ignored")
    if isinstance(step.get("retry"), dict):
        notes.append("tried again")
    method = cut(str(step.get("method", "")), 10).upper()
    return Step(
        depth, path, method, cut(_text(step.get("api")), URL_MOST), cut(_text(step.get("name")), NAME_MOST), notes, loop
    )


def _loop(loop: dict[str, Any]) -> str:
    words = f"for each of {cut(_text(loop.get('by')) or '?', NAME_MOST)}"
    words += f", at most {loop['limit']}" if isinstance(loop.get("limit"), int) else ""
    words += ", if its filter holds" if loop.get("filter") else ""
    concurrency = loop.get("concurrency")
    return words + (f", {concurrency} at a time" if isinstance(concurrency, int) and concurrency > 1 else "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
