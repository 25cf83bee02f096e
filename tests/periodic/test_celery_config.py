"""Celery's beat_schedule from Python modules, where Celery is not installed."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.support.schedule_harness import ScheduleHarness
from walkabout.periodic import task_queries
from walkabout.periodic.importing.celery_config import NotRead, read_config
from walkabout.periodic.importing.celery_task import CelerySource
from walkabout.periodic.importing.entries import ImportEntry
from walkabout.web.application import create_app

WALK = "jaseci.svc.task.common.ScheduledWalker"
APP = """
import os
from celery import Celery
from celery.schedules import crontab, schedule, solar
from datetime import timedelta
import environ, not_installed.at_all as gone
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")
print("noise on the standard output")
app = Celery("proj", broker="amqp://guest@localhost//")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_queues = (Queue("default"),)
app.conf.timezone = "Europe/London"

@app.task(bind=True)
def echo(self, value):
    raise RuntimeError("never run")

@gone.decorated
class Thing(gone.Base):
    pass

app.conf.beat_schedule = {
    "every-30-seconds": {"task": "proj.celery.echo", "schedule": 30.0, "kwargs": {"value": 16}},
    "monday-morning": {"task": "proj.celery.echo", "schedule": crontab(hour=7, minute=30, day_of_week="monday")},
    "timedelta": {"task": "proj.celery.echo", "schedule": timedelta(hours=36), "options": {"expires": 60, "queue": "slow"}},
    "schedule": {"task": "proj.celery.echo", "schedule": schedule(run_every=timedelta(minutes=5), relative=True)},
    "melbourne": {"task": "proj.celery.echo", "schedule": solar("sunset", -37.81753, 144.96715)},
    "sets": {
        "task": "proj.celery.echo",
        "schedule": crontab(minute=[0, 30], hour={9, 17}, day_of_month="1-7", month_of_year="*/3"),
    },
    "night": {"task": "proj.celery.echo", "schedule": crontab(minute=0, hour="22-5")},
    "fast": {"task": "proj.celery.echo", "schedule": 0.25},
    "args": {"task": "proj.celery.echo", "schedule": 10, "args": (16, 16)},
    "environment": {"task": "proj.celery.echo", "schedule": environ.Env().int("EVERY")},
    "another": {"task": "proj.tasks.nobody", "schedule": 10},
    "none": None,
}
app.conf.beat_schedule.update({f"hour-{hour}": {"task": "proj.celery.echo", "schedule": crontab(0, hour)} for hour in (1, 2)})

@app.on_after_configure.connect
def setup_periodic_tasks(sender, **kwargs):
    sender.add_periodic_task(10.0, echo.s(value="hello"), name="add every 10")
    sender.add_periodic_task(crontab(hour=7), echo.si(value="x"), expires=10)
"""
SETTINGS = """
from celery.schedules import crontab
CELERY_BROKER_URL = "redis://"
CELERY_TIMEZONE = "Asia/Tokyo"
CELERY_BEAT_SCHEDULE = {"settings": {"task": "x.echo", "schedule": crontab(minute="*/5")}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "proj").mkdir()
    for name, text in (
        ("__init__", "from .celery import app as celery_app\n"),
        ("celery", APP),
        ("settings", SETTINGS),
    ):
        (tmp_path / "proj" / f"{name}.py").write_text(text)
    return tmp_path


def read(module: str, folder: Path, **source: Any) -> dict[str, ImportEntry]:
    known = CelerySource("ana", is_walker={"echo"}.__contains__, **source)
    found = read_config(module, folder, known)
    return {entry.draft.name if entry.draft else entry.where: entry for entry in found}


def schedule(entry: ImportEntry) -> Any:
    assert entry.problems == ()
    assert entry.draft is not None
    assert isinstance(entry.draft.schedule, dict)
    return entry.draft.schedule["type"], entry.draft.schedule["conf"]


def test_celery_itself_is_not_installed_here() -> None:
    assert importlib.util.find_spec("celery") is None


@pytest.mark.parametrize("module", ["proj.celery", "proj/celery.py"])
def test_a_module_of_an_app(project: Path, module: str) -> None:
    found = read(module, project)
    cron = {"minute": "*", "hour": "*", "day_of_week": "*", "day_of_month": "*", "month_of_year": "*"}
    assert {name: schedule(entry) for name, entry in found.items() if not entry.problems} == {
        "every-30-seconds": ("interval", {"every": 30, "period": "seconds"}),
        "monday-morning": ("crontab", cron | {"minute": 30, "hour": 7, "day_of_week": "mon"}),
        "timedelta": ("interval", {"every": 36, "period": "hours"}),
        "schedule": ("interval", {"every": 5, "period": "minutes"}),
        "melbourne": ("solar", {"event": "sunset", "latitude": -37.81753, "longitude": 144.96715}),
        "sets": ("crontab", cron | {"minute": "0,30", "hour": "17,9", "day_of_month": "1-7", "month_of_year": "*/3"}),
        "night": ("crontab", cron | {"minute": 0, "hour": "22,23,0,1,2,3,4,5"}),
        "fast": ("interval", {"every": 250_000, "period": "microseconds"}),
        "hour-1": ("crontab", cron | {"minute": 0, "hour": 1}),
        "hour-2": ("crontab", cron | {"minute": 0, "hour": 2}),
        "add every 10": ("interval", {"every": 10, "period": "seconds"}),
        "proj.celery.echo([])": ("crontab", cron | {"hour": 7}),
    }
    assert all(entry.draft.timezone == "Europe/London" for entry in found.values() if entry.draft)
    draft = found["every-30-seconds"].draft
    assert draft is not None
    assert (draft.task, draft.argument["name"], draft.argument["ctx"]) == ("ScheduledWalker", "echo", {"value": 16})


def test_what_is_otherwise_here_is_said(project: Path) -> None:
    found = read("proj.celery", project)
    assert found["timedelta"].remarks[1:] == (
        'queue: "slow" is for a broker and is ignored',
        "expires: becomes a grace of 60 s, beyond which a fire is missed",
    )
    assert "relative: intervals are counted from the moment of the import" in found["schedule"].remarks
    problems = {name: entry.problems for name, entry in found.items() if entry.problems}
    assert sorted(problems) == ["another", "args", 'entry "none"', "environment"]
    assert problems["args"][0].startswith("args: [16, 16]: a task here takes its argument by name")
    assert problems["environment"] == (
        "schedule: environ.Env.int is known only where all modules of the project are installed",
    )
    assert problems["another"][0].startswith('task: "proj.tasks.nobody" is not a kind of task')


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CELERYBEAT_SCHEDULE = {'a': {'task': 'x.echo', 'schedule': 5}}", "a"),
        ("beat_schedule = {'b': {'task': 'x.echo', 'schedule': 5}}", "b"),
        ("class Config:\n    CELERYBEAT_SCHEDULE = {'c': {'task': 'x.echo', 'schedule': 5}}", "c"),
        ("from celery import Celery\na = Celery()\na.conf.update(beat_schedule={'d': {'task': 'x.echo', 'schedule': 5}})", "d"),
        ("from celery import Celery\nC = Celery()\nC.conf['beat_schedule'] = {'e': {'task': 'x.echo', 'schedule': 5}}", "e"),
        ("from celery import Celery\nC = Celery()\nC.conf.beat_schedule['f'] = {'task': 'x.echo', 'schedule': 5}", "f"),
        (
            "from celery import Celery\nclass K:\n    beat_schedule = {'g': {'task': 'x.echo', 'schedule': 5}}\n"
            "C = Celery()\nC.config_from_object(K)",
            "g",
        ),
    ],
)  # fmt: skip
def test_each_way_to_say_it_is_read(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / "conf.py").write_text(text)
    assert schedule(read("conf", tmp_path)[name]) == ("interval", {"every": 5, "period": "seconds"})


def test_a_module_of_settings_of_django(project: Path) -> None:
    found = read("proj.settings", project)
    assert found["settings"].draft is not None
    assert found["settings"].draft.timezone == "Asia/Tokyo"


def test_a_zone_that_is_asked_for_counts_and_a_missing_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(
        "from celery.schedules import crontab\nbeat_schedule = {'a': {'task': 'x.echo', 'schedule': crontab(minute=1)}}"
    )
    (entry,) = read("conf", tmp_path, timezone="Asia/Tokyo").values()
    assert entry.draft is not None
    assert entry.draft.timezone == "Asia/Tokyo"
    (entry,) = read("conf", tmp_path).values()
    assert "the module names no time zone: UTC is taken; --timezone says another" in entry.remarks


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = 1 / 0", "conf.py, line 1: ZeroDivisionError"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import os; os._exit(3)", "ended without an answer: 3"),
        ("x = 1", "has no beat_schedule"),
        ("def", "SyntaxError"),
    ],
)
def test_a_module_that_cannot_be_read_says_why(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "conf.py").write_text(text)
    with pytest.raises(NotRead, match=why):
        read("conf", tmp_path)


@pytest.mark.parametrize("module", ["nowhere", "nowhere.at.all", "nowhere.py"])
def test_a_module_that_is_not_there_is_refused(tmp_path: Path, module: str) -> None:
    with pytest.raises(NotRead, match="there is no"):
        read(module, tmp_path)


@pytest.mark.parametrize("group", [(), ("schedules",)])
def test_the_command_takes_a_module_over(harness: ScheduleHarness, project: Path, group: tuple[str, ...]) -> None:
    runner = create_app(harness.service).test_cli_runner()

    def run(*words: str) -> Result:
        return runner.invoke(
            args=[
                *group,
                "import-celery-config",
                "proj.celery",
                "--folder",
                str(project),
                "--owner",
                "ana@example.com",
                *words,
            ]
        )

    result = run()
    assert "12 new, 0 changed, 0 same, 4 left out. Nothing was changed" in result.output
    assert result.exit_code == 1
    run("--apply")
    task = task_queries.by_owner_and_name(harness.service.db, harness.ana.uid, "every-30-seconds")
    assert task is not None
    assert json.loads(task.argument)["ctx"] == {"value": 16}
    assert "0 new, 0 changed, 12 same, 4 left out. Done." in run("--apply").output


KWARGS = """
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID
from gone import CONSTANT
beat_schedule = {
    name: {"task": "x.echo", "schedule": 5, "kwargs": {"value": value}}
    for name, value in {
        "moment": datetime(2027, 1, 15, 8), "day": date(2027, 1, 15), "time": time(8), "decimal": Decimal("1.50"),
        "uuid": UUID(int=1), "unknown": {"unknown": "x"}, "bytes": b"x", "gone": CONSTANT, "inner": [{"a": object}],
    }.items()
}
beat_schedule["off"] = {"task": "x.echo", "schedule": 5, "enabled": False, "description": "why", "one_off": True}
beat_schedule["when"] = {"task": "x.echo"}
beat_schedule["text"] = {"task": "x.echo", "schedule": "*/5"}
"""


def test_values_that_are_no_json_become_texts_or_are_named(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(KWARGS)
    found = read("conf", tmp_path)
    values = {name: entry.draft.argument["ctx"] for name, entry in found.items() if entry.draft and not entry.problems}
    assert {name: ctx.get("value") for name, ctx in values.items()} == {
        "moment": "2027-01-15T08:00:00", "day": "2027-01-15", "time": "08:00:00", "decimal": "1.50",
        "uuid": "00000000-0000-0000-0000-000000000001", "unknown": {"unknown": "x"}, "off": None,
    }  # fmt: skip
    assert {name: entry.problems for name, entry in found.items() if entry.problems} == {
        "bytes": ("kwargs: b'x' is nothing that JSON can say",),
        "gone": ("kwargs: gone.CONSTANT is known only where all modules of the project are installed",),
        "inner": ("kwargs: <class 'object'> is nothing that JSON can say",),
        "when": ("schedule: is missing; use a number of seconds, timedelta, crontab or solar",),
        "text": ("schedule: '*/5' is nothing that JSON can say",),
    }
    off = found["off"]
    assert (off.enabled, off.note, off.remarks[1:]) == (
        False, "disabled in the module", ('"description": is ignored', '"one_off": is ignored'))  # fmt: skip
