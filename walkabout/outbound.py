"""Requests to the outside world: which hosts may be called, and how much of a response is read.

Addresses are checked at the moment of connecting, on the address itself, so that odd spellings, redirects and
names that resolve to another address the second time can't bypass the check.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from walkabout import json_text
from walkabout.masking import Masker

# RFC 9110, 9.2.2: sending one of these twice is as good as sending it once.
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
METHODS = (*sorted(REPEATABLE - {"TRACE"}), "PATCH", "POST")
REDIRECTS_MOST = 10
_CHUNK = 65536

MayReachPrivate = Callable[[], bool]
"""Whether the person in whose name a client sends may reach loopback and private networks at this moment."""
OpenSession = Callable[[MayReachPrivate, float, int], requests.Session]
"""Opens a session for one request, limited to a number of seconds and redirects, that connects only to allowed addresses. The
one of sequences is passed in, so that one piece of code guards both."""


class HttpError(Exception):
    """A request without a usable response; the text names the address and the reason."""


class HostRefused(HttpError):
    """The address may not be called from this installation."""


@dataclass(frozen=True)
class Response:
    """An answer: its status, its headers (lower-case names), and its body as text."""

    status: int
    headers: dict[str, str]
    url: str
    text: str

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json_text.decode(self.text)

    @property
    def body(self) -> Any:
        """The body as JSON if the response says that it is JSON, else as text."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
            try:
                return json_text.decode(self.text)
            except json_text.BadJson:
                return self.text
        return self.text


class Outbound:
    """Makes clients that obey the rules and limits of this installation."""

    def __init__(self, open_session: OpenSession, refused: type[Exception], timeout_s: float, body_bytes: int) -> None:
        """`refused`: what a session raises for an address that may not be called."""
        self.timeout_s = timeout_s
        self.body_bytes = body_bytes
        self._open = open_session
        self._refused = refused

    def client(self, about_to_send: Callable[[str], None], may_reach_private: MayReachPrivate) -> "Client":
        """A client for one run. `about_to_send(text)` is called before a request that may not be repeated."""
        return Client(self, about_to_send, may_reach_private)

    def session(self, may_reach_private: MayReachPrivate, timeout_s: float) -> requests.Session:
        """A guarded session for one request of a library of somebody else's; to be closed."""
        return self._open(may_reach_private, timeout_s, REDIRECTS_MOST)

    def send(
        self, method: str, url: str, timeout_s: float, may_reach_private: MayReachPrivate, options: Mapping[str, Any]
    ) -> Response:
        """One request with its redirects. Raises HttpError."""
        deadline = time.monotonic() + timeout_s
        try:
            with (
                self._open(may_reach_private, timeout_s, REDIRECTS_MOST) as session,
                session.request(method, url, timeout=timeout_s, stream=True, **options) as answer,
            ):
                return self._read(answer)
        except HttpError:
            raise
        except self._refused as error:
            raise HostRefused(f"{error} (the settings PRIVATE_HOSTS, ALLOW_HOSTS, REFUSE_HOSTS)") from None
        except (requests.RequestException, OSError, ValueError) as error:
            raise _http_error(error, url, time.monotonic() >= deadline) from None

    def _read(self, answer: requests.Response) -> Response:
        parts: list[bytes] = []
        size = 0
        for chunk in answer.iter_content(_CHUNK):
            size += len(chunk)
            parts.append(chunk)
            if size > self.body_bytes:
                raise HttpError(
                    f"{_without_secrets(answer.url)}: the body is larger than {self.body_bytes} bytes (FETCH_MAX_MB)"
                )
        encoding = answer.encoding if "charset" in answer.headers.get("content-type", "").lower() else "utf-8"
        try:
            text = b"".join(parts).decode(encoding or "utf-8", "replace")
        except LookupError:
            text = b"".join(parts).decode("utf-8", "replace")
        return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.url, text)


class Client:
    """What a walker calls as `self.http`."""

    def __init__(
        self, outbound: Outbound, about_to_send: Callable[[str], None], may_reach_private: MayReachPrivate
    ) -> None:
        self._outbound = outbound
        self._about_to_send = about_to_send
        self._may_reach_private = may_reach_private

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        redirects: bool = True,
    ) -> Response:
        """One request. `timeout`: seconds in all, at most FETCH_TIMEOUT_S. Raises HttpError, ValueError."""
        method = method.upper()
        if method not in METHODS:
            raise ValueError(f"method {method[:20]!r}; use one of {', '.join(METHODS)}")
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"url {Masker({}).url(url)[:80]!r}; it begins with http:// or https://")
        if method not in REPEATABLE:
            self._about_to_send(f"{method} {_without_secrets(url)}")
        limit = min(timeout or self._outbound.timeout_s, self._outbound.timeout_s)
        options = {"params": params, "json": json, "data": data, "headers": headers, "allow_redirects": redirects}
        return self._outbound.send(method, url, limit, self._may_reach_private, options)

    def get(self, url: str, **options: Any) -> Response:
        """A GET; options as for `request`."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> Response:
        """A POST; options as for `request`."""
        return self.request("POST", url, **options)


def _http_error(error: Exception, url: str, is_late: bool) -> HttpError:
    place = _without_secrets(url)
    if is_late or isinstance(error, requests.Timeout):
        return HttpError(f"{place}: no answer in time (FETCH_TIMEOUT_S)")
    if isinstance(error, requests.TooManyRedirects):
        return HttpError(f"{place}: more than {REDIRECTS_MOST} redirects")
    if isinstance(error, requests.ConnectionError):
        return HttpError(f"{place}: no connection")
    return HttpError(f"{place}: {type(error).__name__}")


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
