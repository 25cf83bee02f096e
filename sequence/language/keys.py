"""The language's keys: one table for the checker, "did you mean", the JSON Schema and the docs."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sequence.json_values import Json
from sequence.language import statuses
from sequence.language.expressions import is_expression
from sequence.language.methods import is_method
from sequence.masking.masker import Masker
from sequence.problems import Problem

BLOCK_NAMES = re.compile(r"[A-Za-z0-9_-]{1,200}")
BLOCK_NAME_RIGHT = "up to 200 letters, digits, _ and -"
RETRY_WORDS = ("connect", "timeout")
PARSE_WORDS = ("json", "text", "xml", "csv", "bytes")
FRAMING = ("Content-Length", "Transfer-Encoding", "Trailer", "Upgrade")
"""Headers that say where a request ends, or what follows on the connection: the sender's (RFC 9112, 6)."""


@dataclass(frozen=True, slots=True)
class ValueKind:
    """What a value may be: a test, what would be right in words, and the same as a JSON Schema.

    `part` names the structure that the checker looks into itself (filter, loop, steps and so on).
    """

    test: Callable[[Json], bool]
    right: str
    schema: Mapping[str, Json] = field(default_factory=dict)
    part: str = ""

    def refusal(self, name: str, value: Json) -> str:
        """What is said of a value that is none of this kind, under the key of a name: masked, where that is telling."""
        return f"{Masker({}).excerpt(name, value)} is not right; it is {self.right}"


@dataclass(frozen=True, slots=True)
class Key:
    """A key: its kind, and what it means. A template may stand for any value whose kind has no `part`."""

    kind: ValueKind
    doc: str


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_share(value: Json) -> bool:
    if isinstance(value, str) and value.endswith("%"):
        number = value[:-1].strip()
        return number.isdecimal() and len(number) <= 3 and int(number) <= 100
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: Json) -> bool:
    return isinstance(value, str) or _is_number(value)


def _is_header(value: Json) -> bool:
    return isinstance(value, dict) and not {name.lower() for name in value} & {name.lower() for name in FRAMING}


def _is_parse(value: Json) -> bool:
    if not isinstance(value, dict):
        return value in PARSE_WORDS
    options = value.get("csv")
    if set(value) != {"csv"} or not isinstance(options, dict) or not set(options) <= {"delimiter"}:
        return False
    delimiter = options.get("delimiter", ",")
    return isinstance(delimiter, str) and len(delimiter) == 1 and delimiter not in '\r\n"\0'


def _is_bytes(value: Json) -> bool:
    return isinstance(value, str) or (_is_file(value) and "base64" in value)


def _is_files(value: Json) -> bool:
    return all(_is_file(item) for item in value) if isinstance(value, list) else _is_file(value)


def _is_file(value: Json) -> bool:
    if isinstance(value, str):
        return True
    if not isinstance(value, dict) or not set(value) <= {"name", "type", "text", "base64"}:
        return False
    return ("text" in value) != ("base64" in value) and all(isinstance(item, str) for item in value.values())


def _is_whole(least: int) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


_NUMBER = {"type": "number", "minimum": 0}
_STATUS_SCHEMA = {"type": ["integer", "string"]}
_SECONDS_RANGE = 1e9

ANY = ValueKind(lambda _: True, "any JSON value")
TEXT = ValueKind(lambda value: isinstance(value, str), "a text", {"type": "string"})
LABEL = ValueKind(_is_text, "a text", {"type": ["string", "number"]})
TRUTH = ValueKind(lambda value: isinstance(value, bool), "true or false", {"type": "boolean"})
OBJECT = ValueKind(lambda value: isinstance(value, dict), "an object", {"type": "object"})
HEADER = ValueKind(
    _is_header, f"an object: name -> value, without {', '.join(FRAMING)}, which are the sender's", {"type": "object"}
)
METHOD = ValueKind(is_method, "an HTTP method such as GET or POST (not CONNECT), or JAC", {"type": "string"})
PARSE = ValueKind(
    _is_parse,
    f'{", ".join(PARSE_WORDS[:-1])} or {PARSE_WORDS[-1]}, or {{"csv": {{"delimiter": one character}}}}',
    {
        "anyOf": [
            {"enum": list(PARSE_WORDS)},
            {"type": "object", "properties": {"csv": {"type": "object"}}, "additionalProperties": False},
        ]
    },
)
BYTES = ValueKind(_is_bytes, 'a text in Base64, or {"base64", "type", "name"}', {"type": ["string", "object"]})
SECONDS = ValueKind(
    lambda value: _is_number(value) and 0 < value <= _SECONDS_RANGE,
    "seconds, more than 0",
    {"type": "number", "exclusiveMinimum": 0},
)
PAUSE = ValueKind(lambda value: _is_number(value) and 0 <= value <= _SECONDS_RANGE, "seconds, 0 or more", _NUMBER)
FACTOR = ValueKind(
    lambda value: _is_number(value) and 0 < value <= 1000,
    "a number above 0, up to 1000",
    {"type": "number", "exclusiveMinimum": 0, "maximum": 1000},
)
COUNT = ValueKind(_is_whole(1), "a whole number, 1 or more", {"type": "integer", "minimum": 1})
AMOUNT = ValueKind(_is_whole(0), "a whole number, 0 or more", {"type": "integer", "minimum": 0})
SHARE = ValueKind(
    _is_share,
    'a whole number or a share such as "10%"',
    {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "%$"}]},
)
STATUSES = ValueKind(
    statuses.is_statuses,
    f"{statuses.RIGHT}, or a list of them",
    {"anyOf": [_STATUS_SCHEMA, {"type": "array", "items": _STATUS_SCHEMA}]},
)
CODES = ValueKind(
    lambda value: (
        isinstance(value, list) and all(item in RETRY_WORDS or statuses.is_statuses([item]) for item in value)
    ),
    f'a list of "connect", "timeout", and {statuses.RIGHT}',
    {"type": "array", "items": {"anyOf": [_STATUS_SCHEMA, {"enum": list(RETRY_WORDS)}]}},
)
AUTH = ValueKind(
    lambda value: isinstance(value, dict) and len(value) == 1,
    '{"basic": [user, password]}, {"bearer": token} or {"oauth2": {...}}',
    {"$ref": "#/$defs/auth"},
)
BASIC = ValueKind(
    lambda value: isinstance(value, list) and len(value) == 2 and all(map(_is_text, value)),
    "a list of user and password",
    {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 2, "maxItems": 2},
)
OAUTH2 = ValueKind(
    lambda value: isinstance(value, dict), '{"token_url", "client_id", "client_secret"}', {"$ref": "#/$defs/oauth2"}
)
CREDENTIALS_IN = ValueKind(
    lambda value: value in ("header", "body"), '"header" or "body"', {"enum": ["header", "body"]}
)
FILES = ValueKind(
    lambda value: isinstance(value, dict) and all(_is_files(item) for item in value.values()),
    'an object: field -> text, or {"name", "type", and "text" or "base64"}, or a list of these',
    {"type": "object"},
)
QUERY = ValueKind(
    lambda value: isinstance(value, dict), "an object: parameter -> value or list of values", {"type": "object"}
)
MASTER = ValueKind(lambda value: isinstance(value, str), "a jid, an alias or self", {"type": "string"})
FILTER = ValueKind(
    lambda value: isinstance(value, list) or is_expression(value),
    "a filter: a list of entries, or an expression {{= ... }}",
    {"$ref": "#/$defs/filter"},
    "filter",
)
SET = ValueKind(lambda value: isinstance(value, dict), "an object: key -> value", {"type": "object"}, "set")
RETRY = ValueKind(lambda value: isinstance(value, dict), "an object", {"$ref": "#/$defs/retry"}, "retry")
LOOP = ValueKind(lambda value: isinstance(value, dict), "a loop", {"$ref": "#/$defs/loop"}, "loop")
STEPS = ValueKind(
    lambda value: isinstance(value, list),
    "a list of steps",
    {"type": "array", "items": {"$ref": "#/$defs/step"}},
    "steps",
)
STEP_KEYS = ValueKind(lambda value: isinstance(value, dict), "step keys", {"$ref": "#/$defs/defaults"}, "defaults")
START = ValueKind(lambda value: isinstance(value, dict), "an object", {"$ref": "#/$defs/container"}, "container")
BLOCK_NAME = ValueKind(
    lambda value: isinstance(value, str) and BLOCK_NAMES.fullmatch(value) is not None,
    f"the name of a block, {BLOCK_NAME_RIGHT}",
    {"type": "string", "pattern": f"^{BLOCK_NAMES.pattern}$"},
    "block",
)
BLOCKS = ValueKind(
    lambda value: isinstance(value, dict),
    "an object: name -> list of steps",
    {"type": "object", "additionalProperties": {"$ref": "#/$defs/block"}},
    "blocks",
)
PAGES = ValueKind(lambda value: isinstance(value, dict), "an object", {"$ref": "#/$defs/pages"}, "pages")
NEXT = ValueKind(
    lambda value: (isinstance(value, str) and value != "") or (isinstance(value, dict) and bool(value)),
    'what leads to the next page: "link", its address, or an object merged into the query or the body',
    {"anyOf": [{"type": "string", "minLength": 1}, {"type": "object", "minProperties": 1}]},
    "next",
)
INTO = ValueKind(
    lambda value: value in ("query", "body", "form"),
    'one of "query", "body", "form"',
    {"enum": ["query", "body", "form"]},
    "into",
)
BY = ValueKind(
    lambda value: isinstance(value, str),
    "a reference such as $.data, or {{= an expression }}",
    {"type": "string"},
    "by",
)

ARGUMENT: Mapping[str, Key] = {
    "persistence": Key(OBJECT, "the memory that all steps share; the run's result"),
    "container": Key(START, "what the first step sees"),
    "requests": Key(STEPS, "the steps"),
    "defaults": Key(STEP_KEYS, "step keys merged under every step; header by name"),
    "blocks": Key(BLOCKS, "named lists of steps, which `use` runs; or objects with requests, blocks, defaults"),
    "on_error": Key(STEPS, "steps that run once after an error that ended the run, or made it a failure"),
    "finally": Key(STEPS, "steps that run at the end, whatever happened, also when the run is cancelled"),
    "cookies": Key(TRUTH, "keep cookies across the run; default false"),
    "timeout": Key(SECONDS, "seconds for the whole run"),
}
CONTAINER: Mapping[str, Key] = {
    "current": Key(ANY, "what $ is for the first step; default: the persistence"),
    "parent_current": Key(ANY, "what @ is outside of loops"),
    "index": Key(ANY, "what ! is outside of loops; anything but a number or a text is ignored"),
}
STEP: Mapping[str, Key] = {
    "method": Key(METHOD, "the HTTP method (RFC 9110, 9), any case; or JAC, an API of this service"),
    "api": Key(TEXT, "the URL; for JAC the name of the API"),
    "body": Key(ANY, "the JSON body, {} for a POST without one, not sent with GET and HEAD; for JAC the parameters"),
    "header": Key(HEADER, "request headers"),
    "master": Key(
        MASTER,
        "JAC only: run as this master (jid, alias, or self: the run's owner); absent, null or empty: as the public",
    ),
    "save_to": Key(LABEL, "save the response, or the error's record, in the persistence under this key"),
    "save_req_to": Key(LABEL, "save the resolved step in the persistence under this key"),
    "set": Key(
        SET, "an object, saved in the persistence in its order, each entry sees the ones before; not after an error"
    ),
    "ignore_error": Key(TRUTH, "true: an error does not end the sequence"),
    "soft": Key(TRUTH, "true: an error of this step ends nothing, and the run is a failure at its end"),
    "break": Key(
        FILTER, "a filter over the response: true ends this list of steps (in a loop: this item's) without an error"
    ),
    "__def_loop__": Key(LOOP, "a loop over the response"),
    "__def_loop": Key(LOOP, "the same as __def_loop__"),
    "name": Key(LABEL, "a label for people"),
    "use": Key(BLOCK_NAME, "run this block here, in place of a request"),
    "with": Key(OBJECT, "what @ is inside the block that `use` names"),
    "query": Key(QUERY, "query parameters, added to those of the URL"),
    "form": Key(OBJECT, "a form body, in place of body"),
    "files": Key(
        FILES, "a multipart body, in place of body; fields of form go into it, a list sends a field several times"
    ),
    "text": Key(TEXT, "raw text as the body, in place of body"),
    "base64": Key(BYTES, "raw bytes as the body, in place of body: Base64, or an object of parse bytes"),
    "parse": Key(PARSE, "how the response is read; default by its type"),
    "pages": Key(PAGES, "follow the pages of a list; the response is then one list of all"),
    "auth": Key(AUTH, "the Authorization header: user and password, a token, or one that is fetched"),
    "when": Key(FILTER, "a filter, evaluated once before sending; false skips the step: nothing is saved, $ stays"),
    "ok": Key(STATUSES, 'statuses that are no error: numbers, "2xx", "200-399", "any"; default 200 to 399'),
    "expect": Key(FILTER, "a filter over the response; false is an error that names the entry"),
    "timeout": Key(SECONDS, "seconds for this request, default 30"),
    "retry": Key(RETRY, "when and how to try again"),
    "delay": Key(PAUSE, "seconds before sending"),
    "repeat": Key(TRUTH, "true: may be sent again when it is not known whether it was answered"),
    "redirects": Key(TRUTH, "follow redirects; default true"),
    "verify": Key(TRUTH, "check TLS certificates; default true"),
}
RETRY_DEFAULTS: Mapping[str, int] = {"attempts": 3, "wait": 1, "rate": 2, "max": 60}
RETRY_ON = (429, 502, 503, 504, "connect")
"""The default of `on`; a request that may be repeated is tried again after a timeout as well."""
RETRY_KEYS: Mapping[str, Key] = {
    "attempts": Key(COUNT, f"tries in all; default {RETRY_DEFAULTS['attempts']}"),
    "on": Key(
        CODES,
        f'what to try again after; default {", ".join(map(json.dumps, RETRY_ON))}, and "timeout" if it may be repeated',
    ),
    "wait": Key(PAUSE, f"seconds before the second try; default {RETRY_DEFAULTS['wait']}"),
    "rate": Key(FACTOR, f"each further wait is this many times longer; default {RETRY_DEFAULTS['rate']}"),
    "max": Key(
        PAUSE, f"seconds of the longest wait, also of one that Retry-After asks for; default {RETRY_DEFAULTS['max']}"
    ),
    "until": Key(FILTER, "a filter over the response: tries again until it is true"),
    "use": Key(
        BLOCK_NAME, "a block that runs after an answer of 401, before the next try; what it saves is for all steps"
    ),
}
AUTH_KEYS: Mapping[str, Key] = {
    "basic": Key(BASIC, "user and password"),
    "bearer": Key(LABEL, "a token"),
    "oauth2": Key(OAUTH2, "a token that is fetched once a run with the client's credentials"),
}
OAUTH2_KEYS: Mapping[str, Key] = {
    "token_url": Key(TEXT, "where tokens are given out"),
    "client_id": Key(LABEL, "the client's name there"),
    "client_secret": Key(LABEL, "its password"),
    "scope": Key(TEXT, "what the token is to be good for: words with blanks between them"),
    "in": Key(
        CREDENTIALS_IN, "where name and password stand: header (Basic, the default) or body (fields of the form)"
    ),
}
LOOP_KEYS: Mapping[str, Key] = {
    "by": Key(BY, "a reference to the array, or an expression; one value that it gives is a list of that one"),
    "filter": Key(FILTER, "only items for which it is true; $ is the item"),
    "requests": Key(STEPS, "the steps for each item; $ is the item in the first one"),
    "concurrency": Key(COUNT, "how many items at a time; default 1"),
    "limit": Key(AMOUNT, "at most so many items, after the filter"),
    "tolerate": Key(SHARE, "so many items may fail, a number or a share"),
    "until": Key(FILTER, "a filter after each item; true ends the loop"),
    "collect": Key(LABEL, "a key that gets the list of each item's last $"),
}
PAGES_KEYS: Mapping[str, Key] = {
    "next": Key(NEXT, 'what leads to the next page: "link" (the Link header), an address, or an object merged in'),
    "items": Key(BY, "a reference to the items of a page; without it the pages themselves are listed"),
    "max": Key(COUNT, "pages at most, more is an error; default 100"),
    "stop": Key(FILTER, "a filter over each page; true makes it the last"),
    "into": Key(INTO, "where an object of next goes: query, body or form; default by the method and the body"),
}
BLOCK: Mapping[str, Key] = {name: ARGUMENT[name] for name in ("requests", "blocks", "defaults")}
"""What counts of a whole sequence that is used as a block."""
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "argument": ("requests",),
    "block": ("requests",),
    "loop": ("by", "requests"),
    "pages": ("next",),
    "oauth2": ("token_url", "client_id", "client_secret"),
}
SENDING = ("method", "api")
"""What a step needs that sends something."""
NOT_SENDING = ("use", "set", "delay")
"""What a step may do without sending anything: one of these makes a step without a method."""
LOOP_NAMES = ("__def_loop__", "__def_loop")
NOT_IN_DEFAULTS = (*LOOP_NAMES, "save_to", "save_req_to", "set", "use", "with", "pages", "name", "break")
BODIES = ("body", "form", "files", "text", "base64")
OF_REQUESTS = (
    *("api", *BODIES, "header", "query", "auth", "master", "parse", "ok", "timeout", "retry", "repeat"),
    *("redirects", "verify", "pages"),
)
"""Keys that mean nothing in a step without a method."""


def unfit(table: Mapping[str, Key], given: Mapping[str, Json]) -> Problem | None:
    """What is wrong with the first resolved value that is not of its key's kind; None when all are.

    Values without templates were checked before the run; this is for what templates made of the others.
    """
    for name, value in given.items():
        kind = table[name].kind
        if value is not None and kind.part == "" and not kind.test(value):
            return Problem(name, kind.refusal(name, value))
    return None
