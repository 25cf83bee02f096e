"""Encodes URLs for sending: characters stay as they are unless HTTP can't carry them (the URL Standard's sets).

requests and urllib3 decode `%7E` and rewrite `%2f` as `%2F`, which breaks addresses whose text is signed.
"""

import base64
import re
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from requests import PreparedRequest

# RFC 3986, appendix B, with the scheme and the authority required.
_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
PORT_MOST = 100  # digits; Python reads no number of some thousand
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What quote() leaves alone: all that may be sent but space and controls, without what the URL Standard encodes there.
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_IN_PATH = "".join(char for char in _VISIBLE if char not in '"<>\\^`{}')
_IN_QUERY = "".join(char for char in _VISIBLE if char not in '"<>')


def is_sent_as_written(char: str) -> bool:
    """Whether a character of a URL is sent as it is, wherever it stands."""
    return char in _IN_PATH


class BadURL(ValueError):
    """A URL that can't be sent; the text says what is wrong with it."""


class WebOrigin(NamedTuple):
    """Scheme, host and port, by which two URLs are compared (RFC 6454)."""

    scheme: str
    host: str
    port: int


class ExactURL:
    """A URL, taken apart and ready to be sent."""

    __slots__ = ("fragment", "host", "path", "query", "scheme", "user_info")

    def __init__(self, text: str) -> None:
        """Raises BadURL. Blanks around it don't count."""
        text = text.strip(" \t\r\n\f\v")
        if _CONTROL.search(text):
            raise BadURL("it has a line end or another control character")
        parts = _PARTS.fullmatch(text)
        if parts is None:
            raise BadURL("it is not a URL such as https://example.com/path")
        scheme, authority, path, query, self.fragment = parts.groups()
        self.scheme = scheme.lower()
        if self.scheme not in ("http", "https"):
            raise BadURL(f"{scheme}:// is not http:// or https://")
        if "\\" in authority:
            # Browsers take it for the end of the host, others for a part of the password.
            raise BadURL("it has a backslash before its path")
        user_info, at, host = authority.rpartition("@")
        self.user_info = user_info if at else None
        self.host = _host(host)
        self.path = quote(_without_dots(path or "/"), _IN_PATH, errors="replace")
        self.query = None if query is None else quote(query, _IN_QUERY, errors="replace")

    @property
    def origin(self) -> WebOrigin:
        """Where it leads to."""
        host, port = _host_and_port(self.host.lower())
        return WebOrigin(self.scheme, host, int(port) if port else {"http": 80, "https": 443}[self.scheme])

    @property
    def target(self) -> str:
        """What stands in the request line (RFC 9112, 3.2.1)."""
        return self.path if self.query is None else f"{self.path}?{self.query}"

    def __str__(self) -> str:
        """The URL as it is asked for, without user and password."""
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        return f"{self.scheme}://{self.host}{self.target}{fragment}"

    @property
    def authorization(self) -> str | None:
        """The header for user and password that stand in it, in UTF-8 (RFC 7617); None when there are none."""
        if not self.user_info:
            return None
        user, _, password = self.user_info.partition(":")
        return "Basic " + base64.b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode()


def _host(text: str) -> str:
    name, port = _host_and_port(text)
    if not name:
        raise BadURL("it has no host")
    if name.startswith("[") != name.endswith("]") or " " in name or "\\" in name:
        raise BadURL(f"{name} is not a host name")
    if port and (len(port) > PORT_MOST or int(port) > 65535):
        raise BadURL(f"{port[:20]} is not a port; use 1 to 65535")
    if not name.isascii():
        try:
            name = PreparedRequest._get_idna_encoded_host(name)  # type: ignore[attr-defined]
        except UnicodeError:
            raise BadURL(f"{name} is not a host name") from None
    elif name.startswith(("*", ".")):
        raise BadURL(f"{name} is not a host name")
    return f"{name}:{port}" if port else name


def _host_and_port(text: str) -> tuple[str, str]:
    # The colons of an address of IPv6 stand in brackets.
    found = re.fullmatch(r"(.*?)(?::([0-9]*))?", text, re.DOTALL)
    assert found is not None
    return found[1], found[2] or ""


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4."""
    if "/." not in path:
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[max(len(kept) - 1, 1) :]
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept) + ("/" if path.endswith(("/.", "/..")) and kept[-1:] != [""] else "") or "/"
