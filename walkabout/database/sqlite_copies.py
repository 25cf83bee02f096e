"""Copies of a SQLite database as files: made while others work on it, and looked over before they are put in its place."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from walkabout.database.file import OTHERS

PAGES = 256  # copied between two reports
_NOTES = "backup_note"
_HEADER = 100  # bytes
_MAGIC = b"SQLite format 3\0"

Report = Callable[[int, int], None]
"""Told how much is done, and how much there is, in the same measure."""


class BadCopy(Exception):
    """A copy can't be made, or is none; the text says why."""


def copy(path: Path, to: Path, notes: dict[str, str], report: Report) -> None:
    """Copy a database as it is at this moment, whoever reads and writes it meanwhile, into a new file of our own.

    `notes` go along, in a table of their own. What can't be finished leaves no file. Raises BadCopy.
    """
    with _said(to):
        os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666 & ~OTHERS))
    with _whole(to), _said(to):
        with closing(sqlite3.connect(f"file:{_quoted(path)}?mode=rw", uri=True)) as read:
            # One look at everything: without, each change by somebody else would let the copy begin anew.
            read.execute("BEGIN")
            read.execute("SELECT count(*) FROM sqlite_master").fetchone()
            with closing(sqlite3.connect(to)) as written:
                read.backup(written, pages=PAGES, progress=lambda _, left, total: report(total - left, total))
                written.execute("PRAGMA journal_mode = DELETE")
                if notes:
                    written.execute(f"CREATE TABLE {_NOTES} (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
                    written.executemany(f"INSERT INTO {_NOTES} VALUES (?, ?)", notes.items())
                    written.commit()
        check(to)
        to_disk(to)


def check(path: Path) -> None:
    """Look at every page and every row of a file that should be a whole database. Raises BadCopy."""
    with _said(path):
        with open(path, "rb") as file:
            head = file.read(_HEADER)
        if not head.startswith(_MAGIC):
            raise BadCopy(f"{path} is no database of SQLite")
        size = int.from_bytes(head[16:18]) or 1
        expected = (65536 if size == 1 else size) * int.from_bytes(head[28:32])
        if path.stat().st_size < expected:
            raise BadCopy(f"{path} is cut off: it has {path.stat().st_size} of {expected} bytes")
        with closing(sqlite3.connect(f"file:{_quoted(path)}?mode=ro", uri=True)) as read:
            found = [row[0] for row in read.execute("PRAGMA integrity_check(1)")]
            if found != ["ok"]:
                raise BadCopy(f"{path} is damaged: {' '.join(str(found[0]).split())}")
            if broken := read.execute("PRAGMA foreign_key_check").fetchone():
                raise BadCopy(f"{path} is damaged: a row of {broken[0]} refers to one of {broken[2]} that is not there")
            if not read.execute("SELECT 1 FROM sqlite_master WHERE name = 'master'").fetchone():
                raise BadCopy(f"{path} holds no installation of this service")


def people(path: Path) -> int:
    """How many people are in a database that may be damaged, or of any age; -1: that can't be told."""
    try:
        with closing(sqlite3.connect(f"file:{_quoted(path)}?mode=ro", uri=True)) as read:
            if not read.execute("SELECT 1 FROM sqlite_master WHERE name = 'master'").fetchone():
                return 0
            return int(read.execute("SELECT count(*) FROM master").fetchone()[0])
    except sqlite3.Error:
        return -1


def take_notes(path: Path) -> dict[str, str]:
    """The notes of a copy, which are taken out of it. Raises BadCopy."""
    with _said(path), closing(sqlite3.connect(path)) as read, read:
        if not read.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_NOTES,)).fetchone():
            return {}
        notes = dict(read.execute(f"SELECT name, value FROM {_NOTES}").fetchall())
        read.execute(f"DROP TABLE {_NOTES}")
    return notes


def fold_log(path: Path) -> None:
    """Put what is in the log of a database that nobody uses into its file; one that is damaged is left as it is."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path)) as read:
            read.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error:
        pass


def to_disk(path: Path) -> None:
    """Return when a file, and that it is in its folder, is on the disk. Raises OSError."""
    for each, flags in ((path, os.O_RDWR), (path.parent, os.O_RDONLY)):
        descriptor = os.open(each, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for part in (path, *(path.with_name(path.name + suffix) for suffix in ("-journal", "-wal", "-shm"))):
            part.unlink(missing_ok=True)
        raise


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """The errors of SQLite and of the system in words."""
    try:
        yield
    except FileExistsError:
        raise BadCopy(f"{path} is there already") from None
    except OSError as error:
        raise BadCopy(f"{error.filename or path}: {error.strerror or error}") from error
    except sqlite3.Error as error:
        raise BadCopy(f"{path}: {error}") from error


def _quoted(path: Path) -> str:
    return str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
