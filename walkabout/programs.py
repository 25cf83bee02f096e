"""Runs several programs side by side, in one process: passes on what they print, and ends all of them when one ends."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType

READ_BYTES = 65_536
LINE_BYTES = 65_536  # a longer line is passed on in parts
PIPE_BYTES = 1024 * 1024  # what a pipe may hold when its writer ends; see pipe(7)
STATUS_OF = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}
"""The signals that stop everything, with the exit status that shells give to them."""

Print = Callable[[str, bytes], object]
"""Takes a line and who says it."""


@dataclass
class RunningProgram:
    """One program that runs, and what it has printed of a line that is not finished."""

    name: str
    popen: "subprocess.Popen[bytes]"
    pidfd: int
    begun: bytes = b""

    @property
    def output(self) -> int:
        """The descriptor of what it prints."""
        assert self.popen.stdout is not None
        return self.popen.stdout.fileno()

    def lines(self, chunk: bytes) -> list[bytes]:
        """The lines that are finished with what came now."""
        *lines, self.begun = (self.begun + chunk).split(b"\n")
        if len(self.begun) > LINE_BYTES:
            lines.append(self.begun)
            self.begun = b""
        return lines

    def read(self) -> bytes | None:
        """What is there of its output; None: nothing at this moment."""
        try:
            return os.read(self.output, READ_BYTES)
        except BlockingIOError:
            return None


@dataclass
class Programs:
    """Programs that live and end together. `kill_s`: seconds that those which are told to stop have for it."""

    say: Print
    kill_s: float
    _running: dict[str, RunningProgram] = field(default_factory=dict)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _status: int | None = None
    _stopping: bool = False
    _kill_at: float | None = None

    def run(self, commands: Mapping[str, str], environment: Mapping[str, str]) -> int:
        """Start programs, by shell commands, and wait for the end of all; the status of what ended first, a signal's
        status if that was it. A SIGHUP that this process ignores is left ignored.
        """
        woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(woken, selectors.EVENT_READ)
        before = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in STATUS_OF:
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                signal.signal(number, self._told)
        try:
            for name, command in commands.items():
                self._start(name, command, environment)
            while self._running:
                self._step()
        finally:
            self._end_all(signal.SIGKILL)
            signal.set_wakeup_fd(before)
            for descriptor in (woken, wake):
                os.close(descriptor)
            self._selector.close()
        return 0 if self._status is None else self._status

    def _start(self, name: str, command: str, environment: Mapping[str, str]) -> None:
        popen = subprocess.Popen(
            command,
            shell=True,
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours: we say who is to stop
        )
        program = RunningProgram(name, popen, os.pidfd_open(popen.pid))
        os.set_blocking(program.output, False)
        self._running[name] = program
        self._selector.register(program.output, selectors.EVENT_READ, program)
        self._selector.register(program.pidfd, selectors.EVENT_READ, program)
        self._say(f"{name} started (pid={popen.pid})")

    def _step(self) -> None:
        timeout = None if self._kill_at is None else max(self._kill_at - time.monotonic(), 0)
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                self._hear(key.fd)
            elif key.data.name not in self._running:
                continue  # it ended in this very step
            elif key.fd == key.data.pidfd:
                self._ended(key.data)
            else:
                self._pass_on(key.data)
        if self._kill_at is not None and time.monotonic() >= self._kill_at:
            self._kill_at = None
            self._end_all(signal.SIGKILL)

    def _hear(self, woken: int) -> None:
        for number in os.read(woken, READ_BYTES):
            if number in STATUS_OF:
                self._say(f"{signal.Signals(number).name} received")

    def _told(self, number: int, _frame: FrameType | None) -> None:
        # Here and not where it is heard: whoever reads what we print may keep us waiting.
        self._status = STATUS_OF[signal.Signals(number)]
        self._stop()

    def _stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._kill_at = time.monotonic() + self.kill_s
            self._end_all(signal.SIGTERM)

    def _end_all(self, number: signal.Signals) -> None:
        for program in self._running.values():
            program.popen.send_signal(number)

    def _pass_on(self, program: RunningProgram) -> None:
        chunk = program.read()
        if chunk == b"":
            self._selector.unregister(program.output)  # it has closed its output; it ends when it ends
        for line in program.lines(chunk or b""):
            self.say(program.name, line)

    def _ended(self, program: RunningProgram) -> None:
        """A program has ended: what is in the pipe is still said. What it set free may hold the pipe open for ever."""
        left = PIPE_BYTES
        while left > 0 and (chunk := program.read()):
            left -= len(chunk)
            for line in program.lines(chunk):
                self.say(program.name, line)
        if program.begun:
            self.say(program.name, program.begun)
        with contextlib.suppress(KeyError):
            self._selector.unregister(program.output)
        self._selector.unregister(program.pidfd)
        os.close(program.pidfd)
        assert program.popen.stdout is not None
        program.popen.stdout.close()
        status = program.popen.wait()
        del self._running[program.name]
        self._say(f"{program.name} stopped (rc={status})")
        if self._status is None:
            self._status = status
        self._stop()

    def _say(self, text: str) -> None:
        self.say(SYSTEM, text.encode())


SYSTEM = "system"
"""Who says what programs don't say."""
