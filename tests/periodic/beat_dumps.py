"""Dumps in the style of those that `manage.py dumpdata django_celery_beat` writes, of several versions and with its options."""

import json
from typing import Any

PERIODICTASKS = {
    "model": "django_celery_beat.periodictasks",
    "pk": 1,
    "fields": {"last_update": "2027-01-15T07:59:00Z"},
}
NO_SCHEDULE = {"interval": None, "crontab": None, "solar": None, "clocked": None}
BLANK = {
    "args": "[]", "kwargs": "{}", "queue": None, "exchange": None, "routing_key": None, "headers": "{}", "priority": None,
    "expires": None, "expire_seconds": None, "one_off": False, "start_time": None, "enabled": True, "last_run_at": None,
    "total_run_count": 0, "date_changed": "2027-01-15T07:59:00Z", "description": "",
}  # fmt: skip
WALK = "jaseci.svc.task.common.ScheduledWalker"
SEND = "jaseci.svc.task.common.ScheduledSequence"


def row(model: str, pk: Any, **fields: Any) -> dict[str, Any]:
    return {"model": f"django_celery_beat.{model}", "pk": pk, "fields": fields}


def interval(pk: Any, every: int, period: str) -> dict[str, Any]:
    return row("intervalschedule", pk, every=every, period=period)


def crontab(pk: Any, line: str, zone: str | None = "UTC") -> dict[str, Any]:
    minute, hour, day_of_month, month_of_year, day_of_week = line.split()
    fields = {
        "minute": minute, "hour": hour, "day_of_week": day_of_week, "day_of_month": day_of_month,
        "month_of_year": month_of_year,
    }  # fmt: skip
    return row("crontabschedule", pk, **fields, **({"timezone": zone} if zone else {}))


def task(pk: Any, name: str, does: str = WALK, **fields: Any) -> dict[str, Any]:
    kwargs = json.dumps({"name": "echo", "ctx": {"value": name}, "mst": "MST"}) if does == WALK else "{}"
    return row("periodictask", pk, **{"name": name, "task": does, **NO_SCHEDULE, **BLANK, "kwargs": kwargs, **fields})


REQUESTS = json.dumps({"requests": [{"method": "GET", "api": "http://a/b"}]})

# A project of today: zones in the rows, moments with offset, microseconds; what beat adds itself.
TODAY = [
    interval(1, 10, "minutes"),
    interval(2, 1, "days"),
    crontab(1, "0 4 * * *", "UTC"),
    crontab(2, "30 7 * * mon,wed,fri", "Europe/Berlin"),
    crontab(3, "*/15 8-18 * * 1-5", "America/New_York"),
    PERIODICTASKS,
    task(1, "celery.backend_cleanup", "celery.backend_cleanup", crontab=1, expire_seconds=43200, kwargs="{}"),
    task(2, "every ten minutes", interval=1, last_run_at="2027-01-15T07:53:21.123456Z", total_run_count=812),
    task(3, "daily", interval=2, start_time="2026-12-01T06:30:00Z", last_run_at="2027-01-14T18:05:00Z"),
    task(4, "office hours", crontab=3, expire_seconds=600, priority=7, queue="fast", headers='{"x": "y"}'),
    task(5, "before work", crontab=2, enabled=False, description="until spring\r\nsee the wiki"),
    task(6, "send", SEND, kwargs=REQUESTS, interval=2),
]

# Version 1.1 with USE_TZ off: no zones, moments without offset, fewer fields.
OLD = [
    crontab(1, "0 6 * * *", None),
    interval(1, 30, "seconds"),
    {
        "model": "django_celery_beat.periodictask",
        "pk": 1,
        "fields": {
            "name": "morning", "task": WALK, "interval": None, "crontab": 1, "solar": None, "args": "[]",
            "kwargs": '{"name": "echo", "mst": "MST"}', "queue": None, "exchange": None, "routing_key": None,
            "expires": "2027-06-01T00:00:00", "enabled": True, "last_run_at": "2027-01-15T06:00:00", "total_run_count": 1,
            "date_changed": "2027-01-15T06:00:01", "description": "",
        },
    },
    {
        "model": "django_celery_beat.periodictask",
        "pk": 2,
        "fields": {
            "name": "half minute", "task": WALK, "interval": 1, "crontab": None, "args": "",
            "kwargs": '{"name": "echo", "mst": "MST"}',
            "enabled": True, "last_run_at": "2027-01-15 08:59:47", "total_run_count": 9,
        },
    },
]  # fmt: skip

# --natural-foreign --natural-primary: no primary keys, references by values; and the tasks come first.
NATURAL = [
    task(None, "by values", interval=[5, "minutes"]),
    task(None, "by a crontab", crontab=["0", "3", "*", "*", "*", "Asia/Tokyo"]),
    task(None, "nowhere", interval=[7, "minutes"]),
    interval(None, 5, "minutes"),
    crontab(None, "0 3 * * *", "UTC"),
    crontab(None, "0 3 * * *", "Asia/Tokyo"),
]

# One-offs and ends: the clock of the test stands at 2027-01-15 08:00 UTC.
ENDS = [
    row("clockedschedule", 1, clocked_time="2026-12-24T18:00:00Z"),
    row("clockedschedule", 2, clocked_time="2027-12-24T18:00:00Z"),
    row("solarschedule", 1, event="sunrise", latitude="52.520008", longitude="13.404954"),
    interval(1, 1, "hours"),
    task(1, "clocked, ran", clocked=1, one_off=True, enabled=False, last_run_at="2026-12-24T18:00:00.5Z"),
    task(2, "clocked, passed", clocked=1, one_off=True),
    task(3, "clocked, passed, off", clocked=1, one_off=True, enabled=False),
    task(4, "clocked, to come", clocked=2, one_off=True),
    task(5, "once, ran", interval=1, one_off=True, enabled=False, last_run_at="2026-05-01T00:00:00Z"),
    task(6, "once, to come", interval=1, one_off=True),
    task(7, "expired", interval=1, expires="2027-01-01T00:00:00Z", last_run_at="2026-12-31T23:30:00Z"),
    task(8, "expired, off", interval=1, expires="2027-01-01T00:00:00Z", enabled=False),
    task(9, "expires", interval=1, expires="2027-02-01T00:00:00Z"),
    task(10, "begins", interval=1, start_time="2027-02-01T00:00:00Z", last_run_at="2026-12-31T23:30:00Z"),
    task(11, "sunrise", solar=1),
]

# Edited by hand and by several people.
BROKEN = [
    crontab(1, "0 22-5/2 * * fri-mon", "UTC"),
    crontab(2, "61 0 * * *", "UTC"),
    crontab(3, "0 0 * * Sunday", "Mars/Olympus"),
    interval(1, 5, "minutes"),
    {"model": "django_celery_beat.intervalschedule", "pk": 2},
    "nothing",
    task(1, "over the end", crontab=1),
    task(2, "no minute", crontab=2),
    task(3, "no zone", crontab=3),
    task(4, "no schedule"),
    task(5, "no row", interval=2),
    task(6, "no kwargs", interval=1, kwargs="{name: echo}"),
    task(7, "args", interval=1, args='["x"]'),
    task(8, "another task", "shop.tasks.close_orders", interval=1, kwargs='{"days": 3}'),
    task(9, "a walker", "shop.tasks.echo", interval=1, kwargs='{"value": 3}'),
    task(10, "twice", interval=1),
    task(11, "twice", interval=1),
    task(12, "", interval=1),
    task(13, "good", interval=1, kwargs={"name": "echo", "mst": "MST"}, expire_seconds=-1, priority=200),
    task(14, "no moment", interval=1, last_run_at="yesterday"),
]
