"""Templates: `{{ref}}` and `{{= expression }}` in a step's strings. Compiled once; what they yield is never parsed again."""

import re
from collections.abc import Callable
from typing import Protocol

from sequence.errors import StepError
from sequence.json_values import MISSING, Json, as_text, excerpt
from sequence.language import paths
from sequence.language.expressions import OPENING, Computing, Operand, read_expression, reads_key, value_at
from sequence.language.references import BadReference, begins_reference, parse_at

Refuse = Callable[[str, str], None]
"""Takes a problem: its path and its message."""

# The characters that the original takes for a template; whatever else stands in braces it leaves as it is.
_BLANKS = re.compile(r"[ \t]*")
_ORIGINAL = re.compile(r"[a-zA-Z0-9_.\[\]$#()@!]*")


class Target(Computing, Protocol):
    """Where a template is resolved: the values of the roots, and what bounds the result."""

    def weigh(self, value: Json) -> None:
        """Counts a value that is put in. Raises StepError when the request gets too large or too deep."""

    def own(self, value: Json) -> Json:
        """The value itself, or a copy when it is a live one that goes on changing."""


class TemplateNode:
    """A compiled value that has a template somewhere inside."""

    __slots__ = ()

    def resolve(self, target: Target) -> Json:
        """The value now."""
        raise NotImplementedError


class Whole(TemplateNode):
    """A string that is exactly `{{ref}}`: the value with its own type, null when it is missing."""

    __slots__ = ("operand",)

    def __init__(self, operand: Operand) -> None:
        self.operand = operand

    def resolve(self, target: Target) -> Json:
        """The value of the operand."""
        value = value_at(self.operand, target)
        if value is MISSING:
            return None
        target.weigh(value)
        return target.own(value)


class Text(TemplateNode):
    """A longer string with operands inside, put in as text."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[str | Operand]) -> None:
        self.parts = parts

    def resolve(self, target: Target) -> str:
        """The text with all values put in."""
        pieces = []
        for part in self.parts:
            if isinstance(part, str):
                pieces.append(part)
            else:
                value = value_at(part, target)
                target.weigh(value)
                pieces.append(as_text(target.own(value)))
        return "".join(pieces)


class Items(TemplateNode):
    """A list in which something is to be resolved."""

    __slots__ = ("items",)

    def __init__(self, items: list[Json]) -> None:
        self.items = items

    def resolve(self, target: Target) -> list[Json]:
        """The list with every element resolved."""
        return [resolve_template(item, target) for item in self.items]


class Fields(TemplateNode):
    """An object in which some key or value is to be resolved."""

    __slots__ = ("fields",)

    def __init__(self, fields: list[tuple[Json, Json]]) -> None:
        self.fields = fields

    def resolve(self, target: Target) -> dict[str, Json]:
        """The object with every key and value resolved. Raises StepError for two keys that become the same."""
        made: dict[str, Json] = {}
        for name, value in self.fields:
            key = resolve_key(name, target)
            if key in made:
                raise StepError(f"two keys become the same, {excerpt(key)}")
            made[key] = resolve_template(value, target)
        return made


def resolve_key(name: Json, target: Target) -> str:
    """What a compiled key of an object is now: a text; null and missing are an empty one."""
    return name if isinstance(name, str) else as_text(resolve_template(name, target))


def resolve_template(value: Json, target: Target) -> Json:
    """What a compiled value is now; one without templates is itself."""
    return value.resolve(target) if isinstance(value, TemplateNode) else value


def reads(value: Json, key: str) -> bool:
    """Whether a compiled value reads this key of the persistence, by its name."""
    if isinstance(value, Whole):
        return reads_key(value.operand, key)
    if isinstance(value, Text):
        return any(not isinstance(part, str) and reads_key(part, key) for part in value.parts)
    if isinstance(value, Items):
        return any(reads(item, key) for item in value.items)
    return isinstance(value, Fields) and any(reads(part, key) for field in value.fields for part in field)


def compile_template(value: Json, path: paths.Trail, refuse: Refuse) -> Json:
    """The value ready to be resolved: itself where it has no template. Bad templates go to `refuse` with their path."""
    if isinstance(value, str):
        return _string(value, path, refuse) if "{{" in value else value
    if isinstance(value, list):
        items = [compile_template(item, (path, i), refuse) for i, item in enumerate(value)]
        return Items(items) if any(isinstance(item, TemplateNode) for item in items) else value
    if isinstance(value, dict):
        fields = [
            (compile_template(key, (path, key), refuse), compile_template(item, (path, key), refuse))
            for key, item in value.items()
        ]
        return Fields(fields) if any(isinstance(part, TemplateNode) for field in fields for part in field) else value
    return value


def _string(text: str, path: paths.Trail, refuse: Refuse) -> Json:
    try:
        parts = parts_of(text)
    except BadReference as bad:
        refuse(paths.path_of(path), str(bad))
        return text
    if len(parts) == 1:
        return parts[0] if isinstance(parts[0], str) else Whole(parts[0])
    return text if all(isinstance(part, str) for part in parts) else Text(parts)


def parts_of(text: str) -> list[str | Operand]:
    """The literal pieces and the operands of a text, in order. Raises BadReference for what looks like one and is none."""
    parts: list[str | Operand] = []
    literal_from = at = close = 0
    while (at := text.find("{{", at)) != -1:
        operand: Operand
        if text.startswith(OPENING, at):
            operand, end = read_expression(text, at)
            parts += [text[literal_from:at], operand] if literal_from < at else [operand]
            literal_from = at = end
            continue
        begin = _BLANKS.match(text, at + 2).end()  # type: ignore[union-attr]
        if not begins_reference(text, begin) or (begin > at + 2 and not _is_whole(text, at, begin)):
            # Looked for once per closing, not once per brace: a megabyte of braces must not take minutes.
            if close != -1 and close < at + 2:
                close = text.find("}}", at + 2)
            _refuse_word(text, at, close)
            # One brace at a time: `{{{#.a}}}` is a reference between braces.
            at += 1
            continue
        operand, end = parse_at(text, begin, "}}")
        if not text.startswith("}}", end):
            raise BadReference(f'"{text[at : at + 60]}": the closing }}}} is missing')
        if literal_from < at:
            parts.append(text[literal_from:at])
        parts.append(operand)
        literal_from = at = end + 2
    if literal_from < len(text):
        parts.append(text[literal_from:])
    return parts


def _is_whole(text: str, at: int, begin: int) -> bool:
    """Whether what stands behind blanks is a whole reference; else it is text, and so is `${{ x }}` of other tools."""
    if text[at - 1 : at] == "$":
        return False
    try:
        _, end = parse_at(text, begin, "}}")
    except BadReference:
        return False
    return text.startswith("}}", end)


def _refuse_word(text: str, at: int, end: int) -> None:
    """`{{foo}}` is silently nothing in the original: refused. What it leaves alone, such as `{{ foo }}`, is text."""
    if end != -1 and end > at + 2 and _ORIGINAL.fullmatch(text, at + 2, end):
        parse_at(text, at + 2, "}}")
        raise BadReference(
            f'"{text[at : min(end + 2, at + 60)]}" is not a reference: after the root comes a dot, a / or the end'
        )
