"""Parses the body of a request into plain data within limits, once its bytes have arrived.

Everything here works on bytes, and grows with them: no limit is found by counting what was made already.
"""

import binascii
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from walkabout import json_text
from walkabout.api.answers import Refusal
from walkabout.problems import Problem
from walkabout.settings import Settings
from walkabout.walking.files import File
from walkabout.web.multipart import BadMultipart, FormPart, parts

JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
STRAYS_MOST = 1000  # signs % in a text of a form that begin no escape; programs write none
BINARY = "application/octet-stream"
_STRAY_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class Body:
    """A body as parameters: `values` of JSON, or `texts` of a form, and `files`. `unfit`: names with what is wrong."""

    values: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[File]] = field(default_factory=dict)
    unfit: dict[str, str] = field(default_factory=dict)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    """Names and texts of a form in their order, each as often as it stands there."""
    attached: list[tuple[str, File]] = field(default_factory=list)
    """Names and files of a form in their order."""
    places: list[tuple[str, str, str, int, int]] = field(default_factory=list)
    """Where these files stand in its bytes (see walking.request.FileFields)."""


@dataclass(frozen=True)
class Form:
    """The fields and files of a form in their order, each name as often as it stands there."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, File]] = field(default_factory=list)
    places: list[tuple[str, str, str, int, int]] = field(default_factory=list)


def most_bytes(kind: str, settings: Settings) -> tuple[int, str]:
    """How many bytes a body of a media type may have, and the setting that says so."""
    if kind == MULTIPART:
        return settings.upload_bytes, "MAX_UPLOAD_MB"
    return settings.body_bytes, "MAX_BODY_MB"


def parse_body(content_type: str, raw: bytes, settings: Settings, *, loose: bool = False) -> Body:
    """What a body says. Raises Refusal: 400 for what can't be read, 413 for too many fields, 415 for another type.

    `loose`: somebody wrote it who does not know our parameters; a text of a form that is no UTF-8 is read as far as it goes.
    """
    kind = media_type(content_type)
    if kind in (FORM, MULTIPART):
        return _of_form(kind, read_form(content_type, raw, settings, loose=loose), loose=loose)
    if not raw.strip():
        return Body()
    if kind not in ("", JSON) and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Refusal(415, f"Content-Type {kind[:80]} can't be read; use {JSON}, {FORM} or {MULTIPART}")
    try:
        values = json_text.decode(raw, settings.max_json_depth, settings.max_json_values)
    except json_text.BadJson as error:
        is_broken = not isinstance(error, json_text.BadContent)
        raise Refusal(400, Problem("body", str(error)), has_detail=is_broken) from None
    if not isinstance(values, dict):
        raise Refusal(400, Problem("body", "expected a JSON object with the parameters"))
    if not json_text.may_have_nul(raw):
        return Body(values)
    return Body(values, unfit={name: json_text.NUL for name, value in values.items() if json_text.has_nul(value)})


def read_form(content_type: str, raw: bytes, settings: Settings, *, loose: bool = False) -> Form:
    """A form as it was sent, urlencoded or multipart; `loose`: see `parse_body`.

    Raises Refusal: 400, or 413 for more fields than MAX_PARTS.
    """
    if media_type(content_type) == FORM:
        return Form(fields_of(raw, settings.max_parts, "body", loose=loose))
    form = Form()
    try:
        for count, part in enumerate(parts(raw, content_type), 1):
            if count > settings.max_parts:
                raise _too_many(settings.max_parts, "body")
            _take(form, part, loose=loose)
    except BadMultipart as error:
        raise Refusal(400, Problem("body", str(error))) from None
    return form


def fields_of(raw: bytes, most: int, where: str, *, loose: bool = False) -> list[tuple[str, str]]:
    """The names and texts of an urlencoded form or query. `where`: "body" or "query". Raises Refusal.

    `loose`: what is no UTF-8 is replaced, and a text with too many signs % stays as it was sent.
    """
    if raw.count(b"&") >= most:
        raise _too_many(most, where)
    pairs = (pair.partition(b"=") for pair in raw.split(b"&") if pair)
    if loose:
        return [(_text_at_all(name), _text_at_all(value)) for name, _, value in pairs]
    return [(_text(name, b"", where), _text(value, name, where)) for name, _, value in pairs]


def media_type(content_type: str) -> str:
    """The media type of a header, without what stands behind it."""
    return content_type.partition(";")[0].strip().lower()


def unquote(data: bytes) -> bytes:
    """The bytes that a text of a form stands for; a % that begins no escape is itself. Raises ValueError for too many.

    Quoted-printable differs from it by the sign alone, and the standard library reads that at the speed of C: escapes
    by the million would cost seconds and a gigabyte otherwise.
    """
    data = data.replace(b"+", b" ")
    if b"%" not in data:
        return data
    stray = sum(1 for _ in islice(_STRAY_PERCENT.finditer(data), STRAYS_MOST + 1))
    if stray > STRAYS_MOST:
        raise ValueError(f"more than {STRAYS_MOST} % signs that start no escape; write %25 for the sign itself")
    if stray:
        data = _STRAY_PERCENT.sub(b"%25", data)
    return binascii.a2b_qp(data.replace(b"=", b"=3D").replace(b"%", b"="))


def _text_at_all(data: bytes) -> str:
    try:
        return unquote(data).decode("utf-8", "replace")
    except ValueError:
        return data.decode("utf-8", "replace")


def _text(data: bytes, name: bytes, where: str) -> str:
    try:
        return unquote(data).decode()
    except ValueError as error:
        why = f"byte {error.start} is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise Refusal(400, Problem(name[:80].decode("ascii", "replace") or where, why)) from None


def _too_many(most: int, where: str) -> Refusal:
    return Refusal(413 if where == "body" else 400, Problem(where, f"more than {most} fields (the setting MAX_PARTS)"))


def _take(form: Form, part: FormPart, *, loose: bool) -> None:
    if part.filename is None:
        form.fields.append((part.name, part.text_at_all() if loose else part.text()))
        return
    file = File(part.filename, part.kind or BINARY, part.content)
    form.files.append((part.name, file))
    form.places.append((part.name, file.name, file.type, part.start, file.size))


def _of_form(kind: str, form: Form, *, loose: bool) -> Body:
    texts: dict[str, str] = {}
    for name, text in form.fields:
        texts.setdefault(name, text)
    if kind == FORM and len(texts) == 1 and next(iter(texts)).lstrip().startswith("{"):
        raise Refusal(400, Problem("body", f"this is JSON; say so by the header Content-Type: {JSON}"))
    files: dict[str, list[File]] = {}
    for name, file in form.files:
        if name == "ctx" and (file.type == JSON or not loose):
            texts["ctx"] = _context_of(file)
        else:
            files.setdefault(name, []).append(file)
    return Body(texts=texts, files=files, pairs=form.fields, attached=form.files, places=form.places)


def _context_of(file: File) -> str:
    if file.type != JSON:
        raise Refusal(400, Problem("ctx", f"a file for it must be of the type {JSON}, not {file.type[:80]}"))
    try:
        return file.content.decode()
    except UnicodeDecodeError as error:
        raise Refusal(400, Problem("ctx", f"byte {error.start} of the file is not UTF-8")) from None
