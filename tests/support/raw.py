"""A connection that sends what a test says, byte for byte, and reads answers one by one."""

import json
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Any

PATIENCE_S = 30.0  # nothing here should take so long; a test that waits longer has failed


@dataclass
class Heard:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"

    def json(self) -> Any:
        return json.loads(self.body)


class Raw:
    """One connection."""

    def __init__(self, port: int, host: str = "127.0.0.1", *, receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect((host, port))
        self._received = b""

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.socket.close()

    def send(self, data: bytes) -> "Raw":
        self.socket.sendall(data)
        return self

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Heard:
        """Send a whole request; its answer."""
        return self.send(head(method, path, Content_Length=str(len(body)), **headers) + body).answer()

    def answer(self, *, to_head: bool = False) -> Heard:
        """The next answer."""
        while b"\r\n\r\n" not in self._received:
            self._receive()
        top, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *lines = top.decode("latin-1").split("\r\n")
        status = int(first.split()[1])
        if status == 100:
            return self.answer(to_head=to_head)
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = 0 if to_head or status in (204, 304) else int(headers["content-length"])
        while len(self._received) < length:
            self._receive()
        body, self._received = self._received[:length], self._received[length:]
        return Heard(status, headers, body)

    def ended(self) -> bool:
        """Wait until the other side ends the connection, and say whether it did without another answer."""
        try:
            while data := self.socket.recv(65536):
                self._received += data
        except ConnectionResetError:
            pass
        return not self._received

    def _receive(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError(f"the connection ended after {self._received[:200]!r}")
        self._received += data


def head(method: str, path: str, **headers: str) -> bytes:
    """The head of a request; an underscore in a header's name stands for a hyphen."""
    lines = [f"{method} {path} HTTP/1.1", "Host: test"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body; that of nothing is the last."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
