"""A consumer that loses its processes, or can't have new ones, comes back by itself, and never looks alive when it is not."""

import os
import signal

import pytest

from tests.faults.kit import Faults, gone, supervisor, workers
from tests.support.house import House
from tests.support.until import until


def test_forks_that_fail_are_tried_again(faults: Faults, faulty: type[House]) -> None:
    house = faulty(WORKERS="2").start()
    with faults.forks_fail():
        for worker in workers(house):
            os.kill(worker, signal.SIGKILL)
        house.wait("consumer.cannot_fork")
    ana = house.client()
    assert ana.wait(ana.start("count"))["state"] == "SUCCESS"
    until(lambda: len(workers(house)) == 2)


@pytest.mark.long_fault
def test_a_start_at_which_no_process_can_be_had_comes_later(faults: Faults, faulty: type[House]) -> None:
    house = faulty(WORKERS="1").start()
    with faults.forks_fail():
        os.kill(supervisor(house), signal.SIGKILL)
        os.kill(workers(house)[0], signal.SIGKILL)
        house.wait("consumer.cannot_fork")
        assert house.client().js("walker_run", name="echo", ctx={"value": 1}).json()["report"] == [1]
    ana = house.client()
    assert ana.wait(ana.start("count"))["state"] == "SUCCESS"


def test_workers_that_die_before_they_sit_down_leave_room_for_others(faults: Faults, faulty: type[House]) -> None:
    house = faulty(WORKERS="1")
    faults.kill_at("worker.forked", times=8)
    house.start()
    assert faults.obeyed()
    ana = house.client()
    assert ana.wait(ana.start("count"))["state"] == "SUCCESS"


def test_a_consumer_without_a_living_worker_is_none(faults: Faults, faulty: type[House]) -> None:
    house = faulty(WORKERS="1").start()
    ana = house.client()
    with faults.forks_fail():
        os.kill(workers(house)[0], signal.SIGKILL)

        def runs_here() -> bool:
            return ana.js("walker_run", name="count", ctx={}, is_async=True).json()["is_queued"] is False

        until(runs_here)
    until(lambda: not runs_here())


def test_a_stop_is_obeyed_while_no_process_can_be_had(faults: Faults, faulty: type[House]) -> None:
    house = faulty(WORKERS="2").start()
    with faults.forks_fail():
        os.kill(workers(house)[0], signal.SIGKILL)
        house.wait("consumer.cannot_fork")
        processes = house.processes()
        assert house.stop(signal.SIGTERM, 20) == 0
    assert all(gone(pid) for pid in processes)


@pytest.mark.long_fault
def test_a_killed_supervisor_is_replaced(faulty: type[House]) -> None:
    house = faulty(WORKERS="1").start()
    first = supervisor(house)
    os.kill(first, signal.SIGKILL)
    ana = house.client()
    job = ana.start("count", {"delay": 1})
    assert ana.wait(job)["state"] == "SUCCESS"
    assert supervisor(house) != first
