"""Queues and limits in real processes: slow work blocks no quick work, and no kill breaks or keeps a limit."""

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.conftest import WALKERS
from tests.support.house import Client, House
from walkabout.jobs import queries
from walkabout.jobs.queries import JobFilter, WholeJob
from walkabout.jobs.worker.machine import signal_to

pytestmark = pytest.mark.database
LONG = {"seconds": 600, "steps": 6000}


@pytest.fixture(scope="module")
def parted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service with a worker for the quick work, and another one for the slow one."""
    data = tmp_path_factory.mktemp("parted") / "data"
    house = House(data, QUEUES="default+mail:1,reports:1", WALKERS_DIR=f"walkers:{WALKERS}").start()
    yield house
    house.stop()


@pytest.fixture(scope="module")
def ana(parted: House) -> Client:
    return parted.person("ana-queues@example.com")


def ran(house: House, name: str) -> list[tuple[WholeJob, float, float]]:
    """All runs of a walker that ended well, with when its own code began and ended, in this order."""
    with house.rooms() as service:
        listed = queries.jobs(service.db, JobFilter(name=name), 1000)
        found = [job for one in listed if (job := queries.job(service.db, one.uid)) and job.result]
    times = [(job, *json.loads(job.result or "")["report"][0]) for job in found]
    return sorted(times, key=lambda one: one[1])


def test_slow_work_blocks_no_quick_work(ana: Client) -> None:
    slow = [ana.start("slow", {"queue": "reports"}, **LONG) for _ in range(4)]
    quick = [ana.start("count", {"queue": queue}) for queue in ("default", "mail") * 5]
    assert {ana.wait(task)["state"] for task in quick} == {"SUCCESS"}
    assert {ana.task(task)["state"] for task in slow} <= {"PENDING", "STARTED"}
    assert {ana.js("walker_queue_cancel", task_id=task).json()["state"] for task in slow} == {"REVOKED"}


def test_a_walker_runs_in_its_own_queue_unless_the_call_says_otherwise(ana: Client) -> None:
    blocking = ana.start("slow", {"queue": "reports"}, **LONG)
    own, called = ana.start("reports"), ana.start("reports", {"queue": "default"})
    assert ana.wait(called)["state"] == "SUCCESS"
    assert ana.task(own)["state"] == "PENDING"
    ana.js("walker_queue_cancel", task_id=blocking)
    assert ana.wait(own)["state"] == "SUCCESS"


def test_a_job_of_a_queue_that_nobody_serves_waits_and_says_why(ana: Client) -> None:
    task = ana.start("count", {"queue": "report"})
    why = 'no live worker serves its queue "report" (QUEUES), did you mean reports?'
    assert ana.task(task) == {"state": "PENDING", "status": "PENDING", "reason": why}
    reserved = ana.get("/js/walker_queue_check").json()["reserved"]
    (shown,) = [job for jobs in reserved.values() for job in jobs]
    assert (shown["id"], shown["queue"], shown["reason"]) == (task, "report", why)
    assert ana.js("walker_queue_cancel", task_id=task).json()["state"] == "REVOKED"


@pytest.mark.parametrize(
    ("terms", "problem"),
    [
        ({"queue": "My Reports", "is_async": True}, 'queue: "My Reports" is not the name of a queue'),
        ({"queue": "reports"}, "queue: needs is_async"),
    ],
)
def test_what_is_wrong_with_a_queue_is_named(ana: Client, terms: dict[str, object], problem: str) -> None:
    answer = ana.js("walker_run", name="count", ctx={}, **terms)
    assert (answer.status_code, answer.json()["errors"][0][: len(problem)]) == (400, problem)


def test_a_periodic_task_has_a_queue(parted: House, ana: Client) -> None:
    made = ana.js(
        "add_scheduled_walker", name="nightly", schedule={"type": "crontab", "conf": {"hour": "3"}},
        body={"name": "count", "ctx": {}}, queue="nobody",
    ).json()  # fmt: skip
    assert ana.js("schedule_get", id=made["id"]).json()["queue"] == "nobody"
    task = ana.js("schedule_run_now", id=made["id"]).json()["task_id"]
    assert ana.task(task)["reason"].startswith("no live worker serves its queue")
    ana.js("walker_queue_cancel", task_id=task)


def test_a_rate_holds_over_all_workers(new_house: type[House]) -> None:
    house = new_house(WORKERS="3").start()
    ana = house.client()
    assert {ana.wait(task)["state"] for task in [ana.start("three_a_second") for _ in range(10)]} == {"SUCCESS"}
    runs = ran(house, "three_a_second")
    assert len(runs) == 10
    for (job, _, _), (_, begun_at, _) in zip(runs, runs[3:], strict=False):
        assert begun_at - (job.started_at or 0.0) >= 1.0


def test_no_kill_breaks_or_keeps_a_limit(new_house: type[House]) -> None:
    house = new_house(WORKERS="3", MAX_TAKEOVERS="1000").start()
    ana = house.client()
    tasks = [ana.start("one_at_a_time") for _ in range(20)]
    tasks += [ana.start("one_of_each", customer=f"{number % 3}") for number in range(20)]
    for task in tasks[::5]:
        for pid in house.below_consumer()[1:]:
            signal_to(pid, 9)
        ana.wait(task)
    assert {ana.wait(task)["state"] for task in tasks} == {"SUCCESS"}
    each = ran(house, "one_of_each")
    for lane in {job.lane for job, _, _ in each}:
        assert ran_one_by_one([run for run in each if run[0].lane == lane])
    assert ran_one_by_one(ran(house, "one_at_a_time"))


def ran_one_by_one(runs: list[tuple[WholeJob, float, float]]) -> bool:
    return all(ended_at <= begun_at for (_, _, ended_at), (_, begun_at, _) in pairwise(runs))
