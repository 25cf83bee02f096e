"""A sequence as a list of steps in words, with looped steps below their loop. Works on invalid ones too."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from walkabout.web.pages.words import cut

MOST = 60  # steps that are listed
URL_MOST, NAME_MOST = 90, 60  # characters
ENDS = {"on_error": "after an error", "finally": "at the end"}
LOOPS = ("__def_loop__", "__def_loop")


@dataclass(frozen=True)
class ListedStep:
    """One line. `number`: as a run shows it, `2.1` is the first step of the loop of step 2; `depth`: in so many loops;
    `given`: as it stands in the argument; `notes`: what it does beside asking."""

    number: str
    depth: int
    given: dict[str, Any]
    method: str
    url: str
    name: str
    notes: list[str]
    loop: str


def steps(argument: Any) -> list[ListedStep]:
    """The steps of an argument, at most MOST."""
    return [_step(*one) for one in islice(_all(argument), MOST)]


def count(argument: Any) -> int:
    """How many steps an argument has, those of loops once."""
    return sum(1 for _ in _all(argument))


def _all(argument: Any) -> Iterator[tuple[dict[str, Any], str, int, str]]:
    """The steps of an argument, then those of its end and of its blocks, each with its number, in how many loops it is,
    and where it stands in words."""
    yield from ((*one, "") for one in _given(argument, ""))
    if not isinstance(argument, dict):
        return
    lists = [(name, words, argument.get(name)) for name, words in ENDS.items()]
    blocks = argument.get("blocks")
    for name, block in blocks.items() if isinstance(blocks, dict) else ():
        called = cut(name, NAME_MOST)
        lists.append((called, f"block {called}", block.get("requests") if isinstance(block, dict) else block))
    for name, words, given in lists:
        yield from ((*one, words) for one in _given({"requests": given}, f"{name}."))


def _given(holder: Any, before: str, depth: int = 0) -> Iterator[tuple[dict[str, Any], str, int]]:
    """The steps that an argument or a loop holds, each before those of its own loop."""
    requests = holder.get("requests") if isinstance(holder, dict) else None
    for place, step in enumerate(requests if isinstance(requests, list) else [], 1):
        if isinstance(step, dict):
            yield step, f"{before}{place}", depth
            yield from _given(loop_of(step), f"{before}{place}.", depth + 1)


def loop_of(step: dict[str, Any]) -> dict[str, Any] | None:
    """The loop of a step, or None."""
    return next((step[key] for key in LOOPS if isinstance(step.get(key), dict)), None)


def _step(step: dict[str, Any], number: str, depth: int, place: str) -> ListedStep:
    loop = loop_of(step)
    notes = [place] if place else []
    notes += ["only when its condition holds"] if step.get("when") else []
    if isinstance(step.get("set"), dict) and step.get("method"):
        notes.append(f"sets {cut(', '.join(step['set']), NAME_MOST)}")
    for key, words in (("save_to", "saved as {}"), ("save_req_to", "request saved as {}"), ("master", "as {}")):
        if isinstance(step.get(key), str) and step[key]:
            notes.append(words.format(cut(step[key], NAME_MOST)))
    if step.get("ignore_error") is True:
        notes.append("errors are ignored")
    if step.get("soft") is True:
        notes.append("errors end nothing")
    if isinstance(step.get("pages"), dict):
        notes.append("all pages")
    if isinstance(step.get("retry"), dict):
        notes.append("with retries")
    method, url = what(step)
    name = cut(_text(step.get("name")), NAME_MOST)
    looping = "" if loop is None else _loop(loop)
    return ListedStep(number, depth, step, method, url, name=name, notes=notes, loop=looping)


def what(step: dict[str, Any]) -> tuple[str, str]:
    """What a step does, and with what: its method and URL, or what it does without a request."""
    if step.get("method") is None:
        saves = step.get("set")
        if step.get("use") is not None:
            return "USE", cut(_text(step["use"]), NAME_MOST)
        if isinstance(saves, dict):
            return "SET", cut(", ".join(saves), URL_MOST)
        if step.get("delay") is not None:
            return "WAIT", f"{_text(step['delay'])} s"
    return cut(str(step.get("method", "")), 10).upper(), cut(_text(step.get("api")), URL_MOST)


def _loop(loop: dict[str, Any]) -> str:
    words = f"for each of {cut(_text(loop.get('by')) or '?', NAME_MOST)}"
    words += f", at most {loop['limit']}" if isinstance(loop.get("limit"), int) else ""
    words += ", if its filter holds" if loop.get("filter") else ""
    concurrency = loop.get("concurrency")
    return words + (f", {concurrency} at a time" if isinstance(concurrency, int) and concurrency > 1 else "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
