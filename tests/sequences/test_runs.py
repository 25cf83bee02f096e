"""Runs of sequences as jobs, in this process."""

import json
from typing import Any

import pytest

from tests.support.cast import person
from tests.support.jobs import a_slot, claimed, task, worked
from tests.support.scripted_server import Server
from walkabout.jobs.specs import JobSpec
from walkabout.jobs.worker.scoreboard import WorkerSlot
from walkabout.people.masters import Master
from walkabout.sequences import journal, progress
from walkabout.service import Service, build
from walkabout.settings import Settings


@pytest.fixture
def ana(service: Service) -> Master:
    return person(service, "ana", superuser=True)


@pytest.fixture
def place() -> WorkerSlot:
    return a_slot()


def run(service: Service, place: WorkerSlot, ask: JobSpec) -> Any:
    """Run a job that is asked for; its row."""
    service.ledger.enqueue(ask)
    return task(service, worked(service, place))


def steps(*urls: str, **more: Any) -> dict[str, Any]:
    return {"requests": [{"method": "POST", "api": url, "save_to": f"r{n}", **more} for n, url in enumerate(urls)]}


def job_of(service: Service, uid: str) -> int:
    row = service.db.first("SELECT id FROM job WHERE uid = ?", (uid,))
    assert row is not None
    return int(row[0])


@pytest.fixture
def server(server: Server) -> Server:
    server.begin({"POST /ok": {"json": 1}, "POST /bad": {"status": 500}})
    return server


def test_a_run_that_went_well_leaves_its_records_and_no_journal(
    service: Service, place: WorkerSlot, ana: Master, server: Server
) -> None:
    row = run(service, place, service.sequences.as_spec(steps(server.base + "/ok"), ana.uid))
    assert (row.state, row.result) == ("SUCCESS", '{"r0":1}')
    assert journal.lines(service.db, job_of(service, row.uid)) == []
    assert [step["path"] for step in json.loads(progress.records_text(service.db, row.uid))] == ["0"]


def test_a_run_that_failed_keeps_its_journal_and_says_where(
    service: Service, place: WorkerSlot, ana: Master, server: Server
) -> None:
    row = run(service, place, service.sequences.as_spec(steps(server.base + "/ok", server.base + "/bad"), ana.uid))
    error = json.loads(row.error)
    assert (row.state, error["type"], error["path"]) == ("FAILURE", "StepFailed", "1")
    assert journal.exists(service.db, row.uid)


def test_an_argument_that_can_not_work_is_a_failure_with_its_path(
    service: Service, place: WorkerSlot, ana: Master
) -> None:
    row = run(service, place, service.sequences.as_spec({"requests": [{"methd": 1}]}, ana.uid))
    error = json.loads(row.error)
    assert (error["type"], error["path"]) == ("Refused", "requests[0].methd")


def test_a_run_of_somebody_who_is_gone_sends_nothing(
    service: Service, place: WorkerSlot, ana: Master, server: Server
) -> None:
    service.db.change("UPDATE master SET is_activated = 0 WHERE uid = ?", (ana.uid,))
    row = run(service, place, service.sequences.as_spec(steps(server.base + "/ok"), ana.uid))
    assert (row.state, json.loads(row.error)["type"]) == ("FAILURE", "NotAllowed")
    assert server.seen == []


def test_another_attempt_goes_on_from_the_step_that_failed(
    service: Service, place: WorkerSlot, ana: Master, server: Server
) -> None:
    server.begin({"POST /ok": {"json": 1}, "POST /bad": [{"status": 500}, {"json": 2}]})
    ask = service.sequences.as_spec(steps(server.base + "/ok", server.base + "/bad"), ana.uid)
    waits = run(service, place, JobSpec(**{**vars(ask), "max_attempts": 2}))
    assert (waits.state, json.loads(waits.error)["path"]) == ("RETRY", "1")
    service.ledger.release_due()
    claim = claimed(service)
    place.begin(claim.id, claim.attempt, claim.limit_s)
    service.runner.run(claim, place)
    assert task(service, claim.uid).result == '{"r0":1,"r1":2}'
    assert [seen.path for seen in server.seen] == ["/ok", "/bad", "/bad"]


def test_a_result_with_a_lone_surrogate_can_be_kept(
    service: Service, place: WorkerSlot, ana: Master, server: Server
) -> None:
    server.begin({"POST": {"json": "\ud800"}})
    row = run(service, place, service.sequences.as_spec(steps(server.base + "/ok"), ana.uid))
    assert (row.state, row.result) == ("SUCCESS", '{"r0":"\\ud800"}')


def test_a_run_ends_by_itself_before_its_jobs_time_limit(service: Service, place: WorkerSlot, ana: Master) -> None:
    ask = service.sequences.as_spec(steps("http://127.0.0.1:9/", delay=3600), ana.uid)
    row = run(service, place, JobSpec(**{**vars(ask), "limit_s": 0.4}))
    assert json.loads(row.error)["type"] == "LimitReached"


def test_a_journal_past_its_limit_can_not_be_taken_up(
    tmp_path: Any, place: WorkerSlot, server: Server, service: Service
) -> None:
    small = build(Settings(data_dir=str(tmp_path / "small"), sequence_journal_mb=0.001))
    try:
        ana = person(small, "ana", superuser=True)
        row = run(
            small, place, small.sequences.as_spec(steps(*[server.base + "/ok"] * 9, server.base + "/bad"), ana.uid)
        )
        assert row.state == "FAILURE"
        again = run(small, place, small.sequences.as_spec(json.loads(row.argument), ana.uid, again_from=row.uid))
        assert "journal had reached its limit" in json.loads(again.error)["message"]
    finally:
        small.close()


def test_records_are_replaced_by_later_ones_of_the_same_try(
    service: Service, place: WorkerSlot, ana: Master, server: Server
) -> None:
    failed = run(service, place, service.sequences.as_spec(steps(server.base + "/bad"), ana.uid))
    server.begin({"POST": {"json": 3}})
    again = run(service, place, service.sequences.as_spec(json.loads(failed.argument), ana.uid, again_from=failed.uid))
    assert [step["state"] for step in json.loads(progress.records_text(service.db, again.uid))] == ["ok"]
    assert [step["state"] for step in json.loads(progress.records_text(service.db, failed.uid))] == ["failed"]
