"""Idempotency keys: the same request again gets the same job, whatever happened to the first."""

import threading
from typing import Any

import pytest

from tests.support.cast import person
from tests.support.clock import Clock
from tests.support.house import Client, House
from walkabout.api.answers import Answer
from walkabout.api.families import apis, dispatcher_of
from walkabout.api.parameters import ApiRequest
from walkabout.people.masters import Master
from walkabout.service import Service

KEY = "idempotency_key"
CRONTAB = {"type": "crontab", "conf": {"hour": "3"}}


@pytest.fixture(scope="module")
def zoe(house: House) -> Client:
    return house.person("zoe-once@example.com", superuser=True)


@pytest.fixture
def worker(service: Service) -> None:
    """Somebody would take jobs."""
    service.consumers.pulse(service.consumers.join("worker", 1).uid)


def ask(service: Service, by: Master, api: str, **values: Any) -> Answer:
    return dispatcher_of(service).ask_as(apis()[api], by, ApiRequest(values=values))


def count(service: Service, by: Master, key: str, **values: Any) -> Answer:
    return ask(service, by, "walker_run", **{"name": "count", "is_async": True, KEY: key, **values})


def jobs(service: Service) -> int:
    return int(service.db.rows("SELECT count(*) FROM job")[0][0])


def keyed(service: Service, column: str) -> Any:
    return service.db.rows(f"SELECT {column} FROM request_key")[0][0]


def test_the_same_request_gets_the_same_job(zoe: Client) -> None:
    asked = [
        zoe.session.post(
            f"{zoe.url}/js/walker_run",
            json={"name": "count", "is_async": True, "ctx": {"by": 2}},
            headers={"Idempotency-Key": "header"},
        )
        for _ in range(3)
    ]
    (answer,) = {answer.text for answer in asked}
    assert {answer.status_code for answer in asked} == {200}
    assert zoe.wait(asked[0].json()["result"])["state"] == "SUCCESS"
    assert zoe.js("walker_run", name="count", is_async=True, ctx={"by": 2}, idempotency_key="header").text == answer
    assert zoe.root()["count"] == 2


@pytest.mark.parametrize(
    ("status", "changes", "problem"),
    [
        (422, {"ctx": {"by": 3}}, "idempotency_key: was used for another request; use a new key"),
        (400, {"is_async": False}, "idempotency_key: needs is_async"),
        (400, {KEY: "x" * 256}, "idempotency_key: has 256 characters; use 1 to 255"),
    ],
)
def test_what_is_wrong_with_a_key_is_said(
    service: Service, ana: Master, worker: None, status: int, changes: dict[str, Any], problem: str
) -> None:
    assert count(service, ana, "k").status == 200
    answer = count(service, ana, key="k", **changes) if KEY not in changes else count(service, ana, changes[KEY])
    assert (answer.status, answer.body["errors"][0][: len(problem)]) == (status, problem)
    assert jobs(service) == 1


def test_the_header_and_the_parameter_must_not_differ(zoe: Client) -> None:
    answer = zoe.session.post(
        f"{zoe.url}/js/walker_run",
        json={"name": "count", "is_async": True, KEY: "one"},
        headers={"Idempotency-Key": "two"},
    )
    assert (answer.status_code, answer.json()["errors"]) == (
        400, ["idempotency_key: the header Idempotency-Key has another one; use one of the two"],
    )  # fmt: skip


def test_a_key_is_a_person_s_own_and_a_route_s(service: Service, ana: Master, bob: Master, worker: None) -> None:
    answers = [count(service, ana, "k"), count(service, bob, "k"), count(service, ana, "other")]
    answers.append(ask(service, ana, "wapi", name="count", is_async=True, idempotency_key="k"))
    assert len({answer.as_text() for answer in answers}) == 4
    assert jobs(service) == 4


def test_a_key_is_forgotten_after_its_time(service: Service, ana: Master, clock: Clock, worker: None) -> None:
    first = count(service, ana, "k").as_text()
    clock.pass_(service.settings.idempotency_hours * 3600 - 1)
    assert count(service, ana, "k").as_text() == first
    clock.pass_(2)
    service.consumers.pulse(service.consumers.join("worker", 1).uid)
    assert count(service, ana, "k").as_text() != first
    assert count(service, ana, "new", ctx={"by": 2}).status == 200
    assert service.db.rows("SELECT count(*) FROM request_key") == [(2,)]


def test_a_request_that_was_refused_frees_its_key(service: Service, ana: Master, worker: None) -> None:
    assert count(service, ana, "k", name="cuont").status == 404
    assert count(service, ana, "k", eta="tomorrow").status == 400
    assert count(service, ana, "k").status == 200
    assert jobs(service) == 1


def test_an_answer_that_was_lost_to_a_kill_is_given_by_the_job(service: Service, ana: Master, worker: None) -> None:
    first = count(service, ana, "k").as_text()
    service.db.change("UPDATE request_key SET status = NULL, answer = NULL")  # killed after the commit of its job
    assert count(service, ana, "k").as_text() == first
    assert jobs(service) == 1


def test_a_request_that_was_killed_before_its_job_is_done_by_the_next_one(
    service: Service, ana: Master, worker: None
) -> None:
    first = count(service, ana, "k").as_text()
    service.db.change("UPDATE request_key SET status = NULL, answer = NULL")
    service.db.change("DELETE FROM job")  # killed before it was queued
    assert count(service, ana, "k").as_text() == first
    assert jobs(service) == 1


def test_a_job_stays_while_only_its_row_tells_that_it_was_queued(
    service: Service, ana: Master, clock: Clock, worker: None
) -> None:
    first = count(service, ana, "k").as_text()
    service.db.change("UPDATE job SET state = 'REVOKED', ended_at = ?", (clock(),))
    service.db.change("UPDATE request_key SET status = NULL, answer = NULL")
    assert service.ledger.forget_ended(clock() + 1) == 0
    assert count(service, ana, "k").as_text() == first


def test_many_that_come_at_once_queue_one_job(service: Service, ana: Master, worker: None) -> None:
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(count(service, ana, "k").as_text())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), len(set(answers)), jobs(service)) == (8, 1, 1)


def test_without_a_worker_the_run_of_the_request_answers_again(service: Service, ana: Master) -> None:
    answers = [count(service, ana, "k") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].as_text() == answers[1].as_text()
    assert '"is_queued":false' in answers[0].as_text()
    assert jobs(service) == 1


def test_while_a_request_runs_its_job_the_same_one_is_told_to_wait(service: Service, ana: Master) -> None:
    count(service, ana, "k")
    service.db.change("UPDATE request_key SET status = NULL, answer = NULL")
    service.db.change("UPDATE job SET state = 'STARTED', ended_at = NULL, result = NULL, consumer = 'c'")
    answer = count(service, ana, "k")
    assert (answer.status, answer.body["errors"]) == (
        409, ["idempotency_key: belongs to a request that still runs its job; ask again when that is over"],
    )  # fmt: skip


def test_a_key_goes_with_the_master_of_a_public_walker(service: Service, ana: Master, worker: None) -> None:
    key = service.keys.key(ana.uid, "echo")
    answers = [
        dispatcher_of(service).ask_as(
            apis()["walker_summon"], None,
            ApiRequest(values={"wlk": "echo", "nd": "active:graph", "key": key, "is_async": True, KEY: "k"}),
        )
        for _ in range(2)
    ]  # fmt: skip
    assert {answer.status for answer in answers} == {200}
    assert answers[0].as_text() == answers[1].as_text()
    assert keyed(service, "master") == ana.uid


def test_every_route_that_queues_takes_a_key(service: Service, worker: None) -> None:
    admin = person(service, "eva", superuser=True)
    made = ask(service, admin, "add_scheduled_walker", name="t", schedule=CRONTAB, body={"name": "count", "ctx": {}})
    sequence = {"sequence": {"requests": [{"method": "GET", "api": "http://127.0.0.1:1/"}]}, "is_async": True}
    run = ask(service, admin, "walker_run", name="count", is_async=True).body["result"]
    service.db.change("UPDATE job SET state = 'REVOKED', ended_at = 1 WHERE uid = ?", (run,))
    asked: list[tuple[str, dict[str, Any]]] = [
        ("walker_run", {"name": "count", "is_async": True}),
        ("wapi", {"name": "count", "is_async": True}),
        ("sequence_run", sequence),
        ("schedule_run_now", {"id": made.body["id"]}),
        ("jobs_again", {"ids": [run]}),
    ]
    for api, values in asked:
        before = jobs(service)
        answers = [ask(service, admin, api, **values, idempotency_key="k") for _ in range(2)]
        assert [answer.status for answer in answers] == [200, 200], answers[0].as_text()
        assert answers[0].as_text() == answers[1].as_text()
        assert jobs(service) == before + 1, api
        service.db.change("UPDATE request_key SET status = NULL, answer = NULL")
        assert ask(service, admin, api, **values, idempotency_key="k").as_text() == answers[0].as_text()
        assert jobs(service) == before + 1, api
    declared = {name for name, api in apis().items() if KEY in api.params}
    assert declared == {api for api, _ in asked} | {"walker_callback", "walker_summon", "jobs_cancel"}
