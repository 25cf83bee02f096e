"""Two people edit one task: the second is shown what the first has saved, chooses part by part, and loses nothing."""

from typing import Any

import pytest
from flask import Flask

from tests.support.reader import PageReader
from tests.support.tasks import walker_task
from tests.support.visitor import Visitor, signed_in
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.service import Service


@pytest.fixture
def other(app: Flask, service: Service, bob: Master) -> Visitor:
    """Bob in another browser."""
    return signed_in(app, service, bob)


@pytest.fixture
def task(service: Service, bob: Master) -> PeriodicTask:
    return walker_task(service, bob, argument={"name": "count", "ctx": {"by": 1}, "mst": jid(bob.uid)})


def _open(visitor: Visitor, task: PeriodicTask) -> dict[str, str]:
    return PageReader(visitor.get(f"/tasks/{task.id}/edit").text).form()


def _save(visitor: Visitor, task: PeriodicTask, form: dict[str, str], **changes: str) -> Any:
    return visitor.post(f"/tasks/{task.id}/edit", **{**form, "do": "keep", **changes})


def _now(service: Service, task: PeriodicTask) -> PeriodicTask:
    found = task_queries.by_id(service.db, task.id)
    assert found is not None
    return found


def _what(task: PeriodicTask) -> tuple[Any, ...]:
    conf = task.schedule_object()["conf"]
    return task.name, task.policies.description, conf["every"], task.argument_object()["ctx"]["by"]


EVERY = "schedule.conf.interval.every"


def test_the_second_sees_what_the_first_changed_and_saves_part_by_part(
    service: Service, user: Visitor, other: Visitor, task: PeriodicTask, bob: Master
) -> None:
    mine, theirs = _open(user, task), _open(other, task)
    assert _save(other, task, theirs, description="theirs", **{EVERY: "2", "ctx.by": "7"}).status_code == 303
    answer = _save(user, task, mine, name="mine", description="mine, too", **{"ctx.by": "8"})
    assert answer.status_code == 409
    page = PageReader(answer.text)
    assert page.texts(".conflict li") == [f"{bob.email}, now: changed: input, schedule, description"]
    assert page.texts(".conflict legend") == ["Input", "Schedule", "Description"]
    shown = page.texts(".conflict table")
    assert "ctx.by" in shown[0] and "78" in shown[0].replace("\n", "")
    assert "Every 2 hours" in shown[1] and "Every hour" in shown[1]
    form = page.form()
    # What both have changed stays mine unless I say otherwise; what I left alone is theirs.
    assert [form[f"take.{part}"] for part in ("argument", "schedule", "description")] == ["mine", "theirs", "mine"]
    assert (form["name"], form["description"], form[EVERY], form["ctx.by"]) == ("mine", "mine, too", "1", "8")
    answer = _save(user, task, form, **{"take.description": "theirs"})
    assert answer.status_code == 303
    assert _what(_now(service, task)) == ("mine", "theirs", 2, 8)


def test_mine_over_it_or_theirs_without_saving(
    service: Service, user: Visitor, other: Visitor, task: PeriodicTask
) -> None:
    mine = _open(user, task)
    _save(other, task, _open(other, task), **{EVERY: "2", "ctx.by": "7"})
    form = PageReader(_save(user, task, mine, **{"ctx.by": "8"}).text).form()
    answer = _save(user, task, form, do="theirs")
    assert answer.status_code == 200
    taken = PageReader(answer.text)
    assert (taken.value(EVERY), taken.value("ctx.by"), taken.texts(".conflict")) == ("2", "7", [])
    assert _what(_now(service, task))[2:] == (2, 7)
    assert _save(user, task, form, do="mine").status_code == 303
    assert _what(_now(service, task))[2:] == (1, 8)


def test_a_third_change_asks_again(service: Service, user: Visitor, other: Visitor, task: PeriodicTask) -> None:
    mine = _open(user, task)
    _save(other, task, _open(other, task), **{EVERY: "2"})
    form = PageReader(_save(user, task, mine, **{EVERY: "3"}).text).form()
    _save(other, task, _open(other, task), **{EVERY: "4"})
    answer = _save(user, task, form)
    assert answer.status_code == 409
    assert "Every 4 hours" in PageReader(answer.text).texts(".conflict table")[0]
    assert _save(user, task, PageReader(answer.text).form()).status_code == 303
    assert _what(_now(service, task))[2] == 3


def test_what_touches_other_parts_or_only_pauses_asks_nothing(
    service: Service, user: Visitor, task: PeriodicTask
) -> None:
    mine = _open(user, task)
    service.periodic_tasks.disable(task.id, "winter")
    assert _save(user, task, mine, description="mine").status_code == 303
    now = _now(service, task)
    assert (now.state, now.note, now.policies.description) == ("disabled", "winter", "mine")


def test_both_may_have_written_the_same(service: Service, user: Visitor, other: Visitor, task: PeriodicTask) -> None:
    mine = _open(user, task)
    _save(other, task, _open(other, task), description="same")
    assert _save(user, task, mine, description="same", name="mine").status_code == 303
    assert _what(_now(service, task))[:2] == ("mine", "same")


def test_json_that_can_t_be_read_is_shown_as_typed(user: Visitor, other: Visitor, task: PeriodicTask) -> None:
    mine = _open(user, task)
    _save(other, task, _open(other, task), **{"ctx.by": "7"})
    answer = _save(user, task, mine, **{"body.as": "json", "body": '{"by": oops'})
    assert answer.status_code == 409
    page = PageReader(answer.text)
    assert "oops" in page.texts(".conflict table")[0]
    assert page.value("body") == '{"by": oops'


def test_secrets_of_somebody_else_s_task_stay_masked_and_whole(
    service: Service, admin: Visitor, other: Visitor, bob: Master
) -> None:
    ctx = {"value": {"password": "bobs-secret", "n": 1}}
    task = walker_task(service, bob, argument={"name": "echo", "ctx": ctx, "mst": jid(bob.uid)})
    mine = _open(admin, task)
    service.periodic_tasks.change(task.id, {"description": "bob's"}, by=bob.uid)
    answer = _save(admin, task, mine, description="ana's", **{"ctx.value": mine["ctx.value"].replace("1", "2")})
    assert "bobs-secret" not in answer.text
    assert _save(admin, task, PageReader(answer.text).form()).status_code == 303
    assert _now(service, task).argument_object()["ctx"] == {"value": {"password": "bobs-secret", "n": 2}}


def test_versions_that_are_gone_leave_the_choice(service: Service, user: Visitor, task: PeriodicTask) -> None:
    mine = _open(user, task)
    for number in range(3):
        service.periodic_tasks.change(task.id, {"description": f"{number}"})
    service.db.change("DELETE FROM schedule_version")
    answer = _save(user, task, mine, name="mine")
    assert PageReader(answer.text).texts(".conflict legend") == ["Name", "Description"]
    assert _save(user, task, PageReader(answer.text).form()).status_code == 303
    assert _what(_now(service, task))[:2] == ("mine", "")
