"""The cast: Ana is the admin, Ben and Cleo are people, `someone` has nothing, a `newcomer` is new in each test."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.conftest import WALKERS
from tests.service.contract.answers import good
from tests.support.house import Client, House

_numbers = count()


@pytest.fixture(scope="session")
def ana(house: House) -> Client:
    """The admin."""
    return house.client()


@pytest.fixture(scope="session")
def ben(house: House) -> Client:
    """Somebody who is no admin."""
    return house.person("ben@example.com")


@pytest.fixture(scope="session")
def cleo(house: House) -> Client:
    """Somebody else, a stranger to Ben."""
    return house.person("cleo@example.com")


@pytest.fixture
def newcomer(house: House) -> Client:
    """Somebody who was made for this test alone."""
    return house.person(f"newcomer-{next(_numbers)}@example.com")


@pytest.fixture(scope="session")
def regular(house: House) -> Client:
    """Whoever `someone` is; tests ask for `someone`."""
    return house.person("regular@example.com")


@pytest.fixture
def someone(regular: Client) -> Client:
    """Somebody with no alias and one empty graph; quicker than a newcomer."""
    old = good(regular.js("graph_list"))
    good(regular.js("graph_create"))
    for graph in old:
        good(regular.js("graph_delete", gph=graph["jid"]))
    good(regular.js("alias_clear"))
    return regular


@pytest.fixture(scope="session")
def idle_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service without workers that lets strangers sign up, and is strict with long runs."""
    made = House(
        tmp_path_factory.mktemp("idle"), WALKERS_DIR=f"walkers:{WALKERS}",
        WORKERS="0", SIGNUP="open", FOREGROUND_LIMIT_S="1", STEP_LIMIT="500", THREADS="8",
    )  # fmt: skip
    yield made.start()
    assert made.stop() == 0


@pytest.fixture
def hold(house: House, tmp_path: Path) -> Iterator[Callable[[Client], str]]:
    """Occupies a worker from the root of somebody's graph, until the end of the test or `release`: its task id."""
    held: list[tuple[Client, str]] = []

    def occupy(client: Client) -> str:
        task = client.start("hold", until=str(tmp_path / f"release-{len(held)}"))
        held.append((client, task))
        house.wait("job.started", job=task)
        return task

    yield occupy
    for number, (client, task) in enumerate(held):
        (tmp_path / f"release-{number}").touch()
        client.wait(task)
