"""Identifies this machine and process, so that others can tell whether a process still exists."""

import contextlib
import ctypes
import os
import signal
import socket
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass(frozen=True)
class Process:
    """A process as others can find it: the machine (and its space of process ids), the id, and its start."""

    machine: str
    pid: int
    started: str

    def here(self) -> bool:
        """Whether it belongs to this machine, so that we can look."""
        return self.machine == machine_id()

    def alive(self) -> bool:
        """Whether it is there. An id that was given to another process since does not count."""
        return start_of(self.pid) == self.started


def this_process() -> Process:
    """The process that asks."""
    return Process(machine_id(), os.getpid(), start_of(os.getpid()))


@cache
def machine_id() -> str:
    """A name for this start of this machine and for this space of process ids (containers have their own)."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    if boot.exists():
        return f"{boot.read_text().strip()}/{Path('/proc/self/ns/pid').stat().st_ino}"
    return socket.gethostname()


def start_of(pid: int) -> str:
    """When a process started, in the kernel's words; empty when there is none. A zombie is none."""
    try:
        # Each request in the background asks: unbuffered bytes take less than half of the time of a text.
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            text = file.read().decode("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return "" if Path("/proc/self/stat").exists() else _started_elsewhere(pid)
    # The name in parentheses may hold anything; what counts comes after it. See proc(5).
    words = text.rpartition(")")[2].split()
    return "" if words[0] in ("Z", "X") else words[19]


def _started_elsewhere(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "there"


def die_with_parent(parent: int, by: int = signal.SIGKILL) -> None:
    """End this process, by a signal, when its parent ends, so that kill -9 of a main process leaves no orphan at work.

    `parent`: the id of the parent before the fork; if it is gone already, the process ends at once. The order stays
    when the process becomes another program (exec).
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(by))
    if os.getppid() != parent:
        os._exit(1)


def signal_to(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def kill_group(leader: int) -> None:
    """Kill all that is left of the process group that a process led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end_if_strayed(pid: int) -> None:
    """End this process when it is not the one with this id: a child that a walker forked, and that came back from the
    walker's code into ours. It must not work beside its parent, with its parent's connections.
    """
    if os.getpid() != pid:
        os.write(2, b"a process that a walker forked came back from its code, and was ended\n")
        os._exit(1)
