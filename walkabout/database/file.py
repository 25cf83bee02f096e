"""The database's file: whether it can be used, whether it is still the one that was opened, and who can read it."""

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

FULL_BYTES = 256 * 1024  # with less room than this, SQLite can't begin to write
OTHERS = 0o077  # permissions of the group and of everybody else
LOOK_S = 1.0  # how often the file is compared with the one that was opened
DAMAGED = ("CORRUPT", "NOTADB")
# What passes by itself, or when somebody makes room (https://www.sqlite.org/rescode.html); other errors are our bugs.
PASSING = ("BUSY", "LOCKED", "FULL", "IOERR", "CANTOPEN", "READONLY", "NOMEM", "PROTOCOL", "INTERRUPT")
_STEPS = 10_000  # of SQLite's machine between two looks at the time
_RESTORE = "restore a backup of it (docs/operate.md), or move it away to begin with an empty one"


class Unusable(Exception):
    """The service can't start with this database; the text names the file and what to do."""


class DatabaseFile:
    """The file of a database."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: tuple[int, int] | None = None
        self._look_at = float("-inf")
        self._is_lost = False

    @property
    def wal(self) -> Path:
        """Where SQLite keeps what is not in the file yet."""
        return self.path.with_name(self.path.name + "-wal")

    def prepare(self) -> None:
        """Make its folder, and take from others what they may do with the files that are there. Raises Unusable."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            for path in self._files():
                tighten(path)
        except OSError as error:
            raise self.unusable(error) from error
        for path in (self.path.parent, self.path):
            # SQLite would open what it may only read, and fail at the first change.
            if path.exists() and not os.access(path, os.R_OK | os.W_OK):
                raise Unusable(f"{path} can't be written: {self._access()}")

    def _files(self) -> Iterator[Path]:
        for suffix in ("", "-wal", "-shm", "-journal"):
            yield self.path.with_name(self.path.name + suffix)
        yield self.path.with_suffix(".lock")

    def look_over(self, seconds: float) -> None:
        """Look for damage, for so many seconds at most. Raises Unusable."""
        if not seconds or not self.path.exists():
            return
        ends_at = time.monotonic() + seconds
        try:
            with closing(sqlite3.connect(self.path, timeout=seconds)) as connection:
                connection.set_progress_handler(lambda: time.monotonic() > ends_at, _STEPS)
                rows = connection.execute("PRAGMA quick_check(1)").fetchall()
        except sqlite3.Error as error:
            if sqlite_name(error) not in ("INTERRUPT", "BUSY", "LOCKED"):
                raise self.unusable(error) from error
        else:
            if rows != [("ok",)]:
                raise Unusable(f"{self.path} is damaged ({' '.join(str(rows[0][0]).split())}): {_RESTORE}")

    def unusable(self, error: BaseException) -> Unusable:
        """What an error says at the start."""
        if isinstance(error, OSError):
            return Unusable(f"{error.filename}: {error.strerror}; {self._access()}")
        cause = told_by_sqlite(error)
        if cause is None:
            return Unusable(f"{self.path} can't be used ({error}): {_RESTORE}")
        name = sqlite_name(cause)
        if name == "NOTADB":
            return Unusable(f"{self.path} is no database of this service ({cause}): {_RESTORE}")
        if name == "CORRUPT":
            return Unusable(f"{self.path} is damaged ({cause}): {_RESTORE}")
        if name in ("BUSY", "LOCKED"):
            return Unusable(f"{self.path} is held by another program ({cause}): end that, or start again later")
        if name in ("READONLY", "CANTOPEN", "AUTH", "PERM"):
            return Unusable(f"{self.path} can't be written ({cause}): {self._access()}")
        return Unusable(f"{self.path} can't be written ({self.words(cause)}): see that its disk works and has room")

    def words(self, error: BaseException) -> str:
        """What an error of SQLite says; where the log beside the file finds no room, SQLite says less than there is to."""
        if sqlite_name(error) == "IOERR" and self._is_disk_full():
            return "database or disk is full"
        return str(error)

    def _is_disk_full(self) -> bool:
        try:
            disk = os.statvfs(self.path.parent)
        except OSError:
            return False
        return disk.f_bavail * disk.f_frsize < FULL_BYTES

    def newer(self, migrations: set[str]) -> Unusable:
        """The tables are those of a newer version, which this one would spoil."""
        return Unusable(
            f"{self.path} belongs to a newer version of the service (it has {', '.join(sorted(migrations))}): start that"
            " version, or restore a backup from before"
        )

    def _access(self) -> str:
        return (
            f"let the user with the id {os.geteuid()} write it and its folder {self.path.parent}, on a disk that has room,"
            " or choose another DATA_DIR"
        )

    def opened(self) -> None:
        """It was opened: from now on it is compared with this one."""
        status = self.path.stat()
        self._opened = status.st_dev, status.st_ino

    def is_lost(self) -> bool:
        """Whether it was removed, or another one put in its place, since it was opened. Looked at now and then."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_S
            self._is_lost = self._opened is not None and (not self._is_there() or self._holds_deleted())
        return self._is_lost

    def _is_there(self) -> bool:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return False
        except OSError:
            return True  # whatever that is, SQLite will tell
        return (status.st_dev, status.st_ino) == self._opened

    def _holds_deleted(self) -> bool:
        """Whether one of the files that this process has open is gone from its folder: what it writes is lost."""
        ours = str(self.path)
        return any(link.startswith(ours) and link.endswith(" (deleted)") for link in _descriptors())


def tighten(path: Path) -> None:
    """Take from others what they may do with a file of ours; one that is not there, or another's, is left alone."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) & OTHERS and not path.is_symlink():
        path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)


def is_open_to_others(folder: Path) -> bool:
    """Whether anybody but its owner may do something in a folder."""
    try:
        return bool(stat.S_IMODE(folder.stat().st_mode) & OTHERS)
    except OSError:
        return False  # it is not there, or not to be looked at


def told_by_sqlite(error: BaseException | None) -> BaseException | None:
    """The first error of SQLite that an error comes from, of those that are no bugs of ours.

    The errors before it count: after a full disk, SQLite has rolled back already, and peewee's own rollback fails.
    """
    found = None
    while error is not None:
        for part in (error, *error.args):
            if isinstance(part, BaseException) and sqlite_name(part) in (*PASSING, *DAMAGED):
                found = part
        error = error.__context__
    return found


def sqlite_name(error: BaseException) -> str:
    """SQLite's own name of an error, without what makes it more exact: FULL, BUSY."""
    name: str = getattr(error, "sqlite_errorname", None) or ""
    return name.removeprefix("SQLITE_").split("_")[0]


def _descriptors() -> Iterator[str]:
    folder = "/proc/self/fd"
    with suppress(OSError):
        for number in os.listdir(folder):
            with suppress(OSError):
                yield os.readlink(f"{folder}/{number}")  # noqa: PTH115 - once a second, for each
