"""How the consumer forks processes: how they start, what they may signal, and what is cleaned up after them."""

import contextlib
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from huey.consumer import ProcessEnvironment

from walkabout.jobs.worker.machine import kill_group, signal_to
from walkabout.jobs.worker.scoreboard import INTERRUPT

END_WITHIN_S = 1.0  # how long what was killed is waited for


class Fork:
    """A process that runs a function, with the face of multiprocessing.Process that Huey's consumer asks for.

    It is none of multiprocessing's: those may have no children, join what a job left, and keep their parent's pipes.
    """

    def __init__(self, target: Callable[[], None], name: str) -> None:
        self.name = name
        self.pid = 0
        self.status: int | None = None  # as subprocess has it: negative for the signal that killed it
        self.when_ended: Callable[[Fork], None] = lambda _: None  # for whoever notices
        self._target = target
        self._descriptor = -1

    def start(self) -> None:
        """Fork. Raises OSError when the system can't."""
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._run()
        self.pid = pid
        try:
            self._descriptor = os.pidfd_open(pid)
        except OSError:
            os.kill(pid, signal.SIGKILL)
            self.join()
            raise

    def fileno(self) -> int:
        """A descriptor that is readable when the process has ended: for poll."""
        return self._descriptor

    def is_alive(self) -> bool:
        """Whether it was started and has not ended."""
        if self.pid and self.status is None:
            self._reap(os.WNOHANG)
        return bool(self.pid) and self.status is None

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end, for at most `timeout` seconds."""
        if not self.is_alive():
            return
        if timeout is not None:
            poller = select.poll()
            poller.register(self._descriptor, select.POLLIN)
            if not poller.poll(max(timeout, 0.0) * 1000):
                return
        self._reap(0)

    def _reap(self, how: int) -> None:
        try:
            if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | how) is None:
                return
            # What it started in its own group ends with it; as long as it is not reaped, the number is nobody else's.
            kill_group(self.pid)
            _, status = os.waitpid(self.pid, 0)
        except ChildProcessError:
            status = 0
        self.status = os.waitstatus_to_exitcode(status)
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _run(self) -> NoReturn:
        code = 1
        try:
            self._target()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            # Nothing else: threads, pools and handlers that a job left are not waited for.
            os._exit(code)


class ForkEnvironment(ProcessEnvironment):  # type: ignore[misc]
    """Huey's environment of processes, with ours; `interrupt()` tells the workers that the consumer wants their end."""

    interrupt_ordered: Callable[[], None]

    def create_process(self, runnable: Callable[[], None], name: str) -> Fork:
        """A process, not started yet."""
        return Fork(runnable, name)

    def interrupt_workers(self, procs: Iterable[Fork]) -> None:
        """End the runs of the workers: they are given back."""
        self.interrupt_ordered()
        procs = [proc for proc in procs if proc.is_alive()]
        for proc in procs:
            signal_to(proc.pid, INTERRUPT)
        deadline = time.monotonic() + END_WITHIN_S
        for proc in procs:
            proc.join(max(deadline - time.monotonic(), 0.0))


def children() -> list[int]:
    """The ids of our children, zombies among them."""
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


def has_children() -> bool:
    """Whether we have children, zombies among them; costs a microsecond."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def end_children() -> None:
    """Kill our children, and what they leave behind becomes ours and is killed, too, until none is left."""
    deadline = time.monotonic() + END_WITHIN_S
    while time.monotonic() < deadline and (left := children()):
        for pid in left:
            end_child(pid)
        time.sleep(0.001)


def end_child(pid: int) -> None:
    """Kill one child and reap it if it has ended already."""
    signal_to(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
