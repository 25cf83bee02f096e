"""The command line of schedules."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

from tests.support.schedule_harness import START, ScheduleHarness, at, every, task_of_name
from walkabout.jids import jid
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER, moment
from walkabout.web.application import create_app


@pytest.fixture
def cli(harness: ScheduleHarness) -> FlaskCliRunner:
    return create_app(harness.service).test_cli_runner()


def run(cli: FlaskCliRunner, *words: str | Path) -> Result:
    return cli.invoke(args=["schedules", *map(str, words)])


def names(harness: ScheduleHarness) -> list[str]:
    return [task.name for task in task_queries.page(harness.service.db, None, "", 0, 0, ascending=True)]


def exported(cli: FlaskCliRunner, path: Path, **changes: Any) -> Path:
    """A file of all tasks, each with these changes."""
    content = json.loads(run(cli, "export").output)
    content["schedules"] = [row | changes for row in content["schedules"]]
    path.write_text(json.dumps(content))
    return path


def test_export_is_readable_and_sorted_by_name(harness: ScheduleHarness, cli: FlaskCliRunner) -> None:
    harness.add(every(10), "b", grace=5)
    harness.add(every(20), "a")
    content = json.loads(run(cli, "export").output)
    assert [(row["name"], row["owner"], row["grace"]) for row in content["schedules"]] == [
        ("a", "ana@example.com", None),
        ("b", "ana@example.com", 5.0),
    ]


def test_export_writes_a_file(harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path) -> None:
    harness.add(every(10))
    assert run(cli, "export", tmp_path / "out.json").exit_code == 0
    assert json.loads((tmp_path / "out.json").read_text())["version"] == 1


def test_import_shows_first_and_changes_nothing(harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path) -> None:
    harness.add(every(10))
    file = exported(cli, tmp_path / "in.json", name="other")
    result = run(cli, "import", file)
    assert "new       other" in result.output
    assert "Nothing was changed: add --apply to do it." in result.output
    assert names(harness) == ["task"]


def test_import_makes_new_tasks(harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path) -> None:
    harness.add(every(10), grace=5)
    file = exported(cli, tmp_path / "in.json", name="other", state="disabled", note="not yet")
    assert run(cli, "import", file, "--apply").exit_code == 0
    made = task_of_name(harness.service.db, "other")
    assert made is not None
    assert (made.state, made.note, made.policies.grace, made.owner) == ("disabled", "not yet", 5, harness.ana.uid)


def test_import_changes_tasks_of_the_same_name_and_says_what(
    harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path
) -> None:
    id = harness.add(every(10))
    file = exported(cli, tmp_path / "in.json", grace=5, schedule=every(20))
    result = run(cli, "import", file, "--apply")
    assert "grace: null -> 5" in result.output
    assert (harness.task(id).policies.grace, harness.task(id).next_run_at) == (5, harness.clock() + 20)


def test_import_of_what_is_there_changes_nothing(harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path) -> None:
    id = harness.add(every(10))
    result = run(cli, "import", exported(cli, tmp_path / "in.json"), "--apply")
    assert "0 new, 0 changed, 1 same, 0 left out. Done." in result.output
    assert harness.task(id).revision == 1


def test_import_enables_and_disables(harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path) -> None:
    id = harness.add(every(10))
    run(cli, "import", exported(cli, tmp_path / "off.json", state="disabled"), "--apply")
    assert harness.task(id).state == "disabled"
    run(cli, "import", exported(cli, tmp_path / "on.json", state="active"), "--apply")
    assert harness.task(id).state == "active"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"schedule": every(0)}, "schedule.conf.every: 0 is not a number of periods"),
        ({"kwargs": {"name": "echo"}}, "kwargs.mst (Master) is required"),
        ({"task": "x"}, 'task: "x" is not a kind of task'),
        ({"task": "ScheduledSequence", "owner": "x", "kwargs": {"requests": []}}, 'owner: "x" is not a master here'),
        ({"state": "gone"}, 'state: "gone" is unknown'),
        ({"anchor": "soon"}, 'anchor: "soon" is not a moment'),
        ({"grac": 1}, "grac: unknown, did you mean grace?"),
        ({"overlap": "no"}, 'overlap: "no" is not a rule'),
    ],
)
def test_what_is_wrong_is_left_out_with_the_field(
    harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    harness.add(every(10))
    result = run(cli, "import", exported(cli, tmp_path / "in.json", **changes), "--apply")
    assert result.exit_code == 1
    assert "left out  schedules[0]" in result.output
    assert why in result.output


def test_import_takes_the_originals_full_names(harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path) -> None:
    harness.add(every(10))
    file = exported(cli, tmp_path / "in.json", task="jaseci.svc.task.common.ScheduledWalker")
    assert "1 same" in run(cli, "import", file).output


def test_import_gives_all_to_the_owner_that_is_named(
    harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path
) -> None:
    bob = harness.service.new_master("bob@example.com", "correct-horse", "Bob")
    harness.add(every(10))
    file = exported(cli, tmp_path / "in.json", name="bobs")
    assert run(cli, "import", file, "--owner", "bob@example.com", "--apply").exit_code == 0
    made = task_of_name(harness.service.db, "bobs")
    assert made is not None
    assert (made.owner, made.argument_object()["mst"]) == (bob.uid, jid(bob.uid))


@pytest.mark.parametrize("write", [str, str.upper, jid])
def test_an_owner_who_is_named_already_is_no_change(
    harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path, write: Callable[[str], str]
) -> None:
    argument = {"name": "echo", "mst": write(harness.ana.uid)}
    task = harness.service.periodic_tasks.create(Draft("task", WALKER, argument, every(10)))
    file = exported(cli, tmp_path / "in.json")
    result = run(cli, "import", file, "--owner", "ana@example.com", "--apply")
    assert "0 new, 0 changed, 1 same, 0 left out. Done." in result.output
    assert harness.task(task.id) == task


@pytest.mark.parametrize("text", ["nothing", "[]", '{"format": "walkabout schedules", "version": 2, "schedules": []}'])
def test_another_file_is_refused(cli: FlaskCliRunner, tmp_path: Path, text: str) -> None:
    (tmp_path / "in.json").write_text(text)
    result = run(cli, "import", tmp_path / "in.json")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")


def test_an_owner_who_is_nobody_is_refused(cli: FlaskCliRunner, tmp_path: Path) -> None:
    (tmp_path / "crontab").write_text("")
    result = run(cli, "import-crontab", tmp_path / "crontab", "--owner", "nobody")
    assert '--owner: "nobody" is not a master here' in result.output


def test_a_crontab_becomes_sequences_of_the_first_admin(
    harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path
) -> None:
    harness.service.first_admin()
    (tmp_path / "crontab").write_text("0 3 * * * curl http://a\n")
    result = run(cli, "import-crontab", tmp_path / "crontab", "--timezone", "Europe/Berlin", "--apply")
    assert result.exit_code == 0, result.output
    made = task_of_name(harness.service.db, "GET http://a")
    assert made is not None
    assert (made.timezone, made.owner) == ("Europe/Berlin", _admin(harness))


def test_a_crontab_without_an_owner_is_left_out(harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path) -> None:
    (tmp_path / "crontab").write_text("0 3 * * * curl http://a\n")
    assert "owner: the owner is missing" in run(cli, "import-crontab", tmp_path / "crontab").output


def test_a_dump_of_celery_beat_becomes_tasks(harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path) -> None:
    fields = {"name": "beat", "task": "ScheduledWalker", "interval": 1, "kwargs": '{"name": "echo"}', "queue": "fast"}
    interval = {"model": "django_celery_beat.intervalschedule", "pk": 1, "fields": {"every": 5, "period": "minutes"}}
    task = {"model": "django_celery_beat.periodictask", "pk": 1, "fields": fields}
    (tmp_path / "dump.json").write_text(json.dumps([interval, task]))
    result = run(cli, "import-celery-beat", tmp_path / "dump.json", "--owner", "ana@example.com", "--apply")
    assert result.exit_code == 0, result.output
    assert 'queue: "fast" is for a broker and is ignored' in result.output
    assert names(harness) == ["beat"]


def _admin(harness: ScheduleHarness) -> str:
    admin = harness.service.masters.by_email("admin@localhost")
    assert admin is not None
    return admin.uid


def test_an_export_comes_back_the_same_and_elsewhere_as_it_was(
    harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path
) -> None:
    periodic_tasks = harness.service.periodic_tasks
    clocked = {"type": "clocked", "conf": {"clocked_time": "2027-01-15T08:00:30Z"}}
    ids = [harness.add(every(7), "seven"), harness.add(clocked, "once"), harness.add(every(60), "paused")]
    periodic_tasks.disable(ids[2], "on holiday")
    harness.tick(61)
    before = [harness.task(id) for id in ids]
    assert [task.state for task in before] == ["active", "finished", "disabled"]
    file = exported(cli, tmp_path / "in.json")
    assert "0 new, 0 changed, 3 same, 0 left out. Done." in run(cli, "import", file, "--apply").output
    assert [harness.task(id) for id in ids] == before
    for id in ids:
        periodic_tasks.delete(id)
    harness.clock.pass_(3)
    assert "3 new" in run(cli, "import", file, "--apply").output
    for old in before:
        new = task_of_name(harness.service.db, old.name)
        assert new is not None
        assert (new.state, new.note, new.schedule) == (old.state, old.note, old.schedule)
        assert new.rule().next_after(moment(START + 100)) == old.rule().next_after(moment(START + 100))


def test_a_broken_row_is_told_and_the_others_go_on(
    harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path
) -> None:
    broken, whole = harness.add(every(10), "broken"), harness.add(every(10), "whole")
    harness.service.db.change("UPDATE schedule SET schedule = '{' WHERE id = ?", (broken,))
    file = exported(cli, tmp_path / "in.json")
    for id in (broken, whole):
        harness.service.periodic_tasks.delete(id)
    result = run(cli, "import", file, "--apply")
    assert "1 new, 0 changed, 0 same, 1 left out" in result.output
    assert names(harness) == ["whole"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_with_a_mark_of_its_encoding_is_read(
    harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path, encoding: str
) -> None:
    harness.add(every(10), "größer")
    file = tmp_path / "in.json"
    file.write_bytes(run(cli, "export").output.encode(encoding))
    assert "1 same" in run(cli, "import", file).output


def test_a_file_that_is_no_text_is_refused(cli: FlaskCliRunner, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_bytes(b'{"format": "\xff"}')
    result = run(cli, "import", tmp_path / "in.json")
    assert (result.exit_code, result.output) == (1, "Error: file: byte 12 is not UTF-8; save it in that encoding\n")


def test_a_new_task_is_told_with_when_it_fires_and_why_it_does_not(
    harness: ScheduleHarness, cli: FlaskCliRunner, tmp_path: Path
) -> None:
    harness.add(every(10), "a")
    harness.add(at("2027-01-15T08:00:30Z"), "b")
    harness.tick(60)
    file = exported(cli, tmp_path / "in.json")
    content = json.loads(file.read_text())
    content["schedules"][0] |= {"state": "disabled", "note": "on holiday"}
    file.write_text(json.dumps(content))
    for task in task_queries.page(harness.service.db, None, "", 0, 0, ascending=True):
        harness.service.periodic_tasks.delete(task.id)
    assert run(cli, "import", file).output.splitlines()[:6] == [
        "new       a",
        "          Every 10 seconds",
        "          disabled: on holiday",
        "new       b",
        "          Once, on 2027-01-15 at 08:00:30 (UTC)",
        "          finished",
    ]
