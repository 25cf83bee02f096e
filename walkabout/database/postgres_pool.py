"""Connections to PostgreSQL by psycopg, for peewee: how they are opened, lent, looked at and let go of.

psycopg's own pool was looked at. It hands out connections just as fast, but peewee does not know it, it runs threads of
its own in each process, and waits on its own; peewee's is the one that SQLite's connections are in, too.
"""

import select
from typing import Any

import peewee
import psycopg
from peewee import PostgresqlDatabase
from psycopg.adapt import Dumper, Loader
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int2Dumper

from walkabout.database.pool import PatientPool

WRITER_KEY = 0x77616C6B  # the advisory lock of transactions that are alone ("walk")
LOCK_WAIT_S = 10  # how long a statement waits for another transaction
_ALONE = f"; SELECT pg_advisory_xact_lock({WRITER_KEY})"


class FlagDumper(Dumper):
    """Flags are the numbers 0 and 1, as in SQLite."""

    oid = Int2Dumper.oid

    def dump(self, obj: bool) -> bytes:
        """0 or 1."""
        return b"1" if obj else b"0"


class PlainNumberLoader(Loader):
    """Sums of whole numbers are whole numbers, not decimals."""

    def load(self, data: Any) -> int | float:
        """The number."""
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)


class PostgresConnections(PostgresqlDatabase):
    """Opens connections. `conninfo`: as psycopg takes it; `pooler`: one in transaction mode stands in front, so that
    nothing can stay in a session: no prepared statement, and no setting."""

    def __init__(self, conninfo: dict[str, Any], *, pooler: bool, **kwargs: Any) -> None:
        self._conninfo = conninfo
        self._prepares = not pooler
        self._begin = f"BEGIN; SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'" if pooler else "BEGIN"
        self._state: Any
        super().__init__("postgresql", **kwargs)

    def _connect(self) -> Any:
        threshold = 5 if self._prepares else None
        connection = psycopg.connect(autocommit=True, prepare_threshold=threshold, **self._conninfo)
        connection.adapters.register_dumper(bool, FlagDumper)
        connection.adapters.register_loader("numeric", PlainNumberLoader)
        return connection

    def _set_server_version(self, conn: psycopg.Connection[Any]) -> None:
        self.server_version = conn.info.server_version

    def begin(self, alone: Any = False) -> None:
        """Begin a transaction; `alone`: wait until no other one that is alone is under way."""
        try:
            # All statements in one message: no way more to the server and back.
            statement = self._begin + (_ALONE if alone else "")
            self._state.conn.cursor().execute(statement.encode(), prepare=False)
        except Exception:
            if not self._state.conn.closed:
                self._state.conn.cursor().execute("ROLLBACK")
            raise

    def commit(self) -> None:
        """Commit. Raises OperationalError when a statement has failed and somebody swallowed that: the server would
        answer by a rollback, and no error."""
        if not self.is_closed() and self._state.conn.info.transaction_status == TransactionStatus.INERROR:
            raise peewee.OperationalError("a statement of the transaction has failed, so that it can't be committed")
        super().commit()


class PostgresPool(PatientPool, PostgresConnections):
    """Lends connections to threads."""

    def drop_broken(self) -> None:
        """See PatientPool."""
        if self.is_closed() or self._state.transactions:
            return
        connection = self._state.conn
        if self._is_closed(connection):
            self._close(connection, close_conn=True)
            self._state.reset()

    def _is_closed(self, conn: psycopg.Connection[Any]) -> bool:
        """Whether a connection that nobody uses can't be used any more, without a way to the server and back.

        A server that ends a connection says so: there is something to be read. It says hardly anything else unasked.
        """
        if conn.closed:
            return True
        poller = select.poll()
        poller.register(conn.fileno(), select.POLLIN)
        return bool(poller.poll(0))

    def _can_reuse(self, conn: Any) -> bool:
        if conn.closed or not super()._can_reuse(conn):
            return False
        if conn.info.transaction_status == TransactionStatus.IDLE:
            return True
        try:
            conn.rollback()
        except psycopg.Error:
            return False
        return True
