"""What Postman's scripts test and save, as `ok`, `expect` and `set` of a step."""

import re
from dataclasses import dataclass, field
from typing import Any

from walkabout.sequences.importing.draft import SequenceDraft
from walkabout.sequences.importing.scripts import ScriptNames, join, literal, statements

_SET = re.compile(
    r"(?s)(?:pm\.(?:environment|globals|collectionVariables|variables)\.set|postman\.set(?:Environment|Global)Variable)"
    r"\(\s*(['\"])([^'\"]+)\1\s*,\s*(.+?)\s*\)"
)
_UNSET = re.compile(
    r"pm\.(?:environment|globals|collectionVariables|variables)\.(?:unset|clear)\(|console\.|postman\.clear"
)
_STATUS = re.compile(r"pm\.response\.to\.have\.status\((\d{3})\)")
_OLD = re.compile(r"(?s)tests\[.+?\]\s*=\s*(.+)")
_COMPARED = re.compile(r"(?s)(.+?)\s*(===?|!==?|>=|<=|>|<)\s*(.+)")
_OWN = re.compile(r"(.+?)\.hasOwnProperty\((['\"])([^'\"]+)\2\)")
_INTEGER = re.compile(r"Number\.isInteger\((.+)\)")
_MATCHES = re.compile(r"/((?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)/\.test\((.+)\)")
_LIST = re.compile(r"Array\.isArray\((.+)\)")
_HEADER = re.compile(r"pm\.response\.to\.have\.header\((['\"])([\w-]+)\1(?:\s*,\s*(.+?))?\)")
_JSON_BODY = re.compile(r"pm\.response\.to\.have\.jsonBody\((['\"])([^'\"]+)\1(?:\s*,\s*(.+?))?\)")
_EXPECT = re.compile(
    r"(?s)pm\.expect\((.+)\)\.(?:to|is)\.((?:(?:be|have|been|not|deep|that|and|is|at)\.)*)(\w+)(?:\((.*)\))?"
)
_MOMENT = re.compile(r"(?:new Date\(\)|moment\(\))\.(?:toISOString|toJSON|format)\(\)")
_MILLIS = re.compile(r"(?:Date\.now\(\)|new Date\(\)\.(?:getTime|valueOf)\(\)|\+new Date\(\))")
_REPLACED = re.compile(r"pm\.variables\.replaceIn\((['\"])(.+?)\1\)")
_SIGNS = {"===": "eq", "==": "eq", "!==": "ne", "!=": "ne", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_WORDS = {
    **dict.fromkeys(("eql", "equal", "equals", "eq", "be"), "eq"),
    **dict.fromkeys(("above", "gt", "greaterThan"), "gt"),
    **dict.fromkeys(("below", "lt", "lessThan"), "lt"),
    **dict.fromkeys(("least", "gte"), "gte"),
    **dict.fromkeys(("most", "lte"), "lte"),
    **dict.fromkeys(("include", "contain", "includes", "contains"), "contains"),
    "oneOf": "in",
    "match": "search",
    **dict.fromkeys(("lengthOf", "length"), "length"),
}
_TYPES = ("string", "number", "boolean", "object", "array", "null")
_FLAGS: dict[str, dict[str, Any]] = {
    "true": {"eq": True},
    "false": {"eq": False},
    "null": {"eq": None},
    "undefined": {"exists": False},
    "exist": {"is_null": False},
    "ok": {"is_null": False},
    "empty": {"length": 0},
}


@dataclass
class ScriptOutcome:
    """What a script comes to: keys of the step."""

    saves: dict[str, Any] = field(default_factory=dict)
    statuses: list[Any] = field(default_factory=list)
    expected: list[dict[str, Any]] = field(default_factory=list)


def read_script(script: str, draft: SequenceDraft, place: str) -> ScriptOutcome:
    """What a script tests and saves; what is no common idiom is left out, with its line."""
    outcome, names = ScriptOutcome(), ScriptNames()
    for line, statement, is_block in statements(script, names.is_plain_if):
        try:
            taken = not is_block and (names.take(statement) or _take(statement, outcome, names, draft))
        except (ValueError, IndexError):
            taken = False
        if not taken and not _UNSET.match(statement):
            draft.leave_out(f"{place}, line {line}", f"not taken over: {' '.join(statement.split())[:120]}")
    return outcome


def _take(statement: str, outcome: ScriptOutcome, names: ScriptNames, draft: SequenceDraft) -> bool:
    if found := _SET.fullmatch(statement):
        outcome.saves[draft.key(found[2])] = _translated(_made(found[3], names, draft), draft)
        draft.saved.add(found[2])
        return True
    if found := _STATUS.search(statement):
        outcome.statuses.append(int(found[1]))
        return True
    if re.search(r"pm\.response\.to\.be\.(?:ok|success)\b", statement):
        outcome.statuses.append("2xx")
        return True
    if found := _HEADER.search(statement):
        condition = {"eq": names.value(found[3])} if found[3] else {"exists": True}
        outcome.expected.append({"by": f"%.header.{found[2]}", "condition": condition})
        return True
    if found := _JSON_BODY.search(statement):
        condition = {"eq": names.value(found[3])} if found[3] else {"exists": True}
        outcome.expected.append({"by": join("$", found[2].split(".")), "condition": condition})
        return True
    if found := _EXPECT.search(statement):
        return _expect(found, outcome, names, draft)
    if found := _OLD.fullmatch(statement):
        return _compare(found[1].strip(), outcome, names, draft)
    return False


def _made(text: str, names: ScriptNames, draft: SequenceDraft) -> Any:
    if _MOMENT.fullmatch(text):
        return "{{now}}"
    if _MILLIS.fullmatch(text):
        return "{{= $millis() }}"
    if found := _REPLACED.fullmatch(text):
        return draft.text(found[2])
    return names.value(text)


def _translated(value: Any, draft: SequenceDraft) -> Any:
    """References to Postman's variables as ours."""
    if not isinstance(value, str):
        return value
    return re.sub(r"\{\{#/([\w.-]+)\}\}", lambda match: draft.text(f"{{{{{match[1]}}}}}"), value)


def _by(reference: str | None, draft: SequenceDraft) -> str:
    if reference is None:
        raise ValueError
    return f"#.{draft.key(reference[2:])}" if reference.startswith("#/") else reference


def _add(by: str, condition: dict[str, Any], outcome: ScriptOutcome, *, is_not: bool = False) -> bool:
    """A status goes into `ok`, where the language looks first."""
    if by == "%.status" and not is_not and set(condition) <= {"eq", "in"}:
        given = next(iter(condition.values()))
        outcome.statuses += given if isinstance(given, list) else [given]
        return True
    entry = {"by": by, "condition": condition}
    outcome.expected.append({"not": [entry]} if is_not else entry)
    return True


def _compare(text: str, outcome: ScriptOutcome, names: ScriptNames, draft: SequenceDraft) -> bool:
    text = names.tests.get(text, text)
    if found := _MATCHES.fullmatch(text):
        return _add(_by(names.reference(found[2]), draft), {"search": found[1]}, outcome)
    if found := _OWN.fullmatch(text):
        by = _by(names.reference(found[1]), draft)
        return _add(join(by, [found[3]]), {"exists": True}, outcome)
    for pattern, kind in ((_INTEGER, "integer"), (_LIST, "array")):
        if found := pattern.fullmatch(text):
            return _add(_by(names.reference(found[1]), draft), {"type": kind}, outcome)
    found = _COMPARED.fullmatch(text)
    if found is None:
        return False
    left = names.reference(found[1])
    length = found[1].removesuffix(".length")
    if found[1].endswith(".length") and found[2] in _SIGNS:
        return _add(_by(names.reference(length), draft), {"length": {_SIGNS[found[2]]: names.value(found[3])}}, outcome)
    value = _translated(names.value(found[3]), draft)
    return _add(_by(left, draft), {_SIGNS[found[2]]: value}, outcome)


def _expect(found: re.Match[str], outcome: ScriptOutcome, names: ScriptNames, draft: SequenceDraft) -> bool:
    subject, chain, word, given = found.groups()
    is_not = ".not." in f".{chain}" or ".not" in subject[-4:]
    reference = names.reference(subject)
    if reference is None and subject.strip() == "pm.response":
        reference = "$"
    by = _by(reference, draft)
    if word in ("a", "an") and (kind := literal(given or "")) and kind[0] in _TYPES:
        return _add(by, {"type": kind[0]}, outcome, is_not=is_not)
    if word == "property" and given:
        name, _, value = given.partition(",")
        key = literal(name.strip())
        if key is None or not isinstance(key[0], str):
            return False
        condition = {"eq": names.value(value)} if value else {"exists": True}
        return _add(join(by, [key[0]]), condition, outcome, is_not=is_not)
    if word == "status" and given and given.isdecimal():
        return _add("%.status", {"eq": int(given)}, outcome, is_not=is_not)
    if given is None and word in _FLAGS:
        return _add(by, _FLAGS[word], outcome, is_not=is_not)
    if given is None or word not in _WORDS:
        return False
    if word == "match":
        return (
            _add(by, {"search": given.strip().strip("/")}, outcome, is_not=is_not) if given.count("/") >= 2 else False
        )
    return _add(by, {_WORDS[word]: _translated(names.value(given), draft)}, outcome, is_not=is_not)
