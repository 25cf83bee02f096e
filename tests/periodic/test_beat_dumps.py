"""Whole dumps of django_celery_beat: what becomes of each row, at the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner

from tests.periodic import beat_dumps
from tests.support.schedule_harness import ScheduleHarness
from walkabout.jids import jid
from walkabout.periodic import task_queries
from walkabout.periodic.periodic_task import PeriodicTask, moment
from walkabout.web.application import create_app


class Shell:
    """Imports dumps, as somebody at the command line does."""

    def __init__(self, harness: ScheduleHarness, folder: Path) -> None:
        self.harness, self.folder = harness, folder
        harness.service.first_admin()
        self.runner: FlaskCliRunner = create_app(harness.service).test_cli_runner()

    def take(self, dump: list[Any], *options: str, lines: bool = False) -> str:
        text = "\n".join(map(json.dumps, dump)) if lines else json.dumps(dump, indent=2)
        (self.folder / "dump.json").write_text(text.replace("MST", jid(self.harness.ana.uid)))
        words = ["schedules", "import-celery-beat", str(self.folder / "dump.json"), "--apply", *options]
        return self.runner.invoke(args=words).output

    def tasks(self) -> dict[str, PeriodicTask]:
        found = task_queries.page(self.harness.service.db, None, "", 0, 0, ascending=True)
        return {task.name: task for task in found}

    def next_runs(self) -> dict[str, str]:
        """When each task runs next, on the clock of its zone; or its state."""
        return {
            name: task.rule().local_text(task.rule().next_after(moment(self.harness.clock())))
            if task.next_run_at
            else task.state
            for name, task in self.tasks().items()
        }


@pytest.fixture
def shell(harness: ScheduleHarness, tmp_path: Path) -> Shell:
    return Shell(harness, tmp_path)


def test_a_dump_of_today(shell: Shell) -> None:
    told = shell.take(beat_dumps.TODAY)
    assert "5 new, 0 changed, 0 same, 1 left out. Done." in told
    assert 'task: "celery.backend_cleanup" is not a kind of task' in told
    assert shell.next_runs() == {
        "every ten minutes": "2027-01-15 08:03:21",
        "daily": "2027-01-15 18:05",
        "office hours": "2027-01-15 08:00",
        "before work": "disabled",
        "send": "2027-01-16 08:00",
    }
    tasks = shell.tasks()
    assert (tasks["office hours"].timezone, tasks["before work"].timezone) == ("America/New_York", "Europe/Berlin")
    assert (tasks["office hours"].policies.grace, tasks["office hours"].policies.priority) == (600, 7)
    assert "expire_seconds: becomes a grace of 600 s, beyond which a fire is missed" in told
    assert 'queue: "fast" is for a broker and is ignored' in told
    assert "headers: " in told
    assert (tasks["before work"].note, tasks["before work"].policies.description) == (
        "disabled in the dump",
        "until spring\r\nsee the wiki",
    )
    assert "0 new, 0 changed, 5 same, 1 left out. Done." in shell.take(beat_dumps.TODAY)
    assert shell.tasks() == tasks


def test_an_old_dump_without_zones_says_that_utc_is_taken(shell: Shell) -> None:
    told = shell.take(beat_dumps.OLD)
    assert "the dump names no time zone for its crontab: UTC is taken; --timezone says another" in told
    assert "the dump names no time zone for expires: UTC is taken; --timezone says another" in told
    assert "the dump names no time zone for last_run_at: UTC is taken; --timezone says another" in told
    assert shell.tasks()["morning"].timezone == "UTC"


def test_an_old_dump_is_on_the_clock_that_is_named(shell: Shell) -> None:
    told = shell.take(beat_dumps.OLD, "--timezone", "Europe/Berlin")
    assert "names no time zone" not in told
    assert "2 new" in told
    tasks = shell.tasks()
    assert tasks["morning"].timezone == "Europe/Berlin"
    assert tasks["morning"].schedule_object()["expires"] == "2027-06-01T00:00:00+02:00"
    # Beat ran it at 08:59:47 in Berlin, a second before 07:59:48 UTC.
    assert tasks["half minute"].rule().next_after(moment(shell.harness.clock())).timestamp() % 30 == 17  # type: ignore[union-attr]


@pytest.mark.parametrize("lines", [False, True])
def test_a_dump_with_natural_keys(shell: Shell, lines: bool) -> None:
    told = shell.take(beat_dumps.NATURAL, lines=lines)
    assert "2 new, 0 changed, 0 same, 1 left out. Done." in told
    assert 'interval: [7, "minutes"] is not in the dump; dump all of django_celery_beat' in told
    tasks = shell.tasks()
    assert tasks["by values"].schedule_object()["conf"] == {"every": 5, "period": "minutes"}
    assert tasks["by a crontab"].timezone == "Asia/Tokyo"


def test_one_offs_that_ran_and_what_has_expired_is_over(shell: Shell) -> None:
    told = shell.take(beat_dumps.ENDS)
    assert "11 new, 0 changed, 0 same, 0 left out. Done." in told
    tasks = shell.tasks()
    assert {name: task.state for name, task in tasks.items()} == {
        "clocked, ran": "finished",
        "clocked, passed": "finished",
        "clocked, passed, off": "finished",
        "clocked, to come": "active",
        "once, ran": "finished",
        "once, to come": "active",
        "expired": "expired",
        "expired, off": "expired",
        "expires": "active",
        "begins": "active",
        "sunrise": "active",
    }
    assert tasks["clocked, ran"].note == "it ran before it was imported"
    assert tasks["clocked, passed"].note == "its moment had passed when it was imported; it did not run"
    assert shell.next_runs()["begins"] == "2027-02-01 00:00"
    assert "0 new, 0 changed, 11 same, 0 left out. Done." in shell.take(beat_dumps.ENDS)
    shell.harness.tick(1)
    assert not any(shell.harness.rows(task.id) for task in tasks.values())


def test_what_is_broken_is_told_and_the_rest_goes_on(shell: Shell) -> None:
    told = shell.take(beat_dumps.BROKEN)
    assert sorted(shell.tasks()) == ["a walker", "good", "over the end", "twice"]
    for reason in (
        "left out  periodic task 2 no minute",
        '"61" is not a minute',
        '"Mars/Olympus" is not a time zone',
        "schedule: it has none of",
        "interval: 2 is not in the dump",
        "kwargs: ",
        'args: ["x"]: a task here takes its argument by name',
        'task: "shop.tasks.close_orders" is not a kind of task',
        "a walker that is called as the task is taken, too",
        'name: "twice" is in the file twice',
        'name: "" is not a name',
        'last_run_at: "yesterday" is not a moment',
        '"nothing" is no row of a dump',
        "row 5",
    ):
        assert reason in told, reason
    assert 'task: "shop.tasks.echo" becomes the walker echo' in told
    assert shell.tasks()["over the end"].schedule_object()["conf"] == {
        "minute": "0", "hour": "22,0,2,4", "day_of_week": "5,6,0,1", "day_of_month": "*", "month_of_year": "*",
    }  # fmt: skip
    walker = shell.tasks()["a walker"].argument_object()
    assert (walker["name"], walker["ctx"]) == ("echo", {"value": 3})
    assert "expire_seconds: -1 is no number of seconds for a grace" in told
    assert "priority: 200 has no equivalent here" in told
