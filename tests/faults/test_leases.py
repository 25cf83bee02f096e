"""A lease runs out for who is lost, and for nobody else."""

import os
import signal
from pathlib import Path

import pytest

from tests.faults.kit import Faults, lock_held, pass_, paused, supervisor
from tests.support.house import House
from tests.support.until import until

LEASE_S = 4  # two pulses: the shortest that counts
LONGER_S = 9


def rescued(*houses: House) -> list[str]:
    return [line for house in houses for line in house.lines if "job.rescued" in line or "consumer.expelled" in line]


@pytest.fixture
def two(faults: Faults, faulty: type[House]) -> tuple[House, House]:
    """Two services on one database: each watches the other."""
    made = [faulty(WORKERS="1", LEASE_S=str(LEASE_S)) for _ in range(2)]
    return made[0].start(), made[1].start()


@pytest.mark.long_fault
def test_a_database_that_is_locked_for_everybody_takes_nothing_over(two: tuple[House, House], tmp_path: Path) -> None:
    ana = two[0].client()
    jobs = [ana.start("hold", until=str(tmp_path / "release")) for _ in range(2)]
    for job in jobs:
        until(lambda job=job: ana.task(job)["state"] == "STARTED")
    with lock_held(two[0]):
        pass_(LONGER_S)
    (tmp_path / "release").touch()
    assert [ana.wait(job)["state"] for job in jobs] == ["SUCCESS"] * 2
    assert rescued(*two) == []
    assert ana.root()["held"] == 2


@pytest.mark.long_fault
def test_when_all_stand_still_nobody_is_struck_off(two: tuple[House, House], tmp_path: Path) -> None:
    ana = two[0].client()
    jobs = [ana.start("hold", until=str(tmp_path / "release")) for _ in range(2)]
    for job in jobs:
        until(lambda job=job: ana.task(job)["state"] == "STARTED")
    with paused([*two[0].processes(), *two[1].processes()]):
        pass_(LONGER_S)
    pass_(LEASE_S)
    (tmp_path / "release").touch()
    assert [ana.wait(job)["state"] for job in jobs] == ["SUCCESS"] * 2
    assert rescued(*two) == []
    assert ana.root()["held"] == 2


def test_who_really_stood_still_is_struck_off_and_comes_back(two: tuple[House, House], tmp_path: Path) -> None:
    ana = two[1].client()
    first = ana.start("hold", until=str(tmp_path / "release"))
    second = ana.start("hold", until=str(tmp_path / "release"))
    for job in (first, second):
        until(lambda job=job: ana.task(job)["state"] == "STARTED")
    third = ana.start("count")
    with paused([supervisor(two[0])]):
        two[1].wait("job.rescued")
        (tmp_path / "release").touch()
        assert [ana.wait(job)["state"] for job in (first, second, third)] == ["SUCCESS"] * 3
    two[0].wait("consumer.expelled")
    assert (ana.root()["held"], ana.root()["count"]) == (2, 1)
    # Alone now, it takes jobs again.
    os.kill(supervisor(two[1]), signal.SIGSTOP)
    two[1].stop(signal.SIGKILL)
    bob = two[0].client()
    assert bob.wait(bob.start("count"))["state"] == "SUCCESS"
