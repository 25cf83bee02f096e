"""The database's file: whether it can be used, whether it is still the one that was opened, and who can read it."""

import fcntl
import os
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from walkabout.database.errors import Unusable

FULL_BYTES = 256 * 1024  # with less room than this, SQLite can't begin to write
OTHERS = 0o077  # permissions of the group and of everybody else
LOOK_S = 1.0  # how often the file is compared with the one that was opened
# The byte of the -shm file that each process with an open connection holds (https://www.sqlite.org/walformat.html, 2.3),
# and a lock on it as fcntl(2) takes it: type, whence, start, length, process.
_HELD_BYTE = 128
_FLOCK = struct.Struct("@hhqqi0q")


class DatabaseFile:
    """The file of a database, with those that SQLite and we put beside it."""

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
        """Make its folder, and take from others what they may do with the files that are there.

        Raises Unusable when one can't be written, OSError.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in self._files():
            tighten(path)
        for path in (self.path.parent, self.path):
            # SQLite would open what it may only read, and fail at the first change.
            if path.exists() and not os.access(path, os.R_OK | os.W_OK):
                raise Unusable(f"{path} can't be written: {self.how_to_give_access()}")

    def _files(self) -> Iterator[Path]:
        for suffix in ("", "-wal", "-shm", "-journal"):
            yield self.path.with_name(self.path.name + suffix)
        yield self.path.with_suffix(".lock")

    def is_disk_full(self) -> bool:
        """Whether there is no room to write."""
        try:
            disk = os.statvfs(self.path.parent)
        except OSError:
            return False
        return disk.f_bavail * disk.f_frsize < FULL_BYTES

    def how_to_give_access(self) -> str:
        """What to do where it can't be written, for the end of a sentence."""
        return (
            f"let the user with the id {os.geteuid()} write it and its folder {self.path.parent}, on a disk that has room,"
            " or choose another DATA_DIR"
        )

    def holder(self) -> int | None:
        """A process that has it open (0: one that can't be seen from here), or None.

        Not for a process that has it open itself: closing the file beside it would let go of its own locks.
        """
        try:
            with open(self.path.with_name(self.path.name + "-shm"), "rb+") as shared:
                asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, _HELD_BYTE, 1, 0)
                kind, *_, process = _FLOCK.unpack(fcntl.fcntl(shared, fcntl.F_GETLK, asked))
        except FileNotFoundError:
            return None
        return None if kind == fcntl.F_UNLCK else max(process, 0)

    def note_opened(self) -> None:
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


def _descriptors() -> Iterator[str]:
    folder = "/proc/self/fd"
    with suppress(OSError):
        for number in os.listdir(folder):
            with suppress(OSError):
                yield os.readlink(f"{folder}/{number}")  # noqa: PTH115 - once a second, for each
