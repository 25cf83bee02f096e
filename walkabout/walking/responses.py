"""A walker's own response: what it may say, and how a task's result shows it."""

import base64
import re
from collections.abc import Mapping
from typing import Any

from walkabout import json_text
from walkabout.jobs.run import OwnResponse
from walkabout.people.cookies import OUR_COOKIES
from walkabout.walking.files import File
from walkabout.walking.values import plain

TEXT, JSON = "text/plain; charset=utf-8", "application/json"
WITHOUT_BODY = (204, 205, 304)  # RFC 9110, 15.3.5, 15.3.6 and 15.4.5
HEADERS_MOST = 8192  # characters of all headers: proxies give up an answer with much more
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_NAME = re.compile(_TOKEN)
_VALUE = re.compile(r"[\t\x20-\x7e]*")
_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}(?:\s*;[\t\x20-\x7e]*)?")
_COOKIE = re.compile(rf"\s*({_TOKEN})\s*=")
_COOKIE_PREFIX = re.compile(r"__(?:host|secure)-", re.IGNORECASE)
_OF_THE_CONNECTION = frozenset(
    {
        "connection", "content-length", "http2-settings", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""They belong to one connection, or say where a message ends (RFC 9110, 7.6.1; RFC 9112, 6): the server writes them."""
_OF_THE_SERVICE = frozenset(
    {
        "alt-svc", "clear-site-data", "content-security-policy", "content-security-policy-report-only", "date", "server",
        "service-worker-allowed", "strict-transport-security", "x-content-type-options",
    }
)  # fmt: skip
"""They hold for more than one answer, or keep a page that a walker writes apart from the service's own."""


def own_response(
    status: object, type: object, body: Any, headers: Mapping[str, str | list[str]], most: int
) -> OwnResponse:
    """The response that a walker asks for. `most`: bytes of its body (the setting RESPOND_MB). Raises ValueError."""
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise ValueError(f"respond: {status!r} is not an HTTP status; use 200 to 599")
    kind, data = _body(body)
    if type not in (None, ""):
        kind = _type(type, is_text=isinstance(body, str))
    if len(data) > most:
        raise ValueError(f"respond: the body has {len(data)} bytes, more than {most} (the setting RESPOND_MB)")
    if data and status in WITHOUT_BODY:
        raise ValueError(f"respond: an answer with status {status} has no body")
    return OwnResponse(status, kind, data, _headers(headers))


def response_view(own: OwnResponse) -> dict[str, Any]:
    """The response in a result: its body as text, or as `base64` where it is none."""
    view: dict[str, Any] = {"status": own.status, "type": own.type}
    if own.headers:
        view["headers"] = [list(header) for header in own.headers]
    try:
        text = own.body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        return view | {"base64": base64.b64encode(own.body).decode()}
    return view | {"body": text}


def _body(body: Any) -> tuple[str, bytes]:
    """The media type that a body has by itself, and its bytes."""
    if body is None:
        return TEXT, b""
    if isinstance(body, str):
        return TEXT, body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return TEXT, bytes(body)
    if isinstance(body, File):
        return _type(body.type or TEXT), body.read()
    return JSON, json_text.write(plain(body)).encode()


def _type(type: object, *, is_text: bool = False) -> str:
    if not isinstance(type, str) or not _TYPE.fullmatch(type):
        raise ValueError(f"respond: {type!r} is not a media type; use one like text/html or application/json")
    if is_text and type.lower().startswith("text/") and "charset=" not in type.lower():
        return f"{type}; charset=utf-8"
    return type


def _headers(given: Mapping[str, str | list[str]]) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    for name, values in given.items():
        for value in [values] if isinstance(values, str) else values:
            _check_header(name, value)
            headers.append((name, value))
    if sum(len(name) + len(value) for name, value in headers) > HEADERS_MOST:
        raise ValueError(f"respond: the headers have more than {HEADERS_MOST} characters")
    return tuple(headers)


def _check_header(name: object, value: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"respond: {name!r} is not the name of a header")
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        raise ValueError(f"respond: the header {name} has a value that is no line of ASCII text; encode it")
    lower = name.lower()
    if lower == "content-type":
        raise ValueError("respond: the header Content-Type is the argument type")
    if lower in _OF_THE_CONNECTION:
        raise ValueError(
            f"respond: the header {name} is the server's; it frames the answer or belongs to the connection"
        )
    if lower in _OF_THE_SERVICE or lower.startswith("access-control-"):
        raise ValueError(f"respond: the header {name} is the service's own (other origins: the setting CORS_ORIGINS)")
    if lower == "set-cookie":
        _check_cookie(value)


def _check_cookie(value: str) -> None:
    found = _COOKIE.match(value)
    if found is None:
        raise ValueError("respond: a cookie is NAME=VALUE, with a name")
    if _COOKIE_PREFIX.sub("", found[1]).lower() in OUR_COOKIES:
        raise ValueError(f"respond: the cookie {found[1]} is the service's own; use another name")
