"""Pools of connections that threads share."""

import threading
from typing import Any

from playhouse.pool import MaxConnectionsExceeded, PooledDatabase, PooledSqliteDatabase


class PatientPool(PooledDatabase):  # type: ignore[misc]
    """A pool that can be closed while threads still ask, and where thousands of them come to their turn.

    Closing a connection under the hands of another thread, as the pool's own `close_all` does, ends the interpreter.
    Its own way of waiting overlooks connections that come back in the wrong moment, for a second each time.
    """

    def __init__(self, *args: Any, max_connections: int, timeout: float, **kwargs: Any) -> None:
        self._to_close: set[int] = set()
        self._free = threading.Semaphore(max_connections)
        super().__init__(*args, max_connections=max_connections, timeout=timeout, **kwargs)

    def connect(self, reuse_if_open: bool = False) -> bool:
        """Borrow a connection for this thread. Raises MaxConnectionsExceeded when none came free for too long."""
        if not self.is_closed():
            return bool(super().connect(reuse_if_open))
        if not self._free.acquire(timeout=self._wait_timeout):
            raise MaxConnectionsExceeded
        try:
            return bool(super().connect(reuse_if_open))
        except BaseException:
            self._free.release()
            raise

    def dispose(self) -> None:
        """Forget all connections."""
        super().dispose()
        self._free = threading.Semaphore(self._max_connections)

    def _close(self, conn: object, close_conn: bool = False) -> None:
        was_lent = self.conn_key(conn) in self._in_use
        super()._close(conn, close_conn)
        if was_lent:
            self._free.release()

    def shut(self) -> None:
        """Close this thread's connection and those that nobody uses, and the others as they come back."""
        self.close()
        with self._pool_lock:
            self.close_idle()
            self._to_close = set(self._in_use)

    def drop_broken(self) -> None:
        """Let go of this thread's connection when it can't be used any more: for a thread that keeps its own."""

    def _can_reuse(self, conn: object) -> bool:
        if self.conn_key(conn) in self._to_close:
            self._to_close.remove(self.conn_key(conn))
            return False
        return bool(super()._can_reuse(conn))


class SqlitePool(PatientPool, PooledSqliteDatabase):  # type: ignore[misc]
    """The connections to the file of an SQLite database."""
