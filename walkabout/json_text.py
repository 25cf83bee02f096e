"""JSON as text: parsed strictly, written compactly.

Strict means RFC 8259 and a little more: NaN, Infinity, numbers beyond a double, lone surrogates and NUL characters are
refused, since not every database and client can carry them. Work and memory grow with the text and with nothing else.
"""

import json
import re
from typing import Any

import msgspec

from sequence.json_values import too_deep, without_texts

DEPTH_MOST = 500
"""Levels that a value may be nested: beyond some more, the readers and writers of JSON give up."""
VALUES_MOST = 1_000_000
"""Values of a text that comes from outside: three bytes of JSON may be 100 bytes of memory."""
NUL = "contains a NUL character, which is not allowed"

HALF_CHARACTER = "contains half of a character (a lone surrogate), which is not allowed"

_decode = msgspec.json.Decoder().decode
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class BadJson(ValueError):
    """The text is no JSON that we take; the message says where and why."""


class BadContent(BadJson):
    """It is JSON by its grammar, but holds what we don't take: NUL, half characters, too many values, too deep ones."""


def read(raw: bytes | str, depth: int = DEPTH_MOST, most: int = VALUES_MOST) -> Any:
    """The value of a JSON text from outside.

    `depth`: the deepest nesting allowed; `most`: how many values there may be. Raises BadJson.
    """
    value = decode(raw, depth, most)
    if may_have_nul(raw) and has_nul(value):
        raise BadContent(NUL)
    return value


def decode(raw: bytes | str, depth: int = DEPTH_MOST, most: int = VALUES_MOST) -> Any:
    """As `read`, but NUL characters are taken: for who says at which field one stands, and for answers of other servers."""
    data = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    check_size(data, depth, most)
    try:
        return _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _refusal(data, error) from None


def check_size(data: bytes, depth: int, most: int) -> None:
    """Raises BadContent when a JSON text is nested deeper than `depth`, or has more than `most` values."""
    text = data.decode("latin-1")  # each sign of JSON is one byte
    if _values(text) > most and _values(without_texts(text)) > most:
        raise BadContent(f"more than {most} values")
    if too_deep(text, depth):
        raise BadContent(f"nested deeper than {depth}")


def load(text: str) -> Any:
    """The value of a text that we wrote ourselves. A sequence's result may have lone surrogates, as escapes."""
    try:
        return _decode(text)
    except msgspec.DecodeError:
        return json.loads(text)


def write(value: Any) -> str:
    """The compact text of a value made of plain JSON types.

    Raises ValueError for NaN, Infinity and what is nested deeper than DEPTH_MOST, TypeError for what is no JSON type,
    and UnicodeEncodeError for a lone surrogate.
    """
    try:
        text = _encode(value)
    except RecursionError:
        raise ValueError(f"nested deeper than {DEPTH_MOST}") from None
    text.encode()
    if too_deep(text, DEPTH_MOST):
        raise ValueError(f"nested deeper than {DEPTH_MOST}")
    return text


def pretty(value: Any) -> str:
    """The text of a plain JSON value as people edit it."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def excerpt(value: Any, most: int = 60) -> str:
    """The value as an error shows it: JSON, cut to `most` characters. What is not shown is not written either."""
    if _is_endless(value):
        return f"this {type(value).__name__}"
    text = json.dumps(_prune(value, most, 3), ensure_ascii=False, default=lambda other: type(other).__name__)
    return text if len(text) <= most else text[: most - 3] + "..."


def may_have_nul(raw: bytes | str) -> bool:
    """Whether a JSON text may write a NUL character: most have no such escape, which is seen at a glance."""
    return "\\u0000" in raw if isinstance(raw, str) else b"\\u0000" in raw


def has_nul(value: Any) -> bool:
    """Whether any text in the value, keys included, holds a NUL character."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            if "\0" in item:
                return True
        elif isinstance(item, dict):
            pending.extend(item.keys())
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    return False


def _values(text: str) -> int:
    # Each value but the first of its list or object stands behind a comma; an empty one has no first.
    openings = text.count("[") + text.count("{") - text.count("[]") - text.count("{}")
    return text.count(",") + openings + 1


def _is_endless(value: Any) -> bool:
    # Python writes no whole number of more than some thousand digits.
    return isinstance(value, int) and value.bit_length() > 10_000


def _prune(value: Any, most: int, levels: int) -> Any:
    if isinstance(value, str):
        return value[: most + 1]
    if _is_endless(value):
        return "..."
    if isinstance(value, dict):
        items = list(zip(value, range(most), strict=False)) if levels else []
        return {str(key)[: most + 1]: _prune(value[key], most, levels - 1) for key, _ in items}
    if isinstance(value, list | tuple):
        return [_prune(item, most, levels - 1) for item in value[:most]] if levels else []
    return value


def _refusal(data: bytes, error: Exception) -> BadJson:
    if isinstance(error, UnicodeDecodeError):
        return BadJson(f"not valid JSON: byte {_first_that_is_no_utf8(data)} is not UTF-8")
    text = str(error)
    if "out of range" in text:
        return BadContent(f"{text.partition(' - ')[0].lower()}: it has a number that not every client can read")
    if _has_half_character(data):
        return BadContent(HALF_CHARACTER)
    prefix = "JSON is malformed: "
    return BadJson(f"not valid JSON: {text[len(prefix) :] if text.startswith(prefix) else text.lower()}")


def _first_that_is_no_utf8(data: bytes) -> int:
    """Where it is that the reader, who counts from the beginning of a text in the JSON, could not go on."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _has_half_character(data: bytes) -> bool:
    """Whether it is JSON but for a lone surrogate; only asked about what could not be read."""
    text = data.decode("utf-8", "replace")
    if not _SURROGATE.search(text):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
