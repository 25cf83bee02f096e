"""Everything that the service knows of SQLite, except for its file (file.py)."""

import fcntl
import sqlite3
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import peewee

from walkabout import json_text
from walkabout.database.engine import Calls, Wording
from walkabout.database.errors import ConstraintRefused, Damaged, Unavailable, Unusable
from walkabout.database.file import DatabaseFile
from walkabout.database.models import folded
from walkabout.database.pool import SqlitePool

CHECKPOINT_S = 0.5  # how long a checkpoint waits for those who read and write
BUSY_S = 10.0  # how long a writer waits for another one; the longest transaction is a walker's commit
POOL = 32  # connections
# A page cache of 512 KiB a connection: there are up to POOL of them in one process, and the kernel has its own.
PRAGMAS = {"journal_mode": "wal", "synchronous": "normal", "foreign_keys": 1, "cache_size": -512, "temp_store": 2}
DAMAGED = ("CORRUPT", "NOTADB")
# What passes by itself, or when somebody makes room (https://www.sqlite.org/rescode.html); other errors are our bugs.
PASSING = ("BUSY", "LOCKED", "FULL", "IOERR", "CANTOPEN", "READONLY", "NOMEM", "PROTOCOL", "INTERRUPT")
_STEPS = 10_000  # of SQLite's machine between two looks at the time
_RESTORE = "restore a backup of it (docs/operate.md), or move it away to begin with an empty one"


class Sqlite:
    """The engine of one SQLite file, or of a database in memory (for tests of a single thread)."""

    errors = (peewee.DatabaseError, sqlite3.DatabaseError)
    wording = Wording()
    calls: Callable[[str], Calls] | None = None
    has_clock = False
    writers_wait = True

    def __init__(self, path: Path | None) -> None:
        """`path`: the file; None keeps everything in memory, in one connection."""
        self.path = path
        self.file = DatabaseFile(path) if path else None
        self.pool = SqlitePool(
            str(path) if path else ":memory:",
            pragmas=PRAGMAS,
            lock_type="IMMEDIATE",  # read, then write in a deferred transaction fails at once with BUSY_SNAPSHOT
            returning_clause=True,
            max_connections=POOL if path else 1,
            timeout=BUSY_S,
            # A connection of the pool serves one thread at a time, but not always the same one.
            check_same_thread=False,
        )
        self.pool.timeout = BUSY_S
        self.pool.register_function(folded, "folded", 1)

    def failure(self, error: Exception) -> Exception | None:
        """See Engine."""
        if isinstance(error, peewee.IntegrityError | sqlite3.IntegrityError):
            return ConstraintRefused(str(error))
        cause = _cause(error)
        if cause is None:
            return None
        return Damaged(cause) if _name(cause) in DAMAGED else Unavailable(self._words(cause))

    def is_lost(self) -> bool:
        """See Engine."""
        return self.file is not None and self.file.is_lost()

    def text(self, sql: str) -> str:
        """See Engine."""
        return sql

    def begin(self, *, alone: bool) -> tuple[Any, ...]:  # noqa: ARG002 - each is alone here
        """See Engine."""
        return ()

    def lock(self, name: str, number: int) -> None:
        """See Engine: whoever is in a transaction is the only one who writes."""

    def iterate(self, sql: str, params: Sequence[Any], *, few: bool = False) -> Generator[Any, None, None]:  # noqa: ARG002
        """See Engine."""
        cursor = self.pool.execute_sql(sql, params)
        try:
            yield from cursor
        finally:
            cursor.close()  # else it would keep its lock

    def many(self, values: Sequence[Any]) -> Any:
        """See Engine."""
        return json_text.write(list(values))

    def is_among(self, column: Any, values: Sequence[Any]) -> peewee.Expression:
        """See Engine."""
        condition: peewee.Expression = column.in_(peewee.SQL(_VALUES, [self.many(values)]))
        return condition

    def among(self, column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
        """See Engine."""
        return f"{column} IN {_VALUES}", [self.many(values)]

    @contextmanager
    def upgrading(self, check_s: float) -> Iterator[Any]:
        """See Engine. peewee's migrations take no lock of their own: one of a file beside the database stands around."""
        if self.file is None:
            with self.pool.connection_context():
                yield self.pool
            return
        try:
            self.file.prepare()
            self._look_for_damage(self.file.path, check_s)
            with open(self.file.path.with_suffix(".lock"), "a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                with self.pool.connection_context():
                    yield self.pool
            self.file.note_opened()
        except (*self.errors, OSError) as error:
            raise self._unusable(self.file, error) from error

    def newer(self, migrations: set[str]) -> Unusable:
        """See Engine: the tables are those of a newer version, which this one would spoil."""
        return Unusable(
            f"{self.path} belongs to a newer version of the service (it has {', '.join(sorted(migrations))}): start that"
            " version, or restore a backup from before"
        )

    def now(self) -> float:
        """See Engine: the file is on this machine."""
        return time.time()

    def where(self) -> str:
        """See Engine."""
        return str(self.path or "the database in memory")

    def users(self) -> list[str]:
        """See Engine."""
        holder = self.file.holder() if self.file is not None else None
        return [] if holder is None else [f"process {holder}" if holder else "a process of another container"]

    def freeze(self) -> None:
        """See Engine: no other one writes while this transaction lasts."""

    def last_ids(self) -> dict[str, int]:
        """See Engine."""
        return dict(self.pool.execute_sql("SELECT name, seq FROM sqlite_sequence").fetchall())

    def set_last_ids(self, ids: dict[str, int]) -> None:
        """See Engine."""
        counting = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
        names = {name for (name,) in self.pool.execute_sql(counting).fetchall()}  # others take one more than is there
        for table, last in ids.items():
            if table not in names:
                continue
            self.pool.execute_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            self.pool.execute_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))

    def by_hand(self, file: str) -> tuple[str, str] | None:  # noqa: ARG002 - see sqlite_copies.py
        """See Engine."""
        return None

    def log_bytes(self) -> int:
        """See Engine: the size of the WAL, the log beside the file."""
        try:
            return self.file.wal.stat().st_size if self.file is not None else 0
        except OSError:
            return 0

    def checkpoint(self) -> bool:
        """See Engine: empty the WAL."""
        if self.path is None or self.is_lost():
            return False
        try:
            with closing(sqlite3.connect(self.path, timeout=CHECKPOINT_S)) as connection:
                busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error:
            return False
        return not busy

    def _look_for_damage(self, path: Path, seconds: float) -> None:
        """Look for damage, for so many seconds at most. Raises Unusable, sqlite3.Error."""
        if not seconds or not path.exists():
            return
        ends_at = time.monotonic() + seconds
        try:
            with closing(sqlite3.connect(path, timeout=seconds)) as connection:
                connection.set_progress_handler(lambda: time.monotonic() > ends_at, _STEPS)
                rows = connection.execute("PRAGMA quick_check(1)").fetchall()
        except sqlite3.Error as error:
            if _name(error) not in ("INTERRUPT", "BUSY", "LOCKED"):
                raise
        else:
            if rows != [("ok",)]:
                raise Unusable(f"{path} is damaged ({' '.join(str(rows[0][0]).split())}): {_RESTORE}")

    def _unusable(self, file: DatabaseFile, error: Exception) -> Unusable:
        """What an error says at the start."""
        if isinstance(error, OSError):
            return Unusable(f"{error.filename}: {error.strerror}; {file.how_to_give_access()}")
        cause, path = _cause(error), file.path
        if cause is None:
            return Unusable(f"{path} can't be used ({error}): {_RESTORE}")
        name = _name(cause)
        if name == "NOTADB":
            return Unusable(f"{path} is not a database of this service ({cause}): {_RESTORE}")
        if name == "CORRUPT":
            return Unusable(f"{path} is damaged ({cause}): {_RESTORE}")
        if name in ("BUSY", "LOCKED"):
            return Unusable(f"{path} is held by another program ({cause}): end that, or start again later")
        if name in ("READONLY", "CANTOPEN", "AUTH", "PERM"):
            return Unusable(f"{path} can't be written ({cause}): {file.how_to_give_access()}")
        return Unusable(f"{path} can't be written ({self._words(cause)}): see that its disk works and has room")

    def _words(self, error: BaseException) -> str:
        """What an error says; where the log beside the file finds no room, SQLite says less than there is to."""
        if _name(error) == "IOERR" and self.file is not None and self.file.is_disk_full():
            return "database or disk is full"
        return str(error)


_VALUES = "(SELECT value FROM json_each(?))"


def _cause(error: BaseException | None) -> BaseException | None:
    """The first error of SQLite that an error comes from, of those that are no bugs of ours.

    The errors before it count: after a full disk, SQLite has rolled back already, and peewee's own rollback fails.
    """
    found = None
    while error is not None:
        for part in (error, *error.args):
            if isinstance(part, BaseException) and _name(part) in (*PASSING, *DAMAGED):
                found = part
        error = error.__context__
    return found


def _name(error: BaseException) -> str:
    """SQLite's own name of an error, without what makes it more exact: FULL, BUSY."""
    name: str = getattr(error, "sqlite_errorname", None) or ""
    return name.removeprefix("SQLITE_").split("_")[0]
