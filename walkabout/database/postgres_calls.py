"""Calls between the processes of all machines by NOTIFY and LISTEN.

A transaction with a NOTIFY holds a lock of the whole server until it is on the disk: inside of those of jobs it would let
them commit one by one. So each is a transaction of its own, for which nobody waits on a disk.
"""

from collections.abc import Collection
from typing import Any

import psycopg

from walkabout.database.errors import Unavailable

CHANNEL = "walkabout"


class PostgresCalls:
    """See Calls in engine.py. Two connections of its own, for one thread each."""

    def __init__(self, conninfo: dict[str, Any]) -> None:
        self._conninfo = conninfo
        self._sender: psycopg.Connection[Any] | None = None
        self._receiver: psycopg.Connection[Any] | None = None

    def send(self, texts: Collection[str]) -> None:
        """See Calls."""
        told = "; ".join(f"NOTIFY {CHANNEL}, '{text}'" for text in texts)
        try:
            if self._sender is None or self._sender.closed:
                self._sender = self._connect()
            statement = f"BEGIN; SET LOCAL synchronous_commit = off; {told}; COMMIT"
            self._sender.cursor().execute(statement.encode(), prepare=False)
        except psycopg.Error as error:
            _close(self._sender)
            self._sender = None
            raise Unavailable(str(error)) from error

    def receive(self, seconds: float) -> list[str] | None:
        """See Calls."""
        try:
            if self._receiver is None or self._receiver.closed:
                self._receiver = self._connect()
                self._receiver.execute(f"LISTEN {CHANNEL}".encode())
                return None
            return [call.payload for call in self._receiver.notifies(timeout=seconds, stop_after=1)]
        except psycopg.Error as error:
            _close(self._receiver)
            self._receiver = None
            raise Unavailable(str(error)) from error

    def close(self) -> None:
        """See Calls."""
        _close(self._sender)
        self._sender = None

    def close_receiver(self) -> None:
        """See Calls."""
        _close(self._receiver)
        self._receiver = None

    def _connect(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(autocommit=True, prepare_threshold=None, **self._conninfo)


def _close(connection: "psycopg.Connection[Any] | None") -> None:
    if connection is not None:
        connection.close()
