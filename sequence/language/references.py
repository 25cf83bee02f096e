"""References: `$.a.0`, `#/a~1b`, `@@.id`, `!`, `%.status`, `env.NAME`, `now`. Parsed once, resolved by jsonpointer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import jsonpointer

from sequence.json_values import MISSING, Json, as_text, parse_json_prefix
from sequence.suggestions import suggest_or_list

# A missing key would otherwise write the whole document into its error text: 9 ms instead of 0.004 on 20,000 rows.
jsonpointer.VERBOSE_EXCEPTIONS = False

ROOTS = {
    "$": "the previous response; in a loop's first step the loop's item",
    "#": "the persistence",
    "@": "the item of the innermost loop; `@@` of the next one outside",
    "!": "the index of the innermost loop, as text; `!!` of the next one outside",
    "%": "the last response: status, header, cookies, url, ms, page, body",
    "error": "in on_error and finally: path, message and status of the run's first error",
    "env": "`env.NAME`: a variable of the environment that a setting allows",
    "secret": "`secret.NAME`: the variable `SECRET_NAME`, masked wherever people read",
    "now": "this moment in UTC, the same all through a step",
    "uuid": "a new UUID at each place",
}
"""Root -> what it is. The checker, the schema and the docs read this table."""

_ROOT = re.compile(r"@+|!+|[$#%]|(?:env|secret)(?=\.)|(?:now|uuid|error)(?![A-Za-z0-9_])")
_SPACES = re.compile(r"[ \t]*")
_WORD = re.compile(r"[^.|/)}\s]*")
_INDEX = re.compile(r"\[(-?\d{1,18})\]")
_FROM_END = re.compile(r"-[1-9]\d{0,17}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BAD_ESCAPE = re.compile(r"~(?![01])")
_OF_PLAIN = ("$", "#", "@")
MOST_NESTED = 10
"""How many references may stand inside each other."""
LONGEST_KEY, MOST_KEYS = 10_000, 1000
"""Characters of one key of a reference, and how many keys it may have."""


class _Dotted(jsonpointer.JsonPointer):
    """A path of dots: a negative number counts from a list's end, which a JSON Pointer does not know."""

    def walk(self, doc: Json, part: str | int) -> Json:
        """See JsonPointer."""
        if isinstance(doc, list) and _FROM_END.fullmatch(str(part)):
            index = len(doc) + int(part)
            part = str(index) if index >= 0 else "-"  # "-" is the place behind the last one, where nothing is
        return super().walk(doc, part)


class BadReference(Exception):
    """A text that is not a reference. The message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed reference. `parts` are keys: texts, or texts with references inside; `pointer` when all are texts."""

    text: str
    root: str
    outward: int = 0
    name: str = ""
    parts: tuple["Part", ...] = ()
    pointer: jsonpointer.JsonPointer | None = None
    dotted: bool = True
    default: Json = MISSING


Part = str | tuple["str | Reference", ...]


class Roots(Protocol):
    """Where references find their values."""

    def value_of(self, reference: Reference) -> Json:
        """The value of the reference's root, or MISSING."""


def resolve(reference: Reference, roots: Roots) -> Json:
    """The value that the reference finds now: MISSING when there is none and no default."""
    value = _find(reference, roots)
    if (value is MISSING or value is None) and reference.default is not MISSING:
        return reference.default
    return value


def _find(reference: Reference, roots: Roots) -> Json:
    base = roots.value_of(reference)
    if not reference.parts:
        return base
    # The original gives a plain previous response for any path on it; pointers are ours and strict (RFC 6901).
    if reference.dotted and reference.root in _OF_PLAIN and not isinstance(base, (Mapping, list)):
        return base
    if reference.pointer is not None:
        return _at(reference.pointer, base)
    return _at_computed(reference, base, roots)


def _at(pointer: jsonpointer.JsonPointer, base: Json) -> Json:
    value = pointer.resolve(base, MISSING)
    return MISSING if isinstance(value, jsonpointer.EndOfList) else value


def _at_computed(reference: Reference, base: Json, roots: Roots) -> Json:
    keys = [part if isinstance(part, str) else _join(part, roots) for part in reference.parts]
    value = _at(_pointer(reference.root, keys, dotted=reference.dotted), base)
    if value is MISSING and reference.dotted and any("." in key for key in keys):
        # In the original the text of an inner reference is put in before the dots are read: `#.(#.path)` with "a.b".
        split = [piece for key in keys for piece in key.split(".")]
        return _at(_pointer(reference.root, split, dotted=True), base)
    return value


def _pointer(root: str, keys: list[str], *, dotted: bool) -> jsonpointer.JsonPointer:
    if root == "%" and len(keys) > 1 and keys[0] == "header":
        keys = ["header", keys[1].lower(), *keys[2:]]  # names of headers have no case (RFC 9110, 5.1)
    return (_Dotted if dotted else jsonpointer.JsonPointer).from_parts(keys)


def _join(part: tuple[str | Reference, ...], roots: Roots) -> str:
    return "".join(piece if isinstance(piece, str) else as_text(resolve(piece, roots)) for piece in part)


def begins_reference(text: str, at: int) -> bool:
    """Whether a reference begins here: a root, and then its path, a default or an end."""
    match = _ROOT.match(text, at)
    if match is None:
        return False
    end = match.end()
    return end == len(text) or text[end] in "./|)} \t" or _INDEX.match(text, end) is not None


def parse(text: str) -> Reference:
    """The reference that is the whole text, as `by` has it. Raises BadReference."""
    source = text.strip()
    if source.startswith("{{") and source.endswith("}}"):
        source = source[2:-2].strip()
    reference, end = parse_at(source, 0, "")
    if end != len(source):
        raise BadReference(f'"{text[:60]}": "{source[end : end + 60]}" is left over')
    return reference


def parse_at(text: str, at: int, closing: str) -> tuple[Reference, int]:
    """The reference that begins at `at` and ends before `closing` (`}}`, `)`, or empty: the text's end), and that end.

    Raises BadReference.
    """
    return _Parser(text, closing, MOST_NESTED).reference(at)


class _Parser:
    """Reads one reference; an inner one gets a parser of its own, so nesting is innermost first by itself."""

    def __init__(self, text: str, closing: str, nested: int) -> None:
        self.text = text
        self.closing = closing
        self.nested = nested

    def reference(self, start: int) -> tuple[Reference, int]:
        """The reference that begins at `start`, and where it ends. Raises BadReference."""
        at = self._skip_spaces(start)
        match = _ROOT.match(self.text, at)
        if match is None:
            word = _WORD.match(self.text, at)
            raise BadReference(
                f'"{self.text[at : at + 40]}" is not a reference{suggest_or_list(word[0] if word else "", ROOTS)}'
            )
        sign = match[0]
        root = sign[0] if sign[0] in "@!" else sign
        parts, dotted, at = self._path(match.end(), root)
        name = ""
        if root in ("env", "secret"):
            name, parts = self._name(parts, root), ()
        elif parts and root in ("!", "now", "uuid"):
            raise BadReference(f'"{self._cut(start)}": {root} is a plain value, nothing can be read below it')
        default, at = self._default(at)
        pointer, keys = None, [part for part in parts if isinstance(part, str)]
        if parts and len(keys) == len(parts):
            pointer = _pointer(root, keys, dotted=dotted)
        whole = self.text[start:at].strip()
        return Reference(
            text=whole,
            root=root,
            outward=len(sign) - 1 if root in "@!" else 0,
            name=name,
            parts=parts,
            pointer=pointer,
            dotted=dotted,
            default=default,
        ), at

    def _name(self, parts: tuple[Part, ...], root: str) -> str:
        if len(parts) == 1 and isinstance(parts[0], str) and _NAME.fullmatch(parts[0]):
            return parts[0]
        raise BadReference(f"{root}.NAME needs one name of letters, digits and _")

    def _path(self, at: int, root: str) -> tuple[tuple[Part, ...], bool, int]:
        sign = "." if _INDEX.match(self.text, at) else self.text[at : at + 1]
        if sign not in (".", "/"):
            return (), True, self._skip_spaces(at)
        parts: list[Part] = []
        while True:
            index = _INDEX.match(self.text, at) if sign == "." else None
            if index is not None:
                parts.append(index[1])
                at = index.end()
                continue
            if self.text[at : at + 1] != sign:
                break
            part, at = self._part(at + 1, sign)
            if part == "" and sign == ".":
                raise BadReference(f'"{self._cut(0)}": a key is missing after a dot; "{root}/" writes an empty key')
            parts.append(part)
            if len(parts) > MOST_KEYS:
                raise BadReference(f'"{self._cut(0)}": a reference has at most {MOST_KEYS} keys')
        return tuple(parts), sign == ".", self._skip_spaces(at)

    def _part(self, at: int, sign: str) -> tuple[Part, int]:
        pieces: list[str | Reference] = []
        letters: list[str] = []
        while at < len(self.text) and not self._ends_part(at, sign):
            if len(letters) > LONGEST_KEY:
                raise BadReference(f'"{self._cut(0)}": a key has at most {LONGEST_KEY} characters')
            if self.text[at] == "(" and begins_reference(self.text, at + 1):
                if self.nested == 0:
                    raise BadReference(f"references are nested more than {MOST_NESTED} deep")
                inner, at = _Parser(self.text, ")", self.nested - 1).reference(at + 1)
                if self.text[at : at + 1] != ")":
                    raise BadReference(f'"{self._cut(0)}": a closing bracket is missing')
                pieces += [self._unescape("".join(letters), sign), inner]
                letters, at = [], at + 1
            else:
                letters.append(self.text[at])
                at += 1
        literal = "".join(letters)
        if self.text[at : at + 1] != sign:
            literal = literal.rstrip()
        literal = self._unescape(literal, sign)
        return (tuple(p for p in [*pieces, literal] if p != "") if pieces else literal), at

    def _ends_part(self, at: int, sign: str) -> bool:
        if self.text[at] == "[" and sign == "." and _INDEX.match(self.text, at):
            return True
        return self.text[at] in (sign, "|") or (self.closing != "" and self.text.startswith(self.closing, at))

    def _unescape(self, key: str, sign: str) -> str:
        if sign == ".":
            return key
        if _BAD_ESCAPE.search(key):
            raise BadReference(f'"{self._cut(0)}": in a JSON Pointer ~ is written ~0 and / is written ~1 (RFC 6901)')
        return key.replace("~1", "/").replace("~0", "~")

    def _default(self, at: int) -> tuple[Json, int]:
        if self.text[at : at + 1] != "|":
            return MISSING, at
        start = self._skip_spaces(at + 1)
        # JSON first, as it may hold the closing sign itself: `{{#.a|{"b":{}}}}`.
        try:
            value, end = parse_json_prefix(self.text, start)
        except ValueError:
            return self._text_default(start)
        end = self._skip_spaces(end)
        if self.text.startswith(self.closing, end) if self.closing else end == len(self.text):
            return value, end
        return self._text_default(start)

    def _text_default(self, start: int) -> tuple[str, int]:
        end = self.text.find(self.closing, start) if self.closing else len(self.text)
        end = len(self.text) if end == -1 else end
        return self.text[start:end].strip(), end

    def _skip_spaces(self, at: int) -> int:
        spaces = _SPACES.match(self.text, at)
        return at if spaces is None else spaces.end()

    def _cut(self, at: int) -> str:
        return self.text[at : at + 60]
