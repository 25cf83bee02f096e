"""Compresses the page's texts for browsers that take gzip (RFC 9110, 8.4.1.3).

A compressed answer's length tells something of its content, and a page holds a form's token beside what an address puts
there (BREACH). So each answer's length is blurred: gzip's header may hold a file name (RFC 1952, 2.3.1), and ours is of
random length, as Django's middleware does it. Answers of the APIs are left as they are: their clients are near, and many.
"""

import gzip
import io
import secrets

from flask import Flask, Response, request

from walkabout.web.session import below_prefix

LEAST = 600  # bytes; less is not worth it
LEVEL = 5
BLUR = 100  # the longest name
TEXTS = ("text/", "application/javascript", "application/json", "image/svg+xml")


def add_compression(app: Flask) -> None:
    """Compress the pages and the files of static/."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if not below_prefix(request) and request.endpoint != "static":
        return response
    if not (response.mimetype or "").startswith(TEXTS):
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or "Content-Encoding" in response.headers or not request.accept_encodings["gzip"]:
        return response
    response.direct_passthrough = False
    text = response.get_data()
    if len(text) < LEAST:
        return response
    response.set_data(_gzip(text))
    response.headers["Content-Encoding"] = "gzip"
    tag, is_weak = response.get_etag()
    if tag is not None and not is_weak:
        response.set_etag(tag, weak=True)
    return response


def _gzip(text: bytes) -> bytes:
    packed = io.BytesIO()
    name = "a" * secrets.randbelow(BLUR)
    with gzip.GzipFile(name, "wb", LEVEL, packed, mtime=0) as file:
        file.write(text)
    return packed.getvalue()
