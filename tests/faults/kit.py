"""What fault tests do to a service: kill it at a named event, let forks fail, hold the database's lock, stop the clock.

faults = Faults(tmp_path)
house = faults.house(WORKERS="1").start()
faults.kill_at("job.claimed")          # whoever says the event next is killed right after
with faults.forks_fail(): ...          # each os.fork of web and consumer raises EAGAIN
with lock_held(house): ...             # another process holds SQLite's write lock
with paused(house.processes()): ...    # SIGSTOP, and SIGCONT afterwards
pass_(15)                              # seconds of real time
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from tests.support.house import House, command

POINTS = Path(__file__).parent / "points"
WALKERS = Path(__file__).parents[1] / "walkers"
_HOLD_LOCK = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


class Faults:
    """A folder of orders, and the services that obey it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "faults"
        self.folder.mkdir()
        self.data = folder / "data"
        self._numbers = count()

    def house(self, **environment: str) -> House:
        """A service whose processes obey the orders; not started yet."""
        walkers = f"walkers:{WALKERS}:{POINTS}"
        return House(self.data, **{"WALKERS_DIR": walkers, "FAULTS": str(self.folder), **environment})

    def kill_at(self, event: str, times: int = 1) -> None:
        """Kill who says an event, right after it was said: the next so many times that somebody does."""
        self._order(signal.SIGKILL, event, times)

    def stop_at(self, event: str, times: int = 1) -> None:
        """SIGSTOP who says an event, right after it was said."""
        self._order(signal.SIGSTOP, event, times)

    def obeyed(self) -> bool:
        """Whether no order is left to be obeyed."""
        return not any(self.folder.iterdir())

    @contextmanager
    def forks_fail(self) -> Iterator[None]:
        """Meanwhile no process can be forked (EAGAIN)."""
        order = self.folder / "fork-fails"
        order.touch()
        try:
            yield
        finally:
            order.unlink()

    def _order(self, number: int, event: str, times: int) -> None:
        for _ in range(times):
            (self.folder / f"{number:d}-{event}-{next(self._numbers)}").touch()


@contextmanager
def lock_held(house: House) -> Iterator[None]:
    """Meanwhile another process holds the write lock of the service's database."""
    path = Path(house.environment["DATA_DIR"]) / "walkabout.db"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD_LOCK, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.stdin.close()


@contextmanager
def paused(pids: Iterable[int]) -> Iterator[None]:
    """Meanwhile these processes stand still."""
    pids = list(pids)
    _signal(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(pids, signal.SIGCONT)


def pass_(seconds: float) -> None:
    """Let real time pass: a fault lasts so long. Nothing else may be waited for in this way."""
    threading.Event().wait(seconds)


def workers(house: House) -> list[int]:
    """The worker processes of a service that runs one consumer, by the sessions that they lead."""
    return [pid for pid in house.below_consumer() if _stat(pid, 5) == pid]


def supervisor(house: House) -> int:
    """The supervisor of a service that runs one consumer."""
    return next(pid for pid in house.below_consumer() if _stat(pid, 5) != pid and "huey_consumer" in command(pid))


def gone(pid: int) -> bool:
    """Whether a process is not there any more; a zombie is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def _stat(pid: int, field: int) -> int:
    """A field of proc(5)'s stat, counted as there; 0 when the process is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[field - 3])
    except (OSError, IndexError):
        return 0


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
