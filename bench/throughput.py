"""16 clients post 3,000 echo jobs over HTTP; beside it plain Huey on SQLite, fed by a loop without HTTP."""

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench.serving import Wire, serving, signed_in
from tests.support.house import House

JOBS, CLIENTS, WORKERS, ROUNDS = 3000, 16, 2, 3


def main() -> None:
    """Three rounds of both, in turn."""
    ours, plain = [], []
    with serving(WORKERS=str(WORKERS)) as house:
        for _ in range(ROUNDS):
            accepted, done = measure(house)
            ours.append(done)
            plain.append(plain_huey())
            print(
                f"walkabout: accepted {accepted:.0f}/s, done {done:.0f}/s; plain Huey without HTTP: {plain[-1]:.0f}/s"
            )
    ours_median, plain_median = statistics.median(ours), statistics.median(plain)
    print(
        f"median: walkabout {ours_median:.0f}/s, plain Huey {plain_median:.0f}/s, ratio {ours_median / plain_median:.2f}"
    )


def measure(house: House) -> tuple[float, float]:
    """Jobs accepted and jobs done per second, from the first POST to the last SUCCESS."""
    admin = signed_in(house)
    threads = [threading.Thread(target=_post, args=(house.url, admin.token)) for _ in range(CLIENTS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = time.perf_counter()
    while any(tasks for part in admin.ask("GET", "/js/walker_queue_check").values() for tasks in part.values()):
        time.sleep(0.005)
    done = time.perf_counter()
    return JOBS / (accepted - start), JOBS / (done - start)


def _post(url: str, token: str) -> None:
    wire = Wire(url, token)
    request = wire.prepared("POST", "/js/walker_run", {"name": "echo", "ctx": {"value": 1}, "is_async": True})
    for _ in range(JOBS // CLIENTS):
        assert wire.send(request)["is_queued"] is True


def plain_huey() -> float:
    """Jobs per second of Huey's own SQLite queue (synchronous NORMAL, results kept), asked for by a loop."""
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / "plain_tasks.py"
        module.write_text(_PLAIN)
        consumer = subprocess.Popen(
            [sys.executable, "-m", "huey.bin.huey_consumer", "plain_tasks.huey", "-k", "process", "-w", str(WORKERS), "-q",
             "-d", "0.001", "-m", "0.01"],
            cwd=folder,
        )  # fmt: skip
        try:
            printed = subprocess.run(
                [sys.executable, "-c", f"import plain_tasks; print(plain_tasks.measure({JOBS}))"],
                cwd=folder, check=True, capture_output=True, text=True,
            )  # fmt: skip
        finally:
            consumer.terminate()
            consumer.wait()
        return float(printed.stdout)


_PLAIN = """
import time
from huey import SqliteHuey

huey = SqliteHuey(filename="plain.db", fsync=False, journal_mode="wal")

@huey.task()
def echo(value):
    return value

def measure(jobs):
    echo(0).get(blocking=True, timeout=30)
    start = time.perf_counter()
    for number in range(1, jobs + 1):
        echo(number)
    while huey.result_count() < jobs:
        time.sleep(0.002)
    return jobs / (time.perf_counter() - start)
"""
