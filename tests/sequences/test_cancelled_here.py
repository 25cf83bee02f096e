"""Sequences that a web process runs itself, because no worker is alive, and that somebody cancels."""

import json
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from sequence import StepResponse
from tests.support.cast import person
from tests.support.jobs import task
from tests.support.sink import Sink
from walkabout.actions.inline import run_inside
from walkabout.jobs.run import Outcome
from walkabout.sequences import progress
from walkabout.service import Service

LONG_S = 60.0  # longer than any test: whoever waits to the end of this fails


def looping(url: str, concurrency: int) -> dict[str, Any]:
    post = {"method": "POST", "api": url, "timeout": LONG_S}
    loop = {"by": "#.numbers", "concurrency": concurrency, "requests": [post]}
    first = {"method": "JAC", "api": "info", "ignore_error": True, "__def_loop__": loop}
    return {"persistence": {"numbers": [0, 1, 2]}, "requests": [{**first, "save_to": "ignored"}]}


def cancelled(service: Service, argument: dict[str, Any], sink: Sink | None, in_flight: int) -> tuple[Any, Any]:
    """Run it in a thread, cancel it while so many requests are in flight; its row and its records."""
    ask = service.sequences.as_spec(argument, person(service, "ana", superuser=True).uid)
    with ThreadPoolExecutor(1) as pool:
        ran: Future[Outcome | None] = pool.submit(run_inside, service, ask, LONG_S)
        for _ in range(in_flight):
            assert sink is not None
            assert sink.asked.acquire(timeout=20)
        while not service.ledger.ask_cancel(ask.uid):
            assert not ran.done()
        while not service.inline.cancel(ask.uid):
            assert not ran.done()
        assert ran.result(LONG_S / 2) is None
    return task(service, ask.uid), json.loads(progress.records_text(service.db, ask.uid))


@pytest.mark.parametrize("concurrency", [1, 3])
def test_requests_in_flight_are_cut_and_recorded_as_unknown(service: Service, sink: Sink, concurrency: int) -> None:
    service.sequences.ask_api = lambda call: StepResponse(body={})
    row, steps = cancelled(service, looping(sink.url, concurrency), sink, concurrency)
    assert row.state == "REVOKED"
    unknown = {step["path"] for step in steps if step["state"] == "unknown"}
    assert unknown == {f"0.loop[{n}].0" for n in range(concurrency)}


def test_a_pause_before_a_step_ends(service: Service) -> None:
    waits = {"requests": [{"method": "GET", "api": "http://127.0.0.1:9/", "delay": LONG_S}]}
    row, steps = cancelled(service, waits, None, 0)
    assert (row.state, steps) == ("REVOKED", [])


def test_a_run_that_does_not_end_though_it_was_told_to_is_given_up(service: Service) -> None:
    seen: list[str] = []

    def deaf(claim: Any) -> None:
        service.ledger.ask_cancel(claim.uid)
        assert service.inline.cancel(claim.uid)
        service.inline.give_up(claim.uid)
        seen.append(task(service, claim.uid).state)

    ask = service.sequences.as_spec({"requests": []}, person(service, "ana").uid)
    service.inline.run(ask, deaf, lambda: None)
    assert seen == ["REVOKED"]
