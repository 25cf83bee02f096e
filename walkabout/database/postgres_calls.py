"""Calls between the processes of all machines by NOTIFY and LISTEN.

A transaction with a NOTIFY holds a lock of the whole server until it is on the disk: inside of those of jobs it would let
them commit one by one. So each is a transaction of its own, for which nobody waits on a disk. And it wakes all who listen, on
whatever machine: who listens says by the name of its connection on which one, and nobody calls where all are on one.
"""

from collections.abc import Collection
from typing import Any

import psycopg

from walkabout.database.errors import Unavailable

CHANNEL = "walkabout"
_NAME = "walkabout hears at "
# Of other users' sessions the server does not tell the names: any of them may listen.
_HEARD = (
    "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND (usename <> current_user OR starts_with(application_name, %s) AND application_name <> %s))"
)


class PostgresCalls:
    """See Calls in engine.py. Two connections of its own, for one thread each. `here`: names this machine."""

    def __init__(self, conninfo: dict[str, Any], here: str) -> None:
        self._conninfo = conninfo
        self._name = _NAME + here
        self._sender: psycopg.Connection[Any] | None = None
        self._receiver: psycopg.Connection[Any] | None = None

    def send(self, texts: Collection[str]) -> None:
        """See Calls."""
        told = "; ".join(f"NOTIFY {CHANNEL}, '{text}'" for text in texts)
        self._ask(f"BEGIN; SET LOCAL synchronous_commit = off; {told}; COMMIT", None)

    def are_heard_elsewhere(self) -> bool:
        """See Calls."""
        return bool(self._ask(_HEARD, (_NAME, self._name)).fetchone()[0])

    def _ask(self, statement: str, params: Any) -> Any:
        try:
            if self._sender is None or self._sender.closed:
                self._sender = self._connect()
            return self._sender.cursor().execute(statement.encode(), params, prepare=False)
        except psycopg.Error as error:
            _close(self._sender)
            self._sender = None
            raise Unavailable(str(error)) from error

    def receive(self, seconds: float) -> list[str] | None:
        """See Calls."""
        try:
            if self._receiver is None or self._receiver.closed:
                self._receiver = self._connect(application_name=self._name)
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

    def _connect(self, **more: str) -> "psycopg.Connection[Any]":
        return psycopg.connect(autocommit=True, prepare_threshold=None, **{**self._conninfo, **more})


def _close(connection: "psycopg.Connection[Any] | None") -> None:
    if connection is not None:
        connection.close()
