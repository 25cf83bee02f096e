"""A server on loopback that remembers each request as it came: for comparing what two clients send."""

import re
import socket
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from tests.support.listener import Listener

# What each client says of itself and of the connection; all else is to be the same.
_OF_THE_CLIENT = ("user-agent", "accept-encoding", "connection", "content-length")


@dataclass(frozen=True)
class Recorded:
    """A request: lines of one name are one header (RFC 9110, 5.3); the parts of a multipart body without its boundary."""

    method: str
    target: str
    headers: dict[str, str]
    body: Any


@dataclass
class Recorder:
    """Answers 200 to everything, but 500 to addresses that hold `failing`."""

    seen: list[Recorded] = field(default_factory=list)
    failing: str = ""

    def __post_init__(self) -> None:
        listener = Listener(self._serve)
        self.host, self.close = listener.host, listener.close

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader:
            while line := reader.readline():
                method, target, _ = line.decode("latin-1").split(" ", 2)
                headers: dict[str, str] = {}
                while (header := reader.readline().strip()) != b"":
                    name, _, value = header.decode("latin-1").partition(":")
                    name, value = name.lower(), value.strip()
                    glue = "; " if name == "cookie" else ", "
                    headers[name] = f"{headers[name]}{glue}{value}" if name in headers else value
                if headers.get("expect") == "100-continue":
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = reader.read(int(headers.get("content-length", "0")))
                self.seen.append(_recorded(method, target, headers, body))
                status = b"500 Broken" if self.failing and self.failing in target else b"200 OK"
                connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")


def _recorded(method: str, target: str, headers: dict[str, str], body: bytes) -> Recorded:
    kept = {name: value for name, value in headers.items() if name not in (*_OF_THE_CLIENT, "expect")}
    kind = headers.get("content-type", "")
    if "boundary=" not in kind:
        return Recorded(method, target, kept, body)
    kept["content-type"] = re.sub(r"boundary=.*", "", kind)
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    parts = [
        ({name.lower(): str(value) for name, value in part.items()}, part.get_payload(decode=True))
        for part in message.iter_parts()
    ]
    return Recorded(method, target, kept, parts)
