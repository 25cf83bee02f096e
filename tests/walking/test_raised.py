"""What walkers raise is told, whatever it is."""

from typing import Any

import pytest

from tests.support.walks import run
from tests.walking.test_runs import work
from walkabout.jobs import queries
from walkabout.json_text import load
from walkabout.people.masters import Master
from walkabout.raised import TEXT_MOST, describe_error
from walkabout.service import Service
from walkabout.walking.call import WalkerCall


class NoText(Exception):
    def __str__(self) -> str:
        raise ValueError("none")


class WrongText(Exception):
    def __str__(self) -> str:
        return 5  # type: ignore[return-value]


class OddText(str):
    def __getitem__(self, _: Any) -> str:
        return "odd"


class Leaves(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (ValueError("no"), "ValueError", "no"),
        (NoText(), "NoText", "(it has no text: ValueError when it was asked for)"),
        (WrongText(), "WrongText", "(it has no text: TypeError when it was asked for)"),
        (Leaves(), "Leaves", "(it has no text: SystemExit when it was asked for)"),
        (ValueError("a\ud800\0"), "ValueError", "a\\ud800\\x00"),
        (ValueError(OddText("real")), "ValueError", "real"),
        (ValueError("x" * 20_000), "ValueError", "x" * TEXT_MOST + "..."),
        (SystemExit(3), "SystemExit", "3"),
    ],
)
def test_an_exception_is_told(error: BaseException, kind: str, text: str) -> None:
    assert describe_error(error) == (kind, text)


HOW = {
    "no text": "NoText: (it has no text",
    "half": "ValueError: a\\ud800b",
    "huge": "ValueError: xxx",
    "deep": "nested deeper than 500",
    "deepest": "RecursionError",
    "deep context": "nested deeper than 500",
}


@pytest.mark.parametrize("how", HOW)
def test_a_walker_that_raises_anything_is_answered(service: Service, ana: Master, how: str) -> None:
    answer = run(service, ana, "raises", how=how)
    assert answer["success"] is False
    assert HOW[how] in answer["errors"][0]
    assert len(answer["errors"][0]) < TEXT_MOST + 100


@pytest.mark.parametrize("how", HOW)
def test_a_job_that_raises_anything_is_a_failure(service: Service, ana: Master, how: str) -> None:
    walker = service.sentinel.walker("raises")
    call = WalkerCall("raises", ana.uid, ana.active_graph or "", {"how": how})
    service.ledger.enqueue(call.as_spec(walker, 10))
    task = queries.job(service.db, work(service))
    assert task is not None
    assert task.state == "FAILURE"
    error = load(task.error or "")
    assert HOW[how] in f"{error['type']}: {error['message']}"
