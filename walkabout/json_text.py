"""JSON as text: read strictly, written compactly.

Strict means RFC 8259 and a little more: NaN, Infinity, numbers beyond a double and lone surrogates are refused,
since not every database and client can carry them. NUL characters can be found, for the same reason.
"""

import json
from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class BadJson(ValueError):
    """The text is no JSON that we take; the message says where and why."""


def read(raw: bytes | str, depth: int = 500) -> Any:
    """The value of a JSON text from outside.

    `depth`: the deepest nesting allowed. Raises BadJson.
    """
    data = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    try:
        value = _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadJson(f"not valid JSON: {_plain(error)}") from None
    except RecursionError:
        raise BadJson(f"nested deeper than {depth}") from None
    if data.count(b"[") + data.count(b"{") > depth and deeper_than(value, depth):
        raise BadJson(f"nested deeper than {depth}")
    return value


def load(text: str) -> Any:
    """The value of a text that we wrote ourselves. A sequence's result may have lone surrogates, as escapes."""
    try:
        return _decode(text)
    except msgspec.DecodeError:
        return json.loads(text)


def write(value: Any) -> str:
    """The compact text of a value made of plain JSON types.

    Raises ValueError for NaN and Infinity, TypeError for what is no JSON type, and
    UnicodeEncodeError for a lone surrogate.
    """
    text = _encode(value)
    text.encode()
    return text


def pretty(value: Any) -> str:
    """The text of a plain JSON value as people edit it."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def deeper_than(value: Any, depth: int) -> bool:
    """Whether lists and objects nest more than `depth` levels."""
    level = [value]
    for _ in range(depth):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return any(isinstance(item, list | dict) for item in level)


def has_nul(value: Any, raw: bytes | str | None = None) -> bool:
    """Whether any text in the value, keys included, holds a NUL character.

    `raw`: the JSON that the value was read from; most have no such escape, which is seen at a glance.
    """
    if raw is not None and "\\u0000" not in (raw if isinstance(raw, str) else raw.decode("latin-1")):
        return False
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


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _plain(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is no UTF-8"
    text = str(error)
    prefix = "JSON is malformed: "
    return text[len(prefix) :] if text.startswith(prefix) else text.lower()
