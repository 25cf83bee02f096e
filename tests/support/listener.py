"""The loop that servers of tests share: it accepts connections on loopback, and serves each in a thread of its own."""

import socket
import threading
from collections.abc import Callable


class Listener:
    """Listens at a free port; `serve(connection)` has each connection, and need not close it."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.base = f"http://{self.host}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def accepted(self) -> int:
        """How many connections there were."""
        return len(self._connections)

    def close(self) -> None:
        """Stop listening, and hang up on everybody. A listener that is only closed keeps its thread waiting for ever."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for connection in self._connections:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
