"""Trying out what a task's form holds: run once, one step alone, dry."""

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.visitor import Visitor
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.web.pages.task_form.step_list import steps
from walkabout.web.pages.task_form.trial import alone_of

WALKER = {"task": "walker", "name": "w", "body.name": "count", "body": '{"by": 2}', "body.as": "json"}
SEQUENCE = {
    "requests": [
        {"method": "GET", "api": "http://127.0.0.1:9/a", "save_to": "a", "__def_loop__": {
            "by": "$.rows", "requests": [{"method": "POST", "api": "http://127.0.0.1:9/{{$.id}}"}]}},
        {"method": "GET", "api": "http://127.0.0.1:9/b"},
    ]
}  # fmt: skip


def tried(who: Visitor, typed: dict[str, str], live: bool = True) -> TestResponse:
    return who.post("/tasks/try", headers={"Live": "try"} if live else None, **typed)


def sequence_form(**more: str) -> dict[str, str]:
    return {"task": "sequence", "name": "s", "body": json.dumps(SEQUENCE), "body.as": "json", **more}


def asked(service: Service) -> list[tuple[str, str, dict[str, Any]]]:
    rows = service.db.rows("SELECT kind, name, argument FROM job ORDER BY id")
    return [(kind, name, json.loads(argument)) for kind, name, argument in rows]


def test_a_walker_runs_once_and_no_task_is_kept(service: Service, user: Visitor, bob: Master) -> None:
    answer = tried(user, WALKER)
    assert answer.status_code == 200
    assert [(kind, name, row["ctx"]) for kind, name, row in asked(service)] == [("walker", "count", {"by": 2})]
    assert service.db.rows("SELECT count(*) FROM schedule") == [(0,)]
    assert 'data-live="/admin/runs/' in answer.text


def test_a_sequence_runs_once(service: Service, admin: Visitor) -> None:
    tried(admin, sequence_form())
    assert asked(service) == [("sequence", "Try: s", SEQUENCE)]


@pytest.mark.parametrize(("number", "url"), [("1", "a"), ("2", "{{$.id}}"), ("3", "b")])
def test_one_step_of_a_sequence_runs_alone(service: Service, admin: Visitor, number: str, url: str) -> None:
    tried(admin, sequence_form(only=number))
    assert [step["api"].rpartition("/")[2] for step in asked(service)[0][2]["requests"]] == [url]


@pytest.mark.parametrize("number", ["0", "4", "x", "-1", "9" * 30])
def test_a_step_that_is_not_there_is_none(service: Service, admin: Visitor, number: str) -> None:
    assert alone_of(SEQUENCE, number) is None
    assert tried(admin, sequence_form(only=number)).status_code == 400
    assert asked(service) == []


def test_a_dry_run_sends_nothing_and_shows_what_it_would_send(service: Service, admin: Visitor) -> None:
    mocks = '{"0": {"body": {"rows": [{"id": "<b>7"}]}}, /* a comment */ "1": {"status": 500},}'
    answer = tried(admin, sequence_form(dry="yes", mocks=mocks))
    assert "Dry run, nothing was sent: 3 steps" in answer.text
    assert "http://127.0.0.1:9/&lt;b&gt;7" in answer.text
    assert "It would fail at step <bdi>2: status 500" in answer.text
    assert asked(service) == []


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (sequence_form(body='{"requests": [{"methd": 1}]}'), "did you mean method?"),
        (sequence_form(body='{"requests": ['), "line 1"),
        (sequence_form(dry="yes", mocks='{"0": {"stat": 1}}'), "mocks[0]"),
        (sequence_form(dry="yes", mocks="[1"), "line 1"),
        (WALKER | {"body": '{"buy": 1}'}, "buy"),
        (WALKER | {"body.name": "nobody"}, "nobody"),
    ],
)
def test_what_is_wrong_is_said(service: Service, admin: Visitor, form: dict[str, str], text: str) -> None:
    answer = tried(admin, form)
    assert answer.status_code == 400
    assert text in answer.text
    assert asked(service) == []


def test_a_sequence_is_for_admins(service: Service, user: Visitor) -> None:
    assert tried(user, sequence_form()).status_code == 404
    assert asked(service) == []


def test_without_a_script_the_way_back_has_all_that_was_typed(admin: Visitor) -> None:
    answer = tried(admin, sequence_form(description="<i>mine</i>"), live=False)
    assert 'name="description" value="&lt;i&gt;mine&lt;/i&gt;"' in answer.text
    assert 'action="/admin/tasks/new"' in answer.text


def test_a_dry_run_masks_what_it_would_have_saved(admin: Visitor) -> None:
    body = {"requests": [{"method": "GET", "api": "http://127.0.0.1:9/a", "save_to": "a"}]}
    mocks = {"0": {"status": 200, "body": {"password": "hunter-2", "color": "blue"}}}
    typed = sequence_form(body=json.dumps(body), dry="yes", mocks=json.dumps(mocks))
    text = tried(admin, typed).text
    assert "blue" in text.partition("What the steps would save")[2]
    assert "hunter-2" not in text


def test_blocks_and_the_end_are_listed_and_a_step_alone_does_not_clean_up() -> None:
    get = {"method": "GET", "api": "http://x/"}
    argument = {
        "requests": [{"use": "b"}, {"set": {"a": 1, "b": 2}}, {"delay": 5}],
        "blocks": {"b": [get], "c": {"requests": [{**get, "soft": True}]}, "odd": 5},
        "on_error": [get],
        "finally": [get, "odd"],
    }
    listed = steps(argument)
    assert [(step.method, step.url, *step.notes) for step in listed] == [
        ("USE", "b"),
        ("SET", "a, b"),
        ("WAIT", "5 s"),
        ("GET", "http://x/", "after an error"),
        ("GET", "http://x/", "at the end"),
        ("GET", "http://x/", "block b"),
        ("GET", "http://x/", "block c", "errors end nothing"),
    ]
    assert alone_of(argument, "5") == {"requests": [get], "blocks": argument["blocks"]}
