"""The queue: what waits, what runs, who sees it, and how it is ended."""

import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.service.contract.answers import good, refusal
from tests.support.house import Client, House

PARTS = ("scheduled", "active", "reserved")
FIELDS = {"id", "name", "args", "kwargs", "time_start", "eta", "priority"}
HERE = "huey@worker-1"  # what people who are no admins see of it
HOST = f"huey@{socket.gethostname()}"


def queue(client: Client) -> dict[str, dict[str, list[dict[str, Any]]]]:
    return dict(good(client.get("/js/walker_queue_check")))


def ids(client: Client, part: str) -> list[str]:
    return [task["id"] for tasks in queue(client)[part].values() for task in tasks]


@pytest.fixture
def busy(newcomer: Client, hold: Callable[[Client], str]) -> dict[str, Any]:
    """Somebody's tasks, by the part of the queue that they stand in: two active, one scheduled, one reserved."""
    active = [hold(newcomer), hold(newcomer)]
    scheduled = newcomer.start("count", {"delay": 3600})
    reserved = newcomer.start("count", {"priority": 2}, by=3)
    return {"active": active, "scheduled": [scheduled], "reserved": [reserved]}


def test_an_empty_queue_names_every_worker_three_times(newcomer: Client) -> None:
    assert queue(newcomer) == {part: {HERE: []} for part in PARTS}


def test_each_task_stands_in_its_part_once(newcomer: Client, busy: dict[str, Any]) -> None:
    for part in PARTS:
        assert list(queue(newcomer)[part]) == [HERE]
        assert sorted(ids(newcomer, part)) == sorted(busy[part])
    good(newcomer.js("walker_queue_cancel", task_id=busy["scheduled"][0]))


def test_a_task_of_the_queue_tells_what_it_is(house: House, newcomer: Client, busy: dict[str, Any]) -> None:
    tasks = {part: queue(newcomer)[part][HERE][0] for part in PARTS}
    assert all({"id", "name", "args", "kwargs"} <= set(task) <= FIELDS for task in tasks.values())
    assert [tasks[part]["name"] for part in PARTS] == ["count", "hold", "count"]
    assert datetime.fromisoformat(tasks["active"]["time_start"]).tzinfo is not None
    assert datetime.fromisoformat(tasks["scheduled"]["eta"]).tzinfo is not None
    assert tasks["reserved"]["priority"] == 2
    good(newcomer.js("walker_queue_cancel", task_id=busy["scheduled"][0]))


def test_only_admins_see_hosts_and_processes(house: House, newcomer: Client, ana: Client, busy: dict[str, Any]) -> None:
    assert list(queue(ana)["active"]) == [HOST]
    running = next(task for task in queue(ana)["active"][HOST] if task["id"] in busy["active"])
    assert running["worker_pid"] in house.processes()
    text = newcomer.get("/js/walker_queue_check").text
    assert socket.gethostname() not in text
    assert str(running["worker_pid"]) not in text
    good(newcomer.js("walker_queue_cancel", task_id=busy["scheduled"][0]))


def test_people_see_their_own_tasks_and_admins_all(
    newcomer: Client, ben: Client, ana: Client, busy: dict[str, Any]
) -> None:
    assert [ids(ben, part) for part in PARTS] == [[], [], []]
    for part in PARTS:
        assert set(busy[part]) <= set(ids(ana, part))
    good(newcomer.js("walker_queue_cancel", task_id=busy["scheduled"][0]))


@pytest.mark.parametrize("part", ["scheduled", "reserved"])
def test_a_waiting_task_is_cancelled_and_never_runs(newcomer: Client, busy: dict[str, Any], part: str) -> None:
    [task_id] = busy[part]
    assert good(newcomer.js("walker_queue_cancel", task_id=task_id)) == {"state": "REVOKED", "status": "REVOKED"}
    assert newcomer.wait(task_id)["state"] == "REVOKED"
    assert ids(newcomer, part) == []
    for waiting in ids(newcomer, "scheduled"):
        newcomer.js("walker_queue_cancel", task_id=waiting)


def test_a_running_task_is_cancelled_and_keeps_nothing(newcomer: Client, hold: Callable[[Client], str]) -> None:
    task_id = hold(newcomer)
    assert good(newcomer.js("walker_queue_cancel", task_id=task_id))["state"] == "REVOKED"
    assert newcomer.wait(task_id)["state"] == "REVOKED"
    assert newcomer.root() == {}
    assert ids(newcomer, "active") == []


@pytest.mark.parametrize(("walker", "ctx"), [("burn", {"seconds": 60}), ("unstoppable", {}), ("slow", {"seconds": 60})])
def test_whatever_runs_is_ended_when_cancelled(
    house: House, newcomer: Client, walker: str, ctx: dict[str, Any]
) -> None:
    task_id = newcomer.start(walker, **ctx)
    house.wait("job.started", job=task_id)
    good(newcomer.js("walker_queue_cancel", task_id=task_id))
    assert newcomer.wait(task_id)["state"] == "REVOKED"
    assert newcomer.wait(newcomer.start("echo"))["state"] == "SUCCESS"
    assert newcomer.root() == {}


@pytest.mark.parametrize("walker", ["echo", "fail"])
def test_an_ended_task_is_not_cancelled(ben: Client, walker: str) -> None:
    task_id = ben.start(walker)
    before = ben.wait(task_id)
    refusal(ben.js("walker_queue_cancel", task_id=task_id), 409)
    assert ben.task(task_id) == before


def test_a_task_is_not_cancelled_twice(newcomer: Client) -> None:
    task_id = newcomer.start("echo", {"delay": 3600})
    good(newcomer.js("walker_queue_cancel", task_id=task_id))
    refusal(newcomer.js("walker_queue_cancel", task_id=task_id), 409)


def test_somebody_elses_task_is_not_there(ben: Client, newcomer: Client) -> None:
    task_id = newcomer.start("echo", {"delay": 3600})
    refusal(ben.get("/js/walker_queue_check", task_id=task_id), 404)
    refusal(ben.get("/js/walker_queue_wait", task_id=task_id), 404)
    refusal(ben.js("walker_queue_cancel", task_id=task_id), 404)
    assert newcomer.task(task_id)["state"] == "PENDING"
    good(newcomer.js("walker_queue_cancel", task_id=task_id))


def test_an_admin_reads_everybodys_tasks(ana: Client, newcomer: Client) -> None:
    task_id = newcomer.start("echo", value=5)
    assert ana.wait(task_id) == newcomer.wait(task_id)


def test_nobody_sees_a_queue(house: House) -> None:
    refusal(requests.get(f"{house.url}/js/walker_queue_check", timeout=30), 401)


def test_a_wait_without_patience_answers_as_it_is(newcomer: Client) -> None:
    task_id = newcomer.start("echo", {"delay": 3600})
    assert newcomer.wait(task_id, seconds=0) == {"state": "PENDING", "status": "PENDING"}
    assert newcomer.wait(task_id, seconds=0.1) == {"state": "PENDING", "status": "PENDING"}
    good(newcomer.js("walker_queue_cancel", task_id=task_id))


def test_a_running_task_is_started(newcomer: Client, hold: Callable[[Client], str]) -> None:
    task = newcomer.wait(hold(newcomer), seconds=0)
    assert task == {"state": "STARTED", "status": "STARTED"}


def test_a_wait_may_be_asked_to_last_longer_than_it_will(ben: Client) -> None:
    assert ben.wait(ben.start("echo"), seconds=10**6)["state"] == "SUCCESS"


@pytest.mark.parametrize("timeout", ["-1", "nan", "inf", "soon"])
def test_a_timeout_that_is_none_is_refused(ben: Client, timeout: str) -> None:
    task_id = ben.start("echo")
    assert "timeout" in refusal(ben.get("/js/walker_queue_wait", task_id=task_id, timeout=timeout), 400)


def test_a_wait_needs_a_task(ben: Client) -> None:
    assert "task_id" in refusal(ben.get("/js/walker_queue_wait"), 400)


def test_a_running_task_tells_its_progress(newcomer: Client) -> None:
    task_id = newcomer.start("slow", seconds=2, steps=40)
    task = next(
        task for task in iter(lambda: newcomer.wait(task_id, seconds=0.2), None) if set(task) > {"state", "status"}
    )
    assert task["state"] == "STARTED"
    assert set(task["progress"]) == {"done", "total", "text"}
    assert task["progress"]["total"] == 40
    good(newcomer.js("walker_queue_cancel", task_id=task_id))


def test_a_walker_that_failed_is_tried_again(newcomer: Client, tmp_path: Path) -> None:
    task = newcomer.wait(newcomer.start("flaky", journal=str(tmp_path / "journal"), good_at=3))
    assert (task["state"], task["result"]["report"]) == ("SUCCESS", [3])


def test_a_task_cancelled_between_two_tries_ends(house: House, newcomer: Client, tmp_path: Path) -> None:
    # The moment can't be chosen from outside: of many cancellations some come between two tries.
    ends: list[tuple[int, str]] = []
    while ends.count((200, "REVOKED")) < 5:
        number = len(ends)
        task_id = newcomer.start("flaky", journal=str(tmp_path / f"journal-{number}"), good_at=9)
        house.wait("job.started", job=task_id)
        cancelled = newcomer.js("walker_queue_cancel", task_id=task_id).status_code
        ends.append((cancelled, newcomer.wait(task_id, seconds=2)["state"]))
        # A cancellation is obeyed, or it is refused because all tries were over.
        assert ends[-1] in {(200, "REVOKED"), (409, "FAILURE")}
        assert number < 300, "every cancellation came too late"


def test_a_walker_over_its_time_limit_is_a_failure_that_says_so(newcomer: Client) -> None:
    task = newcomer.wait(newcomer.start("stubborn"))
    assert (task["state"], task["error"]["type"]) == ("FAILURE", "TimeLimit")
    assert newcomer.root() == {}


def test_a_walker_starts_others_now_and_as_jobs(newcomer: Client) -> None:
    report = newcomer.run("parent")["report"]
    assert newcomer.wait(report[1])["state"] == "SUCCESS"
    assert newcomer.root() == {"parent": True, "count": 5}
