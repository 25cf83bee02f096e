"""Everything that the service knows of PostgreSQL, with its connections (postgres_pool.py) and tables (postgres_tables.py)."""

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from shlex import quote
from typing import Any

import peewee
import psycopg
from psycopg import conninfo

from walkabout.database.engine import Calls, Wording
from walkabout.database.errors import Collision, ConstraintRefused, Unavailable, Unusable
from walkabout.database.postgres_calls import PostgresCalls
from walkabout.database.postgres_pool import LOCK_WAIT_S, PostgresPool
from walkabout.database.postgres_tables import MigratingPostgres, add_what_lacks

LEAST_VERSION = 130_000
POOL_WAIT_S = 10.0  # how long a thread waits for a connection
MIGRATION_KEY = 0x77616C6C  # the advisory lock of the migrations ("wall")
CHUNK = 100  # rows that are read at a time where their number is not known before
# What a connection does by itself about servers and networks that do not answer. Without, a query whose packets vanish
# hangs for a quarter of an hour, and a connection that only listens for ever.
ENDURES = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "application_name": "walkabout",
}
# What the server does by itself about clients that are gone without a word: what a machine held in a transaction, cut off
# in the middle of it, is free after a quarter of a minute, and not after a whole one.
_GONE = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=10000"
# A pooler in transaction mode takes no such thing with a connection.
SESSION = f"-c lock_timeout={LOCK_WAIT_S}s -c idle_in_transaction_session_timeout=60s {_GONE}"
# https://www.postgresql.org/docs/current/errcodes-appendix.html: what passes by itself, or when somebody makes room.
PASSING = ("08", "53", "57P01", "57P02", "57P03", "57014", "55P03", "25P02", "25P03", "25006")
AGAIN = ("40001", "40P01")  # serialization failure, deadlock
# Connections of this service (ENDURES names them) but the one that asks.
_USERS = (
    "SELECT host(client_addr) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND application_name LIKE 'walkabout%%' ORDER BY backend_start"
)
_LAST_IDS = (
    "SELECT table_name, pg_sequence_last_value(CAST(pg_get_serial_sequence(quote_ident(table_name), 'id') AS regclass))"
    " FROM information_schema.columns WHERE table_schema = current_schema() AND column_name = 'id' AND is_identity = 'YES'"
    " AND table_name <> 'schema_migration'"
)
_KEY = re.compile(r"\(([^()]*)\)=\(")


class Postgres:
    """The engine of a PostgreSQL database, version 13 or newer."""

    path: Path | None = None
    errors = (peewee.DatabaseError, peewee.InterfaceError, psycopg.Error)
    has_clock = True
    writers_wait = False
    wording = Wording(
        for_update=" FOR UPDATE",
        for_share=" FOR SHARE",
        skip_locked=" FOR UPDATE SKIP LOCKED",
        looks_first=False,
        bytes_of="octet_length({})",
        whole_part="CAST(floor({}) AS BIGINT)",
        joined="string_agg({}, ',')",
        numbers="unnest(CAST(? AS BIGINT[])) AS asked (value)",
    )

    def __init__(self, url: str, *, connections: int, pooler: bool) -> None:
        """`connections`: at most so many in this process. `pooler`: one in transaction mode stands in front. Raises
        Unusable."""
        try:
            given = conninfo.conninfo_to_dict(url)
            if not set(str(given.get("port", ""))) <= set("0123456789,"):
                raise psycopg.ProgrammingError("port")  # of a URL without @ it may be the password
        except psycopg.Error:
            # Its own text may quote the URL, with the password.
            raise Unusable(
                "DATABASE_URL can't be read: postgresql://USER:PASSWORD@HOST:PORT/NAME?sslmode=require"
            ) from None
        self.conninfo: dict[str, Any] = {**ENDURES, **({} if pooler else {"options": SESSION}), **given}
        # To listen takes a session, which a pooler does not give.
        self.calls: Callable[[str], Calls] | None = None if pooler else partial(PostgresCalls, self.conninfo)
        self.pool: Any = PostgresPool(self.conninfo, pooler=pooler, max_connections=connections, timeout=POOL_WAIT_S)

    def now(self) -> float:
        """See Engine."""
        return float(self._rows("SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision)")[0][0])

    def where(self) -> str:
        """See Engine."""
        host, port, name = (self.conninfo.get(key) for key in ("host", "port", "dbname"))
        return f"the database {name or ''} at {host or 'its socket'}{f':{port}' if port else ''}"

    def failure(self, error: Exception) -> Exception | None:
        """See Engine."""
        found: Exception | None = error
        while found is not None:
            if isinstance(found, self.errors):
                # peewee's is around the driver's, which says more.
                failure = _failure(getattr(found, "orig", None) or found)
                if failure is not None:
                    return failure
            context = found.__context__
            found = context if isinstance(context, Exception) else None
        return None

    def is_lost(self) -> bool:
        """See Engine: a server that has lost a database says so itself."""
        return False

    def text(self, sql: str) -> str:
        """See Engine."""
        return _text(sql)

    def begin(self, *, alone: bool) -> tuple[Any, ...]:
        """See Engine."""
        return (alone,)

    def lock(self, name: str, number: int) -> None:
        """See Engine."""
        self.pool.execute_sql("SELECT pg_advisory_xact_lock(hashtext(%s), CAST(%s AS integer))", (name, number % 2**31))

    def iterate(self, sql: str, params: Sequence[Any], *, few: bool = False) -> Generator[Any, None, None]:
        """See Engine. Who has enough before the end gets it all the same: to cut the answer short takes a connection more,
        and would end the transaction. What is read in parts is not prepared: the server plans it each time."""
        if few:
            yield from self.pool.execute_sql(_text(sql), params)
            return
        rows = self.pool.connection().cursor().stream(_text(sql), params, size=CHUNK)
        try:
            yield from rows
        finally:
            for _ in rows:
                pass

    def many(self, values: Sequence[Any]) -> Any:
        """See Engine."""
        return list(values)

    def is_among(self, column: Any, values: Sequence[Any]) -> peewee.Expression:
        """See Engine."""
        return peewee.Expression(column, "=", peewee.SQL("ANY(%s)", [list(values)]))

    def among(self, column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
        """See Engine."""
        return f"{column} = ANY(?)", [list(values)]

    @contextmanager
    def upgrading(self, check_s: float) -> Iterator[Any]:  # noqa: ARG002 - the server looks for damage itself
        """See Engine. One transaction holds all of it: whoever comes meanwhile waits, and finds everything done."""
        db: Any = MigratingPostgres(self.conninfo, pooler=True)
        try:
            with db.connection_context():
                if (db.server_version or 0) < LEAST_VERSION:
                    raise Unusable(f"{self.where()} is older than PostgreSQL 13: upgrade the server")
                with db.atomic():
                    db.execute_sql(f"SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({MIGRATION_KEY})")
                    add_what_lacks(db)
                    yield db
        except self.errors as error:
            raise self._unusable(error) from error

    def newer(self, migrations: set[str]) -> Unusable:
        """See Engine: the tables are those of a newer version, which this one would spoil."""
        return Unusable(
            f"{self.where()} belongs to a newer version of the service (it has {', '.join(sorted(migrations))}): start that"
            " version, or restore a backup from before"
        )

    def users(self) -> list[str]:
        """See Engine."""
        try:
            with self.pool.connection_context():
                return [f"a connection from {address or 'this machine'}" for (address,) in self._rows(_USERS)]
        except self.errors as error:
            raise self._unusable(error) from error

    def freeze(self) -> None:
        """See Engine."""
        self.pool.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self.pool.execute_sql("SET LOCAL idle_in_transaction_session_timeout = 0")

    def last_ids(self) -> dict[str, int]:
        """See Engine."""
        return {table: last for table, last in self._rows(_LAST_IDS) if last is not None}

    def set_last_ids(self, ids: dict[str, int]) -> None:
        """See Engine."""
        for table, last in ids.items():
            self.pool.execute_sql("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", (table, last))

    def by_hand(self, file: str) -> tuple[str, str] | None:
        """See Engine."""
        return (
            f'pg_dump --format=custom --no-owner --file={quote(file)} "$DATABASE_URL"',
            f'pg_restore --clean --if-exists --no-owner --single-transaction --dbname="$DATABASE_URL" {quote(file)}',
        )

    def _rows(self, sql: str) -> list[Any]:
        return list(self.pool.execute_sql(sql).fetchall())

    def _unusable(self, error: Exception) -> Unusable:
        text = " ".join(str(error).split())
        return Unusable(f"{self.where()} can't be used ({text}): {_remedy(text)}")

    def log_bytes(self) -> int:
        """See Engine: the server sees to its log."""
        return 0

    def checkpoint(self) -> bool:
        """See Engine."""
        return True


def _remedy(error: str) -> str:
    """What to do when it can't be used at the start."""
    if "unsupported startup parameter" in error:
        return "that is a pooler, such as PgBouncer; set DATABASE_POOLER=true"
    return "see that the server runs, and that DATABASE_URL names a database whose tables this user may make"


@lru_cache(maxsize=2000)
def _text(sql: str) -> str:
    """`?` outside of quotes as `%s`, and each `%` twice, as psycopg takes it."""
    parts = sql.replace("%", "%%").split("'")
    return "'".join(part if number % 2 else part.replace("?", "%s") for number, part in enumerate(parts))


def _failure(error: Exception) -> Exception | None:
    state: str | None = getattr(error, "sqlstate", None)
    if state is None:
        # Without a state: the connection could not be made, or broke.
        is_away = isinstance(error, psycopg.OperationalError | peewee.OperationalError)
        return Unavailable(str(error).strip()) if is_away else None
    if state in AGAIN:
        return Collision(str(error).strip())
    if state.startswith("23"):
        return ConstraintRefused(_refused(error))
    return Unavailable(str(error).strip()) if state.startswith(PASSING) else None


def _refused(error: Exception) -> str:
    """What a constraint said: of what has to be unique the columns, in the form `schedule.owner, schedule.name`."""
    diag = getattr(error, "diag", None)
    columns = _KEY.search(getattr(diag, "message_detail", None) or "")
    if getattr(error, "sqlstate", "") == "23505" and diag is not None and columns:
        return "UNIQUE constraint failed: " + ", ".join(
            f"{diag.table_name}.{column.strip()}" for column in columns[1].split(",")
        )
    return str(error).strip()
