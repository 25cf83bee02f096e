"""Reads a request into plain data: parameters by where they stand, files, and what a walker may know of it."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from urllib.parse import quote

from flask import Request, request
from werkzeug.exceptions import HTTPException

from walkabout.actions.walkers import LooseInput
from walkabout.api.answers import Refusal
from walkabout.api.parameters import ApiRequest
from walkabout.front.client import CLIENT
from walkabout.json_text import NUL
from walkabout.problems import Problem
from walkabout.settings import Settings
from walkabout.walking.request import FileFields, TextFields
from walkabout.walking.request import Request as Seen
from walkabout.web.bodies import Body, fields_of, media_type, most_bytes, parse_body
from walkabout.web.session import is_over_tls

_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization", "x-walkabout-key"})
_SCHEMES = ("token ", "bearer ")
_IN_PATH = "/:@!$&'()*+,;="  # RFC 3986, 3.3: signs that stand for themselves


Reader = Callable[[Request, Mapping[str, str], Settings], ApiRequest]


def _with_refusals(read: Reader) -> Reader:
    """What Flask refuses becomes a Refusal, as what we refuse is."""

    @wraps(read)
    def refuse(request: Request, path_texts: Mapping[str, str], settings: Settings) -> ApiRequest:
        try:
            return read(request, path_texts, settings)
        except HTTPException as no:
            raise Refusal(no.code or 400, no.description or no.name) from None

    return refuse


def current_request() -> Request:
    """The request of this thread itself: each look through Flask's proxy for it costs three calls."""
    current: Request = request._get_current_object()  # type: ignore[attr-defined]
    return current


@_with_refusals
def read_request(request: Request, path_texts: Mapping[str, str], settings: Settings) -> ApiRequest:
    """What a request asks. Raises Refusal: 400 for what can't be read, 413 over a limit, 415 for another media type."""
    body = parse_body(request.content_type or "", _raw_body(request, settings), settings)
    query = query_of(request, settings)
    texts = {**body.texts, **query, **path_texts}
    # Path over query over body: a name that stands in two places counts once.
    values = {name: value for name, value in body.values.items() if name not in texts}
    asked = _request_with(request, texts, visible_part(request, query))
    return replace(asked, values=values, files=body.files, unfit={**body.unfit, **asked.unfit})


@_with_refusals
def read_webhook(request: Request, path_texts: Mapping[str, str], settings: Settings) -> ApiRequest:
    """The same of a webhook, whose body may be of any type: what can't be read as parameters is only seen by the walker.

    Raises Refusal: 413 over a limit, 400 for too many names in the query.
    """
    raw = _raw_body(request, settings)
    try:
        body = parse_body(request.content_type or "", raw, settings, loose=True)
    except Refusal:
        body = Body()
    query = _loose_query(request, settings)
    about = replace(
        visible_part(request, query),
        url=_url(request),
        body=raw,
        form=TextFields(body.pairs),
        files=FileFields(body.attached, body.places),
    )
    asked = _request_with(request, {**query, **path_texts}, about)
    return replace(asked, webhook=LooseInput(body.values, body.texts, body.files))


def _raw_body(request: Request, settings: Settings) -> bytes:
    return body_bytes(request, *most_bytes(media_type(request.content_type or ""), settings))


def _request_with(request: Request, texts: Mapping[str, str], about: Seen) -> ApiRequest:
    return ApiRequest(
        method=request.method,
        token=token_of(request.headers.get("Authorization", "")),
        texts=texts,
        unfit={name: NUL for name, text in texts.items() if "\0" in text},
        seen=about,
        client=request.environ.get(CLIENT),
    )


def query_of(request: Request, settings: Settings) -> TextFields:
    """The texts of the query by name. Raises Refusal."""
    return TextFields(fields_of(request.query_string, settings.max_parts, "query"))


def _loose_query(request: Request, settings: Settings) -> TextFields:
    """The same of a query that somebody else wrote. Raises Refusal for too many names."""
    return TextFields(fields_of(request.query_string, settings.max_parts, "query", loose=True))


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


def visible_part(request: Request, query: TextFields) -> Seen:
    """What a walker may know of a request: credentials in headers are left out."""
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower() not in _CREDENTIALS}
    return Seen(request.method, request.path, query, headers, _address(request.remote_addr))


def _url(request: Request) -> str:
    scheme = "https" if is_over_tls(request) else request.scheme
    path = quote(request.path, safe=_IN_PATH)
    query = request.query_string.decode("latin-1")
    return f"{scheme}://{request.host}{path}{'?' + query if query else ''}"


def _address(text: str | None) -> str:
    try:
        return str(ipaddress.ip_address(text or ""))
    except ValueError:
        return ""
