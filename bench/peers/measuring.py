"""What the programs of peers share: their workers' processes, the CPU of everything, and one job at a time."""

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

WORKERS = 2
SAMPLES = 40
HERE = Path(__file__).parent


@contextmanager
def running(commands: Sequence[Sequence[str]], **environment: str) -> Iterator[list[int]]:
    """Runs programs meanwhile; their ids."""
    everything, nowhere = {**os.environ, **environment}, subprocess.DEVNULL
    started = [subprocess.Popen(one, cwd=HERE, env=everything, stdout=nowhere, stderr=nowhere) for one in commands]
    try:
        yield [process.pid for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def cpu_s(started: Sequence[int]) -> float:
    """Seconds of CPU of this process, of those that were started, with all below them, and of the server (SERVER_PID)."""
    tops = [os.getpid(), int(os.environ["SERVER_PID"])]
    ticks = 0
    for pid in {pid for top in tops for pid in _below(top)} | set(started):
        try:
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(word) for word in words[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def alone(ask: Callable[[int], object]) -> dict[str, float]:
    """How long one job takes, asked for and waited for, ms: the median and the 99th of 100."""
    taken = []
    for number in range(SAMPLES):
        time.sleep(random.uniform(0.1, 0.5))
        start = time.perf_counter()
        ask(number)
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    return {"p50": taken[len(taken) // 2], "p99": taken[min(int(len(taken) * 0.99), len(taken) - 1)]}


def _below(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in task.read_text().split():
                found.extend(_below(int(child)))
        except OSError:
            continue
    return found
