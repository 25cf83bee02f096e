"""Procrastinate on PostgreSQL: two worker processes that run one job at a time.

A program of its own, run by `python -m bench side-by-side` in an environment of its own. Prints what one_set_up.py prints.
"""

import json
import os
import sys
import time
from typing import Any

import procrastinate
import psycopg
from measuring import WORKERS, alone, cpu_s, running

URL = sys.argv[1] if len(sys.argv) > 1 and sys.argv[1].startswith("postgres") else os.environ["PEER_URL"]
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=URL), import_paths=["procrastinate_jobs"])
JOBS, WARM_UP = 2000, 100


@app.task(name="echo")
async def echo(value: int) -> int:
    """What it was given."""
    return value


def main() -> dict[str, Any]:
    """Its figures."""
    with app.open() as asking, psycopg.connect(URL, autocommit=True) as db:
        asking.schema_manager.apply_schema()
        command = [
            sys.executable,
            "-m",
            "procrastinate",
            "--app",
            "procrastinate_jobs.app",
            "worker",
            "--concurrency",
            "1",
        ]
        with running([command] * WORKERS, PEER_URL=URL) as started:
            ask(asking, db, WARM_UP)
            before, start = cpu_s(started), time.perf_counter()
            ask(asking, db, JOBS)
            done = JOBS / (time.perf_counter() - start)
            cpu_us = (cpu_s(started) - before) / JOBS * 1e6
            taken = alone(lambda number: one(asking, db, number))
    return {"done": done, "cpu_us": cpu_us, **taken}


def ask(asking: Any, db: Any, jobs: int) -> None:
    """Ask for jobs, and wait for all."""
    for number in range(jobs):
        asking.configure_task("echo").defer(value=number)
    while db.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')").fetchone()[0]:
        time.sleep(0.01)


def one(asking: Any, db: Any, number: int) -> None:
    """Ask for one, and look until it is over: the library has nothing that waits for a job."""
    job = asking.configure_task("echo").defer(value=number)
    while db.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", (job,)).fetchone()[0] != "succeeded":
        time.sleep(0.0005)


if __name__ == "__main__":
    print(json.dumps(main()))
