"""Which processes of this machine are still there, known at once and without asking the system each time.

To read /proc lets go of the interpreter's lock three times, and getting it back among many threads costs more than the
look itself. Here the kernel tells: a thread waits for the ends of all processes that anybody asked about.
"""

import contextlib
import os
import select
import threading
from collections.abc import Collection

from walkabout.jobs.worker.machine import Process


class ProcessWatch:
    """Watches processes from the first question about each, by a pidfd (pidfd_open(2)). Safe in several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._watched: dict[Process, int] = {}
        self._ends: select.epoll | None = None
        self._stop = -1

    def alive(self, process: Process) -> bool:
        """Whether a process of this machine is there."""
        if process in self._watched and self._pid == os.getpid():
            return True
        return self._begin(process)

    def keep(self, processes: Collection[Process]) -> None:
        """Watch no others than these any more."""
        for process in set(self._watched) - set(processes):
            self._end(process)

    def close(self) -> None:
        """Watch nobody any more, until somebody asks again."""
        self.keep(())
        with self._lock:
            if self._ends is not None and self._pid == os.getpid():
                os.eventfd_write(self._stop, 1)
                self._ends = None

    def _begin(self, process: Process) -> bool:
        try:
            pidfd = os.pidfd_open(process.pid)
        except ProcessLookupError:
            return False
        except OSError:
            return process.alive()  # no descriptor is left: then the slow way
        # Only now is it sure whose descriptor that is: an id may have been given to another process.
        if not process.alive():
            os.close(pidfd)
            return False
        with self._lock:
            self._start_anew_after_fork()
            if process in self._watched:
                os.close(pidfd)
                return True
            # Known first, or an end that is told at once would find nothing to forget.
            self._watched[process] = pidfd
            assert self._ends is not None
            self._ends.register(pidfd, select.EPOLLIN)
        return True

    def _start_anew_after_fork(self) -> None:
        if self._ends is not None and self._pid == os.getpid():
            return
        if self._ends is not None:
            self._ends.close()
            for descriptor in (*self._watched.values(), self._stop):
                os.close(descriptor)
        self._watched = {}
        self._ends, self._stop = select.epoll(), os.eventfd(0)
        self._ends.register(self._stop, select.EPOLLIN)
        self._pid = os.getpid()
        threading.Thread(target=self._wait, args=(self._ends, self._stop), name="processes", daemon=True).start()

    def _wait(self, ends: select.epoll, stop: int) -> None:
        while True:
            for descriptor, _ in ends.poll():
                if descriptor == stop:
                    ends.close()
                    os.close(stop)
                    return
                with self._lock:
                    ended = [process for process, known in self._watched.items() if known == descriptor]
                for process in ended:
                    self._end(process)

    def _end(self, process: Process) -> None:
        with self._lock:
            pidfd = self._watched.pop(process, None)
            if pidfd is not None and self._ends is not None:
                with contextlib.suppress(OSError):
                    self._ends.unregister(pidfd)
                os.close(pidfd)
