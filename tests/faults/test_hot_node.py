"""Jobs and requests that all change one node: each comes to its turn."""

import threading
from collections import Counter
from pathlib import Path

from tests.faults.kit import WALKERS
from tests.support.house import House

JOBS, CLIENTS, REQUESTS = 150, 3, 40


def test_none_of_many_that_change_one_node_fails(tmp_path: Path) -> None:
    # Three tries in all: without turns a good part of them would fail.
    house = House(tmp_path / "data", WORKERS="2", CONFLICT_TRIES="3", WALKERS_DIR=f"walkers:{WALKERS}").start()
    try:
        ana = house.client()
        outcomes: Counter[object] = Counter()

        def requests() -> None:
            client = house.client()
            outcomes.update(str(client.run("turnstile")["success"]) for _ in range(REQUESTS))

        threads = [threading.Thread(target=requests) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        jobs = [ana.start("turnstile") for _ in range(JOBS)]
        outcomes.update(ana.wait(job)["state"] for job in jobs)
        for thread in threads:
            thread.join()
        assert outcomes == {"SUCCESS": JOBS, "True": CLIENTS * REQUESTS}
        assert ana.root()["count"] == JOBS + CLIENTS * REQUESTS
    finally:
        house.stop()
