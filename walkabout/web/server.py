"""The web server: a main process that watches, and one process with threads that serves.

`python -m walkabout.processes web` becomes this: it hands down what tells the serving process to stop. A walker that runs
inside of a request may do anything to the serving process: when that ends, another one takes its place.
"""

import math
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from typing import Any

import granian._signals
from granian._granian import WorkerSignal
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from walkabout.events import Events, set_up_logging
from walkabout.jobs.stopping import Stopping
from walkabout.jobs.worker.machine import kill_group
from walkabout.settings import Settings
from walkabout.starting import start_or_exit
from walkabout.web.ready import reachable

KILL_AFTER_GRACE_S = 2  # what requests in flight are left beyond the grace
BACKLOG = 1024
OTHER_DESCRIPTORS = 1024  # for files, the database, and what walkers open
SPARE_THREADS = 8  # beyond those that answer: they begin requests, bring bodies, and tell who has hung up
YOUNG_S = 5.0  # a serving process that ends before that is replaced after a pause that grows
PAUSES_S = (0.1, 5.0)  # the shortest pause and the longest
LOOK_EVERY_S = 5.0  # how often the port is tried: a walker may close the socket that listens
REFUSED_MOST = 2  # times in a row
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StoppingServer(MPServer):
    """Tells the serving process by an eventfd that it is to stop, in place of signals.

    The server's own handlers lose a signal that comes in the first moments, and stand still for ever at the third one;
    a process manager that tells a whole group sends more than one.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            "walkabout.entry.web:front",
            address=_address(settings),
            port=settings.port,
            # The server refuses several threads for RSGI, whose applications expect one event loop: ours expects none.
            interface=Interfaces.WSGI,
            # HTTP/2 would let one connection count for two hundred, and to find out which of both a client speaks the
            # server waits for its first bytes without a limit. Proxies speak HTTP/1 to us.
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=max(int(settings.head_deadline_s * 1000), 1)),
            websockets=False,
            log_level=LogLevels.error,
            blocking_threads=settings.threads + SPARE_THREADS,
            backlog=BACKLOG,
            backpressure=settings.connections_max,
            workers_kill_timeout=math.ceil(settings.grace_s) + KILL_AFTER_GRACE_S,
        )
        self._stop = settings.stop
        self._events = Events(settings.log_level)
        self._at = (reachable(_address(settings)), settings.port)
        self._served = mmap.mmap(-1, 1)  # shared with the serving process, which says there that it has started
        self._crashes = 0
        self._refused = 0
        os.register_at_fork(after_in_child=partial(_obey, settings.stop, self._served))

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        """Start. A terminal that is closed stops the server; it is no reason to begin anew."""
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGHUP, self.signal_handler_interrupt)

    def shutdown(self, exit_code: int = 0) -> None:
        """Stop: the runs inside of requests, and the server with the requests that are in flight."""
        for worker in self.wrks:
            worker.interrupt_by_parent = True  # or one that ends at once would count as a crash
        os.eventfd_write(self._stop, 1)
        serving = [worker.inner.pid for worker in self.wrks]
        try:
            super().shutdown(exit_code)  # type: ignore[no-untyped-call]
        finally:
            for pid in serving:
                kill_group(pid)
            # So that the file alone is whole; done elsewhere, since this process would keep all its life what it takes.
            subprocess.run([sys.executable, "-m", "walkabout.web.upkeep", "checkpoint"], check=False)

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        """Until told to stop, see to it that there is a process that serves. One that could not even start once is an
        error of the installation: the server ends with it."""
        while True:
            told = self.main_loop_interrupt.wait(LOOK_EVERY_S)
            if self.interrupt_signal or (self.interrupt_children and not self._served[0]):
                return
            if self.interrupt_children:
                self._replace(spawn_target, target_loader)
            elif told:
                self.main_loop_interrupt.clear()
            else:
                self._look_at_port()

    def _replace(self, spawn_target: Any, target_loader: Any) -> None:
        serving = self.wrks[0]
        lived_s = time.monotonic() - serving.birth
        self._crashes = self._crashes + 1 if lived_s < YOUNG_S else 0
        shortest, longest = PAUSES_S
        pause_s = min(shortest * 2.0**self._crashes, longest) if self._crashes else 0.0
        status = serving.inner.exitcode
        self._events.warn("web.process_ended", pid=serving.inner.pid, status=status, pause_s=pause_s)
        self.interrupt_children.clear()
        self.main_loop_interrupt.clear()
        # What walkers forked there holds the socket that listens, and answers nobody.
        kill_group(serving.inner.pid)
        if not self.main_loop_interrupt.wait(pause_s):
            self._refused = 0
            self._respawn_workers([0], spawn_target, target_loader)

    def _look_at_port(self) -> None:
        try:
            socket.create_connection(self._at, timeout=LOOK_EVERY_S).close()
        except ConnectionRefusedError:
            self._refused += 1
        except OSError:
            return  # too busy to say
        else:
            self._refused = 0
        if self._refused >= REFUSED_MOST and self._served[0]:
            self.wrks[0].inner.kill()


def _obey(stop: int, served: mmap.mmap) -> None:
    """In the process that serves: stop when `stop` (an eventfd) says so, and never by a signal."""
    for number in SIGNALS:
        signal.signal(number, _nothing)

    def stop_signal(_loop: object = None) -> WorkerSignal:
        served[0] = 1  # the application is there, and serving begins
        told, stopping = WorkerSignal(), Stopping()
        stopping.listen(told.set)
        stopping.watch(stop)
        return told

    granian._signals.set_sync_signals = granian._signals.set_loop_signals = stop_signal


def _nothing(_number: int, _frame: object) -> None:
    """A signal does nothing. (Ignored, it would be ignored by the programs that walkers start, too.)"""


def _address(settings: Settings) -> str:
    """HOST as an address; of a name's several the IPv4 one, where there is one: that is what everybody tries."""
    found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    *_, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return str(address[0])


def _allow_connections(settings: Settings, events: Events) -> None:
    """Each connection needs a file descriptor: what the system lets us have of them, we take."""
    wanted = settings.connections_max + OTHER_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        why = f"the system allows {hard} file descriptors, but {wanted} are needed; use at most {hard - OTHER_DESCRIPTORS}"
        events.warn("settings.too_large", variable="CONNECTIONS_MAX", why=why)


def serve(settings: Settings) -> int:
    """Serve until told to stop. Raises Unusable."""
    if not settings.stop:
        sys.stderr.write("start it with: python -m walkabout.processes web\n")
        return 2
    set_up_logging(settings.log_level, settings.log_format)
    _allow_connections(settings, Events(settings.log_level))
    server = StoppingServer(settings)
    server.serve(spawn_target=server._spawn_rsgi_worker)
    return 0


if __name__ == "__main__":
    sys.exit(start_or_exit(serve))
