"""200 clients in walker_queue_wait: how soon info answers, while they wait and when all their jobs end at once."""

import tempfile
import threading
import time
from pathlib import Path

from bench.serving import Wire, serving, signed_in

WAITING = 200


def main() -> None:
    """All wait for jobs with one time; info is asked all the while."""
    with serving() as house, tempfile.TemporaryDirectory() as folder:
        admin = signed_in(house)
        Path(folder, "touched").touch()
        eta = int(time.time()) + 6.0
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(eta))
        body = {"name": "echo", "is_async": True, "eta": at}
        jobs = [admin.ask("POST", "/js/walker_run", body)["result"] for _ in range(WAITING)]
        ended: list[float] = []
        threads = [threading.Thread(target=_wait, args=(house.url, admin.token, job, ended)) for job in jobs]
        for thread in threads:
            thread.start()
        quiet = _ask_info(house.url, until=time.time() + 2)
        storm = _ask_info(house.url, threads=threads)
        spread = max(ended) - eta
    print(f"info while {WAITING} wait: worst {max(quiet):.1f} ms; when all end at once: worst {max(storm):.1f} ms")
    print(f"the last of {len(ended)} waiters had its answer {spread * 1000:.0f} ms after the jobs' time")


def _wait(url: str, token: str, job: str, ended: list[float]) -> None:
    answer = Wire(url, token).ask("GET", f"/js/walker_queue_wait?task_id={job}&timeout=60")
    assert answer["state"] == "SUCCESS", answer
    ended.append(time.time())


def _ask_info(url: str, until: float = 0.0, threads: list[threading.Thread] | None = None) -> list[float]:
    wire = Wire(url)
    taken = []
    while time.time() < until or any(thread.is_alive() for thread in threads or []):
        start = time.perf_counter()
        wire.ask("GET", "/js_public/info")
        taken.append((time.perf_counter() - start) * 1000)
        time.sleep(0.002)
    return taken
