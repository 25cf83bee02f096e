"""A server that takes requests and lets them wait for an answer."""

import socket
import threading

from tests.support.listener import Listener


class Sink:
    """Listens on loopback; `asked` is released once for each request that came; nobody is ever answered."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self._listener = Listener(self._serve)
        self.url = f"{self._listener.base}/"
        self.close = self._listener.close

    def _serve(self, connection: socket.socket) -> None:
        connection.recv(65536)
        self.asked.release()
