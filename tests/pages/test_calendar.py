"""The calendar: what fires between two moments on the visitor's clock, and what ran."""

import pytest

from tests.support.clock import Clock
from tests.support.jobs import claimed
from tests.support.reader import PageReader
from tests.support.tasks import walker_task
from tests.support.visitor import Visitor
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.web.pages.calendar import page as calendar_page


def _at(hour: int, minute: int = 0) -> dict[str, object]:
    return {"type": "crontab", "conf": {"minute": str(minute), "hour": str(hour)}}


def _in(visitor: Visitor, zone: str) -> None:
    visitor.client.set_cookie("zone", zone, path="/admin")


def test_what_runs_from_two_to_four_on_my_clock(service: Service, user: Visitor, bob: Master) -> None:
    _in(user, "America/New_York")
    for name, hour, zone in (("in", 2, "America/New_York"), ("also", 8, "UTC"), ("out", 4, "America/New_York")):
        walker_task(service, bob, name=name, schedule=_at(hour), timezone=zone)
    page = PageReader(user.get("/calendar?from=2027-01-16T02:00&to=2027-01-16T04:00").text)
    assert page.texts(".hour h2") == ["Sat 16 Jan 02:00 EST", "Sat 16 Jan 03:00 EST"]
    assert page.texts(".hour a") == ["in", "also"]


def test_frequent_fires_are_folded_and_the_zone_stands_in_the_address(
    service: Service, user: Visitor, bob: Master
) -> None:
    every = {"type": "interval", "conf": {"every": 1, "period": "minutes"}}
    walker_task(service, bob, name="each minute", schedule=every)
    page = PageReader(user.get("/calendar?from=2027-01-15T10:00&to=2027-01-15T11:00&zone=Europe/Berlin").text)
    assert page.texts(".hour a") == ["each minute"]
    assert "60 times" in page.texts(".hour li")[0]


def test_one_that_fires_all_the_time_hides_no_other(service: Service, user: Visitor, bob: Master) -> None:
    for name, every in (("often", 1), ("as often", 2)):
        walker_task(
            service, bob, name=name, schedule={"type": "interval", "conf": {"every": every, "period": "seconds"}}
        )
    walker_task(service, bob, name="nightly", schedule=_at(3))
    page = PageReader(user.get("/calendar?from=2027-01-16T02:00&to=2027-01-16T04:00&zone=UTC").text)
    assert set(page.texts(".hour a")) == {"often", "as often", "nightly"}
    assert "Only the first fires of often are shown." in page.texts("p.dim")


def test_what_ran_is_shown_with_its_outcome(service: Service, user: Visitor, bob: Master, clock: Clock) -> None:
    id = walker_task(service, bob, name="ran").id
    service.periodic_tasks.run_now(id)
    claim = claimed(service)
    clock.pass_(600)
    service.ledger.fail(claim.id, claim.attempt, "ValueError", "no")
    page = PageReader(user.get("/calendar").text)
    assert "failed" in page.texts(".hour li")[0]
    assert "10 m" in page.texts(".hour li")[0]


def test_crowded_minutes_name_their_tasks(service: Service, user: Visitor, bob: Master) -> None:
    for number in range(6):
        walker_task(service, bob, name=f"crowd {number}", schedule=_at(12, 30))
    text = user.get("/calendar").text
    assert "12:30: 6 tasks" in text
    assert "and 1 more" in text


@pytest.mark.parametrize("query", ["from=soon", "from=2027-01-01T00:00&to=2028-01-01T00:00", "to=2020-01-01T00:00"])
def test_a_span_that_can_t_be_is_told(user: Visitor, query: str) -> None:
    assert PageReader(user.get(f"/calendar?{query}").text).texts("p.problem[role=alert]")


def test_the_old_address_leads_there(user: Visitor) -> None:
    assert user.get("/day").headers["Location"] == "/admin/calendar"


def test_one_clock_for_all_pages(service: Service, user: Visitor, bob: Master) -> None:
    _in(user, "Asia/Tokyo")
    id = walker_task(service, bob, name="daily", schedule=_at(3)).id
    service.periodic_tasks.run_now(id)
    assert "15 Jan 2027, 17:00:00 JST" in user.get("/runs").text
    assert "12:00 Tokyo" in user.get("/").text
    assert "From (Asia/Tokyo)" in user.get("/runs").text
    assert PageReader(user.get("/tasks/new").text).value("timezone") == "Asia/Tokyo"
    found = PageReader(user.get("/runs?since=2027-01-15T16:59&until=2027-01-15T17:01").text)
    assert found.texts('a[id^="run-"]') == ["daily"]
    user.post("/clock", clock="utc", back="/admin/runs")
    assert "15 Jan 2027, 08:00:00 UTC" in user.get("/runs").text


def test_a_task_s_own_zone_can_be_chosen(service: Service, user: Visitor, bob: Master) -> None:
    walker_task(service, bob, schedule=_at(3), timezone="Asia/Shanghai")
    user.post("/clock", clock="task", back="/admin/")
    assert "03:00 Shanghai" in user.get("/").text


@pytest.mark.parametrize("back", ["https://example.com/admin/", "//example.com/admin/", "/other", "/admin/\\x"])
def test_the_switch_leads_nowhere_else(user: Visitor, back: str) -> None:
    assert user.post("/clock", clock="utc", back=back).headers["Location"] == "/admin/"


def test_a_zone_that_is_none_is_utc(user: Visitor) -> None:
    _in(user, "Mars/Olympus")
    assert 'data-zone="UTC"' in user.get("/runs").text


def test_a_full_day_is_shortened_and_an_hour_alone_is_whole(
    service: Service, user: Visitor, bob: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_page, "LINES_MOST", 6)
    for number in range(5):
        walker_task(service, bob, name=f"three {number}", schedule=_at(3, number))
    walker_task(service, bob, name="four", schedule=_at(4))
    page = PageReader(user.get("/calendar?from=2027-01-16T02:00&to=2027-01-16T06:00&zone=UTC").text)
    assert page.texts(".hour a bdi") == ["three 0", "three 1", "three 2", "four"]
    assert page.texts(".hour > p") == ["and 2 more; show this hour alone"]
    alone = PageReader(user.get(page.link(".hour > p a")).text)
    assert alone.texts(".hour a bdi") == [f"three {number}" for number in range(5)]


def test_a_failed_run_is_not_left_out_for_good_ones(
    service: Service, user: Visitor, bob: Master, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_page, "LINES_MOST", 2)
    id = walker_task(service, bob, name="ran").id
    for number in range(4):
        service.periodic_tasks.run_now(id)
        claim = claimed(service)
        clock.pass_(1)
        if number == 3:
            service.ledger.fail(claim.id, claim.attempt, "ValueError", "no")
        else:
            service.ledger.succeed(claim, "{}")
    span = "from=2027-01-15T08:00&to=2027-01-15T09:00&zone=UTC"
    lines = PageReader(user.get(f"/calendar?{span}").text).texts(".hour li .state")
    assert [line.split()[-1] for line in lines] == ["ok", "failed"]
