"""Adds a curl command as a step to a sequence being written, and leaves the text around it as it is."""

import textwrap

from walkabout import json_text
from walkabout.sequences import relaxed_json
from walkabout.sequences.curl.call import step_of
from walkabout.settings import JsonLimits

INDENT = "  "


class NoPlace(ValueError):
    """The text has no list of requests to which a step could be added."""


def step_text(line: str) -> str:
    """The step of a curl line, as people write it, with what they should know as comments. Raises NotACall."""
    found = step_of(line)
    return "".join(f"// {hint}\n" for hint in found.hints) + json_text.pretty(found.step)


def with_step(text: str, line: str, limits: JsonLimits) -> str:
    """The text of a sequence with the step of a curl line behind its last one. Raises NotACall, NoPlace, Unreadable."""
    step, text = step_text(line), text.replace("\r\n", "\n")
    if text.strip() in ("", "{}"):
        return f'{{\n  "requests": [\n{textwrap.indent(step, INDENT * 2)}\n  ]\n}}'
    value = relaxed_json.read(text, limits).value
    if not isinstance(value, dict) or not isinstance(value.get("requests", []), list):
        raise NoPlace('the sequence has no list "requests" to add a step to')
    if "requests" not in value:
        raise NoPlace('the sequence has no "requests" yet; write "requests": [] first')
    if len(text) > limits.relaxed:
        raise NoPlace(f"the sequence is longer than {limits.relaxed} characters; add the step by hand")
    before, end = _end_of_requests(text)
    is_first = text[before - 1] in "[,"
    edge = text[text.rfind("\n", 0, end) + 1 : end]
    indent = edge if not edge.strip() else INDENT
    added = textwrap.indent(step, indent + INDENT)
    between = text[before:end].rstrip(" \t").rstrip("\n")
    return f"{text[:before]}{'' if is_first else ','}{between}\n{added}\n{indent}{text[end:]}"


def _end_of_requests(text: str) -> tuple[int, int]:
    """Where the last sign before the closing bracket of the outermost "requests" ends, and where that bracket is."""
    around: list[str] = []
    key = last = ""
    is_inside, ended = False, 0
    for token in relaxed_json.TOKEN.finditer(text):
        mark = token[0]
        if token.lastgroup == "comment":
            continue
        if mark in "]}":
            around.pop()
            if is_inside and len(around) == 1:
                return ended, token.start()
        elif mark in "[{":
            is_inside = is_inside or (mark == "[" and len(around) == 1 and key == '"requests"')
            around.append(mark)
        elif mark == ":" and len(around) == 1:
            key = last
        last, ended = mark, token.end()
    raise NoPlace("the end of its requests was not found")
