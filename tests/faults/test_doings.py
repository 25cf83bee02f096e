"""What a job does to its process stays its own: the service and the jobs after it are as before."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kit import gone, workers
from tests.support.house import Client, House
from tests.support.until import until

LEFT = (
    "alarm", "stdout", "descriptor", "descriptors", "thread", "limit", "folder", "umask", "handler", "mask", "path",
    "locale", "nice", "process",
)  # fmt: skip


@pytest.fixture(scope="module")
def one_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    walkers = Path(__file__).parents[1] / "walkers"
    house = House(tmp_path_factory.mktemp("one"), WALKERS_DIR=f"walkers:{walkers}", WORKERS="1").start()
    yield house
    assert house.stop() == 0


@pytest.fixture
def ana(one_worker: House, request: pytest.FixtureRequest) -> Client:
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)
    return one_worker.person(f"{name[-60:].strip('-')}@example.com")


def ran(client: Client, walker: str, **ctx: object) -> object:
    task = client.wait(client.start(walker, **ctx), 30)
    assert task["state"] == "SUCCESS", task
    return task["result"]["report"]


def test_a_signal_to_its_process_group_stops_nobody(one_worker: House, ana: Client) -> None:
    worker = workers(one_worker)
    assert ran(ana, "kill_group") == ["survived"]
    assert workers(one_worker) == worker


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_that_the_consumer_did_not_order_is_none(
    one_worker: House, ana: Client, tmp_path: Path, number: signal.Signals
) -> None:
    job = ana.start("hold", until=str(tmp_path / "release"))
    worker = int(one_worker.wait("job.started", job=job)["worker"])
    os.kill(worker, number)
    (tmp_path / "release").touch()
    assert ana.wait(job)["state"] == "SUCCESS"
    assert ana.root()["held"] == 1
    os.kill(worker, number)  # and one that waits for work
    assert ran(ana, "count") == [1]


def test_a_walker_that_interrupts_itself_has_failed_once(ana: Client) -> None:
    task = ana.wait(ana.start("interrupt_itself"), 30)
    assert (task["state"], task["error"]["type"]) == ("FAILURE", "KeyboardInterrupt")
    assert ran(ana, "count") == [1]


def test_a_walker_may_catch_its_own_interrupt(ana: Client) -> None:
    assert ran(ana, "interrupt_itself", caught=True) == ["in time"]


@pytest.mark.parametrize("stubborn", [False, True])
def test_what_a_cancelled_job_started_ends_with_it(
    one_worker: House, ana: Client, tmp_path: Path, stubborn: bool
) -> None:
    file = tmp_path / "pids"
    job = ana.start("programs", file=str(file), stubborn=stubborn)
    until(lambda: file.exists() and file.read_text())
    assert ana.js("walker_queue_cancel", task_id=job).json()["state"] == "REVOKED"
    until(lambda: all(gone(int(pid)) for pid in file.read_text().split()))


def test_of_a_job_that_ended_well_programs_in_a_session_of_their_own_live_on(ana: Client, tmp_path: Path) -> None:
    file = tmp_path / "pids"
    ran(ana, "programs", file=str(file), stays=False)
    inner, outer, daemon = (int(pid) for pid in file.read_text().split())
    until(lambda: gone(inner))
    assert not gone(outer)
    assert not gone(daemon)
    ran(ana, "leaves", what="thread")  # the next worker is replaced, too: they still live
    assert not gone(outer)
    for pid in (outer, daemon):
        os.kill(pid, signal.SIGKILL)


def test_a_forked_child_never_becomes_a_second_worker(ana: Client) -> None:
    assert ran(ana, "forks_a_child") == [1]
    assert ana.root()["forks"] == 1
    assert ana.run("forks_a_child")["report"] == [1]
    assert ana.root()["forks"] == 2


def test_processes_and_pools_work(ana: Client) -> None:
    expected = [[2.0, 3.0]] * 4 + [-signal.SIGTERM]
    assert ran(ana, "pools") == expected
    assert ana.run("pools")["report"] == expected


@pytest.mark.parametrize("what", LEFT)
def test_what_is_left_behind_ends_with_the_worker(one_worker: House, ana: Client, what: str) -> None:
    first = ran(ana, "leaves", what=what)
    second = ran(ana, "leaves", what="nothing")
    assert first != second
    assert ran(ana, "leaves", what="nothing") == second


def test_a_program_that_was_set_free_keeps_no_service_from_stopping(new_house: type[House], tmp_path: Path) -> None:
    house = new_house(WORKERS="1").start()
    file = tmp_path / "pids"
    ran(house.client(), "programs", file=str(file), stays=False)
    assert house.stop() == 0
    for pid in file.read_text().split()[1:]:
        os.kill(int(pid), signal.SIGKILL)


def test_a_worker_is_replaced_after_so_many_jobs(new_house: type[House]) -> None:
    house = new_house(WORKERS="1", WORKER_JOBS="2").start()
    ana = house.client()
    pids = [ran(ana, "leaves", what="nothing") for _ in range(6)]
    assert [pids.count(pid) for pid in dict.fromkeys(map(str, pids)) for pid in [[int(pid[1:-1])]]] == [2, 2, 2]
    assert not any("process_ended" in line or "rescued" in line for line in house.lines)
