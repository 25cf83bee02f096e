"""Reads a response's body: within a size, decompressed, as `parse` says or by its type."""

import base64
import codecs
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from urllib.parse import unquote, urlsplit

import requests

from sequence.errors import StepError
from sequence.json_values import Json, parse_json, too_deep
from sequence.senders.csv_reading import csv_value
from sequence.senders.xml_reading import xml_value
from sequence.settings import SequenceLimits

_CHUNK = 64 * 1024
_JSON_TYPE = re.compile(r"(?:application/(?:[^;\s]+\+)?|text/)json\s*(?:;|$)", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
# These take a time that grows with the square of the text, or are no encodings of texts.
_UNFIT = ("punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ERRORS_FROM = 400
_DECODED = ("", "identity", "gzip", "x-gzip", "deflate")


@dataclass(frozen=True, slots=True)
class Received:
    """What came: the decoded bytes, and what says how to read them. Names in `header` are lower-case."""

    content: bytes
    header: Mapping[str, str]
    url: str = ""
    status: int = 200

    @property
    def content_type(self) -> str:
        """As the response told it, empty when it did not."""
        return self.header.get("content-type", "").strip()


def check_encoding(header: Mapping[str, str]) -> None:
    """Raises StepError for a body that is encoded otherwise than was asked for (RFC 9110, 8.4): it would be no body."""
    told = [name.strip().lower() for name in header.get("content-encoding", "").split(",")]
    unknown = [name for name in told if name not in _DECODED]
    if unknown:
        raise StepError(f"the response is encoded as {unknown[0][:40]}, which was not asked for and can't be read")


def content_of(response: requests.Response, limit: int) -> bytes:
    """The decoded body. Raises StepError as soon as there is more than `limit` bytes of it, a gzip bomb's too."""
    told = response.headers.get("Content-Length", "")
    if told.isascii() and told.isdecimal() and int(told[:18]) > limit and response.request.method != "HEAD":
        raise StepError(f"the response has {told[:18]} bytes; the limit is {limit}")
    pieces, size = [], 0
    for piece in response.iter_content(_CHUNK):
        size += len(piece)
        if size > limit:
            raise StepError(f"the response has more than {limit} bytes, the limit")
        pieces.append(piece)
    return b"".join(pieces)


def value_of(received: Received, parse: Json, limits: SequenceLimits) -> Json:
    """The value of a body, read as `parse` says (a step's key, checked); None: by its type. No body is empty text.

    A status that is an error may have a body of another kind, which is then read by its type, and as text if it is not of
    that either. Raises StepError for a body that can't be read so.
    """
    if parse is None:
        return _by_type(received, limits)
    try:
        return _parsed_as(received, parse, limits)
    except StepError:
        if received.status < _ERRORS_FROM:
            raise
    return _by_type(received, limits)


def _by_type(received: Received, limits: SequenceLimits) -> Json:
    """JSON of a JSON type, the text of any other; bytes that are no text in the told charset, or hold NUL, are `bytes`."""
    if not received.content:
        return ""
    if _JSON_TYPE.match(received.content_type):
        try:
            return _json(received, limits, "the response says it is JSON, and is not")
        except StepError:
            if received.status < _ERRORS_FROM:
                raise
    text = _strict_text(received.content, received.content_type)
    return _bytes(received) if text is None or "\0" in text else text


def _parsed_as(received: Received, parse: Json, limits: SequenceLimits) -> Json:
    kind, options = (parse, {}) if isinstance(parse, str) else next(iter(parse.items()))
    if kind == "bytes":
        return _bytes(received)
    if kind == "csv":
        delimiter = (options or {}).get("delimiter") or ","
        return csv_value(_text(received.content, received.content_type), delimiter, limits.parsed_values)
    if not received.content:
        return ""
    if kind == "text":
        return _text(received.content, received.content_type)
    if kind == "json":
        return _json(received, limits, "the response is no JSON")
    charset = _charset_of(received.content_type)
    return xml_value(received.content, charset, limits.depth, limits.parsed_values)


def _json(received: Received, limits: SequenceLimits, refusal: str) -> Json:
    try:
        text = _json_text(received.content, received.content_type)
        value = parse_json(text)
    except ValueError as error:
        raise StepError(f"{refusal}: {error}") from None
    if too_deep(text, limits.depth):
        raise StepError(f"the response is nested deeper than {limits.depth} levels")
    return value


def _json_text(content: bytes, content_type: str) -> str:
    """JSON is Unicode (RFC 8259, 8.1), and some servers say another charset and mean it."""
    told = _CHARSET.search(content_type)
    try:
        charset = codecs.lookup(told[1]).name if told else "utf-8"
    except LookupError:
        charset = "utf-8"
    if not (charset.startswith("utf") or charset in (*_UNFIT, "ascii")):
        with suppress(LookupError):  # Python also has codecs that make no text: hex, zlib, rot13
            return content.decode(charset)
    return content.decode(json.detect_encoding(content), "surrogatepass")


def _charset_of(content_type: str) -> str | None:
    """The charset that is told, when it is one for texts. An 8-bit one keeps its own name, which Python knows."""
    told = _CHARSET.search(content_type)
    if told is None:
        return None
    try:
        found = codecs.lookup(told[1])
    except LookupError:
        return None
    return None if found.name in _UNFIT or not found._is_text_encoding else found.name


def _strict_text(content: bytes, content_type: str) -> str | None:
    """The text: by its byte order mark, else the told charset, else UTF-8, else Latin-1, which reads anything.

    None when a charset is told and the bytes are none of it.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            with suppress(ValueError):
                return content.decode(name)
    told = _charset_of(content_type)
    try:
        return content.decode(told or "utf-8")
    except ValueError:
        return None if told else content.decode("latin-1")


def _text(content: bytes, content_type: str) -> str:
    """A text in any case: what is none in the told charset is read without it."""
    text = _strict_text(content, content_type)
    return _strict_text(content, "") or "" if text is None else text


def _bytes(received: Received) -> Json:
    """The bytes as an object that `files` and `base64` take."""
    kind = received.content_type.partition(";")[0].strip() or "application/octet-stream"
    content = base64.b64encode(received.content).decode("ascii")
    return {"base64": content, "type": kind, "name": _file_name(received)}


def _file_name(received: Received) -> str:
    """What the response calls its file (RFC 6266), else the last part of its address. Never a folder."""
    told = Message()
    told["Content-Disposition"] = received.header.get("content-disposition", "").replace("\r", "").replace("\n", "")
    name = told.get_filename() or ""
    with suppress(ValueError):
        name = name.encode("latin-1").decode("utf-8")  # headers are read as Latin-1, and many are UTF-8
    if not name:
        with suppress(ValueError):
            name = unquote(urlsplit(received.url).path)
    return name.replace("\\", "/").rpartition("/")[2]
