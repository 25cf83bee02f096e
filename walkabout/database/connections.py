"""The database for all rooms: connections lent for one query, transactions and migrations.

No connection is held while a thread waits or a walker computes: `rows`, `change` and `transaction` borrow one
from a small pool and give it back. Questions are peewee queries (`records`, `record`, `values`, `value`: see models.py);
those of the hot path are SQL text with `?` (`rows`, `rows_until`, `first`). `change` takes both.
"""

import fcntl
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import peewee
from playhouse.migrations import Runner
from playhouse.pool import MaxConnectionsExceeded

from walkabout import json_text
from walkabout.database.file import DAMAGED, DatabaseFile, sqlite_name, told_by_sqlite
from walkabout.database.models import SEARCH_MOST
from walkabout.database.pool import Pool
from walkabout.database.unit import Unit
from walkabout.jids import jid
from walkabout.settings import SQLITE

MIGRATIONS = Path(__file__).parent / "migrations"
CHECKPOINT_S = 0.5  # how long a checkpoint waits for those who read and write
BUSY_S = 10.0  # how long a writer waits for another one; the longest transaction is a walker's commit
# A page cache of 512 KiB a connection: there are up to POOL of them in one process, and the kernel has its own.
PRAGMAS = {"journal_mode": "wal", "synchronous": "normal", "foreign_keys": 1, "cache_size": -512, "temp_store": 2}
POOL = 32

ConstraintRefused = peewee.IntegrityError
"""A constraint of the database said no."""

Row = tuple[Any, ...]
T = TypeVar("T")


class Unavailable(Exception):
    """The database can't be asked just now: locked for too long, its disk full, all connections in use."""


class FileTrouble(Unavailable):
    """The database's file is not what it should be, and waiting doesn't help: an administrator has to see to it."""


class Lost(FileTrouble):
    """The file was removed, or another one put in its place: nothing more is written, it would be lost."""

    def __init__(self) -> None:
        super().__init__(
            "The database file was removed or replaced while the service runs, so that nothing can be kept: an"
            " administrator has to stop the service, put the file back (or a backup), and start it again"
        )


class Damaged(FileTrouble):
    """The file is damaged where it was read or written."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"The database file is damaged ({error}): an administrator has to stop the service, restore a backup of the"
            " file, and start it again"
        )


class OutcomeUnknown(Unavailable):
    """The database failed while it kept something, and can't be asked whether it did; the text names what."""


class Conflict(Exception):
    """Another run has changed or deleted what this one wants to change; `uid` names the object."""

    def __init__(self, uid: str) -> None:
        self.uid = uid
        super().__init__(f"{jid(uid)} was changed by another run at the same time")


class Database:
    """A pool of connections to one SQLite file (or to memory, for tests of a single thread)."""

    def __init__(self, path: Path | None) -> None:
        """`path`: the file; None keeps everything in memory, in one connection."""
        self.path = path
        self.file = DatabaseFile(path) if path else None
        self.trouble: FileTrouble | None = None
        """What is wrong with the file, once this process has met it."""
        self.say_trouble: Callable[[FileTrouble], None] = _nothing_said
        """Called when this process meets something that is wrong with the file, once for each kind."""
        self._db = Pool(
            str(path) if path else ":memory:",
            pragmas=PRAGMAS,
            lock_type="IMMEDIATE",  # read, then write in a deferred transaction fails at once with BUSY_SNAPSHOT
            returning_clause=True,
            max_connections=POOL if path else 1,
            timeout=BUSY_S,
            # A connection of the pool serves one thread at a time, but not always the same one.
            check_same_thread=False,
        )
        self._db.timeout = BUSY_S
        self._writing = threading.RLock()
        self._mine = _Mine()

    def records(self, record: Callable[..., T], query: peewee.BaseQuery) -> list[T]:
        """All rows of a query, each as `record(**columns)`: a dataclass that has the names of the columns selected.

        Raises Unavailable, ConstraintRefused, as all the questions and changes here do.
        """
        with self._connected():
            return list(query.objects(record).execute(self._db))

    def record(self, record: Callable[..., T], query: peewee.BaseQuery) -> T | None:
        """The first row of a query, as `records` gives it, or None."""
        return next(iter(self.records(record, query)), None)

    def values(self, query: str | peewee.BaseQuery, params: Sequence[Any] = ()) -> list[Any]:
        """The first column of all rows of a query, or of SQL text."""
        with self._connected():
            rows = self._db.execute_sql(query, params) if isinstance(query, str) else query.tuples().execute(self._db)
            return [row[0] for row in rows]

    def value(self, query: str | peewee.BaseQuery, params: Sequence[Any] = ()) -> Any:
        """The first column of the first row of a query, or of SQL text; None when there is no row."""
        return next(iter(self.values(query, params)), None)

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """All rows of a question, drained: an open cursor would keep its lock."""
        with self._connected():
            return list(self._db.execute_sql(sql, params).fetchall())

    def rows_until(self, sql: str, params: Sequence[Any], enough: Callable[[Row], bool]) -> list[Row]:
        """The rows of a question up to one of which `enough` says that it is the last; those after it are not read."""
        found: list[Row] = []
        with self._connected():
            cursor = self._db.execute_sql(sql, params)
            try:
                for row in cursor:
                    found.append(row)
                    if enough(row):
                        break
            finally:
                cursor.close()  # else it would keep its lock
        return found

    def first(self, sql: str, params: Sequence[Any] = ()) -> Row | None:
        """The first row of a question, or None."""
        rows = self.rows(sql, params)
        return rows[0] if rows else None

    def change(self, statement: str | peewee.BaseQuery, params: Sequence[Any] = ()) -> int:
        """Run one writing statement, SQL text or a query; the number of rows it touched. Its own transaction outside
        of one."""
        with self._alone(), self._in_unit(), self._connected():
            if isinstance(statement, str):
                return int(self._db.execute_sql(statement, params).rowcount)
            return int(self._db.execute(statement).rowcount)

    def change_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run one writing statement for each row of parameters; the number of rows touched in all."""
        with self._alone(), self._in_unit(), self._connected():
            cursor = self._db.cursor()
            cursor.executemany(sql, rows)
            return int(cursor.rowcount)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing for what is asked inside; takes the write lock at its start. Nests."""
        with self._alone(), self._in_unit(), self._connected(), self._db.atomic():
            yield

    @contextmanager
    def unit(self, guard: Callable[[], AbstractContextManager[object]] = nullcontext) -> Iterator[None]:
        """All or nothing for what this thread changes inside, as `transaction`, but begun by the first change.

        Until then nobody is kept from writing, however long that takes: what is read before is what others have
        committed. When the first change raises, it is as if it had not begun. `guard` stands around the end.
        """
        unit = self._mine.unit = Unit(self._begin)
        kept = False
        try:
            yield
            kept = True
        finally:
            self._mine.unit = None
            with guard():
                unit.end(kept)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is changed inside does not belong to this thread's unit. Raises RuntimeError when that has begun."""
        unit, self._mine.unit = self._mine.unit, None
        if unit is not None and unit.begun:
            self._mine.unit = unit
            raise RuntimeError("a change apart from a unit comes before the unit's first one")
        try:
            yield
        finally:
            self._mine.unit = unit

    @property
    def in_unit(self) -> bool:
        """Whether this thread is in a unit that has begun."""
        return self._mine.unit is not None and self._mine.unit.begun

    @contextmanager
    def _in_unit(self) -> Iterator[None]:
        unit = self._mine.unit
        first = unit is not None and unit.begin()
        try:
            yield
        except BaseException:
            if first and unit is not None:
                unit.end(False)
            raise

    @contextmanager
    def _begin(self) -> Iterator[None]:
        with self._alone(), self._connected(), self._db.atomic():
            yield

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # Writers of one process queue up here. At SQLite's door each would sleep in ever longer steps instead.
        if not self._writing.acquire(timeout=BUSY_S):
            raise Unavailable(f"another thread has been writing for {BUSY_S:g} s")
        self._mine.depth += 1
        try:
            yield
            if self._mine.depth == 1:
                self._mine.commits += 1
        finally:
            self._mine.depth -= 1
            self._writing.release()

    @property
    def commits(self) -> int:
        """How often this thread has changed something for good: compared with before, whether it did meanwhile."""
        return self._mine.commits

    @contextmanager
    def _connected(self) -> Iterator[None]:
        if self.file is not None and self.file.is_lost():
            raise self._met(Lost())
        if type(self.trouble) is Lost:
            self.trouble = None  # it was put back
        try:
            with self._db.connection_context():
                yield
        except peewee.IntegrityError:
            raise
        except sqlite3.IntegrityError as error:
            raise ConstraintRefused(str(error)) from error
        except (peewee.DatabaseError, sqlite3.DatabaseError) as error:
            cause = told_by_sqlite(error)
            if cause is None:
                raise
            if sqlite_name(cause) in DAMAGED:
                raise self._met(Damaged(cause)) from error
            raise Unavailable(self.file.words(cause) if self.file is not None else str(cause)) from error
        except MaxConnectionsExceeded as error:
            raise Unavailable("all connections are in use") from error

    def _met(self, trouble: FileTrouble) -> FileTrouble:
        known, self.trouble = self.trouble, trouble
        if type(known) is not type(trouble):
            self.say_trouble(trouble)
        return trouble

    def after_commit(self, action: Callable[[], Any]) -> None:
        """Call `action` once the transaction has been committed; at once outside of one."""
        self._db.after_commit(action)

    def is_among(self, column: Any, values: Sequence[Any]) -> peewee.Expression:
        """The condition "column is one of values" of a query, however many they are."""
        texts = [json_text.write(list(values))]
        condition: peewee.Expression = column.in_(peewee.SQL("(SELECT value FROM json_each(?))", texts))
        return condition

    def among(self, column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
        """SQL text and parameters for "column is one of values", as `is_among`: one question, one plan."""
        return f"{column} IN (SELECT value FROM json_each(?))", [json_text.write(list(values))]

    def migrate(self, check_s: float = 0.0) -> list[str]:
        """Bring the tables up to date; the names of the migrations applied. Raises Unusable.

        `check_s`: how long the file is looked over for damage before.

        Safe when several processes start at once: playhouse.migrations takes no lock of its own, so one
        stands around it (a file lock beside SQLite).
        """
        if self.file is None:
            return self._migrate()
        self.file.prepare()
        self.file.look_over(check_s)
        try:
            with open(self.file.path.with_suffix(".lock"), "a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                applied = self._migrate()
            self.file.opened()
        except (peewee.DatabaseError, sqlite3.DatabaseError, OSError) as error:
            raise self.file.unusable(error) from error
        return applied

    def _migrate(self) -> list[str]:
        with self._db.connection_context():
            runner = Runner(self._db, str(MIGRATIONS))
            unknown = set(runner.applied()) - {migration.name for migration in runner.migrations()}
            if unknown and self.file is not None:
                raise self.file.newer(unknown)
            return list(runner.up())

    def wal_bytes(self) -> int:
        """Bytes of the log beside the file; 0 when there is none."""
        try:
            return self.file.wal.stat().st_size if self.file is not None else 0
        except OSError:
            return 0

    def checkpoint(self) -> bool:
        """Put everything into the file, and empty the log beside it (the WAL). False: somebody is at work just now."""
        if self.path is None or (self.file is not None and self.file.is_lost()):
            return False
        try:
            with closing(sqlite3.connect(self.path, timeout=CHECKPOINT_S)) as connection:
                busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error:
            return False
        return not busy

    def forget_connections(self) -> None:
        """Drop all connections without closing them: for a child process right after a fork."""
        self._db.dispose()
        self._writing = threading.RLock()

    def keep_connection(self) -> None:
        """Let this thread keep its connection: for a process of one thread, which would borrow the same one each time."""
        self._db.connection_context().__enter__()

    def close(self) -> None:
        """Close the connections of this process; one that another thread is using closes when that one is done."""
        self._db.shut()


class _Mine(threading.local):
    """What belongs to one thread."""

    unit: Unit | None = None
    depth = 0
    commits = 0


def _nothing_said(_trouble: FileTrouble) -> None:
    """Nobody listens."""


def pattern(text: str) -> str:
    r"""What `lower(column) LIKE ? ESCAPE '\'` finds a text by; of a long one its beginning: SQLite takes no more."""
    return "%" + re.sub(r"([%_\\])", r"\\\1", text[:SEARCH_MOST].lower()) + "%"


def open_database(url: str, data_path: Path) -> Database:
    """The database of `DATABASE_URL` (percent escapes stand for characters); SQLite in `data_path` when it is empty."""
    return Database(Path(unquote(url.removeprefix(SQLITE))).resolve() if url else data_path / "walkabout.db")
