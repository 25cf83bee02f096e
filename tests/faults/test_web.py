"""A walker inside of a request may do anything to the process that serves: it comes back, and nothing is lost."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.faults.kit import WALKERS
from tests.support.house import Client, House
from tests.support.until import until


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("web"), WALKERS_DIR=f"walkers:{WALKERS}", WORKERS="1").start()
    yield house
    assert house.stop() == 0


def crash(client: Client, how: str) -> None:
    with suppress(requests.ConnectionError):
        client.session.post(
            f"{client.url}/js/walker_run", json={"name": "crash", "ctx": {"how": how}}, headers={"Connection": "close"}
        )


def answers(client: Client) -> bool:
    try:
        return client.run("echo", value=1)["report"] == [1]
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize("how", ["kill", "abort", "exit", "descriptors"])
def test_a_walker_that_ends_the_serving_process_is_harmless(served: House, how: str) -> None:
    ana = served.client()
    crash(ana, how)
    until(lambda: answers(ana), 40)
    assert ana.wait(ana.start("count"))["state"] == "SUCCESS"


@pytest.mark.parametrize("how", ["term", "group", "interrupt"])
def test_a_walker_that_signals_the_serving_process_stops_nothing(served: House, how: str) -> None:
    assert served.client().run("crash", how=how)["report"] == ["still there"]


@pytest.mark.long_fault
def test_crashes_in_a_row_are_survived(served: House) -> None:
    ana = served.client()
    for _ in range(4):
        until(lambda: answers(ana), 40)
        crash(ana, "kill")
    until(lambda: answers(ana), 40)


def test_a_service_whose_web_crashed_stops_well(new_house: type[House]) -> None:
    house = new_house(WORKERS="1").start()
    ana = house.client()
    crash(ana, "kill")
    until(lambda: answers(ana), 40)
    assert house.stop(signal.SIGTERM) == 0


def test_a_run_inside_of_a_request_that_was_a_row_is_taken_up(new_house: type[House], tmp_path: Path) -> None:
    house = new_house(WORKERS="0").start()
    ana = house.client()
    with suppress(requests.ConnectionError):
        ana.js("walker_run", name="kill_once", ctx={"marker": str(tmp_path / "marker")}, is_async=True)
    until(lambda: answers(ana), 40)
    until(lambda: all(state != "STARTED" for state in states(house)), 40)


def states(house: House) -> list[str]:
    queue = house.client().get("/js/walker_queue_check").json()
    return ["STARTED" for tasks in queue["active"].values() for _ in tasks]
