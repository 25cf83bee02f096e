"""Takes Postman's scripts apart: the statements of a test or pre-request script, as far as they are common idioms."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

STATEMENTS_MOST = 400
SCRIPT_MOST = 20_000
"""Characters of a script that are read."""
STATEMENT_MOST = 1000
"""Characters of a statement that may be an idiom."""

_SKIP = re.compile(r"(?s)//[^\n]*|/\*.*?(?:\*/|\Z)")
_TEXT = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\]|\\.)*`")
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_OPEN = re.compile(r"(?:^|[;{}])\s*(if|for|while|else|switch|try|do|function)\b|\.(?:forEach|map|filter|each)\s*\(")
_WRAPPER = re.compile(r"(?s)(?:pm\.test\s*\(.*(?:function\s*\(\s*\w*\s*\)|\(\s*\w*\s*\)\s*=>|\w+\s*=>)\s*|try\s*)$")
_ARROW = re.compile(r"pm\.test\s*\((?:'[^'\n]*'|\"[^\"\n]*\"|`[^`]*`)\s*,\s*(?:\(\s*\w*\s*\)|\w+)\s*=>\s*(?=\S)")
_PLAIN_IF = re.compile(
    r"(?s)if\s*\((?:.*\b(?:tests\[|responseCode|pm\.response\.code|pm\.response\.to|environment\.\w+\s*\)?\s*$).*|"
    r"\s*!\s*\(?\s*(?:pm\.)?environment\b.*)\)\s*$"
)
_OF_STATUS = re.compile(r"(?:responseCode\.code|pm\.response\.code)\s*===?\s*2\d\d")
_NAMED_IF = re.compile(r"if\s*\(\s*([A-Za-z_$][\w$]*)\s*\)")
_PATH = r"(?:\.[A-Za-z_$][\w$]*|\[\d+\]|\[(?:'[^'\\]*'|\"[^\"\\]*\")\])*"
_ALIAS = re.compile(r"(?:var|let|const)?\s*([A-Za-z_$][\w$]*)\s*=\s*(.+?)(?:\s*\|\|\s*(?:\{\}|\[\]))?$", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z_$][\w$]*)|\[(\d+)\]|\[(?:'([^'\\]*)'|\"([^\"\\]*)\")\]")
_RESPONSE = (
    "pm.response.json()",
    "JSON.parse(responseBody)",
    "JSON.parse(pm.response.text())",
    "postman.getResponseJSON()",
)
_WHOLE = {
    **dict.fromkeys(("pm.response.code", "responseCode.code", "pm.response.status"), "%.status"),
    **dict.fromkeys(("pm.response.responseTime", "responseTime"), "%.ms"),
    **dict.fromkeys(("pm.response.text()", "responseBody"), "%.body"),
}
_GETTERS = (
    (re.compile(r"(?:pm\.response\.headers\.get|postman\.getResponseHeader)\((['\"])([\w-]+)\1\)"), "%.header."),
    (re.compile(r"pm\.cookies\.get\((['\"])([\w-]+)\1\)"), "%.cookies."),
    (re.compile(r"pm\.(?:environment|globals|collectionVariables|variables)\.get\((['\"])([\w.-]+)\1\)"), "#"),
    (re.compile(r"(environment|globals)\.(\w+)"), "#"),
)


@dataclass
class ScriptNames:
    """What a script has called things: variables by the reference that they stand for."""

    aliases: dict[str, str] = field(default_factory=dict)
    tests: dict[str, str] = field(default_factory=dict)
    """Names of comparisons: what they compare."""
    read: set[str] = field(default_factory=set)
    """The variables of Postman that it reads."""

    def take(self, statement: str) -> bool:
        """Whether a statement only gives something a name."""
        match = _ALIAS.fullmatch(statement)
        if match is None:
            return False
        reference = self.reference(match[2].strip())
        if reference is not None:
            self.aliases[match[1]] = reference
        elif _OF_STATUS.fullmatch(match[2].strip()):
            self.tests[match[1]] = match[2].strip()
        return match[1] in self.aliases or match[1] in self.tests

    def is_plain_if(self, head: str) -> bool:
        """Whether this begins what holds whenever the step has gone well: its status has a name here."""
        found = _NAMED_IF.fullmatch(head)
        return found is not None and found[1] in self.tests

    def reference(self, text: str) -> str | None:
        """The reference that an expression is; None when it is none."""
        text = text.strip()
        if text in _WHOLE:
            return _WHOLE[text]
        for getter, root in _GETTERS:
            if found := getter.fullmatch(text):
                if root == "#":
                    self.read.add(found[2])
                    return f"#/{found[2]}"
                return root + found[2]
        for head in (*_RESPONSE, *self.aliases):
            rest = text[len(head) :]
            if text.startswith(head) and re.fullmatch(_PATH, rest):
                return join(self.aliases.get(head, "$"), [next(filter(None, part)) for part in _STEP.findall(rest)])
        return None

    def value(self, text: str) -> Any:
        """The value of an expression: a literal, a reference in braces, or texts joined with +. Raises ValueError."""
        text = text.strip()
        with_literal = literal(text)
        if with_literal is not None:
            return with_literal[0]
        reference = self.reference(text)
        if reference is not None:
            return f"{{{{{reference}}}}}"
        parts = _sum(text)
        if len(parts) > 1:
            return "".join(str(self.value(part)) for part in parts)
        raise ValueError(text)


def join(root: str, names: list[str]) -> str:
    """A reference that goes on with these keys."""
    if all(re.fullmatch(r"[\w$-]+", name) for name in names):
        return ".".join((root, *names))
    return "/".join((root.replace(".", "/"), *(name.replace("~", "~0").replace("/", "~1") for name in names)))


def literal(text: str) -> tuple[Any] | None:
    """The value of a JavaScript literal, in a tuple; None for what is none."""
    if _TEXT.fullmatch(text) and text[0] in "'\"":
        inner = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), text[1:-1])
        return (inner,)
    try:
        return (json.loads(re.sub(r"'([^'\\\"]*)'", r'"\1"', text)),)
    except (ValueError, RecursionError):
        return None


def statements(script: str, is_plain_if: Callable[[str], bool] = lambda _: False) -> Iterator[tuple[int, str, bool]]:
    """The statements of a script: line, text, and whether it is a block that can't be taken over as a whole.

    `is_plain_if(head)`: whether what an `if` begins always holds.
    """
    at, begin, depth, length = 0, 0, 0, min(len(script), SCRIPT_MOST)
    text: list[str] = []
    count = 0

    def flush() -> Iterator[tuple[int, str, bool]]:
        nonlocal count
        statement = "".join(text).strip().strip(";})").strip() if not depth else "".join(text).strip()
        line = script.count("\n", 0, begin) + 1
        text.clear()
        if statement:
            count += 1
            if len(statement) > STATEMENT_MOST:
                yield line, statement, True
            else:
                yield line, _balanced(_ARROW.sub("", statement)), False

    while at < length and count < STATEMENTS_MOST:
        if skipped := _SKIP.match(script, at) or None:
            at = skipped.end()
            continue
        token = _TEXT.match(script, at) or (_REGEX.match(script, at) if _begins_regex(text) else None)
        char = token[0] if token else script[at]
        if not text and char.isspace():
            at += 1
            continue
        begin = begin if text else at
        if char == "{":
            head = "".join(text[-STATEMENT_MOST:]).strip()
            is_plain = _PLAIN_IF.match(head) or is_plain_if(head)
            if _WRAPPER.search(head) or is_plain or head == "" or head.endswith("=>"):
                text.clear()
                at, depth = at + 1, 0
                continue
            end = _closing(script, at, length)
            if _OPEN.search(head) or head == "else":
                count += 1
                yield script.count("\n", 0, begin) + 1, head, True
                text.clear()
            else:
                text.append(script[at:end])
            at = end
            continue
        if char == "}" or (char == ";" and depth <= 0):
            depth = 0
            yield from flush()
            at += 1
            continue
        if char == "\n" and depth <= 0 and text and not _goes_on(script, at, text):
            yield from flush()
            at += 1
            continue
        depth += (char in "([") - (char in ")]") if not token else 0
        text.append(char)
        at += len(char)
    yield from flush()


def _balanced(statement: str) -> str:
    """The statement with the brackets that were stripped from its end."""
    bare = _REGEX.sub("", _TEXT.sub("", statement))
    for opening, closing in ("()", "{}", "[]"):
        missing = bare.count(opening) - bare.count(closing)
        statement += closing * max(missing, 0)
    return statement


def _begins_regex(text: list[str]) -> bool:
    before = "".join(text[-20:]).rstrip()[-1:]
    return before in ("", "(", ",", "=", ":", "!", "&", "|")


def _goes_on(script: str, at: int, text: list[str]) -> bool:
    """Whether a statement goes on behind the end of a line."""
    ahead = script[at : at + 200].lstrip()[:1]
    before = "".join(text[-5:]).rstrip()[-1:]
    return ahead in (".", "+", "?", ":", "|", "&", "=", ")", "]", ",") or before in ("+", "=", ",", "(", "&", "|", "?")


def _closing(script: str, at: int, length: int) -> int:
    """Where what a brace opens is closed."""
    depth = 0
    while at < length:
        token = _SKIP.match(script, at) or _TEXT.match(script, at)
        if token:
            at = token.end()
            continue
        depth += (script[at] == "{") - (script[at] == "}")
        at += 1
        if depth == 0:
            break
    return at


def _sum(text: str) -> list[str]:
    """The operands of a sum of texts."""
    parts, at, depth, start = [], 0, 0, 0
    while at < len(text):
        token = _TEXT.match(text, at)
        if token:
            at = token.end()
            continue
        depth += (text[at] in "([") - (text[at] in ")]")
        if text[at] == "+" and depth == 0:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]
