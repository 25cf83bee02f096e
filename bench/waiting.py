"""Clients in walker_queue_wait: how soon info answers, while they wait, while other jobs end, and when all theirs end at once."""

import threading
import time

from bench.serving import Wire, serving, signed_in
from tests.support.house import House

CLIENTS = (200, 2000)
PEOPLE = 20  # one person may not hold all places
BUSY_JOBS = 300


def main() -> None:
    """For each number of clients: all wait for jobs with one time; info is asked all the while."""
    for clients in CLIENTS:
        with serving(THREADS=str(max(256, clients * 2))) as house:
            _measure(house, clients)


def _measure(house: House, clients: int) -> None:
    admin = signed_in(house)
    people = [_person(house, admin, number) for number in range(PEOPLE)]
    eta = int(time.time()) + 20.0 + clients / 60
    body = {"name": "echo", "is_async": True, "eta": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(eta))}
    jobs = [
        (people[number % PEOPLE], people[number % PEOPLE].ask("POST", "/js/walker_run", body)["result"])
        for number in range(clients)
    ]
    ended: list[float] = []
    threads = [threading.Thread(target=_wait, args=(house.url, person.token, job, ended)) for person, job in jobs]
    for thread in threads:
        thread.start()
    quiet = _ask_info(house.url, until=time.time() + 2)
    other = threading.Thread(target=_run_jobs, args=(house.url, admin.token))
    other.start()
    busy = _ask_info(house.url, threads=[other])
    late = max(0.0, time.time() - eta)
    storm = _ask_info(house.url, threads=threads)
    spread = max(ended) - eta
    print(
        f"info while {clients} wait: worst {max(quiet):.1f} ms; while {BUSY_JOBS} other jobs end: worst {max(busy):.1f} ms;",
        end=" ",
    )
    print(f"when all end at once: worst {max(storm):.1f} ms")
    print(
        f"the last of {len(ended)} waiters had its answer {spread * 1000:.0f} ms after the jobs' time",
        f"(busy {late:.1f} s beyond it)" if late else "",
    )


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


def _person(house: House, admin: Wire, number: int) -> Wire:
    email = f"waits-{number}@example.com"
    admin.ask("POST", "/user/create/", {"email": email, "password": "long-enough"})
    person = Wire(house.url)
    person.token = person.ask("POST", "/user/token/", {"email": email, "password": "long-enough"})["token"]
    return person


def _run_jobs(url: str, token: str) -> None:
    wire = Wire(url, token)
    request = wire.prepared("POST", "/js/walker_run", {"name": "echo", "is_async": True})
    jobs = [wire.send(request)["result"] for _ in range(BUSY_JOBS)]
    wire.ask("GET", f"/js/walker_queue_wait?task_id={jobs[-1]}&timeout=60")
