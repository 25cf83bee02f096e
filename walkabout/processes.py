"""The commands of the Procfile: `python -m walkabout.processes web | worker | release`.

Each reads the settings, says in plain words what is wrong with them, and becomes the program that does the work.
"""

import os
import signal
import socket
import sys
from importlib import import_module

from walkabout.database.file import OTHERS
from walkabout.jobs.worker.machine import die_with_parent
from walkabout.settings import Settings, SettingsError

KILL_WAIT_S = 4.0  # what is added to the grace until the process manager may kill


def web(settings: Settings) -> list[str]:
    """The command of the web server: one process, with threads. What is wrong with the database is said before."""
    if not settings.tells:  # the launcher has done it already
        # Looked up, since the others don't need them; and what they take of memory is gone with this program.
        prepare = import_module("walkabout.web.upkeep").prepare
        import_module("walkabout.starting").start_or_exit(prepare)
    return [sys.executable, "-m", "walkabout.web.server"]


def worker(settings: Settings) -> list[str]:
    """The command of the consumer: workers are processes; TERM lets running jobs go on for the grace, INT does not."""
    return [
        sys.executable, "-m", "walkabout.jobs.worker.huey_consumer", "walkabout.entry.worker.huey",
        "-k", "process", "-w", str(settings.workers_in_all), "-c", "1",
        "-g", "TERM", "-t", str(settings.grace_s), "-n", "-q", "-S",
    ]  # fmt: skip


def release(_settings: Settings) -> list[str]:
    """The command before a new version serves: the database up to date, and the first admin."""
    return [sys.executable, "-m", "flask", "--app", "walkabout.entry.web", "init"]


COMMANDS = {"web": web, "worker": worker, "release": release}


def cannot_listen(settings: Settings) -> str:
    """Why the web server can't listen at HOST and PORT; empty when it can.

    Somebody who listens there already is a reason: the server would share the port with them, silently.
    """
    at = f"HOST={settings.host} PORT={settings.port}: can't listen there"
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        return f"{at}: no address is known for that HOST ({getattr(error, 'strerror', None) or error}); use 127.0.0.1"
    for family, kind, _, _, address in found:
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                return f"{at} ({error.strerror}); choose another PORT"
    return ""


def main(arguments: list[str]) -> int:
    """Become the program of a command; returns (with an exit status) only when that can't be."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"use one of: {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    name = arguments[0]
    os.umask(OTHERS)
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    if settings.parent:
        die_with_parent(settings.parent, signal.SIGTERM)
    if name == "worker" and settings.workers == 0:
        print("WORKERS is 0: there is nothing for a consumer to do", file=sys.stderr)
        return 0
    if name == "web" and (problem := cannot_listen(settings)):
        print(problem, file=sys.stderr)
        return 2
    command = COMMANDS[name](settings)
    # Threads of the server would each get an arena of their own from glibc: memory that nobody uses.
    os.environ.update(WALKABOUT_PROCESS=name, MALLOC_ARENA_MAX="2", PYTHONUNBUFFERED="1")
    if name == "web":
        # The program that we become keeps our id, and is the parent of the process that serves.
        os.environ.update(WALKABOUT_PARENT=str(os.getpid()), WALKABOUT_STOP=str(os.eventfd(0, 0)))
    os.execv(command[0], command)
    raise AssertionError("exec does not return")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
