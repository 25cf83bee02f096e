"""A service to measure, in processes of its own, and a client that costs little."""

import json
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.house import ADMIN, House

DURABLE = {"max_connections": "200"}  # PostgreSQL as it comes: what is committed stays


@contextmanager
def serving(**environment: str) -> Iterator[House]:
    """A fresh service, as `make run` starts it."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder) / "data", LOG_LEVEL="info", **environment).start()
        try:
            yield house
        finally:
            house.stop()


class Wire:
    """One kept-alive connection that sends prepared bytes: the load generator shares the cores with the service."""

    def __init__(self, url: str, token: str = "") -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 80))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.token = token

    def prepared(self, method: str, path: str, body: Any = None) -> bytes:
        """The bytes of a request."""
        data = b"" if body is None else json.dumps(body).encode()
        head = [
            f"{method} {path} HTTP/1.1",
            "Host: bench",
            f"Content-Length: {len(data)}",
            "Content-Type: application/json",
        ]
        if self.token:
            head.append(f"Authorization: token {self.token}")
        return "\r\n".join(head).encode() + b"\r\n\r\n" + data

    def send(self, request: bytes) -> Any:
        """Send a request; the body of its answer."""
        self.socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(lengths[0].split(b":")[1])
        while len(body) < length:
            body += self._receive()
        return json.loads(body)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Prepare and send."""
        return self.send(self.prepared(method, path, body))

    def _receive(self) -> bytes:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the service hung up")
        return data


def signed_in(house: House) -> Wire:
    """A connection of the admin."""
    wire = Wire(house.url)
    wire.token = wire.ask("POST", "/user/token/", {"email": ADMIN[0], "password": ADMIN[1]})["token"]
    return wire


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
