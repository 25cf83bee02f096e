"""A form that is opened and saved changes nothing; one in which something was changed changes that, and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.periodic import schedule_strategies as strategies
from tests.support.clock import Clock
from tests.support.examples import examples
from tests.support.reader import PageReader
from tests.support.visitor import Visitor, signed_in
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import ACTIVE, SEQUENCE, WALKER, PeriodicTask
from walkabout.problems import Invalid
from walkabout.service import Service

HOURLY = {"type": "crontab", "conf": {"minute": 0}}
SEVEN = {"type": "interval", "conf": {"every": 7, "period": "minutes"}}
CALL = {"requests": [{"method": "POST", "api": "http://x", "body": {"n": 1.0, "big": 12345678901234567890}}]}


def _add(
    service: Service, master: Master, schedule: dict[str, Any], kind: str = WALKER, argument: Any = None, **more: Any
) -> PeriodicTask:
    body = argument or {"name": "count", "ctx": {"by": 2}}
    if kind == WALKER:
        body = {"mst": jid(master.uid), **body}
    name, zone = more.pop("name", "task"), more.pop("zone", "UTC")
    return service.periodic_tasks.create(Draft(name, kind, body, schedule, zone, more, master.uid))


def _there(service: Service, task: PeriodicTask) -> PeriodicTask:
    found = task_queries.by_id(service.db, task.id)
    assert found is not None
    return found


def _save(visitor: Visitor, task: PeriodicTask, **changes: str) -> None:
    """What a browser sends of the form: an input of one line holds no ends of lines, and lines end as on the network."""
    page = PageReader(visitor.get(f"/tasks/{task.id}/edit").text)
    areas = page.attributes("textarea[name]", "name")
    form = {
        name: text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n" if name in areas else "")
        for name, text in page.form().items()
    }
    answer = visitor.post(f"/tasks/{task.id}/edit", **form | {"do": "keep"} | changes)
    assert answer.status_code == 303, PageReader(answer.text).errors()


@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data(), st.integers(0, 100_000))
def test_a_form_that_nobody_touched_changes_nothing(
    service: Service, admin: Visitor, ana: Master, clock: Clock, data: st.DataObject, later: int
) -> None:
    draft, note = data.draw(strategies.drafts(ana.uid))
    try:
        task = service.periodic_tasks.create(draft)
    except Invalid:
        return  # its moment has passed
    try:
        if note is not None and task.state == ACTIVE:
            task = service.periodic_tasks.disable(task.id, note)
        clock.pass_(later)
        # Days may have passed, and with them the sign-in.
        _save(signed_in(admin.app, service, ana), task)
        assert _there(service, task) == task
        service.firing.tick(clock())
        task = _there(service, task)
        _save(signed_in(admin.app, service, ana), task)
        assert _there(service, task) == task
    finally:
        service.periodic_tasks.delete(task.id)


@pytest.mark.parametrize(
    ("kind", "argument"),
    [
        (SEQUENCE, CALL),
        (
            WALKER,
            {"name": "echo", "ctx": {"value": {"lines": "a\nb\r\nc", "n": 1.0, "none": None}}, "nd": "active:graph"},
        ),
        (WALKER, {"name": "fetch", "ctx": {"url": "http://x\nhttp://y", "method": " "}}),
        (WALKER, {"name": "count", "ctx": {"by": 2}, "snt": "active:sentinel"}),
    ],
)
def test_an_argument_that_nobody_touched_stays_as_it_is(
    service: Service, admin: Visitor, ana: Master, kind: str, argument: dict[str, Any]
) -> None:
    task = _add(service, ana, HOURLY, kind, argument)
    _save(admin, task)
    assert _there(service, task) == task
    _save(admin, task, priority="3")
    assert _there(service, task).argument == task.argument


def test_a_finished_task_gets_another_description_and_does_not_fire_again(
    service: Service, user: Visitor, bob: Master, clock: Clock
) -> None:
    past = {"type": "clocked", "conf": {"clocked_time": "2027-01-15T09:00:00Z"}}
    task = _add(service, bob, past)
    again = _add(service, bob, HOURLY | {"one_off": True}, name="hourly")
    clock.pass_(7200)
    service.firing.tick(clock())
    for one in (task, again):
        _save(user, one, description="over\r\nand done")
        edited = _there(service, one)
        assert (edited.state, edited.next_run_at) == ("finished", None)
        assert edited.policies.description == "over\nand done"
        assert "only with another schedule" in user.get(f"/tasks/{one.id}/edit").text


def test_only_what_was_changed_is_saved(service: Service, user: Visitor, bob: Master) -> None:
    given = {"grace": 1_234_567.0, "description": "one\ntwo", "backoff": 0.1}
    task = _add(service, bob, HOURLY, name="two\nlines", **given)
    assert PageReader(user.get(f"/tasks/{task.id}/edit").text).value("grace") == "1234567"
    _save(user, task, jitter="5")
    edited = _there(service, task)
    assert {name: getattr(edited.policies, name) for name in given} == given
    assert (edited.name, edited.policies.jitter, edited.schedule) == ("two\nlines", 5.0, task.schedule)
    _save(user, task, description="one\r\ntwo\r\nthree")
    assert _there(service, task).policies.description == "one\ntwo\nthree"


def test_the_preview_of_an_interval_counts_from_the_task_s_own_anchor(
    service: Service, user: Visitor, bob: Master, clock: Clock
) -> None:
    task = _add(service, bob, SEVEN)
    clock.pass_(61)
    form = PageReader(user.get(f"/tasks/{task.id}/edit").text).form()
    part = user.post("/tasks/preview", **form).text
    assert "08:07" in PageReader(part).texts("ol.next li")[0]


def test_a_walker_that_is_gone_does_not_keep_a_description_from_being_saved(
    service: Service, user: Visitor, bob: Master
) -> None:
    task = _add(service, bob, HOURLY)
    argument = json.loads(task.argument) | {"name": "gone"}
    service.db.change("UPDATE schedule SET argument = ? WHERE id = ?", (json.dumps(argument), task.id))
    _save(user, task, description="x")
    assert _there(service, task).policies.description == "x"
