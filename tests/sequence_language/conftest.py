import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import sequence
from tests.support.scripted_server import Script, Server


@pytest.fixture
def play(server: Server) -> Callable[..., sequence.SequenceRun]:
    """Runs steps against the server with a script: a step's api is a path, or a whole URL."""

    def run(
        steps: list[Any], script: Script | None = None, *, more: dict[str, Any] | None = None, **options: Any
    ) -> sequence.SequenceRun:
        if script is not None:
            server.begin(script)
        return sequence.run(pointed({"requests": steps, **(more or {})}, server.base), **options)

    return run


def pointed(value: Any, base: str) -> Any:
    """The argument with BASE and paths of steps pointed at the server."""
    if isinstance(value, dict):
        made = {key: pointed(item, base) for key, item in value.items()}
        if "method" in made and isinstance(made.get("api"), str) and made["api"].startswith("/"):
            made["api"] = base + made["api"]
        return made
    if isinstance(value, list):
        return [pointed(item, base) for item in value]
    return value.replace("BASE", base) if isinstance(value, str) else value


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """A crew's threads end with their loop, or soon after it when it was interrupted."""
    yield
    wait_for_threads()


def wait_for_threads() -> None:
    """A worker that is really killed takes its threads with it; one that is only interrupted lets them end."""
    for thread in threading.enumerate():
        if thread.name.startswith("sequence-"):
            thread.join(10)
            assert not thread.is_alive()
