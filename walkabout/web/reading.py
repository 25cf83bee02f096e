"""Reads a request into plain data: parameters by where they stand, files, and what a walker may know of it."""

import ipaddress
from collections.abc import Mapping

from flask import Request

from walkabout.api.answers import Refusal
from walkabout.api.parameters import ApiRequest
from walkabout.front.client import CLIENT
from walkabout.json_text import NUL
from walkabout.problems import Problem
from walkabout.settings import Settings
from walkabout.walking.walker import Request as Seen
from walkabout.web.bodies import fields_of, media_type, most_bytes, parse_body

_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization", "x-walkabout-key"})
_SCHEMES = ("token ", "bearer ")


def read(request: Request, path_texts: Mapping[str, str], settings: Settings) -> ApiRequest:
    """What a request asks. Raises Refusal: 400 for what can't be read, 413 over a limit, 415 for another media type."""
    content_type = request.content_type or ""
    body = parse_body(content_type, body_bytes(request, *most_bytes(media_type(content_type), settings)), settings)
    query = query_of(request, settings)
    texts = {**body.texts, **query, **path_texts}
    # Path over query over body: a name that stands in two places counts once.
    values = {name: value for name, value in body.values.items() if name not in texts}
    unfit = body.unfit | {name: NUL for name, text in texts.items() if "\0" in text}
    token = token_of(request.headers.get("Authorization", ""))
    about, client = seen(request, query), request.environ.get(CLIENT)
    return ApiRequest(
        method=request.method,
        token=token,
        values=values,
        texts=texts,
        files=body.files,
        unfit=unfit,
        seen=about,
        client=client,
    )


def query_of(request: Request, settings: Settings) -> dict[str, str]:
    """The texts of the query by name, the first of each. Raises Refusal."""
    query: dict[str, str] = {}
    for name, text in fields_of(request.query_string, settings.max_parts, "query"):
        query.setdefault(name, text)
    return query


def body_bytes(request: Request, most: int, setting: str) -> bytes:
    """The bytes of the body, at most so many. Raises Refusal (413)."""
    if request.content_length is not None and request.content_length > most:
        raise too_large(most, setting)
    # Of a chunked body nobody knows the length before: one byte more than allowed tells.
    raw = request.environ["wsgi.input"].read(most + 1)
    if len(raw) > most:
        raise too_large(most, setting)
    return bytes(raw)


def too_large(most: int, setting: str) -> Refusal:
    """The refusal of a body that is larger than `most` bytes, as a setting says."""
    return Refusal(413, Problem("body", f"larger than {most} bytes (the setting {setting})"))


def token_of(header: str) -> str | None:
    """The token in a header Authorization, if there is one."""
    for scheme in _SCHEMES:
        if header[: len(scheme)].lower() == scheme:
            return header[len(scheme) :].strip() or None
    return None


def seen(request: Request, query: dict[str, str]) -> Seen:
    """What a walker may know of a request: credentials are left out."""
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower() not in _CREDENTIALS}
    return Seen(request.method, request.path, query, headers, _address(request.remote_addr))


def _address(text: str | None) -> str:
    try:
        return str(ipaddress.ip_address(text or ""))
    except ValueError:
        return ""
