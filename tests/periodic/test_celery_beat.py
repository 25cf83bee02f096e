"""Dumps of django_celery_beat: what is taken over, and what not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from walkabout.json_text import BadJson
from walkabout.periodic.importing.celery_beat import read_dump
from walkabout.periodic.importing.celery_task import CelerySource
from walkabout.periodic.importing.entries import ImportEntry

ROWS = [
    {"model": "django_celery_beat.intervalschedule", "pk": 1, "fields": {"every": 5, "period": "minutes"}},
    {
        "model": "django_celery_beat.crontabschedule",
        "pk": 1,
        "fields": {
            "minute": "0", "hour": "3", "day_of_week": "mon", "day_of_month": "*", "month_of_year": "*",
            "timezone": "Europe/Berlin",
        },
    },
    {
        "model": "django_celery_beat.solarschedule",
        "pk": 1,
        "fields": {"event": "sunset", "latitude": "50.000000", "longitude": "8.250000"},
    },
    {"model": "django_celery_beat.clockedschedule", "pk": 1, "fields": {"clocked_time": "2030-01-01T00:00:00Z"}},
    {"model": "django_celery_beat.periodictasks", "pk": 1, "fields": {"last_update": "2026-01-01T00:00:00Z"}},
]  # fmt: skip
TASK = {
    "name": "nightly", "task": "jaseci.svc.task.common.ScheduledWalker", "interval": None, "crontab": None, "solar": None,
    "clocked": None, "args": "[]", "kwargs": '{"name": "echo", "ctx": {}, "mst": "x"}', "queue": None, "exchange": None,
    "routing_key": None, "headers": "{}", "priority": None, "expires": None, "expire_seconds": None, "one_off": False,
    "start_time": None, "enabled": True, "last_run_at": None, "total_run_count": 0, "description": "",
}  # fmt: skip


def taken(**fields: Any) -> ImportEntry:
    row = {"model": "django_celery_beat.periodictask", "pk": 7, "fields": TASK | fields}
    (entry,) = read_dump(json.dumps([*ROWS, row]), CelerySource("ana"))
    return entry


@pytest.mark.parametrize(
    ("field", "schedule", "timezone"),
    [
        ("interval", {"type": "interval", "conf": {"every": 5, "period": "minutes"}}, "UTC"),
        ("solar", {"type": "solar", "conf": {"event": "sunset", "latitude": 50.0, "longitude": 8.25}}, "UTC"),
        ("clocked", {"type": "clocked", "conf": {"clocked_time": "2030-01-01T00:00:00Z"}}, "UTC"),
        (
            "crontab",
            {
                "type": "crontab",
                "conf": {"minute": "0", "hour": "3", "day_of_week": "mon", "day_of_month": "*", "month_of_year": "*"},
            },
            "Europe/Berlin",
        ),
    ],
)
def test_each_kind_of_schedule_is_taken_over(field: str, schedule: dict[str, Any], timezone: str) -> None:
    entry = taken(**{field: 1})
    assert entry.problems == ()
    assert entry.draft is not None
    assert (entry.draft.schedule, entry.draft.timezone, entry.draft.task) == (schedule, timezone, "ScheduledWalker")
    assert entry.draft.argument == {"name": "echo", "ctx": {}, "mst": "x"}


def test_bounds_and_one_off_are_taken_over() -> None:
    entry = taken(interval=1, one_off=True, start_time="2030-01-01T00:00:00Z", expires="2031-01-01T00:00:00Z")
    assert entry.draft is not None
    assert entry.draft.schedule == {
        "type": "interval",
        "conf": {"every": 5, "period": "minutes"},
        "start_time": "2030-01-01T00:00:00Z",
        "expires": "2031-01-01T00:00:00Z",
        "one_off": True,
    }


def test_a_disabled_task_stays_disabled() -> None:
    entry = taken(interval=1, enabled=False)
    assert (entry.enabled, entry.note) == (False, "disabled in the dump")


def test_an_expiry_of_the_message_is_a_grace_and_says_so() -> None:
    entry = taken(interval=1, expire_seconds=60, priority=5)
    assert entry.draft is not None
    assert entry.draft.policies == {"description": "", "grace": 60, "priority": 5}
    assert entry.remarks == ("expire_seconds: becomes a grace of 60 s, beyond which a fire is missed",)


def test_what_is_for_a_broker_is_left_out_and_named() -> None:
    entry = taken(interval=1, queue="fast", headers='{"x": 1}', priority=200)
    assert [remark.split(":")[0] for remark in entry.remarks] == ["queue", "headers", "priority"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"task": "app.tasks.mail", "interval": 1}, 'task: "app.tasks.mail" is not a kind of task'),
        ({}, "schedule: it has none"),
        ({"interval": 9}, "interval: 9 is not in the dump"),
        ({"interval": 1, "args": "[1]"}, "args: [1]: a task here takes its argument by name"),
        ({"interval": 1, "kwargs": "{"}, "kwargs: not valid JSON"),
        ({"interval": 1, "kwargs": "[]"}, "kwargs: [] is not an object"),
    ],
)
def test_what_cannot_be_taken_over_says_why(fields: dict[str, Any], problem: str) -> None:
    assert taken(**fields).problems[0].startswith(problem)


@pytest.mark.parametrize("text", ["{}", "[1]", "nothing"])
def test_another_file_is_refused(text: str) -> None:
    with pytest.raises(BadJson):
        read_dump(text, CelerySource())


def test_an_interval_is_counted_from_its_last_run() -> None:
    ran = {"last_run_at": "2026-11-01T10:02:00Z", "start_time": "2026-01-01T00:00:00Z"}
    draft = taken(interval=1, **ran).draft
    assert draft is not None
    assert draft.anchor == datetime(2026, 11, 1, 10, 2, tzinfo=UTC).timestamp()
    assert draft.schedule == {"type": "interval", "conf": {"every": 5, "period": "minutes"}}


@pytest.mark.parametrize(
    ("fields", "over"),
    [
        ({"interval": 1, "one_off": True, "enabled": False, "last_run_at": "2026-01-01T00:00:00Z"}, "finished"),
        ({"clocked": 1, "one_off": True, "total_run_count": 1}, "finished"),
        ({"clocked": 1, "one_off": True}, ""),
        ({"interval": 1, "enabled": False, "last_run_at": "2026-01-01T00:00:00Z"}, ""),
    ],
)
def test_a_one_off_that_has_run_is_finished(fields: dict[str, Any], over: str) -> None:
    draft = taken(**fields).draft
    assert draft is not None
    assert draft.over == over


def test_a_zone_is_taken_where_the_dump_names_none() -> None:
    row = {"model": "django_celery_beat.periodictask", "pk": 7, "fields": TASK | {"interval": 1}}
    zoned = {"model": "django_celery_beat.periodictask", "pk": 8, "fields": TASK | {"crontab": 1}}
    ran = {
        "model": "django_celery_beat.periodictask",
        "pk": 9,
        "fields": TASK | {"interval": 1} | {"last_run_at": "2026-11-01T10:00:00"},
    }
    found = [
        entry.draft for entry in read_dump(json.dumps([*ROWS, row, zoned, ran]), CelerySource("ana", "Asia/Tokyo"))
    ]
    assert [draft and draft.timezone for draft in found] == ["Asia/Tokyo", "Europe/Berlin", "Asia/Tokyo"]
    assert found[2] is not None
    assert found[2].anchor == datetime(2026, 11, 1, 1, 0, tzinfo=UTC).timestamp()
