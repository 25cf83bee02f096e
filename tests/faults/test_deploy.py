"""A deploy in the middle of sequences that send POSTs: each is sent once, and each run goes well in the end."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.support.house import Client, House
from tests.support.scripted_server import Server
from tests.support.sequence_runs import journal, started
from tests.support.until import until

RUNS, POSTS = 16, 150


class Counting:
    """Answers POSTs after 2 to 20 ms, and counts them; `reached(n)` waits until n of them came."""

    def __init__(self, server: Server) -> None:
        self.counts: Counter[tuple[int, int]] = Counter()
        self._changed = threading.Condition()
        server.begin({"GET": {"json": {}}, "POST": self._answer})

    def reached(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.counts.total() >= number, 60)

    def _answer(self, seen: Any) -> Any:
        key = (int(seen.path.rpartition("/")[2]), seen.body["n"])
        with self._changed:
            self.counts[key] += 1
            self._changed.notify_all()
        threading.Event().wait(0.002 + 0.018 * (key[1] % 7) / 6)
        return {"json": key[1]}


def posting(base: str, run: int, concurrency: int) -> dict[str, Any]:
    post = {"method": "POST", "api": f"{base}/{run}", "body": {"n": "{{$}}"}, "save_to": "r_{{!}}"}
    looping = {"by": "#.numbers", "requests": [post], "concurrency": concurrency}
    first = {"method": "GET", "api": f"{base}/begin", "__def_loop__": looping}
    return {"persistence": {"numbers": list(range(POSTS))}, "requests": [first]}


def tell_launcher(house: House) -> int:
    return house.stop()


def tell_everybody(house: House) -> int:
    """As systemd does with KillMode=control-group, and a process manager with its group."""
    assert house.process is not None
    for pid in house.processes()[1:]:
        with suppress(ProcessLookupError):  # another one's end may have ended it
            os.kill(pid, signal.SIGTERM)
    return house.stop()


@pytest.mark.parametrize(
    ("tell", "concurrency"),
    [
        (tell_everybody, 1),
        (tell_launcher, 4),
        pytest.param(tell_launcher, 1, marks=pytest.mark.long_fault),
        pytest.param(tell_everybody, 4, marks=pytest.mark.long_fault),
    ],
)
def test_a_deploy_fails_no_sequence_and_sends_nothing_twice(
    new_house: Any, server: Server, tell: Callable[[House], int], concurrency: int
) -> None:
    house = new_house(WORKERS="16").start()
    ana, counting = house.client(), Counting(server)
    jobs = [started(ana, posting(server.base, run, concurrency)) for run in range(RUNS)]
    for part in (4, 2):
        # A second deploy comes right after the first one.
        counting.reached(RUNS * POSTS // part)
        assert tell(house) == 0
        assert [line for line in house.lines if "Traceback" in line] == []
        house.start()
    ana = house.client()
    ended = [ana.wait(job) for job in jobs]
    assert [task.get("error") for task in ended if task["state"] != "SUCCESS"] == []
    assert set(counting.counts.values()) == {1}
    assert len(counting.counts) == RUNS * POSTS


class Holding:
    """Holds the answers to requests whose path is /held back until `over` is set."""

    def __init__(self, server: Server) -> None:
        self.came, self.over = threading.Semaphore(0), threading.Event()
        self.paths: list[str] = []
        server.begin({"GET": self._answer, "POST": self._answer})

    def _answer(self, seen: Any) -> Any:
        self.paths.append(seen.path)
        if seen.path == "/held":
            self.came.release()
            self.over.wait(20)
        return {"json": seen.path}


def stopping(house: House) -> threading.Thread:
    """Tell it to stop; a thread that ends when it has. On return whoever runs something knows."""
    thread = threading.Thread(target=house.stop)
    thread.start()
    house.wait("web.stopping" if house.environment.get("WORKERS") == "0" else "worker.stopping")
    return thread


def test_a_request_in_flight_at_the_stop_is_waited_for_and_nothing_begins_after_it(
    new_house: Any, server: Server
) -> None:
    house = new_house(GRACE_S="20", WORKERS="1").start()
    ana, holding = house.client(), Holding(server)
    steps = [{"method": "POST", "api": server.base + path, "save_to": path} for path in ("/held", "/after")]
    job = started(ana, {"requests": steps})
    assert holding.came.acquire(timeout=20)
    stops = stopping(house)
    holding.over.set()
    stops.join()
    assert holding.paths == ["/held"]
    house.start()
    assert house.client().wait(job)["result"] == {"_held": "/held", "_after": "/after"}
    assert holding.paths == ["/held", "/after"]


def test_a_request_still_in_flight_when_the_grace_ends_is_of_unknown_outcome(new_house: Any, server: Server) -> None:
    house = new_house(GRACE_S="0.5").start()
    ana, holding = house.client(), Holding(server)
    job = started(ana, {"requests": [{"method": "POST", "api": server.base + "/held"}]})
    assert holding.came.acquire(timeout=20)
    assert house.stop() == 0
    house.start()
    task = house.client().wait(job)
    holding.over.set()
    assert (task["state"], task["error"]["type"]) == ("FAILURE", "UnknownOutcome")
    assert holding.paths == ["/held"]


@pytest.mark.parametrize(
    "steps",
    [
        [{"method": "GET", "api": "/a"}, {"method": "POST", "api": "/b", "delay": 6}],
        [{"method": "GET", "api": "/busy", "retry": {"wait": 6}}],
    ],
    ids=["delay", "retry"],
)
def test_a_pause_ends_at_the_stop_and_goes_on_with_the_time_that_is_left(
    new_house: Any, server: Server, steps: list[dict[str, Any]]
) -> None:
    house = new_house(GRACE_S="20", WORKERS="1").start()
    ana, pause_from = house.client(), time.time()
    server.begin({"GET /a": {"json": 1}, "GET /busy": [{"status": 503}, {"json": 1}], "POST": {"json": 2}})
    job = started(ana, {"requests": [{**step, "api": server.base + step["api"]} for step in steps]})
    until(lambda: server.seen)
    assert house.stop(seconds=15) == 0
    (pause,) = [entry for entry in journal(house, job) if entry["kind"] == "pause"]
    assert pause_from < pause["until"] <= time.time() + 9
    house.start()
    assert house.client().wait(job)["state"] == "SUCCESS"
    assert len(server.seen) == 2
    assert time.time() >= pause["until"]


def test_a_step_that_waits_for_a_task_goes_on_waiting_after_the_start(new_house: Any) -> None:
    house = new_house(GRACE_S="20", WORKERS="2").start()
    ana = house.client()
    me = ana.js("master_self").json()["jid"]
    waited_for = ana.start("echo", {"delay": 5})
    wait = {"method": "JAC", "api": "walker_queue_wait", "master": me, "save_to": "r"}
    job = started(ana, {"requests": [{**wait, "body": {"task_id": waited_for, "timeout": 60}}]})
    until(lambda: ana.task(job).get("progress", {}).get("text"))
    assert house.stop(seconds=15) == 0
    (left,) = [entry for entry in journal(house, job) if entry["kind"] == "wait"]
    assert left["until"] > time.time() + 30
    house.start()
    assert house.client().wait(job)["result"]["r"]["state"] == "SUCCESS"


def in_the_background(client: Client, asked: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(asked()))
    thread.start()
    return thread, answers


def test_a_run_inside_of_a_request_is_handed_back_and_its_asker_told_so(new_house: Any, server: Server) -> None:
    house = new_house(GRACE_S="20", WORKERS="0").start()
    ana, holding = house.client(), Holding(server)
    steps = [{"method": "POST", "api": server.base + path, "save_to": path} for path in ("/held", "/after")]
    asker, answers = in_the_background(
        ana, lambda: ana.post("/js_admin/sequence_run", sequence={"requests": steps}, is_async=True)
    )
    assert holding.came.acquire(timeout=20)
    stops = stopping(house)
    holding.over.set()
    asker.join()
    stops.join()
    answer = answers[0].json()
    assert answer["is_queued"] is True
    assert holding.paths == ["/held"]
    house.environment["WORKERS"] = "1"
    house.start()
    assert house.client().wait(answer["result"])["result"] == {"_held": "/held", "_after": "/after"}
    assert holding.paths == ["/held", "/after"]


def test_a_walk_inside_of_a_request_is_handed_back_at_the_end_of_the_grace(new_house: Any, tmp_path: Any) -> None:
    house = new_house(GRACE_S="0.5", WORKERS="0").start()
    ana, release = house.client(), tmp_path / "release"
    body = {"name": "hold", "ctx": {"until": str(release)}, "is_async": True}
    asker, answers = in_the_background(ana, lambda: ana.js("walker_run", **body))
    until(lambda: ana.get("/js/walker_queue_check").json()["active"].get(f"web@{os.uname().nodename}"))
    assert house.stop() == 0
    asker.join()
    answer = answers[0].json()
    assert answer["is_queued"] is True
    release.touch()
    house.environment["WORKERS"] = "1"
    house.start()
    assert house.client().wait(answer["result"])["state"] == "SUCCESS"
    assert house.client().root()["held"] == 1


def test_a_stop_that_is_told_twice_keeps_the_grace(new_house: Any, server: Server) -> None:
    house = new_house(GRACE_S="20", WORKERS="1").start()
    ana, holding = house.client(), Holding(server)
    job = started(ana, {"requests": [{"method": "POST", "api": server.base + "/held", "save_to": "r"}]})
    assert holding.came.acquire(timeout=20)
    consumer = house.consumer()
    stops = stopping(house)
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGHUP):
        os.kill(consumer, number)
    holding.over.set()
    stops.join()
    house.start()
    assert house.client().wait(job)["result"] == {"r": "/held"}
    assert holding.paths == ["/held"]
