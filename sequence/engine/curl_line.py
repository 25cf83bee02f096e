"""Writes a request as a curl command for bash. It is made from a record, so it shows no more than the record."""

import shlex
from collections.abc import Iterable, Mapping

from sequence.engine.outgoing import FORM, MULTIPART, form_text, is_type
from sequence.json_values import Json, as_text, wire
from sequence.senders.urls import BadURL, ExactURL


def curl_line(method: str, url: str, request: Mapping[str, Json]) -> str:
    """The command. `request`: `header` and `body` of a record, and `redirects`, `verify` where these are false."""
    given, body = request["header"], request["body"]
    header = given if isinstance(given, Mapping) else {}
    kind = next((str(value) for name, value in header.items() if name.lower() == "content-type"), "")
    raw = _raw(body, kind)
    content = ["--data-binary", "@-"] if raw else list(_content(body, kind)) if body is not None else []
    url = _sendable(url)
    words = ["curl", *_method(method, has_content=bool(content)), url]
    if any(char in url for char in "[]{}"):
        words.insert(1, "-g")
    if request.get("redirects") is not False:
        words.append("-L")
    if request.get("verify") is False:
        words.append("-k")
    is_form = content[:1] in (["-F"], ["--form-string"])
    for name, value in header.items():
        # Curl makes a boundary of its own.
        if not (is_form and name.lower() == "content-type"):
            words += ["-H", f"{name}: {value}" if value else f"{name};"]
    if content and not kind:
        words += ["-H", "Content-Type:"]
    line = " ".join(shlex.quote(word) for word in words + content)
    # Bytes can't stand in a command: they are piped into it.
    return f"printf %s {shlex.quote(raw)} | base64 -d | {line}" if raw else line


def _sendable(url: str) -> str:
    """As it was sent: curl takes no blanks."""
    try:
        return str(ExactURL(url))
    except BadURL:
        return url


def _method(method: str, *, has_content: bool) -> list[str]:
    """-X only where it is needed: with it, curl would keep the method through redirects."""
    if method == "HEAD":
        return ["-I"]
    return [] if method == ("POST" if has_content else "GET") else ["-X", method]


def _content(body: Json, kind: str) -> Iterable[str]:
    if isinstance(body, Mapping) and is_type(kind, MULTIPART):
        for name, value in body.items():
            yield from _parts(name, value)
    elif isinstance(body, Mapping) and is_type(kind, FORM):
        yield from ("--data-raw", form_text(body))
    else:
        yield from ("--data-raw", body if isinstance(body, str) else wire(body))


def _raw(body: Json, kind: str) -> str:
    """The Base64 of a body that is raw bytes; empty for any other."""
    is_raw = isinstance(body, Mapping) and set(body) == {"base64"} and "json" not in kind.lower()
    return "".join(str(body["base64"]).split()) if is_raw and not is_type(kind, FORM) else ""


def _parts(name: str, value: Json) -> Iterable[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Mapping):
            yield from ("-F", _file(name, item))
        elif item is not None:
            yield from ("--form-string", f"{name}={as_text(item)}")


def _file(name: str, file: Mapping[str, Json]) -> str:
    label, kind = str(file.get("name", name)), str(file.get("type", "application/octet-stream"))
    if "text" in file:
        return f"{name}={_quoted(str(file['text']))};filename={_quoted(label)};type={kind}"
    # Bytes can't stand in a command: curl reads them from the file of that name.
    return f"{name}=@{_quoted(label)};type={kind}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
