"""Fixtures: a service in this process on an empty database, and a whole one in processes of its own."""

import gc
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import werkzeug.test
from flask import Flask

from tests.support.applications import addresses_compiled_once, application
from tests.support.cast import CHEAP, person
from tests.support.clock import Clock
from tests.support.databases import CHOICES, DATABASES, SQLITE
from tests.support.house import House
from tests.support.mail_server import MailServer
from tests.support.schedule_harness import START, ScheduleHarness
from tests.support.scripted_server import Server
from tests.support.sink import Sink
from walkabout.api.families import ask
from walkabout.people.masters import Master
from walkabout.service import Service, build
from walkabout.settings import Settings

WALKERS = Path(__file__).parent / "walkers"
GARBAGE = (20_000, 20, 20)  # new objects until it is looked for, and how often among older ones
LONG_FIRST = ("tests/faults/", "tests/service/", "tests/pages/test_browser")
TOUCHES_DATABASE = {"make_service", "still_world", "house", "new_house", "faults", "database_engine"}
"""Fixtures that stand on a database: who has one of them is marked `database`, unless it is marked `sqlite`."""
MEMORY = Path("/dev/shm")  # a disk in memory, where there is one
MEMORY_LEAST = 2 << 30  # bytes


def pytest_configure(config: pytest.Config) -> None:
    """Keep the databases of tests in memory where that has room: waiting for a disk is half of the suite's time.

    Start the servers that they need.
    """
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_LEAST:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    DATABASES.choose(config.getoption("--database"))
    # Of the boundaries that werkzeug makes of two numbers one in 400 is longer than RFC 2046 allows, and refused.
    werkzeug.test.random = lambda: secrets.token_hex(8)  # type: ignore[assignment]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop them."""
    DATABASES.stop()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the collector of garbage leave the tests themselves alone: to go through them took a third of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long-faults`: run what `make faults` runs beyond `make test`. `--database`: where the tests keep their data."""
    parser.addoption("--database", choices=CHOICES, default=SQLITE, help="what the services of the tests run on")
    parser.addoption("--long-faults", action="store_true", help="run the tests marked long_fault, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what touches a database, and leave out what is for another run: long faults, and with another database what
    touches none. They are left out, not skipped: nothing is missing for them.

    Of several processes that share the files none is to begin a long one when the others are through.
    """
    for item in items:
        if TOUCHES_DATABASE & set(getattr(item, "fixturenames", ())) and not item.get_closest_marker("sqlite"):
            item.add_marker("database")
    out = [item for item in items if not _is_for(config, item)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: not item.nodeid.startswith(LONG_FIRST))


def _is_for(config: pytest.Config, item: pytest.Item) -> bool:
    if item.get_closest_marker("long_fault") and not config.getoption("--long-faults"):
        return False
    if config.getoption("--database") == SQLITE:
        return item.get_closest_marker("postgres") is None
    return any(item.get_closest_marker(name) for name in ("database", "postgres"))


@pytest.fixture(autouse=True, scope="session")
def compiled_addresses() -> Iterator[None]:
    """Applications share what is the same in all of them."""
    with addresses_compiled_once():
        yield


@pytest.fixture
def clock() -> Clock:
    """The time of the service in this process."""
    return Clock()


@pytest.fixture(scope="session")
def empty_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with all tables and nothing in them: copying it is twenty times as fast as migrating."""
    folder = tmp_path_factory.mktemp("empty") / "data"
    DATABASES.fill(folder)
    return folder


@pytest.fixture
def make_service(tmp_path: Path, clock: Clock, empty_data: Path) -> Iterator[Callable[..., Service]]:
    """Builds services on this test's data, or on those of another `data_dir`, with settings by name; they are closed
    afterwards."""
    data = tmp_path / "data"
    DATABASES.copy(empty_data, data)
    made: list[Service] = []

    def make(**settings: Any) -> Service:
        own = DATABASES.settings(Path(settings.get("data_dir", data)))
        known = {"data_dir": str(data), "walkers_dir": f"walkers:{WALKERS}", **own, **settings}
        made.append(build(Settings(**known), apis=ask, clock=clock, password_cost=CHEAP))
        return made[-1]

    yield make
    for one in made:
        one.close()
    for folder in {data, *(one.settings.data_path for one in made)}:
        DATABASES.drop(folder)


@pytest.fixture
def service(make_service: Callable[..., Service]) -> Service:
    """All rooms, wired, on an empty database; no processes."""
    return make_service()


@pytest.fixture
def app(service: Service) -> Flask:
    """The application of the service in this process."""
    return application(service)


@pytest.fixture
def ana(service: Service) -> Master:
    """Somebody with a graph, who is no admin."""
    return person(service, "ana")


@pytest.fixture
def bob(service: Service) -> Master:
    """Somebody else, who is no admin either."""
    return person(service, "bob")


@pytest.fixture
def harness(service: Service, clock: Clock) -> ScheduleHarness:
    """Ana's tasks, on a clock that the test moves."""
    clock.now = START
    return ScheduleHarness(service, clock)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers by a script."""
    made = Server()
    yield made
    made.close()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server that keeps what it is given."""
    made = MailServer()
    yield made
    made.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A whole service that tests share: they leave it as they found it."""
    running = House(
        tmp_path_factory.mktemp("house"), WALKERS_DIR=f"walkers:{WALKERS}", PRIVATE_HOSTS="everyone"
    ).start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator["type[House]"]:
    """Makes a service of a test's own: `new_house(WORKERS="1").start()`; it is stopped afterwards."""
    made: list[House] = []

    def make(**environment: str) -> House:
        made.append(House(tmp_path / "data", **{"WALKERS_DIR": f"walkers:{WALKERS}", **environment}))
        return made[-1]

    yield make  # type: ignore[misc]
    for one in made:
        one.stop()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A server that never answers."""
    listening = Sink()
    yield listening
    listening.close()
