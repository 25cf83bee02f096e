"""Makes a sequence of a Hurl file: entries of a request, its sections, and what its response has to be."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sequence as language
from sequence.language.methods import is_method
from walkabout.sequences.importing.draft import ImportedSequence, NotImportable, SequenceDraft

DYNAMIC = {"newUuid": "{{uuid}}", "newDate": "{{now}}"}
_REQUEST = re.compile(r"([A-Z][A-Z-]{1,20})\s+(\S.*)")
_RESPONSE = re.compile(r"HTTP(?:/[\d.]+)?\s+(\d{3}|\*)\s*(?:#.*)?")
_SECTION = re.compile(r"\[(\w+)\]\s*(?:#.*)?")
_FIELD = re.compile(r"((?:[^:\s\\]|\\.)[^:]*?)\s*:\s*(.*)")
_QUERY = re.compile(
    r"(status|version|url|body|bytes|duration|(?:jsonpath|header|cookie|xpath|regex|variable)\s+\"((?:[^\"\\]|\\.)*)\")"
)
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(-?\d+)\]|\[(?:'([^'\\]*)'|\"([^\"\\]*)\")\]")
_PATH = re.compile(r"\$(?:\.[A-Za-z_][\w-]*|\[-?\d+\]|\[(?:'[^'\\]*'|\"[^\"\\]*\")\])*")
_TEST = re.compile(r"(not\s+)?(==|!=|>=|<=|>|<|\w+)(?:\s+(.*))?", re.DOTALL)
_FENCE = "```"
_SIGNS = {
    "==": "eq",
    "!=": "ne",
    ">": "gt",
    ">=": "gte",
    "<": "lt",
    "<=": "lte",
    "contains": "contains",
    "includes": "contains",
}
_FLAGS: dict[str, dict[str, Any]] = {
    "exists": {"exists": True},
    "isString": {"type": "string"},
    "isInteger": {"type": "integer"},
    "isNumber": {"type": "number"},
    "isFloat": {"type": "number"},
    "isBoolean": {"type": "boolean"},
    "isList": {"type": "array"},
    "isCollection": {"type": "array"},
    "isObject": {"type": "object"},
    "isEmpty": {"length": 0},
}
_OFTEN = "retry"
_SECONDS = re.compile(r"(\d+)\s*(ms|s|m)?")


@dataclass
class _Entry:
    line: int
    step: dict[str, Any]
    header: dict[str, str] = field(default_factory=dict)
    section: str = ""
    answered: bool = False
    body: list[str] = field(default_factory=list)
    expected: list[Any] = field(default_factory=list)
    saves: dict[str, Any] = field(default_factory=dict)
    retry: dict[str, Any] = field(default_factory=dict)
    fenced: bool = False


def read_hurl(text: str) -> ImportedSequence:
    """The sequence of a Hurl file. Raises NotImportable."""
    draft = SequenceDraft(dynamic=DYNAMIC, dynamic_prefix="")
    reader = _Reader(draft)
    for number, line in enumerate(text.splitlines(), 1):
        reader.line(number, line)
    reader.end()
    if not draft.steps:
        raise NotImportable(
            "this is no Postman collection, no HTTP archive, no curl command, and no Hurl file with a request"
        )
    return draft.done(cookies=True)


class _Reader:
    def __init__(self, draft: SequenceDraft) -> None:
        self.draft = draft
        self.entry: _Entry | None = None

    def line(self, number: int, line: str) -> None:
        entry, bare = self.entry, line.strip()
        in_body = entry is not None and (entry.fenced or bare.startswith(_FENCE) or (entry.body and not entry.answered))
        if entry is not None and in_body and self._goes_on(entry, line):
            return
        if not bare or bare.startswith("#"):
            return
        found = None if _RESPONSE.fullmatch(bare) else _REQUEST.fullmatch(bare)
        if found and is_method(found[1]) and (entry is None or not entry.section or entry.answered or "://" in bare):
            self.end()
            self.entry = _Entry(number, {"method": found[1], "api": self.draft.text(found[2].split(" #")[0].strip())})
        elif entry is None:
            others = "nor is the file a Postman collection, an HTTP archive or a list of curl commands"
            raise NotImportable(f"line {number}: {bare[:60]!r} is no request of a Hurl file, {others}")
        else:
            self._part(entry, number, line, bare)

    def _goes_on(self, entry: _Entry, line: str) -> bool:
        """Whether a line is one more of a body of several lines."""
        bare = line.strip()
        if bare.startswith(_FENCE):
            entry.fenced = not entry.fenced
            return True
        if entry.fenced or not (_RESPONSE.fullmatch(bare) or _SECTION.fullmatch(bare) or _REQUEST.fullmatch(bare)):
            entry.body.append(line)
            return True
        return False

    def _part(self, entry: _Entry, number: int, line: str, bare: str) -> None:
        place = f"line {number}"
        if found := _RESPONSE.fullmatch(bare):
            entry.answered, entry.section = True, ""
            entry.step["ok"] = "any" if found[1] == "*" else int(found[1])
        elif (found := _SECTION.fullmatch(bare)) and not bare.startswith('["'):
            entry.section = found[1]
        elif entry.section:
            self._in_section(entry, bare, place)
        elif entry.answered:
            self._of_response(entry, bare, place)
        elif not entry.body and bare[:1] not in "{[<`" and (found := _FIELD.fullmatch(bare)):
            entry.header[found[1]] = self.draft.guarded(found[1], found[2], place)
        else:
            entry.body.append(line)

    def _of_response(self, entry: _Entry, bare: str, place: str) -> None:
        found = _FIELD.fullmatch(bare)
        if found and bare[:1] not in "{[<`":
            entry.expected.append({"by": f"%.header.{found[1]}", "condition": {"eq": self.draft.text(found[2])}})
        else:
            self.draft.leave_out(place, "the body that the response must have is not taken over; use expect")
            entry.section = "Body"

    def _in_section(self, entry: _Entry, bare: str, place: str) -> None:
        section = _SECTIONS.get(entry.section)
        if section is not None:
            section(self, entry, bare, place)
        elif entry.section != "Body":
            self.draft.leave_out(place, f"[{entry.section}] can't be said: {bare[:80]}")

    def _fields(self, entry: _Entry, bare: str, place: str) -> None:
        key = {"q": "query", "f": "form"}[entry.section[0].lower()]
        if found := _FIELD.fullmatch(bare):
            fields = entry.step.setdefault(key, {})
            value = self.draft.guarded(found[1], found[2], place)
            fields[found[1]] = value if found[1] not in fields else [*_each(fields[found[1]]), value]

    def _multipart(self, entry: _Entry, bare: str, place: str) -> None:
        found = _FIELD.fullmatch(bare)
        if found is None:
            return
        files = entry.step.setdefault("files", {})
        if not found[2].startswith("file,"):
            entry.step.setdefault("form", {})[found[1]] = self.draft.guarded(found[1], found[2], place)
            return
        name, _, kind = found[2].removeprefix("file,").partition(";")
        self.draft.leave_out(place, f"the file {name[:80]} is not here: put its bytes into base64")
        file = {"name": name.rpartition("/")[2], "base64": ""} | ({"type": kind.strip()} if kind.strip() else {})
        files[found[1]] = file if found[1] not in files else [*_each(files[found[1]]), file]

    def _cookies(self, entry: _Entry, bare: str, place: str) -> None:
        if found := _FIELD.fullmatch(bare):
            pair = f"{found[1]}={self.draft.guarded('cookie', found[2], place)}"
            entry.header["Cookie"] = "; ".join(filter(None, (entry.header.get("Cookie"), pair)))

    def _basic(self, entry: _Entry, bare: str, place: str) -> None:
        if found := _FIELD.fullmatch(bare):
            entry.step["auth"] = {"basic": [self.draft.text(found[1]), self.draft.guarded("password", found[2], place)]}

    def _options(self, entry: _Entry, bare: str, place: str) -> None:
        found = _FIELD.fullmatch(bare)
        name, value = (found[1], found[2]) if found else (bare, "")
        match name:
            case "retry":
                entry.retry["attempts"] = int(value) + 1 if value.isdecimal() else 1000
            case "retry-interval":
                entry.retry |= {"wait": _seconds(value), "rate": 1}
            case "delay":
                entry.step["delay"] = _seconds(value)
            case "max-time":
                entry.step["timeout"] = _seconds(value)
            case "location":
                entry.step["redirects"] = value == "true"
            case "insecure":
                entry.step["verify"] = value != "true"
            case "variable":
                key, _, given = value.partition("=")
                self.draft.values[key.strip()] = given.strip().strip('"')
            case "user":
                user, _, password = value.strip('"').partition(":")
                entry.step["auth"] = {"basic": [user, self.draft.guarded("password", password, place)]}
            case _:
                self.draft.leave_out(place, f"the option {bare[:80]} is not taken over")

    def _capture(self, entry: _Entry, bare: str, place: str) -> None:
        found = _FIELD.fullmatch(bare)
        reference, rest = _reference(found[2]) if found else (None, "")
        if found is None or reference is None or rest:
            self.draft.leave_out(place, f"not taken over: {bare[:120]}")
            return
        entry.saves[self.draft.key(found[1])] = f"{{{{{reference}}}}}"
        self.draft.saved.add(found[1])

    def _assert(self, entry: _Entry, bare: str, place: str) -> None:
        reference, rest = _reference(bare)
        counts = rest.startswith("count ")
        found = _TEST.fullmatch(rest.removeprefix("count ").strip())
        condition = self._condition(found[2], found[3]) if reference and found else None
        if reference is None or found is None or condition is None:
            self.draft.leave_out(place, f"not taken over: {bare[:120]}")
            return
        if reference == "%.status":
            entry.step["ok"] = "any"
        test = {"by": reference, "condition": {"length": condition} if counts else condition}
        entry.expected.append({"not": [test]} if found[1] else test)

    def _condition(self, word: str, given: str | None) -> dict[str, Any] | None:
        if given is None:
            return _FLAGS.get(word)
        if word in ("matches", "startsWith", "endsWith"):
            text = str(_literal(given))
            text = text.strip("/") if word == "matches" else re.escape(text)
            return {"search": {"startsWith": f"^{text}", "endsWith": f"{text}$"}.get(word, text)}
        value = _literal(given)
        value = self.draft.text(value) if isinstance(value, str) else value
        return {_SIGNS[word]: value} if word in _SIGNS else None

    def end(self) -> None:
        """The entry is over."""
        entry, self.entry = self.entry, None
        if entry is None:
            return
        place, step = f"line {entry.line}", entry.step
        self._body(entry, place)
        step.setdefault("redirects", False)
        if entry.header:
            step["header"] = entry.header
        if entry.saves:
            step["set"] = entry.saves
        if entry.expected:
            step["expect"] = entry.expected
        if entry.retry:
            until = {"until": entry.expected} if entry.expected else {}
            step["retry"] = {"wait": 1, "rate": 1, **entry.retry, "on": ["100-599", "connect", "timeout"], **until}
        self.draft.add(step, place)

    def _body(self, entry: _Entry, place: str) -> None:
        text = "\n".join(entry.body).strip()
        if not text:
            if entry.step["method"] == "POST" and not {"form", "files"} & set(entry.step):
                entry.step["text"] = ""
        elif text.startswith(("file,", "hex,")):
            self.draft.leave_out(place, "the body is a file or hexadecimal: put its bytes into base64")
            entry.step["base64"] = ""
        elif text.startswith("base64,"):
            entry.step["base64"] = text.removeprefix("base64,").rstrip(";").strip()
        else:
            value = _literal(text) if text[:1] in "{[" else text
            if isinstance(value, str):
                entry.step["text"] = self.draft.text(text.strip("`"))
            else:
                entry.step["body"] = self.draft.value(value, place)


def _reference(text: str) -> tuple[str | None, str]:
    """The reference of a query, and what stands behind it."""
    found = _QUERY.match(text)
    if found is None:
        return None, ""
    rest, word, name = text[found.end() :].strip(), found[1].split()[0], found[2]
    simple = {"status": "%.status", "url": "%.url", "body": "%.body", "duration": "%.ms"}
    if word in simple:
        return simple[word], rest
    if word in ("header", "cookie"):
        return f"%.{'header' if word == 'header' else 'cookies'}.{name}", rest
    if word == "jsonpath" and _PATH.fullmatch(name):
        return ".".join(["$", *(next(filter(None, part)) for part in _STEP.findall(name[1:]))]), rest
    return None, rest


def _literal(text: str) -> Any:
    try:
        return language.read(
            re.sub(r"(?<!\")\{\{([^{}]+)\}\}(?!\")", r'"{{\1}}"', text) if text[:1] in "{[" else text
        ).value
    except language.BadText:
        return text.strip().strip('"')


def _seconds(text: str) -> float:
    found = _SECONDS.match(text.strip())
    number = float(found[1][:9]) if found else 0.0
    return number / 1000 if found is None or found[2] in (None, "ms") else number * (60 if found[2] == "m" else 1)


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_SECTIONS: dict[str, Callable[[_Reader, _Entry, str, str], None]] = {
    **dict.fromkeys(("QueryStringParams", "Query", "FormParams", "Form"), _Reader._fields),
    **dict.fromkeys(("MultipartFormData", "Multipart"), _Reader._multipart),
    "Cookies": _Reader._cookies,
    "BasicAuth": _Reader._basic,
    "Options": _Reader._options,
    "Captures": _Reader._capture,
    "Asserts": _Reader._assert,
}
