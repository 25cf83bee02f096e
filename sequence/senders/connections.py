"""Connections that check the address before connecting and obey a deadline, and their adapter and session."""

import socket
import time
from contextlib import suppress
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import parse_url

from sequence.senders.deadline import Deadline, TimedSocket
from sequence.senders.guard import Guard
from sequence.senders.network import Network


class _Wire:
    """What the connections of one session share: the guard (None towards a proxy), the deadline, and what they saw."""

    def __init__(self, guard: Guard, deadline: Deadline) -> None:
        self.guard = guard
        self.deadline = deadline
        self.sock: socket.socket | None = None
        self.connected = False
        self.reused = False
        self.follows = True


class _Watched(HTTPConnection):
    """Connects only to addresses that the guard has judged, with a socket that obeys the deadline."""

    def __init__(self, *args: Any, wire: _Wire, guarded: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shared = wire
        self._guarded = guarded
        self._used = False
        self._holds = False
        self._head = b""
        self._peer = ""

    def __str__(self) -> str:
        # Errors of urllib3 begin with this.
        return f"{self.host}:{self.port}"

    def _new_conn(self) -> socket.socket:
        wire = self._shared
        self._used = False
        host, port = self._dns_host, self.port or self.default_port
        try:
            look = wire.guard.addresses if self._guarded else wire.guard.resolved
            found = look(host.strip("[]"), port, wire.deadline.left())
        except (socket.gaierror, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(self.host, self, reason) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        return self._first_that_answers(found)

    def _first_that_answers(self, found: list[Any]) -> socket.socket:
        problem: OSError = OSError("no address")
        for family, address in found:
            sock = TimedSocket(family, socket.SOCK_STREAM)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.deadline = self._shared.deadline
                self._shared.sock = sock
                sock.settimeout(self._shared.deadline.left())
                sock.connect(address)
                self._peer = address[0]
                self._shared.connected = True
                return sock
            except OSError as error:
                sock.close()
                problem = error
        if isinstance(problem, TimeoutError):
            raise ConnectTimeoutError(self, f"connecting to {self.host} took too long") from problem
        raise NewConnectionError(self, problem.strerror or str(problem)) from problem

    def request(self, method: str, url: str, body: Any = None, *args: Any, **kwargs: Any) -> None:
        """See HTTPConnection: head and body go out together, which saves a system call here and one at the server."""
        self._holds, self._head = isinstance(body, bytes) and len(body) > 0, b""
        super().request(method, url, body, *args, **kwargs)

    def send(self, data: Any) -> None:
        """See HTTPConnection."""
        if self._holds:
            self._holds, self._head = False, data
            return
        head, self._head = self._head, b""
        super().send(head + data if head else data)

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None and self._used and self._guarded:
            self._shared.guard.again(self._dns_host.strip("[]"), self._peer)
        # A plain connection connects only after this, and then begins anew.
        self._shared.reused = self._used
        self._shared.sock = self.sock
        super().putrequest(*args, **kwargs)

    def getresponse(self) -> Any:
        self._used = True
        return super().getresponse()


class _WatchedTLS(_Watched, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        # The TLS socket is a new object around the plain one's file descriptor.
        self.sock.deadline = self._shared.deadline  # type: ignore[union-attr]
        # The sequence said itself that it doesn't want to verify: no warning for the log of whoever runs it.
        self.is_verified = True


class WatchedAdapter(HTTPAdapter):
    """requests' adapter over watched connections, with a TLS context that is shared instead of loaded each time."""

    def __init__(self, network: Network, deadline: Deadline, redirect_bytes: int) -> None:
        self._network = network
        self.wire = _Wire(network.guard, deadline)
        self._redirect_bytes = redirect_bytes
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """See HTTPAdapter."""
        super().init_poolmanager(connections, maxsize, block, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self.wire, True)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        """See HTTPAdapter. The proxy is the operator's choice and not judged; what it is asked for is, by name."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _pools(self.wire, False)
        return manager

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """See HTTPAdapter: which pool, and with it which TLS context."""
        host, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        shared: dict[str, Any] = dict(tls)
        if host["scheme"] == "https":
            shared = {"ssl_context": self._network.tls(bool(verify))}
        return host, shared

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing: requests would load the CA file anew for each connection (25 ms); the context has it already."""

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """See HTTPAdapter."""
        proxies = kwargs.get("proxies")
        if proxies and requests.utils.select_proxy(request.url, proxies):
            self.wire.guard.by_name(parse_url(request.url).host or "")
        response = super().send(request, *args, **kwargs)
        if response.is_redirect and self.wire.follows:
            # requests reads a redirect's body to its end, however long it is: it gets this much of it.
            response._content = response.raw.read(self._redirect_bytes, decode_content=False)
            response.close()
        return response


def _pools(wire: _Wire, guarded: bool) -> dict[str, Any]:
    class Plain(HTTPConnectionPool):
        ConnectionCls = partial(_Watched, wire=wire, guarded=guarded)  # type: ignore[assignment]

    class TLS(HTTPSConnectionPool):
        ConnectionCls = partial(_WatchedTLS, wire=wire, guarded=guarded)  # type: ignore[assignment]

    return {"http": Plain, "https": TLS}


class _NoJar(RequestsCookieJar):
    """Takes no cookies, and does not look for any."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        """See CookieJar."""


class WatchedSession(requests.Session):
    """A session for one request at a time. It reads nothing of the environment (a netrc entry must not replace the
    sequence's own Authorization), and keeps cookies only when it is given a jar."""

    def __init__(self, network: Network, deadline: Deadline, redirects: int, jar: RequestsCookieJar | None) -> None:
        super().__init__()
        self.trust_env = False
        self.proxies = dict(network.proxies)
        self.max_redirects = redirects
        self.deadline = deadline
        self.cookies = _NoJar() if jar is None else jar
        adapter = WatchedAdapter(network, deadline, redirect_bytes=64 * 1024)
        self.wire = adapter.wire
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def cut(self) -> None:
        """Ends what is in flight, from another thread: whoever waits for the answer waits no longer."""
        # What begins only now finds its time over.
        self.deadline.begin(0.0)
        sock = self.wire.sock
        if sock is not None:
            with suppress(OSError):
                # Not the method of a TLS socket, which takes the stream from under the thread that reads it.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def open_session(network: Network, timeout_s: float, redirects: int) -> WatchedSession:
    """A session for one request outside of any sequence, under the same guard and an equally strict deadline, which
    begins now; to be closed. An address that is refused raises RequestRefused, as it is."""
    session = WatchedSession(network, Deadline(time.monotonic), redirects, None)
    session.deadline.begin(timeout_s)
    return session
