"""Sequences that clean up when somebody cancels them."""

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from sequence import StepResponse
from tests.support.cast import person
from tests.support.jobs import CONSUMER, a_spec, claimed, task
from tests.support.scripted_server import Seen, Server
from tests.support.sink import Sink
from walkabout.actions import jobs, many_runs, saved_sequences
from walkabout.actions.inline import run_inside
from walkabout.actions.jobs import AlreadyEnded
from walkabout.actions.saved_sequences import SequenceEdit
from walkabout.jobs import queries
from walkabout.jobs.run import Outcome
from walkabout.people.masters import Master
from walkabout.sequences import progress
from walkabout.sequences.api_steps import ApiCall
from walkabout.sequences.bulk_runs import CANCEL
from walkabout.service import Service

LONG_S = 60.0  # longer than any test: whoever waits to the end of this fails


@pytest.fixture
def ana(service: Service) -> Master:
    return person(service, "ana", superuser=True)


def steps_of(service: Service, uid: str) -> list[tuple[str, str]]:
    return [(step["path"], step["state"]) for step in json.loads(progress.records_text(service.db, uid))]


def in_flight(sink: Sink, finally_: list[Any]) -> dict[str, Any]:
    return {"requests": [{"method": "POST", "api": sink.url, "timeout": LONG_S}], "finally": finally_}


def test_the_cancel_is_answered_at_once_and_the_run_is_revoked_when_it_has_cleaned_up(
    service: Service, ana: Master, sink: Sink, server: Server
) -> None:
    cleans, may_end = threading.Event(), threading.Event()

    def clean(_: Seen) -> dict[str, Any]:
        cleans.set()
        assert may_end.wait(20)
        return {"json": {}}

    server.begin({"DELETE": clean})
    ask = service.sequences.as_spec(in_flight(sink, [{"method": "DELETE", "api": server.base}]), ana.uid)
    with ThreadPoolExecutor(1) as pool:
        ran: Future[Outcome | None] = pool.submit(run_inside, service, ask, LONG_S)
        assert sink.asked.acquire(timeout=20)
        job = jobs.cancel(service, ana, ask.uid)
        assert (job.state, bool(job.cancelling)) == ("STARTED", True)
        assert cleans.wait(20)
        assert task(service, ask.uid).state == "STARTED"
        may_end.set()
        assert ran.result(LONG_S / 2) is None
    assert task(service, ask.uid).state == "REVOKED"
    assert str(task(service, ask.uid).reason).startswith("cancelled")
    assert steps_of(service, ask.uid) == [("0", "unknown"), ("finally.0", "ok")]
    with pytest.raises(AlreadyEnded):
        jobs.cancel(service, ana, ask.uid)


def test_a_second_cancel_ends_it_at_once(service: Service, ana: Master, sink: Sink) -> None:
    ask = service.sequences.as_spec(in_flight(sink, [{"method": "POST", "api": sink.url, "timeout": LONG_S}]), ana.uid)
    with ThreadPoolExecutor(1) as pool:
        ran = pool.submit(run_inside, service, ask, LONG_S)
        assert sink.asked.acquire(timeout=20)
        assert jobs.cancel(service, ana, ask.uid).state == "STARTED"
        assert sink.asked.acquire(timeout=20)
        assert jobs.cancel(service, ana, ask.uid).state == "REVOKED"
        assert ran.result(LONG_S / 2) is None
    assert steps_of(service, ask.uid) == [("0", "unknown"), ("finally.0", "unknown")]


def test_a_pause_ends_and_the_steps_behind_it_do_not_run(service: Service, ana: Master) -> None:
    called: list[str] = []
    begun = threading.Event()

    def api(call: Any) -> StepResponse:
        called.append(call.api)
        begun.set()
        return StepResponse(body={})

    service.sequences.ask_api = api
    steps = [{"method": "JAC", "api": "a"}, {"delay": LONG_S}, {"method": "JAC", "api": "b"}]
    ask = service.sequences.as_spec({"requests": steps, "finally": [{"method": "JAC", "api": "c"}]}, ana.uid)
    with ThreadPoolExecutor(1) as pool:
        ran = pool.submit(run_inside, service, ask, LONG_S)
        assert begun.wait(20)
        jobs.cancel(service, ana, ask.uid)
        ran.result(LONG_S / 2)
    assert called == ["a", "c"]
    assert task(service, ask.uid).state == "REVOKED"


def test_a_run_that_ended_well_while_it_was_cancelled_is_revoked(service: Service, ana: Master) -> None:
    def api(call: Any) -> StepResponse:
        service.ledger.ask_end(ask.uid)
        return StepResponse(body={})

    service.sequences.ask_api = api
    ask = service.sequences.as_spec({"requests": [], "finally": [{"method": "JAC", "api": "c"}]}, ana.uid)
    assert run_inside(service, ask, LONG_S) is None
    assert task(service, ask.uid).state == "REVOKED"


def test_all_errors_of_a_run_are_told(service: Service, ana: Master) -> None:
    service.sequences.ask_api = lambda call: StepResponse(status=500, reason="no")
    soft = {"method": "JAC", "api": "a", "soft": True}
    ask = service.sequences.as_spec({"requests": [soft, soft], "finally": [soft]}, ana.uid)
    run_inside(service, ask, LONG_S)
    job = task(service, ask.uid)
    assert job.state == "FAILURE"
    assert [error["path"] for error in jobs.errors_of(service, job)] == ["0", "1", "finally.0"]
    assert jobs.error_of(service, job) == {"type": "StepFailed", "message": "status 500 no", "path": "0"}


def test_a_clean_up_that_never_ends_is_ended(service: Service, ana: Master, sink: Sink) -> None:
    service.sequences.finally_now_s = 0.3
    ask = service.sequences.as_spec(in_flight(sink, [{"delay": LONG_S}]), ana.uid)
    with ThreadPoolExecutor(1) as pool:
        ran = pool.submit(run_inside, service, ask, LONG_S)
        assert sink.asked.acquire(timeout=20)
        jobs.cancel(service, ana, ask.uid)
        ran.result(LONG_S / 2)
    assert task(service, ask.uid).state == "REVOKED"
    assert steps_of(service, ask.uid)[-1] == ("finally.0", "failed")


def test_a_saved_sequence_that_is_named_cleans_up_as_well(service: Service, ana: Master, sink: Sink) -> None:
    service.sequences.ask_api = lambda call: StepResponse(body={})
    whole = in_flight(sink, [{"method": "JAC", "api": "c"}])
    saved_sequences.save(service, ana, "cleans", SequenceEdit({"requests": [], "finally": []}, None, None))
    ask = service.sequences.as_spec({"name": "cleans"}, ana.uid)
    assert not ask.cleans_up
    saved_sequences.save(service, ana, "cleans", SequenceEdit(whole, None, None))
    assert service.sequences.as_spec({"name": "cleans"}, ana.uid).cleans_up
    with ThreadPoolExecutor(1) as pool:
        ran = pool.submit(run_inside, service, ask, LONG_S)
        assert sink.asked.acquire(timeout=20)
        assert jobs.cancel(service, ana, ask.uid).state == "STARTED"
        ran.result(LONG_S / 2)
    assert task(service, ask.uid).state == "REVOKED"
    assert steps_of(service, ask.uid) == [("0", "unknown"), ("finally.0", "ok")]


@pytest.mark.parametrize("how", ["one", "many"])
def test_the_second_cancel_ends_a_clean_up_whoever_cancels(service: Service, ana: Master, sink: Sink, how: str) -> None:
    def cancel() -> None:
        if how == "one":
            jobs.cancel(service, ana, ask.uid)
        else:
            assert many_runs.change(service, ana, CANCEL, [ask.uid]).count == 1

    ask = service.sequences.as_spec(in_flight(sink, [{"method": "POST", "api": sink.url, "timeout": LONG_S}]), ana.uid)
    with ThreadPoolExecutor(1) as pool:
        ran = pool.submit(run_inside, service, ask, LONG_S)
        assert sink.asked.acquire(timeout=20)
        cancel()
        assert sink.asked.acquire(timeout=20)
        assert (task(service, ask.uid).state, bool(task(service, ask.uid).cancelling)) == ("STARTED", True)
        cancel()
        assert ran.result(LONG_S / 2) is None
    assert task(service, ask.uid).state == "REVOKED"
    assert steps_of(service, ask.uid) == [("0", "unknown"), ("finally.0", "unknown")]


def test_many_that_are_cancelled_by_a_job_which_lost_its_worker_are_not_cancelled_twice(
    service: Service, ana: Master
) -> None:
    uid = service.ledger.enqueue(a_spec(cleans_up=True, owner=ana.uid))
    claimed(service)
    for is_first_try in (True, False):
        assert service.bulk.do(CANCEL, uid, ana, uid, is_first_try=is_first_try)
    assert queries.cancelled(service.db, CONSUMER) == []
    assert service.bulk.do(CANCEL, uid, ana, uid)
    assert len(queries.cancelled(service.db, CONSUMER)) == 1


def test_a_wait_for_another_run_ends_and_one_at_the_end_does_not(service: Service, ana: Master) -> None:
    """The first step waits for a run that never ends, the last one for the same, until it has ended."""
    other = service.ledger.enqueue(a_spec(owner=ana.uid))
    waits: list[str] = []
    began = threading.Semaphore(0)

    def api(call: ApiCall) -> StepResponse:
        waits.append(call.api)
        began.release()
        job = jobs.wait(service, ana, other, LONG_S, within=call.within)
        return StepResponse(body={"state": job.state})

    service.sequences.ask_api = api
    last = {"method": "JAC", "api": "last", "expect": [{"by": "$.state", "condition": {"eq": "REVOKED"}}]}
    ask = service.sequences.as_spec({"requests": [{"method": "JAC", "api": "first"}], "finally": [last]}, ana.uid)
    with ThreadPoolExecutor(1) as pool:
        ran = pool.submit(run_inside, service, ask, 2 * LONG_S)
        assert began.acquire(timeout=20)
        jobs.cancel(service, ana, ask.uid)
        assert began.acquire(timeout=20)
        jobs.cancel(service, ana, other)
        ran.result(LONG_S / 2)
    assert waits == ["first", "last"]
    assert steps_of(service, ask.uid) == [("0", "ok"), ("finally.0", "ok")]
    assert task(service, ask.uid).state == "REVOKED"
