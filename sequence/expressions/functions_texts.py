"""Functions on texts. What they make is counted before it is made."""

import base64
import binascii
import re
import urllib.parse
from collections.abc import Iterator
from typing import Any

from sequence.expressions.bounds import Fault
from sequence.expressions.library import is_function
from sequence.expressions.natives import Machine, native
from sequence.expressions.patterns import Pattern
from sequence.expressions.values import kind_of, text_of

_SPACES = re.compile(r"[ \t\n\r]+")
_COMPONENT, _WHOLE = "~()*!.'", "~@#$&()*!+=:;,.?/'"


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Fault(f"${name} needs a text, not {kind_of(value)}")
    return value


@native("string", "<x-b?:s>")
def string(machine: Machine, value: Any, pretty: Any) -> Any:
    """A value as a text."""
    return None if value is None else text_of(value, machine.meter, pretty=pretty is True)


@native("substring", "<s-nn?:s>", changes_text=True)
def substring(_: Machine, text: Any, start: Any, length: Any) -> Any:
    """A part of a text; a negative start counts from its end."""
    if text is None:
        return None
    text = _text(text, "substring")
    begin = max(len(text) + int(start), 0) if start < 0 else int(start)
    return text[begin:] if length is None else text[begin : begin + max(int(length), 0)]


@native("substringBefore", "<s-s:s>", changes_text=True)
def substring_before(_: Machine, text: Any, mark: Any) -> Any:
    """What stands before the first occurrence of a text; the whole text without one."""
    if text is None:
        return None
    mark = _text(mark, "substringBefore")
    return _text(text, "substringBefore").partition(mark)[0] if mark else ""


@native("substringAfter", "<s-s:s>", changes_text=True)
def substring_after(_: Machine, text: Any, mark: Any) -> Any:
    """What stands behind the first occurrence of a text; the whole text without one."""
    if text is None:
        return None
    before, found, after = _text(text, "substringAfter").partition(_text(mark, "substringAfter") or "\0")
    return after if found else before


@native("lowercase", "<s-:s>", changes_text=True)
def lowercase(_: Machine, text: Any) -> Any:
    """A text in lower case."""
    return None if text is None else _text(text, "lowercase").lower()


@native("uppercase", "<s-:s>", changes_text=True)
def uppercase(_: Machine, text: Any) -> Any:
    """A text in upper case."""
    return None if text is None else _text(text, "uppercase").upper()


@native("length", "<s-:n>")
def length(_: Machine, text: Any) -> Any:
    """How many characters a text has."""
    return None if text is None else len(_text(text, "length"))


@native("trim", "<s-:s>", changes_text=True)
def trim(_: Machine, text: Any) -> Any:
    """A text with single blanks for white space, and none around it."""
    return None if text is None else _SPACES.sub(" ", _text(text, "trim")).strip(" ")


@native("pad", "<s-ns?:s>")
def pad(machine: Machine, text: Any, width: Any, sign: Any) -> Any:
    """A text filled up to a width: behind it, before it if the width is negative."""
    if text is None or width is None:
        return text
    text, sign = _text(text, "pad"), sign or " "
    missing = abs(int(width)) - len(text)
    if missing <= 0:
        return text
    machine.meter.make(missing + len(sign))
    filling = (sign * (missing // len(sign) + 1))[:missing]
    return filling + text if width < 0 else text + filling


def _finds(machine: Machine, pattern: Any, text: str, name: str) -> Iterator[Any]:
    if not isinstance(pattern, Pattern):
        raise Fault(f"${name} needs a text or a regex, not {kind_of(pattern)}")
    return pattern.matches(text, machine.meter)


@native("match", "<s-f<s:o>n?:a<o>>", changes_text=True)
def match(machine: Machine, text: Any, pattern: Any, limit: Any) -> Any:
    """The matches of a regex: their text, place and groups."""
    if text is None:
        return None
    left = _limit(limit, "match")
    made: list[Any] = []
    for found in _finds(machine, pattern, _text(text, "match"), "match"):
        if len(made) == left:
            break
        groups = ["" if group is None else group for group in found.groups()]
        machine.meter.make(400 + len(found.group()) + sum(len(group) + 56 for group in groups))
        made.append({"match": found.group(), "index": found.start(), "groups": groups})
    return made if len(made) != 1 else made[0]


def _limit(limit: Any, name: str) -> int:
    if limit is not None and limit < 0:
        raise Fault(f"the limit of ${name} is 0 or more")
    return -1 if limit is None else int(limit)


@native("contains", "<s-(sf):b>")
def contains(machine: Machine, text: Any, part: Any) -> Any:
    """Whether a text has another in it, or what a regex matches."""
    if text is None or part is None:
        return None
    text = _text(text, "contains")
    return part in text if isinstance(part, str) else any(True for _ in _finds(machine, part, text, "contains"))


@native("split", "<s-(sf)n?:a<s>>", changes_text=True)
def split(machine: Machine, text: Any, separator: Any, limit: Any) -> Any:
    """The parts of a text between the separators; its characters for an empty one."""
    if text is None:
        return None
    text, most = _text(text, "split"), _limit(limit, "split")
    if separator == "":
        parts = text if most < 0 else text[:most]
        machine.meter.make_list(len(parts))
        return list(parts)
    if isinstance(separator, str):
        count = text.count(separator)
        machine.meter.make(len(text) + 64 * (count if most < 0 else min(count, most)))
        return text.split(separator, most)[: None if most < 0 else most]
    made: list[str] = []
    at = 0
    for found in _finds(machine, separator, text, "split"):
        if len(made) == most:
            return made
        machine.meter.make(64 + found.start() - at)
        made.append(text[at : found.start()])
        at = found.end()
    return made if len(made) == most else [*made, text[at:]]


@native("replace", "<s-(sf)(sf)n?:s>", changes_text=True)
def replace(machine: Machine, text: Any, pattern: Any, replacement: Any, limit: Any) -> Any:
    """A text with another in place of each occurrence; `$1` in it is a group of the regex, `$0` the whole match."""
    if text is None:
        return None
    text, most = _text(text, "replace"), _limit(limit, "replace")
    if pattern == "":
        raise Fault("$replace needs a text or a regex to look for; an empty text is none")
    if isinstance(pattern, str) and isinstance(replacement, str):
        count = text.count(pattern)
        machine.meter.make(len(text) + count * len(replacement))
        return text.replace(pattern, replacement, most)
    if isinstance(pattern, str):
        pattern = Pattern(re.escape(pattern[:500]), ignores_case=False, is_multiline=False)
    pieces, at, count = [], 0, 0
    for found in _finds(machine, pattern, text, "replace"):
        if count == most:
            break
        piece = _expanded(machine, replacement, found)
        machine.meter.make(found.start() - at + len(piece) + 100)
        pieces += [text[at : found.start()], piece]
        at, count = found.end(), count + 1
    return "".join([*pieces, text[at:]])


def _expanded(machine: Machine, replacement: Any, found: Any) -> str:
    if is_function(replacement):
        groups = ["" if group is None else group for group in found.groups()]
        row = {"match": found.group(), "start": found.start(), "end": found.end(), "groups": groups}
        machine.meter.make(500 + len(found.group()) + sum(map(len, groups)))
        made = machine.call(replacement, [row])
        if not isinstance(made, str):
            raise Fault(f"the function of $replace has to give a text, not {kind_of(made)}")
        return made
    machine.meter.walk(len(replacement))
    pieces, at = [], 0
    while (dollar := replacement.find("$", at)) >= 0:
        pieces.append(replacement[at:dollar])
        if replacement[dollar + 1 : dollar + 2] == "$":
            pieces.append("$")
            at = dollar + 2
            continue
        group, at = _group(replacement, dollar + 1, len(found.groups()))
        piece = "$" if group is None else "" if group > len(found.groups()) else found.group(group) or ""
        machine.meter.make(64 + len(piece))
        pieces.append(piece)
    return "".join([*pieces, replacement[at:]])


def _group(text: str, at: int, count: int) -> tuple[int | None, int]:
    """The group that the digits at a place mean, and where they end: as many digits as make a group that there is.

    None: no digit stands there. One digit is taken also when there is no such group.
    """
    digits = 0
    while digits < len(str(count)) and text[at + digits : at + digits + 1] in tuple("0123456789"):
        digits += 1
    while digits > 1 and int(text[at : at + digits]) > count:
        digits -= 1
    if digits == 0:
        return None, at
    return int(text[at : at + digits]), at + digits


@native("join", "<a<s>s?:s>")
def join(machine: Machine, texts: Any, separator: Any) -> Any:
    """The texts of a list as one, with a separator between them."""
    if texts is None:
        return None
    machine.meter.work(len(texts))
    separator = "" if separator is None else _text(separator, "join")
    machine.meter.make(sum(len(_text(text, "join")) for text in texts) + len(separator) * len(texts))
    return separator.join(texts)


@native("base64encode", "<s-:s>")
def base64encode(machine: Machine, text: Any) -> Any:
    """A text (its UTF-8) in Base64."""
    return None if text is None else base64.b64encode(_bytes(machine, text, "base64encode")).decode()


@native("base64decode", "<s-:s>", changes_text=True)
def base64decode(machine: Machine, text: Any) -> Any:
    """The text (UTF-8) that Base64 writes; the alphabet of URLs and missing padding are fine, too."""
    if text is None:
        return None
    content = _bytes(machine, text, "base64decode").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(content + b"=" * (-len(content) % 4)).decode()
    except (binascii.Error, ValueError):
        raise Fault("$base64decode needs a text in Base64 that is UTF-8") from None


def _bytes(machine: Machine, text: Any, name: str) -> bytes:
    given = _text(text, name)
    machine.meter.make(len(given) * 2)
    try:
        return given.encode()
    except UnicodeEncodeError:
        raise Fault(f"${name}: a text has half of a surrogate pair, which UTF-8 can't write") from None


def _quoted(machine: Machine, text: Any, name: str, safe: str) -> Any:
    return None if text is None else urllib.parse.quote(_bytes(machine, text, name), safe=safe)


@native("encodeUrlComponent", "<s-:s>")
def encode_component(machine: Machine, text: Any) -> Any:
    """A text as a part of a URL."""
    return _quoted(machine, text, "encodeUrlComponent", _COMPONENT)


@native("encodeUrl", "<s-:s>")
def encode_url(machine: Machine, text: Any) -> Any:
    """A URL with what it can't carry encoded."""
    return _quoted(machine, text, "encodeUrl", _WHOLE)


@native("decodeUrlComponent", "<s-:s>", changes_text=True)
def decode_component(_: Machine, text: Any) -> Any:
    """A text from a part of a URL."""
    return _unquoted(text, "decodeUrlComponent")


@native("decodeUrl", "<s-:s>", changes_text=True)
def decode_url(_: Machine, text: Any) -> Any:
    """A URL with what is encoded in it decoded."""
    return _unquoted(text, "decodeUrl")


def _unquoted(text: Any, name: str) -> Any:
    try:
        return None if text is None else urllib.parse.unquote(_text(text, name), errors="strict")
    except UnicodeDecodeError:
        raise Fault(f"${name}: what is encoded is not UTF-8") from None
