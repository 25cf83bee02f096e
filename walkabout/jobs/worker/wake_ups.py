"""Doorbells between the processes of one box: Unix datagrams that wake, and say nothing more.

Whoever is rung asks the ledger. A bell may be lost (a socket's queue holds about ten), so each waiter also looks by
itself now and then.
"""

import hashlib
import os
import select
import socket
import tempfile
from pathlib import Path

WORKER, SUPERVISOR, WEB = "worker", "guardian", "web"
_FOLDER_MOST = 60  # characters; a Unix socket's path ends at 107 bytes


class Bell:
    """One bell that hangs: rung by any process of the same data folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self.socket.bind(str(path))

    def fileno(self) -> int:
        """For poll and select."""
        return self.socket.fileno()

    def heard(self) -> bool:
        """Take one ring. One, not all: bells that several workers share wake one of them for each ring."""
        try:
            self.socket.recv(1)
        except OSError:
            return False
        return True

    def drain(self) -> None:
        """Take all rings."""
        while self.heard():
            pass

    def wait(self, seconds: float | None) -> bool:
        """Wait until it rings (then take all rings: True) or the seconds are over; None waits for ever."""
        poller = select.poll()
        poller.register(self.fileno(), select.POLLIN)
        if not poller.poll(None if seconds is None else max(seconds, 0) * 1000):
            return False
        self.drain()
        return True

    def take_down(self) -> None:
        """Close it and remove its socket."""
        self.socket.close()
        self.path.unlink(missing_ok=True)


class Bells:
    """All bells of one data folder."""

    def __init__(self, data_path: Path) -> None:
        self.folder = _folder(data_path)
        self._sender: socket.socket | None = None
        self._sender_pid = 0
        self._count = 0

    def hang(self, room: str) -> Bell:
        """A new bell for this process, rung by `ring(room)`."""
        self._make_folder()
        self._count += 1
        path = self.folder / f"{room}.{os.getpid()}.{self._count}"
        path.unlink(missing_ok=True)
        return Bell(path)

    def ring(self, room: str) -> None:
        """Ring all bells of a room. Never waits, never fails."""
        try:
            names = os.listdir(self.folder)
        except OSError:
            return
        for name in names:
            if name.partition(".")[0] == room:
                self._send(self.folder / name)

    def _send(self, path: Path) -> None:
        if self._sender is None or self._sender_pid != os.getpid():
            self._sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
            self._sender_pid = os.getpid()
        try:
            self._sender.sendto(b".", str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)  # its process was killed
        except OSError:
            pass  # its queue is full: it has been rung already

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        status = self.folder.lstat()
        if status.st_uid != os.getuid() or self.folder.is_symlink():
            raise PermissionError(f"{self.folder} belongs to somebody else")

    def close(self) -> None:
        """Close the sending socket."""
        if self._sender is not None:
            self._sender.close()
        self._sender = None


def _folder(data_path: Path) -> Path:
    name = f"walkabout-{os.getuid()}-{hashlib.sha256(str(data_path).encode()).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    return folder if len(str(folder)) < _FOLDER_MOST else Path("/tmp") / name
