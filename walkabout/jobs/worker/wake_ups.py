"""Wakes the other processes on the box by Unix datagrams that carry no data, and those of other machines (far_bells.py).

Whoever is rung asks the ledger. A bell may be lost (a socket's queue holds about ten), so each waiter also looks by
itself now and then. The bells hang in the data folder, or, where that is on a disk that takes no sockets, in a folder of
the machine that nobody else could have made.
"""

import hashlib
import os
import select
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from walkabout.database.engine import Calls
from walkabout.jobs.worker.far_bells import FarBells
from walkabout.jobs.worker.machine import this_process

WORKER, SUPERVISOR, WEB = "worker", "supervisor", "web"
_RECEIVED_BY = {
    WEB: (WEB,),
    SUPERVISOR: (SUPERVISOR, WORKER),
}  # who receives other machines' rings, and for which rooms
_PATH_MOST = 107  # bytes of a Unix socket's path; see unix(7)


class Bell:
    """One bell that hangs: rung by any process of the same data folder."""

    def __init__(self, hang: Callable[[socket.socket], Path | None]) -> None:
        """`hang(socket)` binds a socket, and gives its path; None: nowhere can one be hung now."""
        self._hang = hang
        self.socket = _datagrams()
        self.path = hang(self.socket)

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
            self.see_to()
            return False
        self.drain()
        return True

    def see_to(self) -> None:
        """Hang it anew when somebody has removed it (what cleans temporary files, say), under the same descriptor.

        For who has waited in vain. After a fork the one who calls gets a bell of its own.
        """
        if self.path is not None and self.path.exists():
            return
        again = _datagrams()
        self.path = self._hang(again)
        os.dup2(again.fileno(), self.socket.fileno(), inheritable=False)
        again.close()

    def take_down(self) -> None:
        """Close it and remove its socket."""
        self.socket.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


class Bells:
    """All bells of one data folder."""

    def __init__(self, data_path: Path, calls: Callable[[str], Calls] | None = None) -> None:
        """`calls`: how other machines are rung; None: there are none."""
        self.folders = (data_path / "bells", _elsewhere(data_path))
        here = hashlib.sha256(f"{this_process().machine} {data_path}".encode()).hexdigest()[:16]
        self._far = FarBells(calls, here, self._ring_near) if calls else None
        self._sender: socket.socket | None = None
        self._sender_pid = 0
        self._count = 0

    def hang(self, room: str) -> Bell:
        """A new bell for this process, rung by `ring(room)`."""
        if self._far is not None and room in _RECEIVED_BY:
            self._far.receive(_RECEIVED_BY[room])
        return Bell(lambda bell: self._bind(bell, room))

    def _bind(self, bell: socket.socket, room: str) -> Path | None:
        self._count += 1
        name = f"{room}.{os.getpid()}.{self._count}"
        for folder in self.folders:
            with suppress(OSError):
                _make_private(folder)
                (folder / name).unlink(missing_ok=True)
                with _address(folder, name) as address:
                    bell.bind(address)
                return folder / name
        return None  # who waits looks by itself

    def ring(self, room: str) -> None:
        """Ring all bells of a room. Never waits, never fails."""
        self._ring_near(room)
        if self._far is not None:
            self._far.ring(room)

    def _ring_near(self, room: str) -> None:
        for folder in self.folders:
            try:
                names = os.listdir(folder)
            except OSError:
                continue
            for name in names:
                if name.partition(".")[0] == room:
                    self._send(folder, name)

    def _send(self, folder: Path, name: str) -> None:
        if self._sender is None or self._sender_pid != os.getpid():
            self._sender = _datagrams()
            self._sender_pid = os.getpid()
        try:
            with _address(folder, name) as address:
                self._sender.sendto(b".", address)
        except ConnectionRefusedError:
            (folder / name).unlink(missing_ok=True)  # its process was killed
        except OSError:
            pass  # its queue is full: it has been rung already

    def close(self) -> None:
        """Close the sending socket, and ring no other machines any more."""
        if self._far is not None:
            self._far.close()
        if self._sender is not None:
            self._sender.close()
        self._sender = None


def _datagrams() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)


@contextmanager
def _address(folder: Path, name: str) -> Iterator[str]:
    """Where a socket is, in the bytes that a socket's address has."""
    path = f"{folder}/{name}"
    if len(os.fsencode(path)) <= _PATH_MOST:
        yield path
        return
    opened = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{opened}/{name}"
    finally:
        os.close(opened)


def _make_private(folder: Path) -> None:
    """Make a folder that is ours alone. Raises OSError: it is somebody else's, or leads elsewhere."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to another user")
    if stat.S_IMODE(status.st_mode) & 0o077:
        folder.chmod(0o700)


def _elsewhere(data_path: Path) -> Path:
    name = f"walkabout-{os.getuid()}-{hashlib.sha256(os.fsencode(data_path)).hexdigest()[:12]}"
    return Path(tempfile.gettempdir()) / name
