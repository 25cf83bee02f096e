"""Reads a response's body: within a size, decompressed, as a JSON value or as text."""

import codecs
import json
import re
from collections.abc import Mapping
from contextlib import suppress

import requests

from sequence.errors import StepError
from sequence.json_values import Json, parse_json, too_deep

_CHUNK = 64 * 1024
_JSON_TYPE = re.compile(r"application/(?:[^;\s]+\+)?json\s*(?:;|$)", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
# These take a time that grows with the square of the text, or are no encodings of texts.
_UNFIT = ("punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined")


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


def value_of(content: bytes, header: Mapping[str, str], depth: int) -> Json:
    """The JSON value of a body of a JSON type, the text of any other; no body is empty text.

    Raises StepError for a body of a JSON type that is no JSON or is nested deeper than `depth`.
    """
    content_type = header.get("content-type", "")
    if not content:
        return ""
    if not _JSON_TYPE.match(content_type.strip()):
        return _text(content, content_type)
    try:
        text = _json_text(content, content_type)
        value = parse_json(text)
    except ValueError as error:
        raise StepError(f"the response says it is JSON, and is not: {error}") from None
    if too_deep(text, depth):
        raise StepError(f"the response is nested deeper than {depth} levels")
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


def _text(content: bytes, content_type: str) -> str:
    """Deterministic: the charset that is told, else UTF-8, else Latin-1, which reads anything."""
    told = _CHARSET.search(content_type)
    for name in ([told[1]] if told else []) + ["utf-8"]:
        try:
            if codecs.lookup(name).name not in _UNFIT:
                return content.decode(name)
        except (LookupError, ValueError):
            continue
    return content.decode("latin-1")
