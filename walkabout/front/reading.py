"""Reads the body of one request within the limits, if its caller may send one."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from walkabout.front.bodies import Bodies, BodyRefused, IncomingBody
from walkabout.front.client import Connected
from walkabout.front.steps import Future
from walkabout.front.unread import Unread

FREE = 64 * 1024  # bytes of a body that anybody may send
Environ = dict[str, Any]


class BodyGate(Protocol):
    """Identifies callers before their bodies are read."""

    def most(self, environ: Environ, declared: int | None) -> int:
        """How many bytes of this caller's body are read; 0 if the answer does not depend on it.

        `declared`: its length according to the head, or None.
        """

    def may_hold_key(self, environ: Environ) -> bool:
        """Whether a key in the body counts."""

    def most_with(self, environ: Environ, begin: bytes) -> int:
        """Like `most`, for a caller who may have sent a key at the start of the body."""

    def error(self, status: int, text: str) -> bytes:
        """The body of an error."""

    def headers(self, environ: Environ) -> dict[str, str]:
        """The headers of an error, beside those of all answers."""


class Connection(Connected, Protocol):
    """The server's side of a request."""

    def __call__(self) -> Future:
        """The whole body."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body in pieces; an empty one is the last."""

    def __anext__(self) -> Future:
        """The next piece."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer. Returns at once; the server's own thread sends it as fast as the client takes it."""


class HungUp(Exception):
    """The client hung up in the middle of its body."""


@dataclass
class Read:
    """The result of reading a body: `input` for the application, or `refused`. `held`: its place in Bodies.

    Errors are stored without their tracebacks, which would keep the connection open.
    """

    input: io.BytesIO | Unread | None = None
    refused: BodyRefused | None = None
    held: IncomingBody | None = None


class Reader:
    """Reads bodies."""

    def __init__(self, gate: BodyGate, bodies: Bodies) -> None:
        self.gate = gate
        self.bodies = bodies

    async def read(self, environ: Environ, connection: Connection, declared: int | None, read: Read) -> None:
        """Read a body and put its length into the environ. `declared`: its length; None when it comes in chunks.

        Raises HungUp.
        """
        try:
            read.input = await self._input(environ, connection, declared, read)
        except BodyRefused as no:
            read.refused = no.with_traceback(None)

    async def _input(
        self, environ: Environ, connection: Connection, declared: int | None, read: Read
    ) -> io.BytesIO | Unread:
        most = self.gate.most(environ, declared)
        length = declared or 0
        if most == 0 or (length > most and (most > FREE or not self.gate.may_hold_key(environ))):
            return _unread(environ, length, most)
        at_once = declared if declared is not None and declared <= FREE else None
        read.held = body = self.bodies.begin(most > FREE, at_once)
        try:
            if at_once is not None:
                return io.BytesIO(await _all(body, connection))
            return await self._pieces(environ, connection, declared, most, body)
        finally:
            self.bodies.finish(body)

    async def _pieces(
        self, environ: Environ, connection: Connection, declared: int | None, most: int, body: IncomingBody
    ) -> io.BytesIO | Unread:
        whole = io.BytesIO()
        connection.__aiter__()
        while piece := await _next(body, connection):
            whole.write(piece)
            self.bodies.receive(body, len(piece))
            if body.received > most == FREE:
                most = self.gate.most_with(environ, whole.getvalue()[:FREE])
                if most > FREE:
                    self.bodies.mark_known(body)
            if max(body.received, declared or 0) > most and body.received > FREE:
                return _unread(environ, max(body.received, declared or 0), most)
        is_whole = (
            _has_ended(connection) or "HTTP_TRAILER" in environ if declared is None else body.received == declared
        )
        if not is_whole:
            raise HungUp
        environ["CONTENT_LENGTH"] = str(body.received)
        whole.seek(0)
        return whole

    async def throw_away(self, connection: Connection) -> None:
        """Read and drop the rest of a body for a while after an early answer: the client may not read the answer before."""
        body = self.bodies.linger()
        if body is None:
            return
        try:
            connection.__aiter__()
        except RuntimeError:
            pass  # it was begun already
        try:
            while await _next(body, connection):
                pass
        except (BodyRefused, RuntimeError):
            pass
        finally:
            self.bodies.release(body)


def _unread(environ: Environ, length: int, most: int) -> Unread:
    environ["CONTENT_LENGTH"] = str(length)
    return Unread(most)


async def _all(body: IncomingBody, connection: Connection) -> bytes:
    try:
        return await body.wait(connection())
    except RuntimeError:
        raise HungUp from None


async def _next(body: IncomingBody, connection: Connection) -> bytes:
    try:
        future = connection.__anext__()
    except StopAsyncIteration:
        return b""
    return await body.wait(future)


def _has_ended(connection: Connection) -> bool:
    """Whether the last piece was the end. If not, the connection broke and the body is incomplete."""
    try:
        connection.__anext__().cancel()
    except StopAsyncIteration:
        return True
    return False
