"""The three processes of the Procfile, as hosts start and stop them: all at once, on nothing, with half a minute to end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import WALKERS
from tests.support.databases import DATABASES
from tests.support.house import ADMIN
from tests.support.procfile import ProcfileProcess

pytestmark = pytest.mark.database
HOST_KILLS_S = 30.0  # after TERM
NewProcess = Callable[..., ProcfileProcess]


@pytest.fixture
def new_process(tmp_path: Path) -> Iterator[NewProcess]:
    """Makes processes of one installation: `new_process("web", DYNO="web.1")`; they are stopped afterwards."""
    made: list[ProcfileProcess] = []
    data = tmp_path / "data"

    def make(kind: str, **environment: str) -> ProcfileProcess:
        known = {"WORKERS": "1", "WALKERS_DIR": f"walkers:{WALKERS}", **DATABASES.variables(data), **environment}
        made.append(ProcfileProcess(kind, data, **known))
        return made[-1]

    yield make
    for one in made:
        one.stop()
    DATABASES.drop(data)


@pytest.mark.parametrize("again", range(4))
def test_web_worker_and_release_start_at_the_same_moment_on_nothing(new_process: NewProcess, again: int) -> None:
    web, worker, *releases = [new_process(kind) for kind in ("web", "worker", "release", "release")]
    order = [releases[0], web, worker, releases[1]]
    for process in order[again:] + order[:again]:
        process.begin()
    assert [release.ended() for release in releases] == [0, 0]
    web.ready()
    worker.ready()
    ana = web.sign_in(*ADMIN)
    assert ana.wait(ana.start("count"))["state"] == "SUCCESS"
    assert ana.post("/js_admin/master_allusers").json()["total"] == 1
    said = [line for process in order for line in process.lines]
    assert [line for line in said if "Traceback" in line] == []
    assert [web.stop(), worker.stop()] == [0, 0]


def test_a_release_again_changes_nothing(new_process: NewProcess) -> None:
    assert new_process("release").begin().ended() == 0
    again = new_process("release", ADMIN_EMAIL="other@example.com").begin()
    assert again.ended() == 0
    again.wait_line("there is an admin already")
    with again.rooms() as service:
        assert service.db.values("SELECT email FROM master") == [ADMIN[0]]


def test_a_dyno_listens_on_all_addresses_at_its_port(new_process: NewProcess) -> None:
    web = new_process("web", DYNO="web.1").start()
    assert web.wait("web.ready")["host"] == "0.0.0.0"
    assert requests.get(f"http://127.0.0.2:{web.port}/js_public/info", timeout=20).status_code == 200


@pytest.mark.long_fault
def test_a_dyno_has_ended_before_it_is_killed_and_loses_no_job(new_process: NewProcess, tmp_path: Path) -> None:
    assert new_process("release").begin().ended() == 0
    web, worker = new_process("web", DYNO="web.1", GRACE_S="90"), new_process("worker", DYNO="worker.1", GRACE_S="90")
    web.start()
    worker.start()
    ana = web.client()
    job = ana.start("hold", until=str(tmp_path / "release"))
    worker.wait("job.started", job=job)
    assert worker.stop(seconds=HOST_KILLS_S) == 0
    worker.wait("job.requeued", job=job)
    assert ana.task(job)["state"] == "PENDING"
    # A request that waits is answered before the router gives it up, however long its client would wait.
    answer = ana.session.get(f"{web.url}/js/walker_queue_wait", params={"task_id": job, "timeout": 300}, timeout=30)
    assert answer.json()["state"] == "PENDING"
    assert web.stop(seconds=HOST_KILLS_S) == 0
    (tmp_path / "release").touch()
    worker.start()
    web.start()
    assert web.client().wait(job)["state"] == "SUCCESS"
