"""A request read into plain data: parameters by where they stand, files, and what a walker may know of it."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from walkabout import json_text
from walkabout.api.answers import Refusal
from walkabout.api.dispatch import NUL, ApiRequest
from walkabout.settings import Settings
from walkabout.walking.files import File
from walkabout.walking.walker import Request as Seen

JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
_SCHEMES = ("token ", "bearer ")


def read(request: Request, path_texts: Mapping[str, str], settings: Settings) -> ApiRequest:
    """What a request asks. Raises Refusal: 400 for broken JSON, 413 over a limit, 415 for another media type."""
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    files: dict[str, list[File]] = {}
    unfit: dict[str, str] = {}
    kind = request.mimetype
    if kind == MULTIPART:
        texts, files = _multipart(request, settings)
    elif kind == FORM:
        request.max_content_length = settings.body_bytes
        texts = _form(request, settings, settings.body_bytes, "MAX_BODY_MB")
        if len(texts) == 1 and next(iter(texts)).lstrip().startswith("{"):
            raise Refusal(400, f"body: this is JSON; say so by the header Content-Type: {JSON}")
    else:
        values, unfit = _json(request, kind, settings)
    query = {**request.args}
    texts = {**texts, **query, **path_texts}
    # Path over query over body: a name that stands in two places counts once.
    values = {name: value for name, value in values.items() if name not in texts}
    unfit |= {name: NUL for name, text in texts.items() if "\0" in text}
    return ApiRequest(request.method, _token(request), values, texts, files, unfit, seen(request, query))


def _json(request: Request, kind: str, settings: Settings) -> tuple[dict[str, Any], dict[str, str]]:
    raw = _body(request, settings.body_bytes, "MAX_BODY_MB")
    if not raw.strip():
        return {}, {}
    if kind not in ("", JSON) and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Refusal(415, f"Content-Type {kind} can't be read; use {JSON}, {FORM} or {MULTIPART}")
    try:
        values = json_text.read(raw, settings.max_json_depth)
    except json_text.BadJson as error:
        raise Refusal(400, f"body: {error}") from None
    if not isinstance(values, dict):
        raise Refusal(400, "body: expected a JSON object with the parameters")
    return values, {name: NUL for name, value in values.items() if json_text.has_nul(value, raw)}


def _body(request: Request, most: int, setting: str) -> bytes:
    if request.content_length is not None and request.content_length > most:
        raise too_large(most, setting)
    # Of a chunked body nobody knows the length before: one byte more than allowed tells.
    raw = request.environ["wsgi.input"].read(most + 1)
    if len(raw) > most:
        raise too_large(most, setting)
    return bytes(raw)


def too_large(most: int, setting: str) -> Refusal:
    """The refusal of a body that is larger than `most` bytes, as a setting says."""
    return Refusal(413, f"body: larger than {most} bytes (the setting {setting})")


def _form(request: Request, settings: Settings, most: int, setting: str) -> dict[str, str]:
    request.max_form_parts = settings.max_parts
    try:
        return {**request.form}
    except RequestEntityTooLarge:
        if (request.content_length or 0) > most:
            raise too_large(most, setting) from None
        raise Refusal(
            413, f"body: larger than {most} bytes ({setting}), or of more than {settings.max_parts} parts (MAX_PARTS)"
        ) from None


def _multipart(request: Request, settings: Settings) -> tuple[dict[str, str], dict[str, list[File]]]:
    request.max_content_length = settings.upload_bytes
    request.max_form_memory_size = settings.upload_bytes
    texts, uploads = _form(request, settings, settings.upload_bytes, "MAX_UPLOAD_MB"), request.files
    files: dict[str, list[File]] = {}
    for name, upload in uploads.items(multi=True):
        if name == "ctx" and upload.mimetype != JSON:
            raise Refusal(400, f"ctx: a file for it must be of the type {JSON}, not {upload.mimetype or 'none'}")
        if name == "ctx":
            texts["ctx"] = _text_of(upload)
        else:
            file = File(upload.filename or "", upload.mimetype or "application/octet-stream", upload.stream.read())
            files.setdefault(name, []).append(file)
    return texts, files


def _text_of(upload: FileStorage) -> str:
    try:
        return upload.stream.read().decode()
    except UnicodeDecodeError as error:
        raise Refusal(400, f"ctx: byte {error.start} of the file is no UTF-8") from None


def _token(request: Request) -> str | None:
    header = request.headers.get("Authorization", "")
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
