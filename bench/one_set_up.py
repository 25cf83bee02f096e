"""One set-up with so many workers: `python -m bench.one_set_up postgres 2` prints its figures as JSON.

`done`: jobs a second from the first POST to the last SUCCESS; `accepted`: POSTs a second; `cpu_us`: of all processes of the
service and its servers, a job; `p50`, `p99`: ms from the POST to the waiter's answer, of one job at a time.
"""

import json
import os
import random
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from bench.serving import DURABLE, Wire, percentile, serving, signed_in
from tests.support.databases import DATABASES
from tests.support.house import House, descendants
from tests.support.until import until
from walkabout.service import Service

JOBS, CLIENTS = 2000, 16
SAMPLES = 40
WARM_UP = 100


def main(kind: str, workers: int) -> None:
    """Measure, and print."""
    DATABASES.choose(kind, DURABLE)
    try:
        with serving(WORKERS=str(workers)) as house, house.rooms() as service:
            _throughput(house, service, WARM_UP)
            accepted, done, cpu_us = _throughput(house, service, JOBS)
            alone = _alone(house)
    finally:
        DATABASES.stop()
    found = {"accepted": accepted, "done": done, "cpu_us": cpu_us}
    print(json.dumps(found | {"p50": percentile(alone, 0.5), "p99": percentile(alone, 0.99)}))


def _throughput(house: House, service: Service, jobs: int) -> tuple[float, float, float]:
    token = signed_in(house).token
    threads = [threading.Thread(target=_post, args=(house.url, token, jobs // CLIENTS)) for _ in range(CLIENTS)]
    before, start = _cpu_s(house), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = time.perf_counter()
    until(lambda: not service.db.value("SELECT count(*) FROM job WHERE ended_at IS NULL"), 120)
    done = time.perf_counter()
    number = jobs // CLIENTS * CLIENTS
    return number / (accepted - start), number / (done - start), (_cpu_s(house) - before) / number * 1e6


def _post(url: str, token: str, jobs: int) -> None:
    wire = Wire(url, token)
    request = wire.prepared("POST", "/js/walker_run", {"name": "echo", "ctx": {"value": 1}, "is_async": True})
    for _ in range(jobs):
        assert wire.send(request)["is_queued"] is True


def _alone(house: House) -> list[float]:
    wire, taken = signed_in(house), []
    for number in range(SAMPLES):
        time.sleep(random.uniform(0.1, 0.5))
        start = time.perf_counter()
        body = {"name": "echo", "ctx": {"value": number}, "is_async": True}
        task = wire.ask("POST", "/js/walker_run", body)["result"]
        assert wire.ask("GET", f"/js/walker_queue_wait?task_id={task}")["state"] == "SUCCESS"
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def _cpu_s(house: House) -> float:
    """Of the service, and of the servers that it keeps its data on."""
    return _seconds([*house.processes(), *(pid for server in DATABASES.processes() for pid in descendants(server))])


def _seconds(pids: Iterable[int]) -> float:
    ticks = 0
    for pid in pids:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(int(word) for word in words[11:15])  # its own, and of its children that have ended
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
