"""`make run`: starts the web and worker processes of the Procfile under one process manager.

Prints the ready line once both serve, and ends all of it cleanly on Ctrl-C: running jobs are handed back.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from walkabout.database.file import OTHERS
from walkabout.jobs.worker.machine import die_with_parent
from walkabout.people.password_rules import weak_admin_password
from walkabout.processes import KILL_WAIT_S, cannot_listen
from walkabout.programs import STATUS_OF, SYSTEM, Programs
from walkabout.ready_mark import READY_MARK
from walkabout.setting_groups.process import TEXT
from walkabout.settings import Settings, SettingsError
from walkabout.times import iso


class Out:
    """Standard output without a buffer: a signal's handler prints too, and may come in the middle of a line.

    When nobody reads any more (`make run | head`), what is written is dropped.
    """

    def write(self, text: str) -> int:
        """Write a text at once."""
        with contextlib.suppress(OSError):
            os.write(sys.stdout.fileno(), text.encode("utf-8", "replace"))
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def isatty(self) -> bool:
        """Whether a person looks: then the names of processes have colours."""
        return sys.stdout.isatty()


class ReadyPrinter:
    """Prints what the programs say, and the ready line once each of them has said that it is ready."""

    def __init__(self, names: list[str], line: str, hints: list[str], form: str) -> None:
        """`form`: of the log. Lines for programs are passed on as they are, and our own ones are such lines, too."""
        self._printer = Printer(Out(), width=max(map(len, (SYSTEM, *names))), prefix=form == TEXT)
        self._colours = dict(zip(names, get_colours(), strict=False))
        self._waiting = set(names)
        self._lines = [line, *hints]
        self._own = (lambda text: text) if form == TEXT else _as_json

    def say(self, name: str, line: bytes) -> None:
        """Print a line of a program, or our own."""
        if READY_MARK.encode() not in line:
            if not line.startswith(b"{"):  # what a walker prints, say
                line = self._own(line.decode("utf-8", "replace")).encode()
            self._printer.write(Message("line", line or b"\n", datetime.now(), name, self._colours.get(name)))
        elif name in self._waiting:
            self._waiting.discard(name)
            if not self._waiting:
                self.tell(self._lines)

    def tell(self, lines: list[str]) -> None:
        """Print lines that are ours, without saying so."""
        self._printer.output.write("".join(f"{self._own(line)}\n" for line in lines))


def _as_json(text: str) -> str:
    return json.dumps({"time": iso(time.time()), "level": "info", "message": text})


def main(arguments: list[str], commands: Mapping[str, str] | None = None) -> int:
    """Run until told to stop; the exit status is 0 when somebody said so. `--parent PID`: stop when make is killed.

    `commands`: of web and worker; those of the Procfile if there are none.
    """
    if arguments[:1] == ["--parent"]:
        die_with_parent(int(arguments[1]), signal.SIGTERM)
    os.umask(OTHERS)
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    if problem := cannot_listen(settings):
        print(problem, file=sys.stderr)
        return 2
    environment = os.environ | {
        "PYTHONUNBUFFERED": "1",
        "WALKABOUT_PARENT": str(os.getpid()),
        # The Procfile says `python`: let that be ours.
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
    }
    names = ["web"] + (["worker"] if settings.workers else [])
    printer = ReadyPrinter(names, f"Walkabout is ready at {settings.url}", _hints(settings), settings.log_format)
    # What is wrong with the database is said once, and not by each program.
    prepare = [sys.executable, "-m", "walkabout.web.upkeep", "prepare"]
    if status := subprocess.run(prepare, env=environment, check=False).returncode:
        return status
    commands = commands or parse_procfile(Path("Procfile").read_text()).processes
    status = Programs(printer.say, settings.grace_s + KILL_WAIT_S).run(
        {name: commands[name] for name in names}, environment | {"WALKABOUT_TELLS": "true"}
    )
    return 0 if status in STATUS_OF.values() else status or 1


def _hints(settings: Settings) -> list[str]:
    """What is said below the ready line."""
    weak = weak_admin_password(settings)
    warnings = [f"Warning: ADMIN_PASSWORD {weak}"] if weak else []
    return ["Sign in at /admin/ there; README.md has examples for programs", *warnings]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
