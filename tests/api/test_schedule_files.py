"""Files of tasks through the APIs: what the command line exports and imports, and the plan before it is done."""

import json
from typing import Any

import pytest

from tests.support.cast import person
from tests.support.schedule_harness import ScheduleHarness, cron, every
from walkabout.actions import task_files
from walkabout.api.families import dispatcher_of
from walkabout.api.parameters import ApiRequest
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import SEQUENCE
from walkabout.walking.files import File

GET = {"requests": [{"method": "GET", "api": "http://a"}]}
CRONTAB = "*/5 * * * * curl -fsS http://a\n@reboot /usr/bin/true\n"
DUMP = json.dumps(
    [
        {"model": "django_celery_beat.intervalschedule", "pk": 1, "fields": {"every": 5, "period": "minutes"}},
        {"model": "django_celery_beat.periodictask", "pk": 1, "fields": {
            "name": "beat", "task": "shop.tasks.echo", "interval": 1, "kwargs": '{"value": 1}'}},
    ]
)  # fmt: skip


@pytest.fixture
def dan(harness: ScheduleHarness) -> Master:
    """An admin who is not the first."""
    return person(harness.service, "dan-files", superuser=True)


def ask(harness: ScheduleHarness, who: Master, name: str, status: int = 200, **given: Any) -> Any:
    dispatcher = dispatcher_of(harness.service)
    answer = dispatcher.ask_as(dispatcher.apis[name], who, ApiRequest(values=given))
    assert answer.status == status, answer.body
    return answer.body


def all_tasks(harness: ScheduleHarness) -> list[Any]:
    return task_queries.page(harness.service.db, None, "", 0, 0, ascending=True)


def test_the_export_is_that_of_the_command_line(harness: ScheduleHarness, dan: Master) -> None:
    harness.add(every(10), "a")
    create = harness.service.periodic_tasks.create
    create(Draft("b", SEQUENCE, GET, cron("5"), asker=dan.uid))
    assert ask(harness, dan, "schedule_export") == json.loads(task_files.export(harness.service, None))
    text = ask(harness, dan, "schedule_export", format="crontab")
    assert text == task_files.export_crontab(harness.service, None)
    assert "\n5 * * * * curl -L http://a\n" in text
    told = ask(harness, dan, "schedule_export", 400, format="ical")["errors"]
    assert told == ['format: "ical" is not a format; use export or crontab']


def test_an_export_is_imported_as_it_is(harness: ScheduleHarness, dan: Master) -> None:
    id = harness.add(every(10), "a")
    file = ask(harness, dan, "schedule_export")
    assert ask(harness, dan, "schedule_import", file=file, apply=True)["count"] == {"same": 1}
    assert harness.task(id).revision == 1
    file["schedules"][0]["grace"] = 5
    for given in (file, json.dumps(file)):
        planned = ask(harness, dan, "schedule_import", file=given)
        assert planned == {
            "success": True,
            "applied": False,
            "count": {"changed": 1},
            "steps": [{"outcome": "changed", "name": "a", "where": "schedules[0]", "details": ["grace: null -> 5.0"],
                       "remarks": []}],
        }  # fmt: skip
    assert harness.task(id).policies.grace is None
    assert ask(harness, dan, "schedule_import", file=file, apply=True)["applied"] is True
    assert harness.task(id).policies.grace == 5


def test_a_crontab_becomes_sequences_of_who_imports_it(harness: ScheduleHarness, dan: Master) -> None:
    given = {"file": CRONTAB, "format": "crontab", "timezone": "Asia/Tokyo"}
    planned = ask(harness, dan, "schedule_import", **given)
    assert planned["count"] == {"new": 1, "left out": 1}
    assert "@reboot is when the machine starts" in planned["steps"][1]["details"][0]
    assert all_tasks(harness) == []
    ask(harness, dan, "schedule_import", **given, apply=True)
    [task] = all_tasks(harness)
    assert (task.name, task.owner, task.timezone) == ("GET http://a", dan.uid, "Asia/Tokyo")
    assert ask(harness, dan, "schedule_import", **given)["count"] == {"same": 1, "left out": 1}
    other = person(harness.service, "eve-files", superuser=True)
    count = ask(harness, dan, "schedule_import", **given, source="elsewhere", owner=other.email, apply=True)["count"]
    assert count == {"new": 1, "left out": 1}
    assert {task.owner for task in all_tasks(harness)} == {dan.uid, other.uid}


def test_a_file_may_be_sent_as_one(harness: ScheduleHarness, dan: Master) -> None:
    raw = "# für\n0 3 * * * curl -d grün http://a\n".encode("latin-1")
    dispatcher = dispatcher_of(harness.service)
    for content, status in ((raw, 200), (b"", 400)):
        sent = {"file": [File("tasks", "text/plain", content)]}
        asked = ApiRequest(texts={"format": "crontab", "apply": "true"}, files=sent)
        assert dispatcher.ask_as(dispatcher.apis["schedule_import"], dan, asked).status == status
    [task] = all_tasks(harness)
    assert task.argument_object()["requests"][0]["text"] == "grün"
    assert ask(harness, dan, "schedule_import", 400)["errors"] == ["file is required: the text of a file"]


def test_a_dump_becomes_walkers_of_who_imports_it(harness: ScheduleHarness, dan: Master) -> None:
    done = ask(harness, dan, "schedule_import", file=DUMP, format="celery-beat", apply=True)
    assert done["steps"][0]["remarks"] == ['task: "shop.tasks.echo" becomes the walker echo']
    [task] = all_tasks(harness)
    assert (task.name, task.owner, task.argument_object()["ctx"]) == ("beat", dan.uid, {"value": 1})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"file": "x", "format": "yaml"}, 'format: "yaml" is not a kind of file; use export, crontab or celery-beat'),
        ({"file": "x"}, "file: "),
        ({"file": []}, "file: not a file of schedules"),
        ({"file": "{}", "format": "celery-beat"}, "file: not a dump of Django"),
        ({"file": "x", "format": "crontab", "owner": "nobody@x"}, 'owner: "nobody@x" is not a master here'),
        ({"file": "x", "format": "crontab", "timezone": "Berlin"}, 'timezone: "Berlin" is not a time zone'),
    ],
)
def test_what_can_t_be_read_is_named(
    harness: ScheduleHarness, dan: Master, given: dict[str, Any], message: str
) -> None:
    assert ask(harness, dan, "schedule_import", 400, **given)["errors"][0].startswith(message)


def test_files_are_for_admins(harness: ScheduleHarness) -> None:
    ask(harness, harness.ana, "schedule_export", 403)
    ask(harness, harness.ana, "schedule_import", 403, file="{}")
