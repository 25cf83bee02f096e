"""The form takes the argument of the seed whole: pasted, shown and edited, with its sentinel and its master."""

import json
from typing import Any

import pytest
from flask import Flask

from tests.support.cast import person
from tests.support.reader import PageReader
from tests.support.schedule_harness import task_of_name
from tests.support.visitor import Visitor, signed_in
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER, PeriodicTask
from walkabout.service import Service

HOURLY = {"schedule.type": "crontab", "schedule.conf.crontab.minute": "0"}
SEED = """{
    // Required
    "name": "count",

    // Required
    "ctx": {"by": 12345678901234567890123},

    // accepted value: urn | alias
    "nd": "active:graph",

    // accepted value: urn | alias | global
    "snt": "active:sentinel",

    // used also for getting aliases
    "mst": "MASTER",
}"""


def bare(master: Master) -> str:
    return master.uid


def seed(master: Master) -> str:
    return SEED.replace("MASTER", bare(master))


def form_of(text: str, **changes: str) -> dict[str, str]:
    return {"name": "task", "task": "walker", "body": text, "body.as": "whole"} | HOURLY | changes


def there(service: Service, name: str = "task") -> PeriodicTask:
    found = task_of_name(service.db, name)
    assert found is not None
    return found


def added(service: Service, owner: Master, argument: dict[str, Any], name: str = "task") -> PeriodicTask:
    schedule = {"type": "crontab", "conf": {"minute": "0"}}
    return service.periodic_tasks.create(Draft(name, WALKER, argument, schedule, "UTC", {}, owner.uid))


def edit_form(visitor: Visitor, task: PeriodicTask) -> dict[str, str]:
    return PageReader(visitor.get(f"/tasks/{task.id}/edit").text).form()


def saved(visitor: Visitor, task: PeriodicTask, **form: str) -> None:
    answer = visitor.post(f"/tasks/{task.id}/edit", **form)
    assert answer.status_code == 303, PageReader(answer.text).errors()


@pytest.mark.parametrize("as_", ["whole", "json"])
@pytest.mark.parametrize("walker", ["", "echo"])
def test_the_seed_s_argument_is_pasted_whole(
    service: Service, user: Visitor, bob: Master, as_: str, walker: str
) -> None:
    answer = user.post("/tasks/new", **form_of(seed(bob), **{"body.as": as_, "body.name": walker}))
    assert answer.status_code == 303, PageReader(answer.text).errors()
    assert there(service).argument == json.dumps(
        {"name": "count", "ctx": {"by": 12345678901234567890123}, "nd": "active:graph", "snt": "active:sentinel",
         "mst": bare(bob)}, separators=(",", ":"),
    )  # fmt: skip


def test_a_field_of_a_walker_that_is_called_name_stays_one(service: Service, user: Visitor) -> None:
    form = form_of('{"value": {"name": "x", "ctx": {}}}', **{"body.as": "json", "body.name": "echo"})
    assert user.post("/tasks/new", **form).status_code == 303
    assert there(service).argument_object()["ctx"] == {"value": {"name": "x", "ctx": {}}}


def test_it_is_shown_whole_and_fills_the_fields(service: Service, user: Visitor, bob: Master) -> None:
    part = PageReader(user.post("/tasks/argument", **form_of(seed(bob), do="fields")).text)
    shown = {name: part.value(name) for name in ("body.name", "body.nd", "body.snt", "body.mst", "ctx.by", "body.as")}
    assert shown == {"body.name": "count", "body.nd": "active:graph", "body.snt": "active:sentinel",
                     "body.mst": bare(bob), "ctx.by": "12345678901234567890123", "body.as": "fields"}  # fmt: skip
    fields = {name: text for name, text in shown.items() if name != "body.as"} | {"body.as": "fields", "task": "walker"}
    [whole] = PageReader(user.post("/tasks/argument", **fields, do="whole").text).texts('[data-into="body"]')
    assert json.loads(whole) == there_is(bob)
    [new] = PageReader(
        user.post("/tasks/argument", **{"body.name": "count", "do": "whole", "task": "walker"}).text
    ).texts('[data-into="body"]')
    assert json.loads(new) == {"name": "count", "ctx": {}, "mst": jid(bob.uid)}


def there_is(bob: Master) -> dict[str, Any]:
    return {"name": "count", "ctx": {"by": 12345678901234567890123}, "nd": "active:graph", "snt": "active:sentinel",
            "mst": bare(bob)}  # fmt: skip


@pytest.mark.parametrize(
    "argument",
    [{"name": "count"}, {"ctx": {}, "wlk": "count"}, {"snt": "global", "name": "count", "ctx": None, "nd": "active:graph"},
     {"name": "echo", "ctx": {"value": {"b": 1.0, "a": [10**30, None, "ä\n"]}}}],
    ids=json.dumps,
)  # fmt: skip
def test_what_is_not_touched_stays_as_it_was_given(
    service: Service, user: Visitor, bob: Master, argument: dict[str, Any]
) -> None:
    task = added(service, bob, argument | {"mst": bob.uid})
    form = edit_form(user, task)
    for to in ("fields", "json", "whole", "fields"):
        form = PageReader(user.post(f"/tasks/{task.id}/edit", **form, do=to).text).form()
        saved(user, task, **form | {"do": "keep"})
        assert there(service) == task, to
    saved(user, task, **form | {"do": "keep", "description": "x"})
    assert there(service).argument == task.argument
    other = {"do": "keep", "body.name": "slow", "body.as": "json", "body": "{}"}
    saved(user, task, **edit_form(user, task) | other)
    assert list(there(service).argument_object()) == [
        key for key in (*argument, "mst") if key != "ctx" or key in argument
    ]


def test_an_edit_of_the_whole_changes_what_was_changed(service: Service, user: Visitor, bob: Master) -> None:
    task = added(service, bob, {"ctx": {"by": 2}, "wlk": "count", "mst": bob.uid, "snt": "global"})
    form = PageReader(user.post(f"/tasks/{task.id}/edit", **edit_form(user, task), do="whole").text).form()
    assert json.loads(form["body"]) == task.argument_object()
    saved(user, task, **form | {"body": form["body"].replace('"by": 2', '"by": 3'), "do": "keep"})
    assert there(service).argument == task.argument.replace('"by":2', '"by":3')
    assert (there(service).schedule, there(service).next_run_at) == (task.schedule, task.next_run_at)


def test_sentinel_and_master_are_fields(service: Service, user: Visitor, bob: Master) -> None:
    form = {"name": "task", "task": "walker", "body.name": "count", "body.as": "fields"} | HOURLY
    assert user.post("/tasks/new", **form, **{"body.snt": "global", "body.mst": bob.uid}).status_code == 303
    task = there(service)
    assert task.argument_object() == {"name": "count", "ctx": {}, "snt": "global", "mst": bob.uid}
    shown = edit_form(user, task)
    assert (shown["body.snt"], shown["body.mst"]) == ("global", bob.uid)
    saved(user, task, **shown | {"do": "keep", "body.snt": ""})
    assert there(service).argument_object() == {"name": "count", "ctx": {}, "mst": bob.uid}


def test_an_admin_may_choose_another_master(
    app: Flask, service: Service, admin: Visitor, bob: Master, ana: Master
) -> None:
    page = PageReader(admin.get("/tasks/new").text)
    assert jid(bob.uid) in page.attributes("#masters option", "value")
    form = {"name": "task", "task": "walker", "body.name": "count", "body.as": "fields"} | HOURLY
    assert "In the name of" in admin.post("/tasks/preview", **form, **{"body.mst": jid(bob.uid)}).text
    assert admin.post("/tasks/new", **form, **{"body.mst": jid(bob.uid)}).status_code == 303
    task = there(service)
    assert (task.owner, task.argument_object()["mst"]) == (bob.uid, jid(bob.uid))
    saved(admin, task, **edit_form(admin, task) | {"do": "keep", "body.mst": jid(ana.uid)})
    assert (there(service).owner, there(service).argument_object()["mst"]) == (ana.uid, jid(ana.uid))
    assert signed_in(app, service, bob).get(f"/tasks/{task.id}/edit").status_code == 404


def test_a_copy_of_somebody_else_s_task_is_one_s_own(
    service: Service, admin: Visitor, bob: Master, ana: Master
) -> None:
    task = added(service, bob, {"name": "count", "mst": bob.uid})
    form = PageReader(admin.get(f"/tasks/new?copy={task.id}").text).form()
    assert admin.post("/tasks/new", **form | {"do": "keep"}).status_code == 303
    assert there(service, "task (copy)").owner == ana.uid


@pytest.mark.parametrize("as_", ["whole", "fields"])
def test_others_are_refused_at_the_field(service: Service, user: Visitor, ana: Master, bob: Master, as_: str) -> None:
    form = form_of(seed(ana), **{"body.as": as_, "body.name": "count", "body.mst": ana.uid, "do": "keep"})
    answer = user.post("/tasks/new", **form)
    assert answer.status_code == 400
    page = PageReader(answer.text)
    errors = page.errors()
    message = errors["body" if as_ == "whole" else "body.mst"]
    assert "only an admin can schedule in another's name" in message
    assert message.strip().startswith("line 15" if as_ == "whole" else f'"{ana.uid[:10]}')
    assert page.value("body.mst" if as_ == "fields" else "body") == (ana.uid if as_ == "fields" else seed(ana))
    assert "only an admin" in user.post("/tasks/preview", **form).text
    task = added(service, bob, {"name": "count", "mst": bob.uid})
    assert user.post(f"/tasks/{task.id}/edit", **form).status_code == 400
    assert there(service) == task
    assert "masters option" not in user.get("/tasks/new").text


@pytest.mark.parametrize(
    ("argument", "message"),
    [({"name": "count", "mst": 5}, "mst"), ({"ctx": {}}, "name"), ({"name": "count", "ctx": [], "mst": "nobody"}, "mst"),
     ({"name": "count", "ctx": {"bye": 1}}, "did you mean by"), ({"name": "count", "ctx": 1}, "ctx"),
     ({"name": "count", "snt": "nowhere"}, "snt"), ({"name": "count", "ndd": 1}, "did you mean nd"),
     ({"name": 5, "ctx": {}}, "name"), ({"name": "count", "wlk": "count"}, "wlk")],
)  # fmt: skip
def test_what_is_wrong_with_the_whole_is_said_at_its_line(
    user: Visitor, argument: dict[str, Any], message: str
) -> None:
    text = json.dumps(argument, indent=2)
    answer = user.post("/tasks/new", **form_of(text))
    assert answer.status_code == 400
    page = PageReader(answer.text)
    assert message in page.errors()["body"]
    assert page.errors()["body"].strip().startswith("line ")
    assert page.value("body") == text
    assert user.post("/tasks/preview", **form_of(text)).status_code == 200
    for to in ("fields", "json", "whole"):
        assert user.post("/tasks/argument", **form_of(text), do=to).status_code == 200


def test_it_can_be_tried(service: Service, user: Visitor, bob: Master) -> None:
    assert user.post("/tasks/try", **form_of(seed(bob))).status_code == 200
    cleo = person(service, "cleo")
    assert user.post("/tasks/try", **form_of(seed(cleo))).status_code == 400


def test_the_seed_s_sequence_is_pasted_whole(service: Service, admin: Visitor) -> None:
    text = '{"persistence": {"a": 1,}, "requests": [{"method": "JAC", "api": "info", /* x */ "save_to": "b"}, ...]}'
    assert admin.post("/tasks/new", **{"name": "task", "task": "sequence", "body": text} | HOURLY).status_code == 303
    assert there(service).argument_object() == {
        "persistence": {"a": 1},
        "requests": [{"method": "JAC", "api": "info", "save_to": "b"}],
    }


def test_choices_and_dates_are_inputs_of_a_task_and_an_empty_one_is_the_default(
    service: Service, user: Visitor, bob: Master
) -> None:
    ctx = {"day": "2026-02-28", "level": 2, "at_moment": "2026-02-28T12:30:00"}
    task = added(service, bob, {"name": "chosen", "ctx": ctx, "mst": jid(bob.uid)})
    page = PageReader(user.get(f"/tasks/{task.id}/edit").text)
    form = page.form()
    assert (form["ctx.day"], form["ctx.level"], form["ctx.colour"]) == ("2026-02-28", "2", "")
    assert page.texts('select[name="ctx.colour"] option')[0] == "default: red"
    saved(user, task, **form | {"ctx.level": "3", "ctx.colour": "green", "ctx.at_moment": "2026-02-28T13:00"})
    assert there(service, task.name).argument_object()["ctx"] == {
        **ctx, "level": 3, "colour": "green", "at_moment": "2026-02-28T13:00:00",
    }  # fmt: skip
