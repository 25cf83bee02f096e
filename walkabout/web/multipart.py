"""Parses multipart/form-data (RFC 7578) strictly: a malformed part is refused, not dropped.

The body is looked through once, whatever stands in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from werkzeug.http import parse_options_header

BOUNDARY_MOST = 70  # characters (RFC 2046, 5.1.1)
HEAD_MOST = 16 * 1024  # bytes of one part's headers
_CHARSETS = frozenset({"utf-8", "us-ascii", "ascii", "iso-8859-1"})  # what a part may say of itself (RFC 7578, 4.6)


class BadMultipart(ValueError):
    """The body is no multipart/form-data that can be read; the text says what is wrong."""


@dataclass(frozen=True)
class FormPart:
    """One field or file. `filename`: None for a field; `kind`: its media type, empty when it says none; `start`: where its
    content begins in the body."""

    name: str
    filename: str | None
    kind: str
    charset: str
    content: bytes
    start: int

    def text(self) -> str:
        """The content as text. Raises BadMultipart."""
        if self.charset not in _CHARSETS:
            raise BadMultipart(f"{self.name[:80]}: the charset {self.charset[:40]} can't be read; send UTF-8")
        try:
            return self.content.decode(self.charset)
        except UnicodeDecodeError as error:
            raise BadMultipart(f"{self.name[:80]}: byte {error.start} is not {self.charset.upper()}") from None

    def text_at_all(self) -> str:
        """The content as text, whatever it says of itself: bytes that can't be read become U+FFFD."""
        charset = self.charset if self.charset in _CHARSETS else "utf-8"
        return self.content.decode(charset, "replace")


def parts(raw: bytes, content_type: str) -> Iterator[FormPart]:
    """The parts of a body, in their order. Raises BadMultipart."""
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    if not 0 < len(boundary) <= BOUNDARY_MOST or not boundary.isascii():
        raise BadMultipart(f"the header Content-Type needs a boundary of 1 to {BOUNDARY_MOST} ASCII characters")
    mark = b"--" + boundary.encode()
    at = len(mark) if raw.startswith(mark) else _behind(raw, b"\r\n" + mark, 0)
    while not raw.startswith(b"--", at):
        start = raw.find(b"\r\n", at, at + HEAD_MOST)
        if start == -1 or raw[at:start].strip(b" \t"):
            raise BadMultipart("a boundary line must end after the boundary, with CR LF")
        end = raw.find(b"\r\n\r\n", start, start + HEAD_MOST)
        if end == -1:
            raise BadMultipart(
                f"the headers of a part must end with an empty line within {HEAD_MOST} bytes, lines by CR LF"
            )
        # An empty content has no line end of its own.
        at = _behind(raw, b"\r\n" + mark, end + 2)
        yield _part(raw[start:end], raw[end + 4 : max(end + 4, at - len(mark) - 2)], end + 4)


def _behind(raw: bytes, mark: bytes, start: int) -> int:
    found = raw.find(mark, start)
    if found == -1:
        raise BadMultipart("the closing boundary is missing: the body was cut off, or has another boundary")
    return found + len(mark)


def _part(head: bytes, content: bytes, start: int) -> FormPart:
    try:
        headers = _headers(head.decode())
    except UnicodeDecodeError:
        raise BadMultipart("the headers of a part (the names in them) must be UTF-8") from None
    disposition, words = parse_options_header(headers.get("content-disposition", ""))
    if disposition != "form-data" or not words.get("name"):
        raise BadMultipart('a part has no name; its header is Content-Disposition: form-data; name="..."')
    if "\0" in words["name"] or "\0" in words.get("filename", ""):
        raise BadMultipart("a part's name contains a NUL character, which is not allowed")
    kind, of_kind = parse_options_header(headers.get("content-type", ""))
    charset = of_kind.get("charset", "utf-8").lower()
    return FormPart(words["name"], words.get("filename"), kind.lower(), charset, content, start)


def _headers(head: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    # A line that begins with a blank goes on with the one before it (RFC 5322, 2.2.3).
    for line in head.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n"):
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return headers
