"""Converts values from outside to the types that were declared, by msgspec.

From JSON a value is taken strictly: `true` is no int, `"2"` is no int; but 2.0 is 2, and 1 is a float (JSON knows one
kind of number, RFC 8259, 6). Text of forms and queries is converted.
"""

import math
from typing import Any

import msgspec

from walkabout import json_text
from walkabout.masking import is_telling
from walkabout.walking.files import File


class WrongType(ValueError):
    """The value is not of the type; the text says what was expected and what was given."""

    def __init__(self, expected: str, *given: Any) -> None:
        """`expected`: what would be right; `given`: the value, if there is one to be shown."""
        self.expected = expected
        super().__init__(f"{expected}, not {json_text.excerpt(given[0])}" if given else expected)

    def text_for(self, name: str) -> str:
        """The text for a field of this name: what was given under a secret's name is not thrown back."""
        return self.expected if is_telling(name) else str(self)


def convert(value: Any, kind: Any, *, from_text: bool = False) -> Any:
    """The value as the type `kind`. `from_text`: it is text of a form or a query. Raises WrongType."""
    if from_text and isinstance(value, str):
        value = _from_text(value, kind)
    try:
        made = msgspec.convert(value, kind, strict=not from_text, dec_hook=_decode)
    except msgspec.ValidationError as error:
        try:
            made = msgspec.convert(_whole(value), kind, strict=not from_text, dec_hook=_decode)
        except msgspec.ValidationError:
            raise WrongType(_words(error), value) from None
    if from_text and _endless(made):
        raise WrongType("expected a number", value)
    return made


def plain(value: Any) -> Any:
    """A deep copy of a value in JSON's types: nodes, edges, files, dates, dataclasses are written as such.

    Raises TypeError for what has no such form.
    """
    return msgspec.to_builtins(value, enc_hook=_encode, str_keys=True)


def type_name(kind: Any) -> str:
    """The type as people write it, without what is annotated to it: `int`, `list[str]`, `any`."""
    kind = kind.__origin__ if hasattr(kind, "__metadata__") else kind
    if kind is Any:
        return "any"
    if isinstance(kind, type) and not hasattr(kind, "__origin__"):
        return kind.__name__
    return str(kind).replace("typing.", "").replace("walkabout.walking.files.", "").replace("Any", "any")


def _endless(value: Any) -> bool:
    """Whether a NaN or an Infinity is in it: text may say so, JSON may not."""
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, list | tuple | set):
        return any(_endless(item) for item in value)
    return isinstance(value, dict) and any(_endless(item) for item in value.values())


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value


def _from_text(text: str, kind: Any) -> Any:
    if kind is bool and text.lower() not in ("true", "false"):
        raise WrongType("expected true or false", text)
    try:
        msgspec.convert(text, kind, strict=False, dec_hook=_decode)
    except msgspec.ValidationError:
        # A list or an object in a form stands there as JSON text.
        if text[:1] in ("[", "{"):
            try:
                return json_text.read(text)
            except json_text.BadContent as error:
                raise WrongType(str(error)) from None
            except json_text.BadJson:
                return text
    return text


def _decode(kind: type, value: Any) -> Any:
    if kind is File:
        if isinstance(value, File):
            return value
        return File.from_object(value)
    raise NotImplementedError(f"values of the type {kind.__name__} can't be given from outside")


def _encode(value: Any) -> Any:
    as_object = getattr(value, "as_object", None)
    if callable(as_object):
        return as_object()
    raise TypeError(f"a {type(value).__name__} has no form in JSON")


def _words(error: msgspec.ValidationError) -> str:
    text = str(error).replace("`", "")
    where = ""
    if " - at $" in text:
        text, _, where = text.partition(" - at $")
    text = text.split(", got ")[0].replace("Expected", "expected").replace("Invalid", "invalid")
    if where:
        text = f"at {where}: {text}"
    return text
