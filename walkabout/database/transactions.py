"""Transactions: who may write, which changes belong together, and what happens after a commit."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from playhouse.pool import MaxConnectionsExceeded

from walkabout.database.engine import Engine
from walkabout.database.errors import FileTrouble, Lost, Unavailable
from walkabout.database.unit import Unit

WRITER_S = 10.0  # how long a writer waits for another one of this process; the longest writes a walker's changes


class Transactions:
    """Lends connections and the right to write.

    Raises Unavailable and ConstraintRefused wherever it touches the database; other errors of its driver are bugs.
    """

    def __init__(self, engine: Engine, on_trouble: Callable[[FileTrouble], object]) -> None:
        """`on_trouble`: called when this process finds something wrong with the file, once for each kind."""
        self.engine = engine
        self.trouble: FileTrouble | None = None
        """What is wrong with the file, once this process has met it."""
        self._on_trouble = on_trouble
        self._db = engine.pool
        self._writing = threading.RLock()
        self._mine = _Mine()

    @contextmanager
    def transaction(self, *, concurrent: bool = False) -> Iterator[None]:
        """All or nothing for what is asked inside. Nests.

        It waits for the end of other transactions, so that what it reads is still true when it writes. `concurrent`: it
        does not, where the database lets several write at a time. Its statements have to hold by themselves then, by a
        condition in the UPDATE or by holding the rows that they have read (Wording). A single change is always so.
        """
        alone = not concurrent and not self.in_transaction
        with self._write(alone=alone), self._db.atomic(*self.engine.begin(alone=alone)):
            yield

    def lock(self, name: str, number: int) -> None:
        """Within a transaction: go on only when no other one holds the lock of this name and number, and hold it."""
        self.engine.lock(name, number)

    @contextmanager
    def unit(self, guard: Callable[[], AbstractContextManager[object]] = nullcontext) -> Iterator[None]:
        """All or nothing for what this thread changes inside, as `transaction`, but begun by the first change.

        Until then nobody is kept from writing, however long that takes: what is read before is what others have
        committed. When the first change raises, it is as if it had not begun. `guard` stands around the end.
        """
        unit = self._mine.unit = Unit(self._begin)
        is_good = False
        try:
            yield
            is_good = True
        finally:
            self._mine.unit = None
            with guard():
                unit.end(commit=is_good)

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

    @property
    def in_transaction(self) -> bool:
        """Whether this thread is in a transaction."""
        return bool(self._db.in_transaction())

    @property
    def commits(self) -> int:
        """How often this thread has changed something for good: compared with before, whether it did meanwhile."""
        return self._mine.commits

    def after_commit(self, action: Callable[[], Any]) -> None:
        """Call `action` once the transaction has been committed; at once outside of one."""
        self._db.after_commit(action)

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

    @contextmanager
    def _write(self, *, alone: bool = False) -> Iterator[None]:
        """Borrow a connection to write by; in a unit, the first who does begins it."""
        with self._counted(alone=alone):
            unit = self._mine.unit
            is_first = unit is not None and unit.begin()
            try:
                with self._connected():
                    yield
            except BaseException:
                if is_first and unit is not None:
                    unit.end(commit=False)
                raise

    @contextmanager
    def _begin(self) -> Iterator[None]:
        with self._counted(alone=True), self._connected(), self._db.atomic(*self.engine.begin(alone=True)):
            yield

    @contextmanager
    def _counted(self, *, alone: bool) -> Iterator[None]:
        # Writers of one process queue up here, if only one may write at a time. At SQLite's door each would sleep in ever
        # longer steps instead, and elsewhere each would hold a connection while it waits.
        queues = alone or self.engine.writers_wait
        if queues and not self._writing.acquire(timeout=WRITER_S):
            raise Unavailable(f"another thread has been writing for {WRITER_S:g} s")
        self._mine.depth += 1
        try:
            yield
            if self._mine.depth == 1:
                self._mine.commits += 1
        finally:
            self._mine.depth -= 1
            if queues:
                self._writing.release()

    @contextmanager
    def _connected(self) -> Iterator[None]:
        if self.engine.is_lost():
            raise self._note(Lost())
        if type(self.trouble) is Lost:
            self.trouble = None  # it was put back
        self._db.drop_broken()
        try:
            with self._db.connection_context():
                yield
        except MaxConnectionsExceeded as error:
            raise Unavailable("all connections are in use") from error
        except self.engine.errors as error:
            failure = self.engine.failure(error)
            if failure is None:
                raise
            if isinstance(failure, FileTrouble):
                self._note(failure)
            raise failure from error

    def _note(self, trouble: FileTrouble) -> FileTrouble:
        known, self.trouble = self.trouble, trouble
        if type(known) is not type(trouble):
            self._on_trouble(trouble)
        return trouble


class _Mine(threading.local):
    """What belongs to one thread."""

    unit: Unit | None = None
    depth = 0
    commits = 0
