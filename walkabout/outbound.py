"""Requests to the outside world: who may be called, and how much of an answer is read.

Addresses are checked at the moment of connecting, on the address itself, so that odd spellings, redirects and
names that resolve to another address the second time do not get round it.
"""

import ipaddress
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from walkabout import json_text
from walkabout.settings import MB, Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# RFC 9110, 9.2.2: sending one of these twice is as good as sending it once.
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
METHODS = (*sorted(REPEATABLE - {"TRACE"}), "PATCH", "POST")
REDIRECTS_MOST = 10
_CHUNK = 65536
# Where clouds answer questions about the machine, beside the link-local range.
_METADATA = [ipaddress.ip_network(text) for text in ("fd00:ec2::254/128", "100.100.100.200/32")]


class HttpError(Exception):
    """A request that got no answer that could be used; the text names the address and why."""


class HostRefused(HttpError):
    """The address may not be called from this installation."""


@dataclass(frozen=True)
class Policy:
    """Which addresses may be called. `allow` empty: all that are not refused."""

    private: bool = True
    allow: tuple[str, ...] = ()
    refuse: tuple[str, ...] = ()

    def check(self, host: str, address: str) -> None:
        """Raises HostRefused unless the host may be called at this address."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if ip.is_link_local or ip.is_multicast or ip.is_unspecified or any(ip in net for net in _METADATA):
            raise HostRefused(f"{host} ({ip}) is a link-local or metadata address; those are never called")
        if _listed(self.refuse, host, ip):
            raise HostRefused(f"{host} ({ip}) is refused by the setting REFUSE_HOSTS")
        if self.allow and not _listed(self.allow, host, ip):
            raise HostRefused(f"{host} ({ip}) is not in the setting ALLOW_HOSTS")
        if not self.private and not ip.is_global:
            raise HostRefused(f"{host} ({ip}) is loopback or private; the setting PRIVATE_HOSTS refuses those")


def _listed(entries: tuple[str, ...], host: str, ip: Address) -> bool:
    for entry in entries:
        try:
            if ip in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            if host.lower() == entry or host.lower().endswith("." + entry):
                return True
    return False


@dataclass(frozen=True)
class Response:
    """An answer: its status, its headers (lower-case names), and its body as text."""

    status: int
    headers: dict[str, str]
    url: str
    text: str

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json_text.read(self.text)

    @property
    def body(self) -> Any:
        """The body as JSON when the answer says that it is some, else as text."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
            try:
                return json_text.read(self.text)
            except json_text.BadJson:
                return self.text
        return self.text


class Outbound:
    """Makes clients that keep to the policy and the limits of this installation."""

    def __init__(self, policy: Policy, timeout_s: float, body_bytes: int) -> None:
        self.policy = policy
        self.timeout_s = timeout_s
        self.body_bytes = body_bytes
        self._adapter = _GuardedAdapter(policy)

    @classmethod
    def from_settings(cls, settings: Settings) -> "Outbound":
        """As the settings PRIVATE_HOSTS, ALLOW_HOSTS, REFUSE_HOSTS, FETCH_TIMEOUT_S and FETCH_MAX_MB say."""
        policy = Policy(settings.private_hosts, _entries(settings.allow_hosts), _entries(settings.refuse_hosts))
        return cls(policy, settings.fetch_timeout_s, int(settings.fetch_max_mb * MB))

    def client(self, about_to_send: Callable[[str], None]) -> "Client":
        """A client for one run. `about_to_send(text)` is called before a request that may not be repeated."""
        return Client(self, about_to_send)

    def send(self, method: str, url: str, timeout_s: float, options: Mapping[str, Any]) -> Response:
        """One request with its redirects. Raises HttpError."""
        deadline = time.monotonic() + timeout_s
        with requests.Session() as session:
            session.trust_env = False  # a netrc entry must not replace the caller's Authorization
            session.max_redirects = REDIRECTS_MOST
            session.mount("http://", self._adapter)
            session.mount("https://", self._adapter)
            try:
                with session.request(method, url, timeout=timeout_s, stream=True, **options) as answer:
                    return self._read(answer, deadline, timeout_s)
            except HttpError:
                raise
            except (requests.RequestException, OSError, ValueError) as error:
                raise _told(error, url) from None

    def _read(self, answer: requests.Response, deadline: float, timeout_s: float) -> Response:
        parts: list[bytes] = []
        size = 0
        for chunk in answer.iter_content(_CHUNK):
            size += len(chunk)
            parts.append(chunk)
            if size > self.body_bytes:
                raise HttpError(f"{answer.url}: the body is larger than {self.body_bytes} bytes (FETCH_MAX_MB)")
            if time.monotonic() > deadline:
                raise HttpError(f"{answer.url}: not answered within {timeout_s:g} s (FETCH_TIMEOUT_S)")
        encoding = answer.encoding if "charset" in answer.headers.get("content-type", "").lower() else "utf-8"
        try:
            text = b"".join(parts).decode(encoding or "utf-8", "replace")
        except LookupError:
            text = b"".join(parts).decode("utf-8", "replace")
        return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.url, text)


class Client:
    """What a walker calls as `self.http`."""

    def __init__(self, outbound: Outbound, about_to_send: Callable[[str], None]) -> None:
        self._outbound = outbound
        self._about_to_send = about_to_send

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
            raise ValueError(f"url {url[:80]!r}; it begins with http:// or https://")
        if method not in REPEATABLE:
            self._about_to_send(f"{method} {_without_secrets(url)}")
        limit = min(timeout or self._outbound.timeout_s, self._outbound.timeout_s)
        options = {"params": params, "json": json, "data": data, "headers": headers, "allow_redirects": redirects}
        return self._outbound.send(method, url, limit, options)

    def get(self, url: str, **options: Any) -> Response:
        """A GET; options as for `request`."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> Response:
        """A POST; options as for `request`."""
        return self.request("POST", url, **options)


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(HTTPConnectionPool, HTTPConnection, self._policy),
            "https": _pool(HTTPSConnectionPool, HTTPSConnection, self._policy),
        }


def _pool(pool: type[Any], connection: type[Any], policy: Policy) -> type[Any]:
    def new_connection(self: Any) -> socket.socket:
        return _connect(self, policy)

    guarded = type("Guarded", (connection,), {"_new_conn": new_connection})
    return type("GuardedPool", (pool,), {"ConnectionCls": guarded})


def _connect(connection: Any, policy: Policy) -> socket.socket:
    failed: OSError | None = None
    try:
        found = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NewConnectionError(connection, f"the name can't be resolved: {error}") from error
    for family, kind, protocol, _, address in found:
        policy.check(connection.host, str(address[0]))
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(connection.timeout)
            made.connect(address)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return made
        except OSError as error:
            made.close()
            failed = error
    raise NewConnectionError(connection, f"no connection: {failed}") from failed


def _told(error: Exception, url: str) -> HttpError:
    place = _without_secrets(url)
    if isinstance(error, requests.Timeout):
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


def _entries(text: str) -> tuple[str, ...]:
    return tuple(entry.strip().lower() for entry in text.split(",") if entry.strip())
