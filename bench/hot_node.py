"""Many jobs, and requests beside them, that all change one node, 5 to 20 ms each: none may fail, and how fast they go."""

import threading
import time
from collections import Counter
from pathlib import Path

from bench.serving import Wire, serving, signed_in
from tests.support.house import House

JOBS = 1000
WALKERS = Path(__file__).parents[1] / "tests" / "walkers"


def main() -> None:
    """With 2 and with 4 workers, with and without 4 clients whose walkers run inside of their requests."""
    for workers in (2, 4):
        for clients in (0, 4):
            with serving(WORKERS=str(workers), WALKERS_DIR=f"walkers:{WALKERS}") as house:
                measure(house, workers, clients)


def measure(house: House, workers: int, clients: int, jobs: int = JOBS) -> Counter[str]:
    """Ask for the jobs, run clients beside them until they have ended; what became of all."""
    admin = signed_in(house)
    request = admin.prepared("POST", "/js/walker_run", {"name": "turnstile", "is_async": True})
    start = time.perf_counter()
    ids = [admin.send(request)["result"] for _ in range(jobs)]
    over = threading.Event()
    outcomes: Counter[str] = Counter()
    threads = [threading.Thread(target=_run, args=(house.url, admin.token, over, outcomes)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for id in ids:
        task = admin.ask("GET", f"/js/walker_queue_wait?task_id={id}")
        outcomes[f"job {task['state']} {task.get('error', {}).get('type', '')}".strip()] += 1
    took = time.perf_counter() - start
    over.set()
    for thread in threads:
        thread.join()
    count = admin.ask("POST", "/js/object_get", {"obj": "active:graph"})["context"]["count"]
    print(
        f"{workers} workers, {clients} clients: {(jobs + outcomes['request 200']) / took:.0f} runs/s, {dict(outcomes)}, "
        f"count {count}"
    )
    return outcomes


def _run(url: str, token: str, over: threading.Event, outcomes: Counter[str]) -> None:
    wire = Wire(url, token)
    request = wire.prepared("POST", "/js/walker_run", {"name": "turnstile"})
    while not over.is_set():
        answer = wire.send(request)
        outcomes["request 200" if answer["success"] else f"request {answer['errors'][0][-60:]}"] += 1


if __name__ == "__main__":
    main()
