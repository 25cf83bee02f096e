"""What people write in other tools, which is plain text here: what each is in this language.

Postman, Mustache, Jinja, GitHub Actions, n8n, AWS Step Functions, Hurl, shells, OpenAPI.
"""

import re
from collections.abc import Iterator

from sequence.masking.telling import is_telling

LONGEST = 20_000
"""Characters of a text that are looked at."""
_MOST = 5  # warnings of one text

_BRACES = re.compile(r"(?<![{$])\{\{\{?([^{}]{1,200})\}?\}\}")
_ACTIONS = re.compile(r"\$\{\{\s*([^{}]{1,200}?)\s*\}\}")
_SHELL = re.compile(r"(?<![\\\w$])\$(?:\{([A-Z_][A-Z0-9_]{1,60})\}|([A-Z_][A-Z0-9_]{1,60})\b)")
_STATES = re.compile(r"\{%\s*(.{1,200}?)\s*%\}", re.DOTALL)
_BARE = re.compile(r"[$#@%](?:\.[A-Za-z_][\w-]*(?:\[\d+\])?)+")
_STATES_WORD = re.compile(r"\$?\$?\bStates\.[A-Z]\w+\(|\$states\.|\$\$\.[A-Za-z]")
_COLON = re.compile(r"/:([A-Za-z_]\w{0,60})(?=[/?#]|$)")
_SINGLE = re.compile(r"(?<![{$])\{([A-Za-z_][\w-]{0,60})\}(?!\})")
_NAME = re.compile(r"[A-Za-z_][\w-]{0,60}")

_ROOTS = {
    **dict.fromkeys(("response", "res", "body", "previous", "prev", "result", "output", "data", "json"), "$"),
    **dict.fromkeys(("memory", "vars", "var", "variables", "persistence", "context", "globals", "environment"), "#"),
    **dict.fromkeys(("item", "this", "each", "element"), "@"),
    **dict.fromkeys(("secrets", "vault"), "secret"),
    "headers": "%.header",
}
_WHOLE = {
    **dict.fromkeys(("index", "@index", "loop.index", "loop.index0", "$index", "$itemIndex"), "!"),
    **dict.fromkeys(("guid", "$guid", "$randomUUID", "$uuid", "newUuid", "uuid()"), "uuid"),
    **dict.fromkeys(("timestamp", "$timestamp", "$isoTimestamp", "$now", "newDate", "now()"), "now"),
    **dict.fromkeys(("status", "status_code", "statusCode", "response.status"), "%.status"),
    "item": "@", "this": "@", "response": "$", "body": "$",
}  # fmt: skip


def in_text(text: str, is_address: bool) -> Iterator[str]:
    """What a text has that is written so elsewhere, with what to write. `is_address`: it is the `api` of a step."""
    text = text[:LONGEST]
    for place, message in enumerate(_found(text, is_address)):
        if place == _MOST:
            return
        yield message


def _found(text: str, is_address: bool) -> Iterator[str]:
    if "{{" in text:
        for match in _ACTIONS.finditer(text):
            yield f'"{match[0]}" stays as it is; write {_as_reference(match[1])}'
        for match in _BRACES.finditer(text):
            yield f'"{match[0]}" stays as it is; {_meant(match[1].strip())}'
    for match in _STATES.finditer(text) if "{%" in text else ():
        yield f'"{match[0][:80]}" stays as it is; an expression is {{{{= {match[1][:60]} }}}}'
    if "$" in text:
        for match in _SHELL.finditer(text):
            name = match[1] or match[2]
            yield f'"{match[0]}" stays as it is; write {_variable(name)}'
        if found := _STATES_WORD.search(text):
            yield f'"{found[0]}" is of Step Functions and stays as it is; an expression is {{{{= ... }}}} (docs/sequences.md)'
    if _BARE.fullmatch(text):
        yield f'is sent as this text; write "{{{{{text}}}}}" for the value'
    if is_address:
        for match in _COLON.finditer(text):
            yield f'":{match[1]}" stays as it is; write {{{{#.{match[1]}}}}}'
        for match in _SINGLE.finditer(text):
            yield f'"{match[0]}" stays as it is; write {{{{#.{match[1]}}}}}'


def _meant(inner: str) -> str:
    """What stands in braces that are no reference."""
    if inner[:1] in "#^/>&!" and inner[1:2] not in (".", "/"):
        word = inner[1:].split(" ")[0]
        return f'"{inner[0]}{word}" means nothing here: when skips a step, a loop repeats some, {{{{= ... }}}} computes'
    head, pipe, rest = inner.partition("|")
    if pipe:
        name = rest.strip().partition("(")[0].strip()
        of = _as_reference(head.strip())[2:-2]
        return f'{{{{{of}|text}}}} has a default; "{name}" is written as a function: {{{{= $lowercase(...) }}}}, say'
    return f"write {_as_reference(inner)}"


def _as_reference(inner: str) -> str:
    """The reference that is meant, as far as it can be known."""
    inner = inner.strip()
    if inner in _WHOLE:
        return f"{{{{{_WHOLE[inner]}}}}}"
    if inner.startswith(("process.env.", "env.", "$env.", "vars.", "$vars.")) and inner.count(".") < 3:
        return _variable(inner.rpartition(".")[2])
    if inner.startswith("$json"):
        return f"{{{{${inner[5:]}}}}}"
    if inner.startswith("."):
        return f"{{{{${inner}}}}} for the response, {{{{#{inner}}}}} for the persistence"
    if inner.startswith("$"):
        return "{{$.key}} for the response, {{#.name.key}} for what save_to has saved"
    if inner.startswith("steps."):
        parts = [part for part in inner.split(".")[1:] if part not in ("outputs", "output", "result")]
        return f"{{{{#.{'.'.join(parts)}}}}}"
    head, dot, rest = inner.partition(".")
    if head in _ROOTS and dot:
        return f"{{{{{_ROOTS[head]}.{rest}}}}}"
    if _NAME.fullmatch(head):
        return f"{{{{#.{inner}}}}}" if not is_telling(inner) else f"{{{{#.{inner}}}}}, or {{{{secret.NAME}}}}"
    return "{{$.key}} for the response, {{#.key}} for the persistence"


def _variable(name: str) -> str:
    return f"{{{{secret.{name}}}}}" if is_telling(name) else f"{{{{env.{name}}}}}"
