"""Two machines that share nothing but the database: one serves, the other one runs jobs."""

import threading
from pathlib import Path

import pytest

from tests.conftest import WALKERS
from tests.support.databases import DATABASES
from tests.support.house import Client, House
from walkabout.jobs.worker.wake_ups import WEB, Bells
from walkabout.service import Service

pytestmark = pytest.mark.postgres


def test_a_ring_reaches_other_machines(service: Service, tmp_path: Path) -> None:
    here, there = (Bells(tmp_path / name, service.db.engine.calls) for name in ("here", "there"))
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    bell = there.hang(WEB)
    assert bell.wait(20)  # it listens from now on
    here.ring(WEB)
    assert bell.wait(20)
    bell.take_down()
    here.close()
    there.close()


def test_a_job_of_one_machine_is_run_by_the_other(tmp_path: Path) -> None:
    serves = House(tmp_path / "web", WORKERS="0", WALKERS_DIR=f"walkers:{WALKERS}").start()
    works = House(
        tmp_path / "worker", prepared=False, WORKERS="1", WALKERS_DIR=f"walkers:{WALKERS}",
        DATABASE_URL=serves.environment["DATABASE_URL"],
    ).start()  # fmt: skip
    try:
        ana = serves.client()
        tasks = [ana.start("echo", value=number) for number in range(5)]
        assert [ana.wait(task)["result"]["report"] for task in tasks] == [[number] for number in range(5)]
        running = ana.start("slow", seconds=60, steps=600)
        works.wait("job.started", job=running)
        assert ana.js("walker_queue_cancel", task_id=running).json()["state"] == "REVOKED"
        key = ana.js("walker_get", wlk="echo", mode="keys").json()
        assert key == Client(works.url, ana.token).js("walker_get", wlk="echo", mode="keys").json()
    finally:
        for house in (works, serves):
            house.stop()
    assert not (tmp_path / "web" / "secret_key").exists()


def test_processes_that_start_at_once_on_an_empty_database_all_start(tmp_path: Path) -> None:
    url = DATABASES.settings(tmp_path / "any")["database_url"]
    houses = [
        House(tmp_path / name, prepared=False, WORKERS="1", DATABASE_URL=url) for name in ("one", "two")
    ]  # fmt: skip
    threads = [threading.Thread(target=house.start) for house in houses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert [house.client().run("echo", value=1)["report"] for house in houses] == [[1], [1]]
    assert [house.stop() for house in houses] == [0, 0]
