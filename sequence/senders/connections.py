"""Connections that check the address before connecting and obey a deadline, and their adapter and session."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar, get_cookie_header
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError
from urllib3.util import parse_url
from urllib3.util.wait import wait_for_read

from sequence.senders.answers import FinalResponse
from sequence.senders.deadline import Deadline, TimedSocket
from sequence.senders.guard import Guard
from sequence.senders.network import Network
from sequence.senders.redirects import HasSecret, location_of, next_request
from sequence.senders.urls import ExactURL

CLOSES_WITHIN_S = 0.01  # so soon after an answer a server closes that does not keep connections


class _Wire:
    """What the connections of one session share: the guard (None towards a proxy), the deadline, and what they saw."""

    def __init__(self, guard: Guard, deadline: Deadline) -> None:
        self.guard = guard
        self.deadline = deadline
        self.sock: socket.socket | None = None
        self.connected = False
        self.reused = False
        self.follows = True
        self.repeatable = True
        """Whether the request may be sent again, if its connection turns out to be closed."""
        self.closing: set[tuple[str, int]] = set()
        """Servers that close a connection after an answer without saying so."""
        self.target = ""
        """What stands in the request line, as it was written; urllib3 would rewrite it."""


class _Watched(HTTPConnection):
    """Connects only to addresses that the guard has judged, with a socket that obeys the deadline."""

    response_class = FinalResponse

    def __init__(self, *args: Any, wire: _Wire, guarded: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shared = wire
        self._guarded = guarded
        self._used = False
        self._answers = 0
        self._answered_at = 0.0
        self._holds = False
        self._head = b""
        self._peer = ""

    def __str__(self) -> str:
        # Errors of urllib3 begin with this.
        return f"{self.host}:{self.port}"

    def _new_conn(self) -> socket.socket:
        wire = self._shared
        self._used, self._answers = False, 0
        host, port = self._dns_host, self.port or self.default_port
        try:
            look = wire.guard.addresses if self._guarded else wire.guard.resolve
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
        if self.sock is not None and self._used and not self._shared.repeatable and self._is_closing():
            self.close()  # and a new one is made for what follows
        self._holds, self._head = isinstance(body, bytes) and len(body) > 0, b""
        super().request(method, self._shared.target or url, body, *args, **kwargs)

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
        response = super().getresponse()
        self._answers, self._answered_at = self._answers + 1, time.monotonic()
        return response

    def _is_closing(self) -> bool:
        """Whether the server ends this connection, which it has answered on once.

        Some close right after an answer and don't say so; whoever sends at that moment does not know what became of the
        request. So the first time it gets a moment to do so, and where it did, connections are used once.
        """
        server = self.host, self.port or self.default_port
        if self._answers == 1 and server not in self._shared.closing:
            left_s = self._answered_at + CLOSES_WITHIN_S - time.monotonic()
            if left_s > 0 and wait_for_read(self.sock, left_s):
                self._shared.closing.add(server)
        return server in self._shared.closing


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
        self.wire.target = self.request_url(request, proxies)
        response = super().send(request, *args, **kwargs)
        if response.is_redirect and self.wire.follows:
            # requests reads a redirect's body to its end, however long it is: it gets this much of it.
            response._content = b""
            with suppress(HTTPError):  # nobody reads it: that it breaks off is no reason not to go where it leads
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

    def __init__(
        self,
        network: Network,
        deadline: Deadline,
        redirects: int,
        jar: RequestsCookieJar | None,
        has_secret: HasSecret = lambda _: False,
    ) -> None:
        """`redirects`: at most so many are followed; `jar`: where cookies are kept (None: nowhere)."""
        super().__init__()
        self.has_secret = has_secret
        self.trust_env = False
        self.proxies = dict(network.proxies)
        self.max_redirects = redirects
        self.deadline = deadline
        self.cookies = _NoJar() if jar is None else jar
        adapter = WatchedAdapter(network, deadline, redirect_bytes=64 * 1024)
        self.wire = adapter.wire
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """See Session: what a walker asks for. The URL is sent as it was written."""
        url = ExactURL(str(request.url))
        params = requests.PreparedRequest._encode_params(request.params or {})  # type: ignore[attr-defined]
        prepared = super().prepare_request(
            requests.Request(
                method=request.method,
                url=str(url),
                headers=request.headers,
                files=request.files,
                data=request.data,
                params=None,
                auth=request.auth,
                cookies=request.cookies,
                hooks=request.hooks,
                json=request.json,
            )
        )
        if params:
            bare, mark, fragment = str(url).partition("#")
            prepared.url = f"{bare}{'?' if url.query is None else '&'}{params}{mark}{fragment}"
        else:
            prepared.url = str(url)
        if url.authorization and "Authorization" not in prepared.headers:
            prepared.headers["Authorization"] = url.authorization
        return prepared

    def resolve_redirects(  # type: ignore[override]
        self, resp: requests.Response, req: requests.PreparedRequest, **options: Any
    ) -> Iterator[requests.Response]:
        """See Session: the answers on the way, each asked for as the Fetch standard says."""
        if options.pop("yield_requests", False):
            return  # asked for what would come next, when redirects are not followed
        history = [resp]
        given = self._given_cookie(req)
        while (location := location_of(resp)) is not None:
            if len(history) > self.max_redirects:
                raise requests.TooManyRedirects(response=resp)
            resp.close()
            req = next_request(req, resp.status_code, location, self.has_secret)
            if len(self.cookies) and not (given and "Cookie" in req.headers):
                req.headers.pop("Cookie", None)
                req.prepare_cookies(self.cookies)
            resp = self.send(req, allow_redirects=False, **options)
            resp.history = list(history)
            history.append(resp)
            yield resp

    def _given_cookie(self, request: requests.PreparedRequest) -> bool:
        """Whether the Cookie header of a request was written by hand, and does not come from the jar."""
        bare = request.copy()
        given = bare.headers.pop("Cookie", None)
        return given is not None and given != get_cookie_header(self.cookies, bare)  # type: ignore[no-untyped-call]

    def cut(self) -> None:
        """Ends what is in flight, from another thread: whoever waits for the answer waits no longer."""
        # What begins only now finds its time over.
        self.deadline.begin(0.0)
        sock = self.wire.sock
        if sock is not None:
            with suppress(OSError):
                # Not the method of a TLS socket, which takes the stream from under the thread that reads it.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def open_session(
    network: Network, timeout_s: float, redirects: int, has_secret: HasSecret = lambda _: False
) -> WatchedSession:
    """A session for one request outside of any sequence, under the same guard and an equally strict deadline, which
    begins now; to be closed. An address that is refused raises RequestRefused, as it is."""
    session = WatchedSession(network, Deadline(time.monotonic), redirects, None, has_secret)
    session.deadline.begin(timeout_s)
    return session
