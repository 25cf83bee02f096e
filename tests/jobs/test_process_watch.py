"""Which processes are there, as the kernel tells it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.until import until
from walkabout.jobs.worker.machine import Process, machine_id, start_of
from walkabout.jobs.worker.process_watch import ProcessWatch


def seen(pid: int) -> Process:
    return Process(machine_id(), pid, start_of(pid))


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that waits."""
    running = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield running
    running.kill()
    running.wait()


def test_the_end_of_a_process_is_known_though_nobody_has_waited_for_it(sleeper: "subprocess.Popen[bytes]") -> None:
    watch, process = ProcessWatch(), seen(sleeper.pid)
    assert watch.alive(process)
    sleeper.kill()
    until(lambda: not watch.alive(process))


def test_a_stopped_process_is_there(sleeper: "subprocess.Popen[bytes]") -> None:
    watch, process = ProcessWatch(), seen(sleeper.pid)
    assert watch.alive(process)
    sleeper.send_signal(signal.SIGSTOP)
    assert watch.alive(process)


@pytest.mark.parametrize("started", ["1", "", "99999999999"])
def test_an_id_that_another_process_has_now(sleeper: "subprocess.Popen[bytes]", started: str) -> None:
    assert not ProcessWatch().alive(Process(machine_id(), sleeper.pid, started))


def test_one_that_never_was() -> None:
    assert not ProcessWatch().alive(Process(machine_id(), 2**22 + 1, "1"))


def test_many_threads_ask_first_at_once(sleeper: "subprocess.Popen[bytes]") -> None:
    watch, process = ProcessWatch(), seen(sleeper.pid)
    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(lambda _: watch.alive(process), range(400)))
    sleeper.kill()
    until(lambda: not watch.alive(process))


def test_descriptors_are_given_back(sleeper: "subprocess.Popen[bytes]") -> None:
    watch, other = ProcessWatch(), seen(os.getppid())
    assert watch.alive(other)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        process = seen(sleeper.pid)
        assert watch.alive(process)
        watch.keep([other])
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_closed_one_leaves_nothing_and_begins_again(sleeper: "subprocess.Popen[bytes]") -> None:
    watch, process = ProcessWatch(), seen(sleeper.pid)
    before = len(os.listdir("/proc/self/fd")), threading.active_count()
    for _ in range(3):
        assert watch.alive(process)
        watch.close()
        watch.close()
    until(lambda: (len(os.listdir("/proc/self/fd")), threading.active_count()) == before)


def test_a_fork_watches_anew(sleeper: "subprocess.Popen[bytes]") -> None:
    watch, process = ProcessWatch(), seen(sleeper.pid)
    assert watch.alive(process)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        answers = [watch.alive(process)]
        os.kill(sleeper.pid, signal.SIGKILL)
        until(lambda: not watch.alive(process))
        os.write(write, repr(answers).encode())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(read, 100) == b"[True]"
    until(lambda: not watch.alive(process))
    os.close(read)
    os.close(write)
