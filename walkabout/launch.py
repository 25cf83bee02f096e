"""`make run`: starts the web and worker processes of the Procfile under one process manager.

Prints the ready line once both serve, and ends all of it cleanly on Ctrl-C: running jobs are handed back.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import honcho.manager
import honcho.process
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from walkabout.database.file import OTHERS
from walkabout.jobs.worker.machine import die_with_parent
from walkabout.people.password_rules import weak_admin_password
from walkabout.processes import KILL_WAIT_S, cannot_listen
from walkabout.ready_mark import READY_MARK
from walkabout.settings import Settings, SettingsError

READ_BYTES = 4096
PIPE_BYTES = 1024 * 1024  # what a pipe may hold when its writer ends; see pipe(7)


class BoundProcess(honcho.process.Process):  # type: ignore[misc]
    """Honcho keeps a process of its own beside each that it starts; this one ends when the manager is killed."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """Start the program and pass on what it prints, in the process beside it."""
        die_with_parent(int(self.env["WALKABOUT_PARENT"]))
        self.env["WALKABOUT_PARENT"] = str(os.getpid())
        self._child_ctor = _Program
        super().run(events, ignore_signals)


class _Program(honcho.process.Popen):  # type: ignore[misc]
    """A program whose output ends when it ends: what a walker started and set free may hold the pipe for ever."""

    def __init__(self, cmd: str, **options: Any) -> None:
        super().__init__(cmd, **options)
        pipe: Any = self.stdout
        self.stdout: Any = _Output(pipe, os.pidfd_open(self.pid))


class _Output:
    """The lines of a pipe until a process has ended, and what is in the pipe then."""

    def __init__(self, pipe: IO[bytes], process: int) -> None:
        self._pipe = pipe
        self._process = process
        self._left = b""
        self._most = PIPE_BYTES

    def readline(self) -> bytes:
        """The next line; empty at the end."""
        while b"\n" not in self._left:
            watched: list[Any] = [self._pipe, self._process]
            ready, _, _ = select.select(watched, [], [])
            if self._process in ready:
                self._most -= READ_BYTES
            chunk = os.read(self._pipe.fileno(), READ_BYTES) if self._pipe in ready and self._most >= 0 else b""
            if not chunk:
                break
            self._left += chunk
        line, end, self._left = self._left.partition(b"\n")
        return line + end

    def close(self) -> None:
        """Close the pipe."""
        self._pipe.close()
        os.close(self._process)


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


class ReadyPrinter(Printer):  # type: ignore[misc]
    """Prints what the processes say, and the ready line once each of them has said that it is ready."""

    def __init__(self, waiting: set[str], line: str, hints: list[str]) -> None:
        super().__init__(Out())
        self.waiting = waiting
        self.line = line
        self.hints = hints
        self._writing = False
        self._to_write: list[Message] = []

    def write(self, message: Message) -> None:
        """Print one message of a process; one that comes in the middle of another waits for its turn."""
        self._to_write.append(message)
        if self._writing:
            return
        self._writing = True
        try:
            while self._to_write:
                self._write(self._to_write.pop(0))
        finally:
            self._writing = False

    def _write(self, message: Message) -> None:
        if READY_MARK not in _text(message.data):
            super().write(message)
        elif message.name in self.waiting:
            self.waiting.discard(message.name)
            if not self.waiting:
                self.output.write("".join(f"{line}\n" for line in (self.line, *self.hints)))


def main(arguments: list[str]) -> int:
    """Run until told to stop; the exit status is 0 when somebody said so. `--parent PID`: stop when make is killed."""
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
    made = subprocess.run([sys.executable, "-m", "walkabout.processes", "release"], env=environment, check=False)
    if made.returncode:
        return made.returncode
    manager = _manager(settings, environment)
    try:
        manager.loop()
    except BaseException:
        manager.terminate()  # or the interpreter would wait for the processes beside ours for ever
        raise
    stopped_by_signal = manager.returncode in (130, 143)
    return 0 if stopped_by_signal else int(manager.returncode or 1)


def _manager(settings: Settings, environment: dict[str, str]) -> honcho.manager.Manager:
    """The process manager, with the programs that it is to run."""
    names = ["web"] + (["worker"] if settings.workers else [])
    printer = ReadyPrinter(set(names), f"Walkabout is ready at {settings.url}", _hints(settings))
    # Its own five seconds are shorter than the grace may be; then it would kill what is about to end well.
    honcho.manager.KILL_WAIT = settings.grace_s + KILL_WAIT_S
    manager = honcho.manager.Manager(printer)
    manager._process_ctor = BoundProcess
    procfile = parse_procfile(Path("Procfile").read_text())
    for name in names:
        manager.add_process(name, procfile.processes[name], env=environment | {"WALKABOUT_TELLS": "true"})
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        # The terminal was closed: stop as by TERM, whose handler the manager sets.
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    return manager


def _hints(settings: Settings) -> list[str]:
    """What is said below the ready line."""
    weak = weak_admin_password(settings)
    warnings = [f"Warning: ADMIN_PASSWORD {weak}"] if weak else []
    return ["Sign in at /admin/ there; README.md has examples for programs", *warnings]


def _text(data: bytes | str) -> str:
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else data


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
