"""What is left when processes are killed: all or nothing of a run, and no run for ever."""

import os
import select
import signal
from pathlib import Path

import pytest

from tests.support.house import House
from tests.support.sink import Sink


def test_a_killed_worker_leaves_no_change_and_the_job_runs_again(house: House, tmp_path: Path) -> None:
    ana = house.person("kill-once@example.com")
    task = ana.wait(ana.start("kill_once", marker=str(tmp_path / "marker")), 30)
    assert (task["state"], task["result"]["report"]) == ("SUCCESS", ["survived"])
    assert ana.root()["kills"] == 1


def test_a_job_that_always_kills_its_worker_is_a_failure_that_says_so(house: House) -> None:
    ana = house.person("kill-always@example.com")
    task = ana.wait(ana.start("kill_always"), 30)
    assert task["state"] == "FAILURE"
    assert task["error"]["type"] == "WorkerLost"
    assert "3 times" in task["error"]["message"]


def test_a_worker_killed_from_outside_is_replaced_and_its_job_taken_up(house: House, tmp_path: Path) -> None:
    ana = house.person("killed@example.com")
    release = tmp_path / "release"
    job = ana.start("hold", until=str(release))
    os.kill(int(house.wait("job.started", job=job)["worker"]), signal.SIGKILL)
    house.wait("job.started", job=job, attempt=2)
    release.touch()
    assert ana.wait(job)["state"] == "SUCCESS"
    assert ana.root()["held"] == 1


def test_a_killed_consumer_leaves_no_orphan_and_the_next_start_takes_up(new_house: type[House], tmp_path: Path) -> None:
    house = new_house().start()
    release = tmp_path / "release"
    job = house.client().start("hold", until=str(release))
    worker = int(house.wait("job.started", job=job)["worker"])
    process = os.pidfd_open(worker)
    os.kill(house.consumer(), signal.SIGKILL)
    _ended(process)
    house.stop()
    release.touch()
    house.start()
    assert house.client().wait(job, 30)["state"] == "SUCCESS"


@pytest.mark.parametrize("walker", ["stubborn", "unstoppable"])
def test_no_walker_outlives_its_time_limit(house: House, walker: str) -> None:
    ana = house.person(f"{walker}@example.com")
    task = ana.wait(ana.start(walker), 30)
    assert (task["state"], task["error"]["type"]) == ("FAILURE", "TimeLimit")
    assert walker not in ana.root()


@pytest.mark.parametrize("walker", ["hold", "unstoppable"])
def test_a_running_job_that_is_cancelled_is_ended_and_keeps_nothing(house: House, tmp_path: Path, walker: str) -> None:
    ana = house.person(f"cancel-{walker}@example.com")
    job = ana.start(walker, **({"until": str(tmp_path / "never")} if walker == "hold" else {}))
    house.wait("job.started", job=job)
    assert ana.js("walker_queue_cancel", task_id=job).json()["state"] == "REVOKED"
    assert ana.root() == {}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stopping_hands_running_jobs_back(new_house: type[House], tmp_path: Path, how: int) -> None:
    house = new_house(GRACE_S="0.2").start()
    job = house.client().start("hold", until=str(tmp_path / "release"))
    house.wait("job.started", job=job)
    assert house.stop(how) == 0
    (tmp_path / "release").touch()
    house.start()
    task = house.client().wait(job, 30)
    assert task["state"] == "SUCCESS"


def test_two_workers_count_exactly(house: House) -> None:
    ana = house.person("counts@example.com")
    jobs = [ana.start("count") for _ in range(200)]
    assert {ana.wait(job)["state"] for job in jobs} == {"SUCCESS"}
    assert ana.root()["count"] == len(jobs)


def test_a_run_that_sent_a_post_is_not_run_again_by_itself(house: House, sink: Sink) -> None:
    ana = house.person("posts@example.com")
    job = ana.start("post", url=sink.url)
    assert sink.asked.acquire(timeout=20)
    os.kill(int(house.wait("job.started", job=job)["worker"]), signal.SIGKILL)
    task = ana.wait(job, 30)
    assert (task["state"], task["error"]["type"]) == ("FAILURE", "WorkerLost")
    assert sink.url in task["error"]["message"]
    assert ana.root() == {}


def _ended(process: int) -> None:
    poller = select.poll()
    poller.register(process, select.POLLIN)
    assert poller.poll(10_000), "an orphan went on working"
    os.close(process)
