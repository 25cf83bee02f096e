"""/healthz and /readyz: what a load balancer asks."""

import time

import pytest
from flask import Flask

from tests.support.clock import Clock
from tests.support.jobs import entered
from tests.support.schedule_harness import ScheduleHarness, every
from walkabout.database.connections import Unavailable
from walkabout.service import Service

NO_WORKER = "no worker is alive: jobs wait, and nothing is fired"


def works(service: Service) -> None:
    """There is a worker."""
    service.consumers.pulse(entered(service.db), 1)


def ready(app: Flask, path: str = "/readyz") -> tuple[int, dict[str, object]]:
    answer = app.test_client().get(path)
    return answer.status_code, dict(answer.get_json())


@pytest.fixture
def broken(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database can't be asked."""

    def gone(*_: object) -> None:
        raise Unavailable("the file is gone")

    monkeypatch.setattr(service.db, "rows", gone)
    monkeypatch.setattr(service.db, "values", gone)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/readyz?workers=1"])
def test_a_well_one_is_ready(service: Service, app: Flask, path: str) -> None:
    works(service)
    assert ready(app, path)[0] == 200
    assert app.test_client().head(path).status_code == 200


def test_workers_count_when_they_are_asked_for(app: Flask) -> None:
    status, known = ready(app)
    assert (status, known["ready"], known["database"], known["workers"]) == (200, True, True, False)
    status, known = ready(app, "/readyz?workers=1")
    assert (status, known["ready"]) == (503, False)
    assert known["problems"] == [NO_WORKER]


def test_a_late_tick_counts_when_workers_do(
    harness: ScheduleHarness, service: Service, app: Flask, clock: Clock
) -> None:
    harness.add(every(10))
    clock.now += 10 + 61
    works(service)
    status, known = ready(app)
    assert (status, known["tick"]) == (200, False)
    assert ready(app, "/readyz?workers=1")[0] == 503
    [problem] = known["problems"]  # type: ignore[misc]
    assert problem == "a periodic task is due since 61 s and has not been fired"


@pytest.mark.usefixtures("broken")
def test_without_its_database_it_lives_and_can_not_serve(app: Flask) -> None:
    assert ready(app, "/healthz")[0] == 200
    status, known = ready(app)
    assert (status, known["database"], known["workers"], known["tick"]) == (503, False, False, False)
    assert known["problems"] == ["the database can't be used: the file is gone"]


def test_one_that_stops_is_not_ready(service: Service, app: Flask) -> None:
    service.stopping.tell()
    status, known = ready(app)
    assert (status, known["problems"]) == (
        503,
        ["this process was told to stop", NO_WORKER],
    )


def test_a_clock_that_is_off_is_told_and_stops_nobody(service: Service, app: Flask) -> None:
    works(service)
    service.db.change("INSERT INTO machine_clock (machine, off_s, seen_at) VALUES ('box', -65.0, ?)", (time.time(),))
    status, known = ready(app, "/readyz?workers=1")
    assert (status, known["problems"]) == (
        200,
        ["a machine's clock is off the database's, by 65.0 s at most; set it by NTP"],
    )
    assert 'walkabout_clock_off_seconds{machine="box"} -65.0' in app.test_client().get("/metrics").get_data(
        as_text=True
    )
