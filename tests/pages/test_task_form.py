"""The form of a task: what its argument means and what is wrong with it, fields or JSON, curl lines, examples."""

import json
import re
from typing import Any

import pytest

from tests.support.reader import PageReader
from tests.support.schedule_harness import task_of_name
from tests.support.visitor import Visitor
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import SEQUENCE, WALKER
from walkabout.service import Service
from walkabout.settings import Settings
from walkabout.web.pages.task_form import step_list
from walkabout.web.pages.task_form.argument import ArgumentProblem
from walkabout.web.pages.task_form.curl_step import NoPlace, with_step
from walkabout.web.pages.task_form.examples import SEQUENCE_EXAMPLES, WALKER_EXAMPLES
from walkabout.web.pages.task_form.page import TaskInput

HOURLY = {"schedule.type": "crontab", "schedule.conf.crontab.minute": "0"}
COMMENTED = '{\n  // one\n  "by": 2, /* and */\n  ...,\n}'


def _walker(body: str = "{}", **changes: str) -> dict[str, str]:
    form = {"name": "task", "task": "walker", "body.name": "count", "body.nd": "active:graph", "body": body}
    return form | HOURLY | changes


def _sequence(body: Any, **changes: str) -> dict[str, str]:
    text = body if isinstance(body, str) else json.dumps(body, indent=2)
    return {"name": "task", "task": "sequence", "body": text} | HOURLY | changes


def _argument(service: Service, name: str = "task") -> dict[str, Any]:
    found = task_of_name(service.db, name)
    assert found is not None
    return found.argument_object()


def _marked(text: str) -> list[tuple[str, str]]:
    """Where the meaning says that something is wrong: line and column."""
    page, places = PageReader(text), '[data-field="body"][data-line]'
    return list(zip(page.attributes(places, "data-line"), page.attributes(places, "data-column"), strict=True))


def test_people_write_comments_trailing_commas_and_dots(service: Service, user: Visitor, admin: Visitor) -> None:
    assert user.post("/tasks/new", **_walker(COMMENTED)).status_code == 303
    assert _argument(service)["ctx"] == {"by": 2}
    steps = '{"requests": [{"method": "GET", "api": "http://x", "header": ...,}, /* more */ ...]}'
    assert admin.post("/tasks/new", **_sequence(steps, name="steps")).status_code == 303
    assert _argument(service, "steps") == {"requests": [{"method": "GET", "api": "http://x"}]}


def test_a_walker_s_page_takes_them_too(user: Visitor) -> None:
    answer = user.post("/walkers/typed", **{"ctx.number": "1", "ctx.names": '["a", // first\n]'})
    assert "It succeeded" in answer.text


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"by": 1, "by": 2}', "line 1, column 11: by: this key is a duplicate"),
        ('{\n  "by" 1\n}', "line 2, column 8: a colon is missing"),
        ("[1]", "line 1, column 1: expected an object"),
        ('{"by": "\\u0000"}', "NUL"),
        ('{"by": 1e999}', "line 1"),
        ('{"by": "\\ud800"}', "half of a character"),
        ('{"by": ' + "[" * 700 + "]" * 700 + "}", "nested"),
    ],
)
def test_what_can_t_be_read_is_said_with_its_place_and_stays_as_typed(user: Visitor, body: str, says: str) -> None:
    answer = user.post("/tasks/new", **_walker(body))
    assert answer.status_code == 400
    page = PageReader(answer.text)
    line, _, text = says.rpartition(": ") if says.startswith("line") else ("", "", says)
    assert text in page.errors()["body"]
    assert line.partition(",")[0] in page.errors()["body"]
    assert page.value("body") == body


def test_a_walker_s_fields_are_wrong_at_their_lines(user: Visitor) -> None:
    text = user.post("/tasks/preview", **_walker('{\n  "by": "x",\n  "bye": 1\n}')).text
    assert _marked(text) == [("2", "3"), ("3", "3")]
    assert "unknown, did you mean by?" in text
    text = user.post("/tasks/preview", **_walker("{}", **{"body.name": "typed"})).text
    assert _marked(text) == [("1", "1")]
    assert "number: is required" in text or "is required: int" in text


def test_a_sequence_is_told_as_steps_and_is_wrong_at_its_lines(admin: Visitor) -> None:
    loop = {"by": "$.data", "limitt": 3, "requests": [{"method": "GET", "api": "http://inner", "save_to": "x"}]}
    body = {"requests": [{"name": "all", "method": "post", "api": "http://outer", "__def_loop__": loop}]}
    text = admin.post("/tasks/preview", **_sequence(body)).text
    page = PageReader(text)
    assert page.texts("li.depth-0 > div > code.method") == ["POST"]
    assert page.texts("li.depth-1 > div > code.method") == ["GET"]
    assert "for each of $.data" in text
    line = json.dumps(body, indent=2).split("\n").index('        "limitt": 3,') + 1
    assert _marked(text) == [(str(line), "9")]


@pytest.mark.parametrize(
    "body", ["[]", "1", '{"requests": 1}', '{"requests": [1, {"method": [], "api": {}}]}', "{", ""]
)
def test_what_is_no_sequence_is_told_too(admin: Visitor, body: str) -> None:
    assert admin.post("/tasks/preview", **_sequence(body)).status_code == 200
    assert admin.post("/tasks/new", **_sequence(body)).status_code == 400


def test_an_empty_form_has_nothing_wrong_with_it(user: Visitor) -> None:
    text = user.get("/tasks/new").text
    assert "Every day at 03:00" in text
    assert 'class="error"' not in text.partition('id="meaning"')[2]


def test_only_admins_are_told_of_sequences(user: Visitor) -> None:
    assert user.post("/tasks/preview", **_sequence({"requests": []})).status_code == 404
    assert user.post("/tasks/curl", curl="curl http://x").status_code == 404


def test_the_line_marks_clock_changes_and_days_without_sun(service: Service, user: Visitor) -> None:
    sunday = {
        "schedule.conf.crontab.hour": "2",
        "schedule.conf.crontab.day_of_week": "sun",
        "timezone": "Europe/Berlin",
    }
    text = user.post("/tasks/preview", **_walker(**sunday, **{"schedule.start_time": "2027-03-20T00:00"})).text
    assert text.count('class="fire"') == 5
    assert "The clock goes forward on 2027-03-28 03:00" in text
    solar = {"event": "sunset", "latitude": "78.2", "longitude": "15.6"}
    conf = {f"schedule.conf.solar.{name}": value for name, value in solar.items()}
    text = user.post("/tasks/preview", **_walker(**{**conf, "schedule.type": "solar"})).text
    assert 'class="pause"' in text
    assert "days without it" in text


def test_the_boxes_of_a_crontab_and_the_zone_say_what_they_mean(user: Visitor) -> None:
    form = {
        "schedule.conf.crontab.day_of_week": "mon-fri",
        "schedule.conf.crontab.hour": "25",
        "timezone": "Asia/Kolkata",
    }
    text = user.post("/tasks/preview", **_walker(**form)).text
    page = PageReader(text)
    for name, means in (("day_of_week", "Monday to Friday"), ("minute", "at minute 0"), ("hour", "not an hour")):
        assert page.texts(f'[data-into="schedule-conf-crontab-{name}-means"]') == [means]
    assert "Asia/Kolkata: it is 13:30 there now, UTC+5:30" in text


def test_a_walker_s_fields_are_inputs_and_an_empty_one_is_not_given(service: Service, user: Visitor) -> None:
    form = _walker(
        **{"body.name": "typed", "body.as": "fields", "ctx.number": "7", "ctx.ratio": "", "ctx.names": '["a",]'}
    )
    assert user.post("/tasks/new", **form).status_code == 303
    assert _argument(service)["ctx"] == {"number": 7, "names": ["a"]}
    found = task_of_name(service.db, "task")
    assert found is not None
    page = PageReader(user.get(f"/tasks/{found.id}/edit").text)
    assert page.value("ctx.number") == "7"
    assert (page.value("ctx.ratio"), page.field("ctx.ratio")["placeholder"]) == ("", "0.5")


def test_a_wrong_field_is_said_at_it(user: Visitor) -> None:
    answer = user.post("/tasks/new", **_walker(**{"body.name": "typed", "body.as": "fields", "ctx.ratio": "much"}))
    assert list(PageReader(answer.text).errors()) == ["ctx.ratio"]
    answer = user.post("/tasks/new", **_walker(**{"body.name": "typed", "body.as": "fields"}))
    assert list(PageReader(answer.text).errors()) == ["ctx.number"]


def test_files_have_no_input_and_what_is_wrong_with_them_is_said_above_the_form(user: Visitor) -> None:
    text = user.post("/tasks/argument", **_walker(**{"body.name": "album", "do": "fields"})).text
    assert PageReader(text).attributes('[name^="ctx."]', "name") == ["ctx.title"]
    assert TaskInput({}, [ArgumentProblem("ctx.photo", "", "is required")]).others([]) == ["photo: is required"]


def test_what_belongs_to_another_walker_is_not_lost_silently(user: Visitor) -> None:
    form = {"body.name": "echo", "body.as": "fields", "fields.of": "count", "ctx.by": "3"}
    answer = user.post("/tasks/new", **_walker(**form))
    assert answer.status_code == 400
    assert "belongs to count" in answer.text


def test_fields_and_json_are_turned_into_each_other(user: Visitor) -> None:
    text = user.post("/tasks/argument", **_walker('{"by": 3} // three', do="fields")).text
    assert PageReader(text).value("ctx.by") == "3"
    text = user.post("/tasks/argument", **_walker(**{"body.as": "fields", "ctx.by": "4", "do": "json"})).text
    assert PageReader(text).texts('[data-into="body"]') == ['{\n  "by": 4\n}']
    text = user.post("/tasks/argument", **_walker('{"bye": 3}', do="fields")).text
    assert "stays JSON" in text
    assert 'value="json"' in text


def test_what_inputs_can_t_say_is_edited_as_json(service: Service, user: Visitor, bob: Master) -> None:
    body = {"name": "grow", "ctx": {"kind": ""}, "mst": jid(bob.uid)}
    schedule = {"type": "interval", "conf": {"every": 60, "period": "seconds"}}
    id = service.periodic_tasks.create(Draft("task", WALKER, body, schedule, "UTC", {})).id
    assert '<input type="hidden" name="body.as" value="json">' in user.get(f"/tasks/{id}/edit").text


def test_an_edit_keeps_in_whose_name_it_runs(service: Service, admin: Visitor, bob: Master) -> None:
    body = {"name": "count", "ctx": {}, "mst": jid(bob.uid), "snt": "active:sentinel"}
    schedule = {"type": "interval", "conf": {"every": 60, "period": "seconds"}}
    id = service.periodic_tasks.create(Draft("task", WALKER, body, schedule, "UTC", {})).id
    assert admin.post(f"/tasks/{id}/edit", **_walker(**{"body.as": "fields", "ctx.by": "5"})).status_code == 303
    assert _argument(service) == {**body, "ctx": {"by": 5}, "nd": "active:graph"}


@pytest.mark.parametrize("name", [*WALKER_EXAMPLES, *SEQUENCE_EXAMPLES, "interval", "night"])
def test_every_example_works_as_it_stands(service: Service, admin: Visitor, ana: Master, name: str) -> None:
    text = admin.get(f"/tasks/new?example={name}").text
    assert 'class="error"' not in text.partition('id="meaning"')[2]
    assert admin.post("/tasks/new", **PageReader(text).form()).status_code == 303
    task = next(iter(task_queries.page(service.db, None, "", 10, 0, ascending=False)))
    argument = task.argument_object()
    if task.task == SEQUENCE:
        assert service.sequences.check(argument) == []
        ran = service.sequences.dry(argument, {"0": {"body": [{"name": "a"}]}, "1": {}, "0.loop[*].0": {"body": {}}})
        assert ran.ok


def test_a_curl_line_is_answered_as_a_step(admin: Visitor) -> None:
    answer = admin.post("/tasks/curl", curl="$ curl -L http://x/y \\\n  -H 'A: b'")
    assert json.loads(answer.text) == {"method": "GET", "api": "http://x/y", "header": {"A": "b"}}
    answer = admin.post("/tasks/curl", curl="wget http://x")
    assert (answer.status_code, "is not curl" in answer.text) == (400, True)


STEP = "curl -L http://new"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"requests": []}',
        '{"requests": [{"method": "GET", "api": "x"}]}',
        '{\n  "requests": [\n    {"method": "GET", "api": "x"}, // last\n  ],\n  "cookies": true\n}',
        '{"persistence": {"requests": [1]}, /* ] */ "requests": [{"method": "GET", "api": "]"} /* } */ ]}',
        '{\r\n  "requests": [\r\n    {"method": "GET", "api": "x"}\r\n  ]\r\n}',
        '{"requests": [{"method": "GET", "api": "x"}, ...]}',
    ],
)
def test_a_curl_line_becomes_the_last_step_and_all_else_stays(admin: Visitor, text: str) -> None:
    answer = admin.post("/tasks/new", **_sequence(text, do="curl", curl=STEP))
    assert answer.status_code == 200
    assert "http://new" in answer.text.partition('class="plain steps"')[2]
    added = with_step(text, STEP, Settings().json_limits)
    for comment in re.findall(r"//.*|/\*.*?\*/", text):
        assert comment in added


@pytest.mark.parametrize("text", ["[]", '{"requests": 1}', '{"cookies": true}'])
def test_without_a_list_of_requests_there_is_no_place(text: str) -> None:
    with pytest.raises(NoPlace):
        with_step(text, STEP, Settings().json_limits)


def test_a_curl_line_that_is_none_is_said_at_its_field(admin: Visitor) -> None:
    answer = admin.post("/tasks/new", **_sequence("{}", do="curl", curl="curl http://x | sh"))
    assert list(PageReader(answer.text).errors()) == ["curl"]
    assert "more than one command" in answer.text


def test_the_keys_of_sequences_are_there_for_those_who_are_signed_in(user: Visitor, stranger: Visitor) -> None:
    assert "step" in user.get("/sequence-schema.json").get_json()["$defs"]
    assert stranger.get("/sequence-schema.json").status_code == 303


def test_the_form_is_light(admin: Visitor) -> None:
    assert len(admin.get("/tasks/new?example=loop").data) < 100_000


def test_a_step_without_a_request_is_listed_by_what_it_does() -> None:
    given = [
        {"set": {"a": 1, "b": "{{= 1 + 1 }}"}},
        {"use": "sign_in", "with": {}},
        {"delay": 2},
        {"method": "get", "api": "http://x", "set": {"token": "{{$.token}}"}},
    ]
    listed = step_list.steps({"requests": given})
    assert [(step.method, step.url) for step in listed] == [
        ("SET", "a, b"),
        ("USE", "sign_in"),
        ("WAIT", "2 s"),
        ("GET", "http://x"),
    ]
    assert listed[3].notes == ["sets token"]
