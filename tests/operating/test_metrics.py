"""/metrics: figures of the ledger that only grow, of this process's requests, and who may see them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from tests.support.cast import person
from tests.support.clock import Clock
from tests.support.jobs import CONSUMER, PID, a_spec, claimed, entered
from walkabout.database.connections import Unavailable
from walkabout.operating.job_sums import SETTLED_S
from walkabout.service import Service
from walkabout.web.application import create_app

Figures = dict[str, dict[tuple[str, ...], float]]
TOKEN = "a-token-for-figures"


def figures(app: Flask) -> Figures:
    """The samples by name, each by the values of its labels in the order of their names."""
    answer = app.test_client().get("/metrics")
    assert (answer.status_code, answer.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    found: Figures = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def run(service: Service, clock: Clock, *, waits_s: float = 0.0, takes_s: float = 0.0, **changes: Any) -> str:
    """A job that waits and runs for so long and ends well."""
    service.ledger.enqueue(a_spec(**changes))
    clock.now += waits_s
    claim = claimed(service)
    clock.now += takes_s
    service.ledger.succeed(claim, "null")
    return claim.uid


def test_jobs_that_are_over_are_counted(service: Service, app: Flask, clock: Clock) -> None:
    run(service, clock, waits_s=0.3, takes_s=2)
    run(service, clock, waits_s=0.3, takes_s=7)
    run(service, clock, name="other")
    known = figures(app)
    assert known["walkabout_jobs_ended_total"] == {
        ("test", "echo", "default", "SUCCESS"): 2,
        ("test", "other", "default", "SUCCESS"): 1,
    }
    ran = known["walkabout_job_run_seconds_bucket"]
    assert [ran["test", bound, "echo", "default"] for bound in ("1.0", "2.5", "5.0", "10.0", "+Inf")] == [0, 1, 1, 2, 2]
    assert known["walkabout_job_run_seconds_sum"]["test", "echo", "default"] == pytest.approx(9)
    assert known["walkabout_job_run_seconds_count"]["test", "echo", "default"] == 2
    assert known["walkabout_job_waiting_seconds_sum"]["test", "echo", "default"] == pytest.approx(0.6)


def test_counts_outlive_the_jobs(service: Service, app: Flask, clock: Clock) -> None:
    for _ in range(3):
        run(service, clock, takes_s=1)
    clock.now += SETTLED_S + 1
    before = figures(app)
    service.db.change("DELETE FROM job")
    assert figures(app)["walkabout_jobs_ended_total"] == before["walkabout_jobs_ended_total"] == {
        ("test", "echo", "default", "SUCCESS"): 3
    }  # fmt: skip


@pytest.mark.parametrize("looks", [1, 2, 3, 5, 7])
def test_each_job_counts_once_whenever_somebody_looks(service: Service, app: Flask, clock: Clock, looks: int) -> None:
    for number in range(1, 22):
        run(service, clock, takes_s=SETTLED_S / 4 if number % 2 else 0)
        if number % looks == 0:
            known = figures(app)
            assert known["walkabout_jobs_ended_total"]["test", "echo", "default", "SUCCESS"] == number
            assert known["walkabout_job_run_seconds_count"]["test", "echo", "default"] == number


def test_all_processes_tell_the_same(make_service: Callable[..., Service], clock: Clock) -> None:
    one, other = make_service(), make_service()
    apps = [create_app(one), create_app(other)]
    for number in range(1, 9):
        run(one, clock, takes_s=SETTLED_S / 3)
        for app in apps if number % 2 else reversed(apps):
            assert figures(app)["walkabout_jobs_ended_total"]["test", "echo", "default", "SUCCESS"] == number


def test_a_second_attempt_tells_nothing_of_waiting(service: Service, app: Flask, clock: Clock) -> None:
    service.ledger.enqueue(a_spec())
    claimed(service)
    service.leases.rescue_worker(CONSUMER, PID, lost=True)
    service.ledger.succeed(claimed(service), "null")
    known = figures(app)
    assert known["walkabout_jobs_ended_total"]["test", "echo", "default", "SUCCESS"] == 1
    assert known["walkabout_job_takeovers_total"]["test", "echo", "default"] == 1
    assert ("test", "echo", "default") not in known.get("walkabout_job_waiting_seconds_count", {})


def test_what_waits_and_what_runs(service: Service, app: Flask, clock: Clock) -> None:
    for _ in range(3):
        service.ledger.enqueue(a_spec())
    claimed(service)
    service.ledger.enqueue(a_spec(queue="slow"))
    clock.now += 12
    service.consumers.pulse(entered(service.db), 1)
    known = figures(app)
    assert known["walkabout_jobs"] == {
        ("test", "echo", "slow", "PENDING"): 1,
        ("test", "echo", "default", "PENDING"): 2,
        ("test", "echo", "default", "STARTED"): 1,
    }
    assert known["walkabout_queue_length"] == {("default",): 2, ("slow",): 1}
    assert known["walkabout_queue_oldest_seconds"][()] == pytest.approx(12)
    assert list(known["walkabout_workers"].values()) == [1]
    assert list(known["walkabout_workers_busy"].values()) == [1]


def test_requests_are_counted_by_route(service: Service, app: Flask) -> None:
    token, _ = service.tokens.give(person(service, "ana").uid, 1)
    client = app.test_client()
    for _ in range(3):
        client.post("/js/alias_list", headers={"Authorization": f"token {token}"})
    client.post("/js/alias_list")
    client.get("/no/such/place")
    client.get("/no/such/other")
    known = figures(app)["walkabout_requests_total"]
    assert known["POST", "/js/alias_list", "200"] == 3
    assert known["POST", "/js/alias_list", "401"] == 1
    assert known["", "(no route)", "404"] == 2


def test_an_error_of_ours_counts(service: Service, app: Flask) -> None:
    app.add_url_rule("/broken", "broken", lambda: 1 / 0)
    app.test_client().get("/broken")
    assert figures(app)["walkabout_requests_total"]["GET", "/broken", "500"] == 1


@pytest.mark.parametrize(("headers", "address", "status"), [
    ({}, "127.0.0.1", 200),
    ({}, "::1", 200),
    ({}, "::ffff:127.0.0.1", 200),
    ({}, "10.1.2.3", 401),
    ({}, "", 401),
    ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 401),
    ({"X-Forwarded-Proto": "https"}, "127.0.0.1", 401),
    ({"x-forwarded-host": "a"}, "127.0.0.1", 401),
    ({"Forwarded": "for=127.0.0.1"}, "127.0.0.1", 401),
    ({"Authorization": f"Bearer {TOKEN}"}, "10.1.2.3", 200),
    ({"Authorization": f"bearer {TOKEN}"}, "10.1.2.3", 200),
    ({"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "1.2.3.4"}, "127.0.0.1", 200),
    ({"Authorization": f"Bearer {TOKEN}x"}, "10.1.2.3", 401),
    ({"Authorization": f"Bearer {TOKEN}x"}, "127.0.0.1", 401),
    ({"Authorization": "Bearer "}, "10.1.2.3", 401),
    ({"Authorization": f"Bearer \u00e9{TOKEN}"}, "10.1.2.3", 401),
])  # fmt: skip
def test_who_may_see_figures(
    make_service: Callable[..., Service], headers: dict[str, str], address: str, status: int
) -> None:
    app = create_app(make_service(metrics_token=TOKEN))
    answer = app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    assert TOKEN not in answer.text
    if status == 401:
        assert "METRICS_TOKEN" in answer.get_json()["errors"][0]
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_empty_token_lets_nobody_in(app: Flask) -> None:
    headers = {"Authorization": "Bearer "}
    answer = app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": "10.1.2.3"})
    assert answer.status_code == 401


def test_a_database_that_is_gone_is_a_figure(service: Service, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(service.db, "rows", gone)
    known = figures(app)
    assert known["walkabout_database_up"][()] == 0
    assert "walkabout_jobs" not in known
