"""Fixtures of the fault tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kit import Faults
from tests.support.house import Client, House


@pytest.fixture(scope="module")
def ana(house: House) -> Client:
    """The admin of the service that a module shares."""
    return house.client()


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    """Orders to the processes of this test's services."""
    return Faults(tmp_path)


@pytest.fixture
def faulty(faults: Faults) -> Iterator["type[House]"]:
    """Makes a service that obeys them: `faulty(WORKERS="1").start()`; it is stopped afterwards."""
    made: list[House] = []

    def make(**environment: str) -> House:
        made.append(faults.house(**environment))
        return made[-1]

    yield make  # type: ignore[misc]
    for one in made:
        one.stop()
