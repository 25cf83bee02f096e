"""One clock for all times: what is told of a task's fires, past and to come, is on the clock that the head names."""

import pytest

from tests.support.clock import Clock
from tests.support.jobs import worked
from tests.support.reader import PageReader
from tests.support.tasks import walker_task
from tests.support.visitor import Visitor
from walkabout.people.masters import Master
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.service import Service

AT_THREE = {"type": "crontab", "conf": {"minute": "0", "hour": "3"}}  # in Berlin; the service's clock says 08:00 UTC


@pytest.fixture
def task(service: Service, bob: Master) -> PeriodicTask:
    return walker_task(service, bob, name="nightly", schedule=AT_THREE, timezone="Europe/Berlin")


def _in(visitor: Visitor, zone: str, clock: str = "mine") -> None:
    visitor.client.set_cookie("zone", zone, path="/admin")
    visitor.post("/clock", clock=clock)


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ("mine", "Fri 15 Jan 2027, 21:00 EST Sat 16 Jan 2027, 03:00 CET"),
        ("utc", "Sat 16 Jan 2027, 02:00 UTC Sat 16 Jan 2027, 03:00 CET"),
        ("task", "Sat 16 Jan 2027, 03:00 CET"),
    ],
)
def test_next_fires_are_told_on_the_chosen_clock_with_the_task_s_beside_it(
    user: Visitor, task: PeriodicTask, chosen: str, told: str
) -> None:
    _in(user, "America/New_York", chosen)
    first = PageReader(user.get(f"/tasks/{task.id}").text).texts(".next li")[0]
    assert " ".join(first.split()).endswith(told)
    form = PageReader(user.get(f"/tasks/{task.id}/edit").text).form()
    first = PageReader(user.post("/tasks/preview", **form).text).texts(".next li")[0]
    assert told in " ".join(first.split())


def test_why_asks_and_answers_on_that_clock(service: Service, user: Visitor, task: PeriodicTask) -> None:
    _in(user, "America/New_York")
    page = PageReader(user.get(f"/tasks/{task.id}").text)
    assert "Another moment (America/New_York)" in page.texts("label")
    asked = PageReader(user.get(f"/tasks/{task.id}?zone=America/New_York&at=2027-01-15T21:00").text)
    assert asked.texts("#why + p") == ["It will run then: due Fri 15 Jan 2027, 21:00 EST."]
    assert asked.value("at") == "2027-01-15T21:00"
    # Older addresses have no zone: theirs was the task's.
    asked = PageReader(user.get(f"/tasks/{task.id}?at=2027-01-16T03:00").text)
    assert asked.texts("#why + p") == ["It will run then: due Fri 15 Jan 2027, 21:00 EST."]


def test_past_due_times_are_links_on_that_clock(
    service: Service, user: Visitor, task: PeriodicTask, clock: Clock
) -> None:
    _in(user, "Asia/Kathmandu")
    clock.pass_(20 * 3600)
    service.firing.tick(clock())
    assert worked(service)
    page = PageReader(user.get(f"/tasks/{task.id}").text)
    assert page.texts("#why ~ .dim a")[0] == "Sat 16 Jan 2027, 07:45 +0545"
    assert "Due Sat 16 Jan 2027, 07:45 +0545" in page.texts("#why + p")[0]


@pytest.mark.parametrize("at", ["x", "2027-01-16T25:00", "99999-01-01T00:00"])
def test_what_is_no_moment_is_said(user: Visitor, task: PeriodicTask, at: str) -> None:
    page = PageReader(user.get(f"/tasks/{task.id}?zone=UTC&at={at}").text)
    assert "is not a moment" in page.texts("#why + p")[0]
