"""What is said of a key that stands where it means nothing: what it is called here, or where it belongs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sequence.language import keys
from sequence.language.keys import Key
from sequence.language.methods import JAC, likely_method
from sequence.suggestions import nearest, suggest_or_list

# What other tools call it.
_ELSEWHERE = {
    "step": {
        **dict.fromkeys(("url", "uri", "endpoint", "href", "path"), "api"),
        **dict.fromkeys(("json", "data", "payload", "content"), "body"),
        **dict.fromkeys(("params", "querystring", "qs", "query_params", "queryparams"), "query"),
        **dict.fromkeys(("verb", "http_method", "type"), "method"),
        **dict.fromkeys(("if", "condition", "only_if", "skip_unless"), "when"),
        **dict.fromkeys(("assert", "asserts", "assertions", "test", "tests"), "expect"),
        **dict.fromkeys(("capture", "captures", "extract", "outputs", "vars", "variables"), "set"),
        **dict.fromkeys(("register", "save", "save_as", "saveto", "output"), "save_to"),
        **dict.fromkeys(("loop", "foreach", "for_each", "with_items", "each"), "__def_loop__"),
        **dict.fromkeys(("sleep", "pause"), "delay"),
        **dict.fromkeys(("continue_on_error", "ignore_errors", "allow_failure"), "ignore_error"),
        **dict.fromkeys(("multipart", "formdata", "form_data"), "files"),
        **dict.fromkeys(("status", "expected_status", "status_code"), "ok"),
        **dict.fromkeys(("follow_redirects", "allow_redirects"), "redirects"),
        **dict.fromkeys(("insecure", "ssl_verify", "tls_verify"), "verify"),
        **dict.fromkeys(("description", "label", "title"), "name"),
    },
    "loop": {"items": "by", "steps": "requests", "parallel": "concurrency", "threads": "concurrency"},
    "argument": {"steps": "requests", "variables": "persistence", "vars": "persistence", "env": "persistence"},
}
_TABLES: Mapping[str, Mapping[str, Key]] = {
    "retry": keys.RETRY_KEYS,
    "the loop": keys.LOOP_KEYS,
    "pages": keys.PAGES_KEYS,
    "auth": keys.AUTH_KEYS,
    "auth.oauth2": keys.OAUTH2_KEYS,
    "the whole sequence": keys.ARGUMENT,
    "a step": keys.STEP,
}
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w-]{1,40})", re.IGNORECASE)
_NOT_OF_JAC = (*("header", "query", "form", "files", "text", "base64", "auth", "parse", "redirects", "verify"),)


def _of_charset(step: Mapping[str, Any], header: Any) -> Iterator[tuple[str, str]]:
    for name, value in header.items() if isinstance(header, Mapping) else ():
        told = _CHARSET.search(value) if isinstance(value, str) and str(name).lower() == "content-type" else None
        sent = [key for key in ("text", "form") if step.get(key) is not None]
        if told and sent and told[1].lower() not in ("utf-8", "utf8", "us-ascii"):
            yield "header", f"says the charset {told[1]}, and {sent[0]} is sent in UTF-8; other bytes go into base64"


def unknown_key(name: str, table: Mapping[str, Key], owner: str) -> str:
    """That an owner has no such key, and which one is meant or where it belongs."""
    other = _ELSEWHERE.get(owner, {}).get(name.lower())
    if other in table:
        return f"unknown key of the {owner}, did you mean {other}?"
    if nearest(name, table) is None:
        places = [place for place, known in _TABLES.items() if name in known and known is not table]
        if places:
            return f"unknown key of the {owner}; it belongs in {' or '.join(places)}"
    return f"unknown key of the {owner}{suggest_or_list(name, table)}"


def of_step(step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Keys of a step that mean nothing beside its others, each with what to do."""
    method = step.get("method")
    if not isinstance(method, str) or "{{" in method:
        return
    if meant := likely_method(method):
        yield "method", f"{method} is no method of HTTP's registry; did you mean {meant}?"
    word = method.upper()
    if word in ("GET", "HEAD", "TRACE"):
        for name in keys.BODIES:
            if step.get(name) is not None:
                yield name, f"is not sent with {word}; parameters go into query"
    for name in _NOT_OF_JAC if word == JAC else ("master",):
        if step.get(name) is not None:
            yield name, f"means nothing {'in a JAC step' if word == JAC else 'without the method JAC'}"
    header = step.get("header")
    yield from _of_charset(step, header)
    names = [name for name in header if str(name).lower() == "authorization"] if isinstance(header, Mapping) else []
    if names and step.get("auth") is not None:
        yield "header", f"{names[0]} is not sent: auth goes before it"
