"""Celery with Redis: a task is acknowledged when it has run, so that a lost worker loses none.

A program of its own, run by `python -m bench side-by-side` in an environment of its own. Prints what one_set_up.py prints.
"""

import json
import os
import sys
import time
from typing import Any

from celery import Celery
from measuring import WORKERS, alone, cpu_s, running

URL = sys.argv[1] if len(sys.argv) > 1 and sys.argv[1].startswith("redis") else os.environ["PEER_URL"]
app = Celery("celery_jobs", broker=URL, backend=URL.rpartition("/")[0] + "/1")
app.conf.update(task_acks_late=True, task_reject_on_worker_lost=True, broker_connection_retry_on_startup=True)
JOBS, WARM_UP = 2000, 100


@app.task
def echo(value: int) -> int:
    """What it was given."""
    return value


def main() -> dict[str, Any]:
    """Its figures."""
    command = [sys.executable, "-m", "celery", "-A", "celery_jobs", "worker", "-c", str(WORKERS), "-l", "ERROR"]
    with running([command], PEER_URL=URL) as started:
        asked([echo.delay(number) for number in range(WARM_UP)])
        before, start = cpu_s(started), time.perf_counter()
        asked([echo.delay(number) for number in range(JOBS)])
        done = JOBS / (time.perf_counter() - start)
        cpu_us = (cpu_s(started) - before) / JOBS * 1e6
        taken = alone(lambda number: echo.delay(number).get(timeout=30))
    return {"done": done, "cpu_us": cpu_us, **taken}


def asked(results: list[Any]) -> None:
    """Wait for all of them, without asking for each: their number in the store of results is enough."""
    store = app.backend.client
    while store.exists(*[f"celery-task-meta-{result.id}" for result in results]) < len(results):
        time.sleep(0.01)


if __name__ == "__main__":
    print(json.dumps(main()))
