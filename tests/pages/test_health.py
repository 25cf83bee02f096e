"""Which tasks are ill, since when and why: in the list, on a task's own page, and to clients."""

import pytest

from tests.support.clock import Clock
from tests.support.jobs import claimed
from tests.support.reader import PageReader
from tests.support.tasks import walker_task
from tests.support.visitor import Visitor
from walkabout.jobs.specs import Unfired
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.condition import condition_of
from walkabout.service import Service


def _end(service: Service, id: int, *, well: bool, took_s: float = 1.0) -> str:
    uid = service.periodic_tasks.run_now(id)
    claim = claimed(service)
    service.clock.pass_(took_s)  # type: ignore[attr-defined]
    if well:
        service.ledger.succeed(claim, "{}")
    else:
        service.ledger.fail(claim.id, claim.attempt, "ValueError", "no route")
    return uid


def _unfired(service: Service, id: int, reason: str, count: int = 5) -> Unfired:
    now = service.clock()
    task = task_queries.by_id(service.db, id)
    assert task is not None
    return Unfired(id, "walker", task.name, task.owner, now - 400, now, count, now, reason)


def _condition(service: Service, id: int) -> str:
    task = task_queries.by_id(service.db, id)
    assert task is not None
    return condition_of(task, service.clock())


def _names(visitor: Visitor, query: str) -> list[str]:
    return PageReader(visitor.get(f"/?{query}").text).texts('a[id^="name-"]')


def test_a_task_is_as_its_runs_ended(service: Service, bob: Master, clock: Clock) -> None:
    id = walker_task(service, bob).id
    seen = [_condition(service, id)]
    for step in (
        lambda: _end(service, id, well=True),
        lambda: service.ledger.skip(_unfired(service, id, "the run before goes on")),
        lambda: service.ledger.miss(_unfired(service, id, "no worker")),
        lambda: _end(service, id, well=False),
        lambda: service.ledger.miss(_unfired(service, id, "no worker again")),
        lambda: _end(service, id, well=True),
        lambda: clock.pass_(3600 + 61),
        lambda: service.periodic_tasks.disable(id),
    ):
        step()
        seen.append(_condition(service, id))
    assert seen == ["never ran", "ok", "skipping", "missed", "failing", "failing", "ok", "late", "paused"]


def test_failures_count_until_a_success_and_a_cancelled_run_changes_nothing(service: Service, bob: Master) -> None:
    id = walker_task(service, bob).id
    since = service.clock() + 1
    for _ in range(3):
        _end(service, id, well=False)
    service.periodic_tasks.run_now(id)
    claim = claimed(service)
    service.ledger.revoke_running(claim.id, claim.attempt, "cancelled")
    task = task_queries.by_id(service.db, id)
    assert task is not None
    assert (task.failures, task.health_since, task.health_note) == (3, since, "ValueError: no route")
    _end(service, id, well=True)
    task = task_queries.by_id(service.db, id)
    assert task is not None
    assert (task.failures, task.health_note) == (0, "")


def test_the_ill_ones_stand_first_with_their_error(service: Service, user: Visitor, bob: Master) -> None:
    well, ill = walker_task(service, bob, name="well").id, walker_task(service, bob, name="ill").id
    walker_task(service, bob, name="new")
    _end(service, well, well=True)
    _end(service, ill, well=False)
    _end(service, ill, well=False)
    page = PageReader(user.get("/").text)
    assert page.texts('a[id^="ill-"]') == ["ill"]
    assert "2 failures in a row" in page.texts(".ill li")[0]
    assert "ValueError: no route" in page.texts(".ill .why")[0]
    assert page.texts(".quick a")[0] == "Needs attention 1"
    assert _names(user, "state=attention") == ["ill"]
    assert _names(user, "state=never+ran") == ["new"]
    assert _names(user, "state=ok") == ["well"]
    assert _names(user, "sort=health")[0] == "ill"


@pytest.mark.parametrize("query", ["kind=sonar", "state=bad", "sort=odd"])
def test_an_unknown_filter_is_told_and_shows_nothing(service: Service, user: Visitor, bob: Master, query: str) -> None:
    walker_task(service, bob)
    page = PageReader(user.get(f"/?{query}").text)
    assert "is unknown, so no task is shown" in page.texts("p.problem")[0]
    assert page.texts('a[id^="name-"]') == []


def test_tasks_are_found_by_schedule_and_by_what_they_run(service: Service, user: Visitor, bob: Master) -> None:
    walker_task(service, bob, name="hourly")
    conf = {"event": "sunset", "latitude": 52.5, "longitude": 13.4}
    walker_task(service, bob, name="evening", schedule={"type": "solar", "conf": conf})
    assert _names(user, "kind=solar") == ["evening"]
    assert _names(user, "runs=echo") == ["evening", "hourly"]
    assert _names(user, "runs=ech") == []
    assert _names(user, "runs=walker&kind=interval") == ["hourly"]


def test_a_task_s_page_says_how_it_is_and_why_it_ran_last(
    service: Service, user: Visitor, bob: Master, clock: Clock
) -> None:
    id = walker_task(service, bob).id
    for took in (1, 2, 3, 4):
        _end(service, id, well=True, took_s=took)
    failed = _end(service, id, well=False)
    clock.pass_(7200)
    page = PageReader(user.get(f"/tasks/{id}").text)
    health = page.texts(".health")[0]
    assert "1 failure in a row" in health
    assert "80 % (4 of the last 5)" in health
    assert "2.5 s, 95 % below 4 s" in health
    assert any(link.endswith(f"/runs/{failed}") for link in page.attributes(".health a", "href"))
    # Nobody had to type a moment.
    assert "not handled yet: no worker has been running since" in page.texts("p.message[role=status]")[0]


def test_who_paused_a_task_stands_on_its_page(service: Service, user: Visitor, bob: Master) -> None:
    id = walker_task(service, bob).id
    user.post(f"/tasks/{id}/disable", note="holidays")
    assert "Paused by <bdi>bob@example.com</bdi>" in user.get(f"/tasks/{id}").text


def test_a_row_says_for_how_many_fires_it_stands(service: Service, user: Visitor, bob: Master) -> None:
    id = walker_task(service, bob).id
    service.ledger.skip(_unfired(service, id, "the run before goes on"))
    assert PageReader(user.get("/runs").text).texts(".stands")[0].startswith("5 fires, ")


def test_who_started_and_who_cancelled_a_run_is_told(service: Service, user: Visitor, bob: Master) -> None:
    id = walker_task(service, bob).id
    user.post(f"/tasks/{id}/run")
    uid = service.db.rows("SELECT uid FROM job")[0][0]
    user.post(f"/runs/{uid}/cancel")
    text = user.get(f"/runs/{uid}").text
    assert "cancelled by bob@example.com" in text
    assert "Started by" in text
