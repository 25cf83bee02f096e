"""Put into the processes of a service, as a file of WALKERS_DIR: they obey the files of the folder FAULTS.

A file is taken away by whoever obeys it, so that each is obeyed once; `fork-fails` stays, and each fork fails meanwhile.
"""

import errno
import os
import signal
from pathlib import Path
from typing import Any

from walkabout.events import Events

FAULTS = Path(os.environ["FAULTS"])
_say, _fork = Events._say, os.fork


def say(self: Events, level: int, name: str, fields: dict[str, Any]) -> None:
    _say(self, level, name, fields)
    for number in (signal.SIGKILL, signal.SIGSTOP):
        for order in FAULTS.glob(f"{number:d}-{name}-*"):
            try:
                order.unlink()
            except FileNotFoundError:
                continue
            os.kill(os.getpid(), number)


def fork() -> int:
    if (FAULTS / "fork-fails").exists():
        raise BlockingIOError(errno.EAGAIN, "no more processes (a test says so)")
    return _fork()


Events._say = say  # type: ignore[method-assign]
os.fork = fork
