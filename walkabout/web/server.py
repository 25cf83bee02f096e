"""The web server: a main process that holds nothing, and one beside it that serves, with threads.

`python -m walkabout.processes web` becomes this: it hands down what tells the serving process to stop.
"""

import math
import os
import select
import signal
import socket
import sys
import threading
from functools import partial
from typing import Any

import granian._signals
from granian._granian import WorkerSignal
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from walkabout.settings import Settings

KILL_AFTER_GRACE_S = 2  # what requests in flight are left beyond the grace
BACKLOG = 1024
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StoppingServer(MPServer):
    """Tells the serving process by an eventfd that it is to stop, in place of signals.

    The server's own handlers lose a signal that comes in the first moments, and stand still for ever at the third one;
    a process manager that tells a whole group sends more than one.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            "app:app",
            address=_address(settings),
            port=settings.port,
            interface=Interfaces.WSGI,
            websockets=False,
            log_level=LogLevels.error,
            blocking_threads=settings.threads,
            backlog=BACKLOG,
            backpressure=settings.threads * 4,
            workers_kill_timeout=math.ceil(settings.grace_s) + KILL_AFTER_GRACE_S,
        )
        self._stop = settings.stop
        os.register_at_fork(after_in_child=partial(_obey, settings.stop))

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        """Start. A terminal that is closed stops the server; it is no reason to begin anew."""
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGHUP, self.signal_handler_interrupt)

    def shutdown(self, exit_code: int = 0) -> None:
        """Stop: the runs inside of requests, and the server with the requests that are in flight."""
        os.eventfd_write(self._stop, 1)
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]


def _obey(stop: int) -> None:
    """In the process that serves: stop when `stop` (an eventfd) says so, and never by a signal."""
    for number in SIGNALS:
        signal.signal(number, _nothing)

    def stop_signal(_loop: object = None) -> WorkerSignal:
        told = WorkerSignal()

        def wait() -> None:
            poller = select.poll()
            poller.register(stop, select.POLLIN)
            poller.poll()
            told.set()

        threading.Thread(target=wait, name="server-stop", daemon=True).start()
        return told

    granian._signals.set_sync_signals = granian._signals.set_loop_signals = stop_signal


def _nothing(_number: int, _frame: object) -> None:
    """A signal does nothing. (Ignored, it would be ignored by the programs that walkers start, too.)"""


def _address(settings: Settings) -> str:
    """HOST as an address; of a name's several the IPv4 one, where there is one: that is what everybody tries."""
    found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    *_, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return str(address[0])


def main() -> int:
    """Serve until told to stop."""
    settings = Settings.from_env()
    if not settings.stop:
        sys.stderr.write("start it by: python -m walkabout.processes web\n")
        return 2
    StoppingServer(settings).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
