"""A crontab that is imported again: what changed is changed, nothing runs twice, and what is left over is told."""

from pathlib import Path

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

from tests.support.schedule_harness import ScheduleHarness
from walkabout.periodic import task_queries
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.web.application import create_app

BASE = "0 1 * * * curl http://a/one\n0 2 * * * curl http://a/two\n0 3 * * * curl http://a/three\n"


class Shell:
    """Imports crontabs, as somebody at the command line does."""

    def __init__(self, harness: ScheduleHarness, folder: Path) -> None:
        self.harness, self.folder = harness, folder
        harness.service.first_admin()
        self.runner: FlaskCliRunner = create_app(harness.service).test_cli_runner()

    def take(self, text: str, *options: str, name: str = "crontab") -> str:
        file = self.folder / name
        file.write_text(text)
        return self.run(str(file), *options).output

    def pipe(self, text: str) -> str:
        return self.runner.invoke(args=["schedules", "import-crontab", "-", "--apply"], input=text).output

    def run(self, *words: str) -> Result:
        return self.runner.invoke(args=["schedules", "import-crontab", *words, "--apply"])

    def tasks(self) -> dict[str, str]:
        """The hour of each task, or its state when it is not active, by name."""
        return {task.name: str(task.schedule_object()["conf"]["hour"]) for task in self.all()}

    def all(self) -> list[PeriodicTask]:
        return task_queries.page(self.harness.service.db, None, "", 0, 0, ascending=True)

    def ids(self) -> list[int]:
        return [task.id for task in self.all()]

    def edit(self, called: str, **edits: object) -> None:
        (task,) = [task for task in self.all() if task.name == called]
        self.harness.service.periodic_tasks.change(task.id, edits)


@pytest.fixture
def shell(harness: ScheduleHarness, tmp_path: Path) -> Shell:
    made = Shell(harness, tmp_path)
    assert "3 new, 0 changed, 0 same, 0 left out. Done." in made.take(BASE)
    return made


def test_the_same_file_changes_nothing(shell: Shell) -> None:
    before = shell.all()
    assert "0 new, 0 changed, 3 same, 0 left out. Done." in shell.take(BASE)
    assert shell.all() == before


@pytest.mark.parametrize("name", ["crontab", "another-place"])
@pytest.mark.parametrize(
    ("old", "new", "hour", "target"),
    [
        ("0 2 ", "0 4 ", "4", "a/two"),
        ("a/two", "a/zwei", "2", "a/zwei"),
        ("curl http://a/two", "curl -fsS -m 10 http://a/two", "2", "a/two"),
        ("0 2 * * * curl http://a/two", "0 5 * * * wget http://b", "5", "b"),
        ("0 2 * * * curl http://a/two", "# moved\n\nMAILTO=me\n0 2 * * * curl http://a/two", "2", "a/two"),
    ],
    ids=["time", "address", "options", "both", "line number"],
)
def test_a_changed_line_changes_its_task(shell: Shell, name: str, old: str, new: str, hour: str, target: str) -> None:
    ids = shell.ids()
    told = shell.take(BASE.replace(old, new), name=name)
    assert ", 0 left out. Done." in told
    assert "0 new" in told
    assert shell.tasks() == {"GET http://a/one": "1", f"GET http://{target}": hour, "GET http://a/three": "3"}
    assert shell.ids() == ids
    again = shell.take(BASE.replace(old, new), name=name)
    assert "0 new, 0 changed, 3 same, 0 left out. Done." in again


def test_two_lines_that_change_places_stay_the_tasks_they_were(shell: Shell) -> None:
    before = shell.all()
    one, two, three = BASE.splitlines(keepends=True)
    assert "3 same" in shell.take(three + one + two)
    assert shell.all() == before


def test_a_line_that_is_gone_is_told_and_its_task_left_as_it_is(shell: Shell) -> None:
    told = shell.take(BASE.replace("0 2 * * * curl http://a/two\n", ""))
    assert "left over GET http://a/two" in told
    assert "its line is gone from the file; it still runs here; pause or delete it if it should not" in told
    assert "0 new, 0 changed, 2 same, 0 left out, 1 left over. Done." in told
    assert shell.tasks()["GET http://a/two"] == "2"
    assert "3 same, 0 left out. Done." in shell.take(BASE)


def test_a_line_more_is_one_task_more(shell: Shell) -> None:
    assert "1 new, 0 changed, 3 same" in shell.take("0 9 * * * curl http://a/nine\n" + BASE)


def test_the_same_line_twice_is_two_tasks_also_when_it_is_imported_again(shell: Shell) -> None:
    twice = BASE + "0 3 * * * curl http://a/three\n"
    assert "1 new" in shell.take(twice)
    assert "GET http://a/three (2)" in shell.tasks()
    assert "4 same" in shell.take(twice)


def test_two_lines_of_one_address_keep_their_tasks(shell: Shell) -> None:
    shell.take(BASE + "0 4 * * * curl http://a/three\n")
    told = shell.take(BASE.replace("0 3", "0 13") + "0 14 * * * curl http://a/three\n")
    assert "0 new, 2 changed, 2 same, 0 left out. Done." in told
    assert shell.tasks()["GET http://a/three"] == "13"
    assert shell.tasks()["GET http://a/three (2)"] == "14"


def test_what_was_edited_here_is_kept_until_its_line_says_otherwise(shell: Shell) -> None:
    shell.edit("GET http://a/two", name="two", description="mine", overlap="allow", timezone="Asia/Tokyo")
    told = shell.take(BASE)
    assert 'timezone: kept as it was edited here: "Asia/Tokyo"' in told
    assert "3 same" in told
    told = shell.take(BASE.replace("0 2 ", "0 4 "))
    assert "changed   two" in told
    (task,) = [task for task in shell.all() if task.name == "two"]
    assert (shell.tasks()["two"], task.timezone, task.policies.overlap) == ("4", "Asia/Tokyo", "allow")
    told = shell.take("CRON_TZ=Europe/Berlin\n" + BASE.replace("0 2 ", "0 4 "))
    assert 'timezone: "Asia/Tokyo" -> "Europe/Berlin"' in told


def test_a_paused_task_stays_paused(shell: Shell) -> None:
    task = shell.all()[1]
    shell.harness.service.periodic_tasks.disable(task.id, "on holiday")
    assert "3 same" in shell.take(BASE)
    shell.take(BASE.replace("0 2 ", "0 4 "))
    assert [task.state for task in shell.all()] == ["active", "disabled", "active"]


def test_a_changed_variable_changes_the_task(shell: Shell) -> None:
    text = "URL=http://a/{}\n0 7 * * * curl $URL\n"
    shell.take(text.format("old"), "--source", "other", name="other")
    told = shell.take(text.format("new"), "--source", "other", name="other")
    assert "0 new, 1 changed, 0 same, 0 left out. Done." in told
    assert "GET http://a/new" in shell.tasks()


def test_crontabs_of_other_names_do_not_meet(shell: Shell) -> None:
    told = shell.take("0 8 * * * curl http://a/one\n", "--source", "web2")
    assert "1 new" in told
    assert shell.tasks() | {"GET http://a/one": "1", "GET http://a/one (2)": "8"} == shell.tasks()


def test_another_file_takes_no_task_over_by_its_time_alone(shell: Shell) -> None:
    told = shell.take("0 2 * * * curl http://elsewhere/two\n", name="other")
    assert "1 new, 0 changed, 0 same, 0 left out. Done." in told
    assert "1 new, 0 changed, 0 same, 0 left out. Done." in shell.pipe("0 3 * * * curl http://third\n")


def test_a_pipe_is_the_same_file_when_half_of_its_lines_are_there(shell: Shell) -> None:
    told = shell.pipe(BASE.replace("a/two", "a/zwei"))
    assert "0 new, 1 changed, 2 same, 0 left out. Done." in told


def test_a_line_that_became_a_script_tells_of_its_task(shell: Shell) -> None:
    told = shell.take(BASE.replace("curl http://a/two", "backup.sh && curl http://a/two"))
    assert 'it runs "backup.sh"' in told
    assert "its task of before is left as it is: GET http://a/two" in told


def test_a_task_that_was_deleted_here_is_made_anew(shell: Shell) -> None:
    shell.harness.service.periodic_tasks.delete(shell.ids()[0])
    assert "1 new, 0 changed, 2 same" in shell.take(BASE)


def test_a_task_of_an_import_that_remembered_no_lines_is_known_by_its_name(shell: Shell) -> None:
    shell.harness.service.db.change("DELETE FROM crontab_line")
    ids = shell.ids()
    assert "0 new, 1 changed, 2 same" in shell.take(BASE.replace("0 2 ", "0 4 "))
    assert shell.ids() == ids
