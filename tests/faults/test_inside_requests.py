"""Runs inside of requests, and what is left of them when the database or the web process fails."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.faults.kit import Faults, lock_held
from tests.support.house import Client, House
from tests.support.until import until


def asked(client: Client, **body: Any) -> Callable[[], tuple[int, dict[str, Any]]]:
    """Run a walker in a thread; what gives its status and its answer, once it is there."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(client.js, "walker_run", **body)
    pool.shutdown(wait=False)

    def answer() -> tuple[int, dict[str, Any]]:
        response = future.result(60)
        return response.status_code, response.json()

    return answer


@pytest.mark.parametrize(
    ("limit", "inline", "status"),
    [
        pytest.param("30", True, 200, id="inline, kept once the lock is gone", marks=pytest.mark.long_fault),
        pytest.param("1", True, 503, id="inline, given up", marks=pytest.mark.long_fault),
        pytest.param("1", False, 503, id="no job, given up", marks=pytest.mark.long_fault),
    ],
)
def test_the_answer_after_a_long_lock_is_what_became_of_it(
    faulty: type[House], tmp_path: Path, limit: str, inline: bool, status: int
) -> None:
    house = faulty(WORKERS="0", FOREGROUND_LIMIT_S=limit).start()
    ana, release, begun = house.client(), tmp_path / "release", tmp_path / "begun"
    answer = asked(ana, name="hold", ctx={"until": str(release), "begun": str(begun)}, is_async=inline)
    until(begun.exists)
    with lock_held(house):
        release.touch()
        if inline:
            house.wait("job.outcome_waits")
        if status == 503:
            told = answer()
    if status == 200:
        told = answer()
    assert told[0] == status, told
    if status == 200:
        assert told[1]["result"]["report"] == ["released"]
    else:
        assert re.search("(nothing was|none of its changes were) saved", told[1]["errors"][0])
    if inline and status == 503:
        task_id = told[1]["errors"][0].rpartition(" ")[2]
        assert ana.wait(task_id)["state"] == "FAILURE"
    ana.js("graph_create", set_active=False)  # whatever waited to be written has been
    assert ana.root() == ({"held": 1} if status == 200 else {})


@pytest.mark.long_fault
def test_whoever_looks_gives_back_the_run_of_a_dead_web_process(faults: Faults, faulty: type[House]) -> None:
    house = faulty(WORKERS="0").start()
    other = faulty(WORKERS="0").start()
    task_id = cut_short(faults, house)
    looks = other.client()
    until(lambda: looks.task(task_id)["state"] != "STARTED")
    assert looks.task(task_id)["state"] == "PENDING"
    assert looks.js("walker_queue_cancel", task_id=task_id).json()["state"] == "REVOKED"


def test_a_run_of_a_dead_web_process_is_cancelled_at_once(faults: Faults, faulty: type[House]) -> None:
    house = faulty(WORKERS="0").start()
    other = faulty(WORKERS="0").start()
    looks = other.client()
    task_id = cut_short(faults, house)
    assert looks.js("walker_queue_cancel", task_id=task_id).json()["state"] == "REVOKED"


@pytest.mark.long_fault
def test_the_next_start_gives_back_the_run_of_a_dead_web_process(faults: Faults, faulty: type[House]) -> None:
    house = faulty(WORKERS="0").start()
    task_id = cut_short(faults, house)
    house.stop()
    house.environment["WORKERS"] = "1"
    house.start()
    assert house.client().wait(task_id)["state"] == "SUCCESS"


def test_a_run_of_a_dead_web_process_that_may_not_be_run_again_is_a_failure(
    faults: Faults, faulty: type[House]
) -> None:
    house = faulty(WORKERS="0").start()
    task_id = cut_short(faults, house, walker="once_only")
    house.stop()
    house.start()
    task = house.client().task(task_id)
    assert (task["state"], task["error"]["type"]) == ("FAILURE", "WorkerLost")


def test_what_waits_for_its_time_without_workers_runs_once_there_are_some(faulty: type[House]) -> None:
    house = faulty(WORKERS="0").start()
    task_id = house.client().start("echo", {"delay": 0.5}, value=1)
    house.stop()
    house.environment["WORKERS"] = "1"
    house.start()
    assert house.client().wait(task_id)["state"] == "SUCCESS"


def cut_short(faults: Faults, house: House, walker: str = "echo") -> str:
    """Start a run inside of a request, and kill its process in it; the id of its task."""
    client = house.client()
    faults.kill_at("job.started")
    threading.Thread(
        target=_ignored, args=(lambda: client.js("walker_run", name=walker, is_async=True),), daemon=True
    ).start()
    said = house.wait("job.started")
    until(faults.obeyed)
    return said["job"]


def _ignored(ask: Callable[[], object]) -> None:
    try:
        ask()
    except OSError:
        pass  # the connection breaks when the process is killed
