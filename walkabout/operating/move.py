"""Moves a whole installation from one database to another one, of whatever kind.

The target is marked as half moved before the first row and unmarked after the last check, so that no service starts on
what a killed move has left. The source is only read, in one transaction, and stays as it is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from walkabout.database.connections import ConstraintRefused, Database, Row, engine_of
from walkabout.database.contents import Contents, TableSum
from walkabout.database.engine import Engine
from walkabout.database.marks import HALF_MOVED, SECRET_KEY, mark, refuse_half_moved, set_mark
from walkabout.people.secret_key import FILE, store_key, stored_key
from walkabout.setting_groups.storage import StorageSettings

BATCH_ROWS = 500
BATCH_BYTES = 4 * 1024 * 1024  # of texts and bytes that are held at once, about

CHECK = "check"
Report = Callable[[str, int, int], None]
"""Told of a table, how many of its rows are there, and how many there will be; at last of CHECK, how many tables are
compared, and how many there are."""


class NotMoved(Exception):
    """The installation can't be moved, or was not moved as a whole; the text says why and what to do."""


@dataclass(frozen=True)
class Place:
    """A database that is moved from or to, and the folder of its secret key (None: that is in the database)."""

    db: Database
    key_folder: Path | None

    @property
    def name(self) -> str:
        """Which database it is, for people."""
        return self.db.engine.where()

    def key(self) -> str | None:
        """The secret key that is stored here."""
        return mark(self.db, SECRET_KEY) if self.key_folder is None else stored_key(self.key_folder)

    def store_key(self, key: str) -> None:
        """Store the secret key. Raises OSError."""
        if self.key_folder is None:
            set_mark(self.db, SECRET_KEY, key)
        else:
            store_key(self.key_folder, key)


@dataclass(frozen=True)
class Moved:
    """What was moved: the sum of each table, and where the secret key is now ("": it is SECRET_KEY)."""

    tables: dict[str, TableSum]
    key_at: str


def move(source: StorageSettings, target: StorageSettings, *, secret_key: str, report: Report) -> Moved:
    """Copy the installation of one database to another one that is empty, or that an earlier move has left half done.

    `secret_key`: the setting. Raises NotMoved, Unusable, Unavailable, OSError.
    """
    engines = engine_of(source), engine_of(target)
    if engines[0].where() == engines[1].where():
        raise NotMoved(f"source and target are the same, {engines[0].where()}")
    _refuse_used(*engines)
    path = engines[0].path
    if path is not None and not path.exists():
        raise NotMoved(f"there is no database at {path}")
    place = Place(Database(engines[0]), _key_folder(path, source))
    new_path = engines[1].path
    new_place = Place(Database(engines[1]), None if new_path is None else new_path.parent)
    try:
        return _move(place, new_place, secret_key, report)
    finally:
        place.db.close()
        new_place.db.close()


def _move(source: Place, target: Place, secret_key: str, report: Report) -> Moved:
    for place in (source, target):
        place.db.migrate()
    refuse_half_moved(source.db)
    read, written = Contents(source.db), Contents(target.db)
    if read.tables != written.tables:
        raise NotMoved(f"{source.name} and {target.name} have other tables, although both are up to date")
    if not source.db.first("SELECT 1 FROM master LIMIT 1"):
        raise NotMoved(f"nothing is in {source.name}: it has no people")
    key = "" if secret_key else source.key()
    if key is None:
        raise NotMoved(f"the secret key of {source.name} is not in {source.key_folder}: set DATA_DIR to its folder")
    _begin(source, target, written)
    with source.db.transaction(concurrent=True):
        source.db.engine.freeze()
        sums = {table: _copy(read, written, table, report) for table in read.tables}
        ids = read.last_ids()
    ids = written.ids_after(ids)
    written.set_last_ids(ids)
    if key:
        target.store_key(key)
    _check(written, sums, ids, report)
    source.db.close()
    _refuse_used(source.db.engine)
    set_mark(target.db, HALF_MOVED, None)
    at = "" if not key else target.name if target.key_folder is None else str(target.key_folder / FILE)
    return Moved(sums, at)


def _key_folder(path: Path | None, settings: StorageSettings) -> Path | None:
    """Where the key of a database is: beside it, or in DATA_DIR; None: in the database itself."""
    if path is None:
        return None
    return path.parent if (path.parent / FILE).exists() else settings.data_path


def _refuse_used(*engines: Engine) -> None:
    for engine in engines:
        if users := engine.users():
            raise NotMoved(
                f"{engine.where()} is in use ({', '.join(users)}): stop all of its services, then move it again"
            )


def _begin(source: Place, target: Place, written: Contents) -> None:
    if mark(target.db, HALF_MOVED) is None and not written.is_empty():
        raise NotMoved(f"{target.name} is not empty: an installation is moved into an empty database only")
    set_mark(target.db, HALF_MOVED, source.name)
    written.clear()


def _copy(read: Contents, written: Contents, table: str, report: Report) -> TableSum:
    refused: tuple[type[Exception], ...] = (ConstraintRefused, *written.db.engine.errors)
    copied, rows = TableSum(), read.count(table)
    report(table, 0, rows)
    for batch in _batches(read.rows(table)):
        for row in batch:
            copied = copied.plus(row)
        try:
            written.add(table, batch)
        except refused as error:
            raise NotMoved(f"{written.db.engine.where()} does not take a row of {table}: {error}") from error
        report(table, copied.rows, rows)
    return copied


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += _size(row)
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _size(row: Sequence[Any]) -> int:
    return sum(len(value) for value in row if isinstance(value, str | bytes))


def _check(written: Contents, sums: dict[str, TableSum], ids: dict[str, int], report: Report) -> None:
    """Compare what is there now with what was read."""
    where = written.db.engine.where()
    with written.db.transaction(concurrent=True):
        for number, (table, expected) in enumerate(sums.items()):
            report(CHECK, number, len(sums))
            found = written.sum(table)
            if found != expected:
                raise NotMoved(
                    f"{where}: {table} has {found.rows} rows with the sum {found.total}, read were {expected.rows} with"
                    f" {expected.total}. Move it again"
                )
        report(CHECK, len(sums), len(sums))
        for table, last in written.last_ids().items():
            if last < ids.get(table, 0):
                raise NotMoved(f"{where}: {table} would count on from {last}, and not from {ids[table]}. Move it again")
