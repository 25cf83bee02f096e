"""While a deploy rolls, the code before it and the code after it work side by side on one database."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import WALKERS
from tests.support.house import ROOT, Client, House
from tests.support.until import until

pytestmark = pytest.mark.database
BEFORE = "aa2cd94"
JOBS = 30
EVERY_SECOND = {"type": "interval", "conf": {"every": 1, "period": "seconds"}}


@pytest.fixture(scope="module")
def code_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the code of an earlier commit."""
    packed = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True)
    if packed.returncode:
        pytest.skip(f"the history with the commit {BEFORE} is not here")
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def before(code_before: Path, tmp_path: Path) -> Iterator[House]:
    house = House(
        tmp_path / "data", prepared=False, code=code_before, WORKERS="1", WALKERS_DIR=f"walkers:{WALKERS}"
    ).start()
    yield house
    house.stop()


@pytest.fixture
def after(before: House, tmp_path: Path) -> Iterator[House]:
    """The code of today, which finds the tables of the other one and brings them up to date."""
    house = House(tmp_path / "data", prepared=False, WORKERS="1", WALKERS_DIR=f"walkers:{WALKERS}").start()
    yield house
    house.stop()


def test_the_code_before_and_the_code_of_today_work_side_by_side(before: House, after: House) -> None:
    new = after.client()
    old = Client(before.url, new.token)
    tasks = [client.start("count") for _ in range(JOBS) for client in (old, new)]
    # Each waits for jobs that the other one was asked for, and that either of both runs.
    assert {client.wait(task)["state"] for client, task in zip((new, old) * JOBS, tasks, strict=True)} == {"SUCCESS"}
    assert old.root()["count"] == new.root()["count"] == 2 * JOBS
    for house in (before, after):
        house.wait("job.started", name="count")
    made = old.js("add_scheduled_walker", name="ticks", schedule=EVERY_SECOND, body={"name": "count", "ctx": {}}).json()
    until(lambda: new.js("schedule_get", id=made["id"]).json()["total_run_count"] >= 4)
    new.js("schedule_disable", id=made["id"])
    until(lambda: all(run["ended"] for run in new.js("schedule_runs", id=made["id"], limit=0).json()["data"]))
    rows = new.js("schedule_runs", id=made["id"], limit=0).json()["data"]
    assert len({row["last"] for row in rows}) == len(rows)
    assert old.root()["count"] == 2 * JOBS + sum(row["state"] == "SUCCESS" for row in rows)
    assert before.stop() == 0
    assert new.wait(new.start("count"))["state"] == "SUCCESS"
    for house in (before, after):
        assert [line for line in house.lines if "Traceback" in line] == []


def test_a_worker_leaves_the_jobs_of_a_walker_that_it_does_not_know(new_house: type[House], tmp_path: Path) -> None:
    newer, older = f"walkers:{WALKERS}", "walkers"
    web = new_house(WORKERS="0", WALKERS_DIR=newer).start()
    knows_not = new_house(WORKERS="1", WALKERS_DIR=older).start()
    ana = web.client()
    (tmp_path / "release").touch()
    tasks = [ana.start("hold", until=str(tmp_path / "release")) for _ in range(10)]
    knows_not.wait("job.retry", error="UnknownWalker")
    new_house(WORKERS="1", WALKERS_DIR=newer).start()
    assert {ana.wait(task)["state"] for task in tasks} == {"SUCCESS"}
    assert ana.root()["held"] == len(tasks)
