"""DBOS on PostgreSQL: two processes that take workflows from one queue.

A program of its own, run by `python -m bench side-by-side` in an environment of its own. Prints what one_set_up.py prints.
"""

import json
import os
import signal
import sys
import threading
import time
from typing import Any

import psycopg
from dbos import DBOS, DBOSClient
from measuring import WORKERS, alone, cpu_s, running

URL = sys.argv[1] if len(sys.argv) > 1 and sys.argv[1].startswith("postgres") else os.environ["PEER_URL"]
JOBS, WARM_UP = 2000, 100
POLL_S = 0.01
QUEUE = "echoes"


def work() -> None:
    """A process that runs what is queued, until it is told to stop."""
    DBOS(config={"name": "echoes", "system_database_url": URL, "run_admin_server": False, "log_level": "ERROR"})

    @DBOS.workflow(name="echo")
    def echo(value: int) -> int:
        return value

    DBOS.launch()
    DBOS.register_queue(QUEUE, polling_interval_sec=POLL_S)
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    told.wait()
    os._exit(0)


def main() -> dict[str, Any]:
    """Its figures."""
    with running([[sys.executable, __file__, "work"]] * WORKERS, PEER_URL=URL) as started:
        client = connected()
        with psycopg.connect(URL, autocommit=True) as db:
            ask(client, db, WARM_UP)
            before, start = cpu_s(started), time.perf_counter()
            ask(client, db, JOBS)
            done = JOBS / (time.perf_counter() - start)
            cpu_us = (cpu_s(started) - before) / JOBS * 1e6
            options = {"queue_name": QUEUE, "workflow_name": "echo"}
            taken = alone(lambda number: client.enqueue(options, number).get_result(polling_interval_sec=0.001))
    return {"done": done, "cpu_us": cpu_us, **taken}


def connected() -> Any:
    """A client, once a worker has made all tables and runs what is queued."""
    while True:
        try:
            client = DBOSClient(system_database_url=URL)
            client.enqueue({"queue_name": QUEUE, "workflow_name": "echo"}, 0).get_result()
            return client
        except Exception:  # of any kind, while tables are made
            time.sleep(0.2)


def ask(client: Any, db: Any, jobs: int) -> None:
    """Ask for jobs, and wait for all."""
    for number in range(jobs):
        client.enqueue({"queue_name": QUEUE, "workflow_name": "echo"}, number)
    while db.execute("SELECT count(*) FROM dbos.workflow_status WHERE status IN ('ENQUEUED', 'PENDING')").fetchone()[0]:
        time.sleep(0.01)


if __name__ == "__main__":
    if sys.argv[1] == "work":
        work()
    else:
        print(json.dumps(main()))
