"""The RSGI application that the server calls: it reads the body first, then takes a thread."""

import asyncio
import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from walkabout.front.bodies import Bodies, BodyLimits, BodyRefused
from walkabout.front.client import CLIENT, WaitingClient
from walkabout.front.environ import RequestScope, environ_of
from walkabout.front.reading import BodyGate, Connection, Environ, HungUp, Read, Reader
from walkabout.front.steps import in_pool, run_where_it_arrives
from walkabout.front.turns import Turns
from walkabout.front.unread import Unread

Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[str, str]]
CLOSE = ("Connection", "close")
SAFETY = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Headers of every answer except files: browsers don't cache it or guess its type (OWASP Secure Headers)."""
EARLY_THREADS = 4


class Front:
    """Calls a WSGI application for each request, in a limited number of threads."""

    def __init__(self, app: Wsgi, gate: BodyGate, limits: BodyLimits, threads: int) -> None:
        self.app = app
        self.gate = gate
        self.bodies = Bodies(limits)
        self.reader = Reader(gate, self.bodies)
        self.turns = Turns(threads)
        # Answers without a body are quick. In our own threads, since an error that is caught on the way keeps the frames
        # of its thread until it is collected as garbage: with the server's they would keep the connection open.
        self.early = ThreadPoolExecutor(EARLY_THREADS, thread_name_prefix="early")

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by the server before it serves."""
        run_where_it_arrives(loop, self.turns.next)

    async def __rsgi__(self, scope: RequestScope, connection: Connection) -> None:
        """Answer one request."""
        environ = environ_of(scope)
        environ[CLIENT] = client = WaitingClient(connection)
        declared = _declared(environ)
        read = Read()
        try:
            if declared == 0:
                read.input = io.BytesIO()
            else:
                await self.reader.read(environ, connection, declared, read)
            await self._answer(environ, connection, read)
            # A client that waits for "100 Continue" sends nothing.
            if not isinstance(read.input, io.BytesIO) and "HTTP_EXPECT" not in environ:
                await self.reader.throw_away(connection)
        except HungUp:
            pass
        finally:
            client.forget()
            if read.held is not None:
                self.bodies.release(read.held)

    async def _answer(self, environ: Environ, connection: Connection, read: Read) -> None:
        if read.refused is not None:
            connection.response_bytes(read.refused.status, *self._refusal(read.refused, environ))
            return
        environ["wsgi.input"] = read.input
        if isinstance(read.input, Unread):
            status, headers, body = await in_pool(self.early, _ask, self.app, environ)
            connection.response_bytes(status, [*headers, CLOSE], body)
            return
        await self.turns.take()
        try:
            connection.response_bytes(*_ask(self.app, environ))
        finally:
            self.turns.give_back()

    def _refusal(self, no: BodyRefused, environ: Environ) -> tuple[Headers, bytes]:
        headers = [
            ("Content-Type", "application/json"),
            *SAFETY.items(),
            *self.gate.headers(environ).items(),
            CLOSE,
        ]
        if no.retry_after_s is not None:
            headers.append(("Retry-After", str(no.retry_after_s)))
        return headers, self.gate.error(no.status, no.text)


def _declared(environ: Environ) -> int | None:
    """The length of the body according to the head; None when it comes in chunks."""
    if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None:
        environ.pop("CONTENT_LENGTH", None)
        return None
    text = environ.get("CONTENT_LENGTH", "0").partition(",")[0]
    return int(text) if text.isdecimal() else 0


def _ask(app: Wsgi, environ: Environ) -> tuple[int, Headers, bytes]:
    head: list[Any] = []

    def start_response(status: str, headers: Headers, _error: Any = None) -> None:
        head[:] = [int(status[:3]), headers]

    pieces = app(environ, start_response)
    try:
        body = b"".join(pieces)
    finally:
        if (close := getattr(pieces, "close", None)) is not None:
            close()
    return head[0], head[1], body
