"""One deadline for a whole request: connecting, TLS, sending, headers and every byte of the body.

The timeouts of a socket begin anew with each byte that drips in; these sockets shorten theirs to what is left.
"""

import socket
import ssl
from collections.abc import Callable
from typing import Any


class Deadline:
    """The moment by which the request of a session must be over; one request at a time uses it."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._at = 0.0
        self.seconds = 0.0

    def begin(self, seconds: float) -> None:
        """The next request has so many seconds."""
        self.seconds = seconds
        self._at = self._monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError when it is over."""
        left = self._at - self._monotonic()
        if left <= 0:
            raise TimeoutError("the time of the request is over")
        return left


class TimedSocket(socket.socket):
    """A plain socket that obeys a deadline."""

    deadline: Deadline | None = None

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """See socket.recv_into."""
        if self.deadline is not None:
            self.settimeout(self.deadline.left())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        """See socket.sendall; its timeout is over all of the data."""
        if self.deadline is not None:
            self.settimeout(self.deadline.left())
        super().sendall(*args, **kwargs)


class TimedTLSSocket(ssl.SSLSocket):
    """A TLS socket that obeys a deadline; contexts make these when it is their `sslsocket_class`."""

    deadline: Deadline | None = None

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """See socket.recv_into."""
        if self.deadline is not None:
            self.settimeout(self.deadline.left())
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        """See socket.send; sendall of a TLS socket is made of these."""
        if self.deadline is not None:
            self.settimeout(self.deadline.left())
        return super().send(*args, **kwargs)
