"""Programs side by side in one process: what they print, who ends them, and with which status."""

import os
import signal
import subprocess
import sys

import pytest

RUNNER = """
import sys
from walkabout.programs import Programs
def say(name, line):
    sys.stdout.buffer.write(name.encode() + b": " + line + b"\\n")
    sys.stdout.flush()
import os
sys.exit(Programs(say, 5).run({name: command for name, command in zip(sys.argv[1::2], sys.argv[2::2])}, os.environ))
"""
WAITS = "exec sleep 600"


def start(*commands: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", RUNNER, *commands], stdout=subprocess.PIPE)


def said(running: "subprocess.Popen[bytes]", line: bytes) -> list[bytes]:
    """The lines up to one that begins like this."""
    assert running.stdout is not None
    lines = []
    for one in running.stdout:
        lines.append(one.rstrip(b"\n"))
        if one.startswith(line):
            return lines
    raise AssertionError(lines)


def rest(running: "subprocess.Popen[bytes]") -> list[bytes]:
    out, _ = running.communicate(timeout=60)
    return out.splitlines()


def test_one_that_ends_ends_the_others() -> None:
    running = start("one", "exit 3", "other", WAITS)
    lines = rest(running)
    assert running.returncode == 3
    assert b"system: one stopped (rc=3)" in lines
    assert b"system: other stopped (rc=-15)" in lines


@pytest.mark.parametrize(("number", "status"), [
    (signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 143),
])  # fmt: skip
def test_a_signal_ends_all(number: signal.Signals, status: int) -> None:
    running = subprocess.Popen(
        ["env", "--default-signal=HUP", sys.executable, "-c", RUNNER, "one", WAITS, "other", WAITS],
        stdout=subprocess.PIPE,
    )
    said(running, b"system: other started")
    running.send_signal(number)
    lines = rest(running)
    assert running.returncode == status
    assert f"system: {number.name} received".encode() in lines
    assert sum(b"stopped (rc=-15)" in line for line in lines) == 2


def test_what_is_printed_last_is_passed_on() -> None:
    running = start("one", "printf 'first\\n\\nlast without an end'; printf err >&2", "other", WAITS)
    assert [line for line in rest(running) if line.startswith(b"one:")] == [
        b"one: first", b"one: ", b"one: last without an enderr",
    ]  # fmt: skip


def test_much_at_the_end_is_passed_on() -> None:
    running = start("one", f"exec {sys.executable} -c \"print(('y' * 99 + chr(10)) * 9000, end='')\"")
    assert rest(running).count(b"one: " + b"y" * 99) == 9000


def test_a_line_that_does_not_end_is_passed_on_in_parts() -> None:
    running = start("one", f"exec {sys.executable} -c \"print('x' * 300000, end='')\"")
    parts = [line.removeprefix(b"one: ") for line in rest(running) if line.startswith(b"one: ")]
    assert b"".join(parts) == b"x" * 300_000
    assert len(parts) > 1


def test_one_that_does_not_stop_is_killed() -> None:
    stubborn = "trap '' TERM; echo here; while :; do sleep 600 & wait; done"
    running = start("one", stubborn, "other", WAITS)
    said(running, b"one: here")
    running.send_signal(signal.SIGTERM)
    assert b"system: one stopped (rc=-9)" in rest(running)
    assert running.returncode == 143


def test_what_a_program_set_free_holds_nothing_up() -> None:
    running = start("one", "(exec sleep 30 & echo $!); exit 0")
    lines = rest(running)
    assert running.returncode == 0
    [free] = [int(line.removeprefix(b"one: ")) for line in lines if line.startswith(b"one: ")]
    os.kill(free, signal.SIGKILL)


def test_nobody_reads() -> None:
    running = start("one", "while :; do echo line; done", "other", WAITS)
    said(running, b"one: line")  # and no more: its pipe fills up
    running.send_signal(signal.SIGTERM)
    assert rest(running)
    assert running.returncode == 143
