"""Makes a sequence of curl and wget lines, as documentation and browsers have them: a step for each."""

import re
from collections.abc import Iterator
from typing import Any

from walkabout import json_text
from walkabout.sequences.curl.call import step_of
from walkabout.sequences.curl.command_list import sequence_of
from walkabout.sequences.curl.refused import NotACall
from walkabout.sequences.importing.draft import ImportedSequence, NotImportable, SequenceDraft

_COMMAND = re.compile(r"\s*(?:\$ +)?(?:\S*[/\\])?(?:curl|wget)(?:\.exe)?\s")
_PIECE = re.compile(
    r"""\$'(?:\\.|[^'\\])*+'|'[^']*+'|"(?:\\.|[^"\\])*+"|[\\^]\r?\n|\\.|(?P<comment>(?<![^\s])\#[^\n]*)|(?P<end>\n)|.""",
    re.DOTALL,
)
_SECRET = re.compile(r"\{\{secret\.(\w+)\}\}")
_GUARDED = ("header", "query", "form", "body", "files")


def is_curl(text: str) -> bool:
    """Whether the first line of a text that is no comment calls curl or wget."""
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    return _COMMAND.match(next(lines, "") + " ") is not None


def read_curl(text: str) -> ImportedSequence:
    """A step for each line that calls curl or wget; an error of one ends the sequence. Raises NotImportable."""
    draft = SequenceDraft(dynamic_prefix="")
    found: list[tuple[str, dict[str, Any]]] = []
    for number, command in _commands(text):
        place = f"line {number}"
        try:
            steps, hints = _steps(command)
        except NotACall as error:
            draft.leave_out(place, f"not taken over: {error}")
            continue
        found += [(place, step) for step in steps]
        for hint in hints:
            draft.leave_out(place, hint)
    for name in _SECRET.findall(json_text.write([step for _, step in found])):
        draft.reserve_secret(name)
    for place, step in found:
        draft.add(_guarded(draft, step, place), place)
    if not draft.steps:
        raise NotImportable(str(draft.left_out[0]) if draft.left_out else "there is no curl command in it")
    return draft.done(cookies=False)


def _steps(command: str) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    try:
        found = step_of(command)
    except NotACall as error:
        try:
            several = sequence_of(command, {})
        except NotACall:
            raise error from None
        return several.steps, several.hints
    return [found.step], found.hints


def _guarded(draft: SequenceDraft, step: dict[str, Any], place: str) -> dict[str, Any]:
    """The step with secrets in place of what is likely to be a live password or token."""
    safe = {key: _guard(draft, "", value, place) if key in _GUARDED else value for key, value in step.items()}
    auth = step.get("auth")
    if isinstance(auth, dict) and isinstance(auth.get("basic"), list):
        user, password = auth["basic"]
        safe["auth"] = {"basic": [user, _guard(draft, "password", password, place)]}
    elif isinstance(auth, dict):
        safe["auth"] = {key: _guard(draft, "token", value, place) for key, value in auth.items()}
    return safe


def _guard(draft: SequenceDraft, name: str, value: Any, place: str) -> Any:
    if isinstance(value, dict):
        return {key: _guard(draft, key, inner, place) for key, inner in value.items()}
    if isinstance(value, list):
        return [_guard(draft, name, inner, place) for inner in value]
    return draft.guarded(name, value, place) if isinstance(value, str) and "{{" not in value else value


def _commands(text: str) -> Iterator[tuple[int, str]]:
    """Each command with the number of its first line; comments are left out, and so is what is between commands."""
    number = line = 1
    pieces: list[str] = []
    for piece in _PIECE.finditer(text + "\n"):
        if not pieces:
            number = line
        line += piece[0].count("\n")
        if piece["end"]:
            if pieces:
                yield number, "".join(pieces)
            pieces = []
        elif not piece["comment"] and (pieces or not piece[0].isspace()):
            pieces.append(piece[0])
