"""Commands for people: tables and exit statuses here, and the same of a service elsewhere, over HTTP."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskCliRunner

from tests.support.house import ADMIN, ROOT, House
from tests.support.schedule_harness import cron, every
from tests.support.tasks import walker_task
from walkabout.api.families import apis
from walkabout.commands import shown
from walkabout.commands.elsewhere import asks_elsewhere, elsewhere_app
from walkabout.commands.faces import FACES, FILES, GROUPS, Face
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.settings import Settings

Run = Callable[..., Result]


@pytest.fixture
def run(cli: FlaskCliRunner) -> Run:
    return lambda *words, **more: cli.invoke(args=list(words), **more)


@pytest.fixture
def away(house: House) -> Run:
    """Commands that ask the service of the tests as its admin."""
    token = house.client().token
    runner = elsewhere_app(Settings(command_url=house.url, command_token=token)).test_cli_runner()
    return lambda *words, **more: runner.invoke(args=[*words], **more)


def rows(result: Result) -> list[list[str]]:
    """The cells of a table, without its head."""
    assert result.exit_code == 0, result.output
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in result.output.splitlines()[1:]]


@pytest.mark.parametrize("face", FACES, ids=lambda face: f"{face.group} {face.name}")
def test_each_command_names_what_its_api_has(face: Face, app: Flask) -> None:
    api = apis()[face.api]
    named = {*face.arguments, *face.fixed, *face.left_out, *([face.many] if face.many else [])}
    assert named <= api.params.keys()
    required = {name for name, param in api.params.items() if param.required}
    assert required <= {*face.arguments, "password"}
    assert face.group in GROUPS
    assert set(face.arguments) & set(FILES) <= {"file"}
    shown_help = app.test_cli_runner().invoke(args=[face.group, face.name, "--help"])
    assert shown_help.exit_code == 0
    assert face.doc.split(";")[0][:40] in shown_help.output


def test_tasks_are_listed_paused_and_resumed(run: Run, service: Service, ana: Master) -> None:
    task = walker_task(service, ana, name="nightly")
    assert rows(run("tasks", "list"))[0][:3] == [str(task.id), "nightly", "active"]
    paused = run("tasks", "pause", "nightly", "--note", "on holiday")
    assert re.search(r"^note +on holiday$", paused.output, re.M)
    assert rows(run("tasks", "list")) == [[str(task.id), "nightly", "disabled", "-"]]
    assert json.loads(run("tasks", "resume", str(task.id), "--json").output)["state"] == "active"
    assert "interval" in run("tasks", "show", "nightly").output
    assert json.loads(run("tasks", "change", "nightly", "--grace", "5", "--json").output)["grace"] == 5
    assert [row[3] for row in rows(run("tasks", "changes", "nightly"))] == ["changed", "enabled", "disabled", "created"]
    assert "Successfully deleted" in run("tasks", "delete", "nightly").output
    assert rows(run("tasks", "list")) == []


def test_a_task_is_added_previewed_and_run(run: Run, service: Service, ana: Master) -> None:
    schedule = json.dumps(cron("5", hour="3"))
    assert "Every day at 03:05 (UTC)" in run("tasks", "preview", schedule).output
    added = run(
        "tasks", "add-walker", "early", schedule, '{"name": "echo"}', "--timezone", "Asia/Tokyo", "--tags", "a b"
    )
    assert added.exit_code == 0, added.output
    assert rows(run("tasks", "tags")) == [["a", "1"], ["b", "1"]]
    uid = json.loads(run("tasks", "run", "early", "--json").output)["task_id"]
    assert rows(run("tasks", "runs", "early"))[0][:2] == [uid, "PENDING"]
    assert rows(run("jobs", "list", "--task", "early"))[0][:4] == [uid, "PENDING", "echo", "early"]
    assert run("jobs", "wait", uid, "--timeout", "0").exit_code == 1
    assert "count    1" in run("jobs", "cancel", uid).output
    assert "REVOKED" in run("jobs", "show", uid).output
    assert "count    1" in run("jobs", "retry", uid).output


def test_a_refusal_is_said_and_is_the_exit_status(run: Run) -> None:
    refused = run("tasks", "show", "nothing")
    assert (refused.exit_code, refused.output) == (1, 'name: "nothing" is not a scheduled task of yours\n')
    assert json.loads(run("tasks", "show", "nothing", "--json").output)["success"] is False
    assert run("tasks", "show").exit_code == 2
    failed = run("walkers", "run", "fail", "--ctx", '{"message": "no"}')
    assert (failed.exit_code, "ValueError: no" in failed.output) == (1, True)


def test_a_file_is_exported_and_imported(run: Run, service: Service, ana: Master, tmp_path: Path) -> None:
    walker_task(service, ana, name="a", schedule=every(7))
    (tmp_path / "tasks.json").write_text(run("tasks", "export").output)
    run("tasks", "delete", "a")
    planned = run("tasks", "import", str(tmp_path / "tasks.json"))
    assert planned.output.endswith("1 new. Nothing was changed: add --apply to do it.\n")
    assert run("tasks", "import", str(tmp_path / "tasks.json"), "--apply").output.endswith("1 new. Done.\n")
    assert rows(run("tasks", "list"))[0][1] == "a"
    assert run("tasks", "export", "--format", "crontab").output.startswith("# Tasks of this installation")


def test_a_name_moves_no_cursor(run: Run, service: Service, ana: Master) -> None:
    walker_task(service, ana, name="\x1b[2Jgone\u202ebackwards", policies={"description": "one\ntwo"})
    listed = run("tasks", "list").output
    assert r"\x1b[2Jgone\u202ebackwards" in listed
    assert "\x1b" not in listed + run("tasks", "show", "1").output


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"), ("", "-"), ([], "-"), (True, "yes"), (0, "0"), ({"a": [1]}, '{"a":[1]}'), (["a", "b"], "a; b"),
        ("2027-01-15T08:00:00.123456+00:00", "2027-01-15T08:00:00+00:00"), ("a\nb", "a b"),
    ],
)  # fmt: skip
def test_values_are_one_line(value: Any, text: str) -> None:
    assert shown.cell(value) == text


def test_columns_are_as_wide_as_they_are_seen() -> None:
    assert shown.table([{"a": "日本", "b": 1}, {"a": "x", "b": 22}], ("a", "b")) == "A     B\n日本  1\nx     22"


# Elsewhere


def test_a_service_elsewhere_is_asked_over_http(away: Run, tmp_path: Path) -> None:
    name = "faces: over http"
    added = away("tasks", "add-walker", name, json.dumps(cron("5", hour="3")), '{"name": "echo"}', "--json")
    id = str(json.loads(added.output)["id"])
    assert [row[:3] for row in rows(away("tasks", "list", "--search", "faces:"))] == [[id, name, "active"]]
    uid = json.loads(away("walkers", "run", "echo", "--ctx", '{"value": "é"}', "--is-async", "--json").output)["result"]
    waited = away("jobs", "wait", uid)
    assert (waited.exit_code, '"é"' in waited.output) == (0, True)
    failing = json.loads(away("walkers", "run", "fail", "--is-async", "--json").output)["result"]
    assert away("jobs", "wait", failing).exit_code == 1
    (tmp_path / "crontab").write_bytes(b"0 3 * * * curl -d gr\xfcn http://a\n")
    planned = away("tasks", "import", str(tmp_path / "crontab"), "--format", "crontab", "--source", "faces")
    assert planned.output.endswith("1 new. Nothing was changed: add --apply to do it.\n")
    assert "PART" in away("queue", "show").output
    for words in ("notices list", "notices targets", "sequences list", "tokens list", "jobs list"):
        assert away(*words.split()).exit_code == 0, words
    assert ADMIN[0] in away("people", "list").output
    assert json.loads(away("api", "info").output)["Creator"]
    assert json.loads(away("api", "walker_run", "name=echo", "ctx={}").output)["report"] == [None]
    assert away("tasks", "delete", id).exit_code == 0
    assert away("tasks", "show", id).exit_code == 1


def test_a_token_is_got_for_a_password_that_nobody_sees(house: House) -> None:
    runner = elsewhere_app(Settings()).test_cli_runner()
    got = runner.invoke(args=["tokens", "get", ADMIN[0], "--url", house.url, "--json"], input=f"{ADMIN[1]}\n")
    assert ADMIN[1] not in got.output
    token = json.loads(got.stdout[got.stdout.index("{") :])["token"]
    listed = runner.invoke(args=["walkers", "list", "--url", house.url, "--token", token])
    assert "echo" in listed.output


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["jobs", "list", "--url", "http://127.0.0.1:1", "--token", "x"], 1, "http://127.0.0.1:1 does not answer: "),
        (["jobs", "list", "--url", "http://127.0.0.1:1"], 2, "a token is missing"),
        (
            ["jobs", "list", "--url", "http://127.0.0.1:1", "--as", "a@example.com"],
            2,
            "--as is for the installation here",
        ),
        (["jobs", "list"], 2, "--url is missing"),
    ],
)
def test_what_can_t_be_asked_elsewhere_is_said(words: list[str], status: int, says: str) -> None:
    result = elsewhere_app(Settings()).test_cli_runner().invoke(args=words)
    assert (result.exit_code, says in result.output) == (status, True), result.output


def test_a_wrong_password_is_said_in_its_own_form(house: House) -> None:
    words = ["tokens", "get", "nobody-here@example.com", "--url", house.url, "--password", "wrong-horse"]
    result = elsewhere_app(Settings()).test_cli_runner().invoke(args=words)
    said = "non_field_errors: Unable to authenticate with provided credentials\n"
    assert (result.exit_code, result.output) == (1, said)


def test_a_password_in_a_file_of_the_user_takes_no_token_s_place(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    words = ["tokens", "list", "--url", house.url, "--token", house.client().token]
    assert elsewhere_app(Settings()).test_cli_runner().invoke(args=words).exit_code == 0


def test_a_wrong_token_is_refused(house: House) -> None:
    words = ["jobs", "list", "--url", house.url, "--token", "wrong"]
    result = elsewhere_app(Settings()).test_cli_runner().invoke(args=words)
    assert (result.exit_code, "Invalid token" in result.output) == (1, True)


def test_to_ask_elsewhere_makes_no_installation_here(house: House, tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "WALKABOUT_TOKEN": house.client().token, "WALKABOUT_URL": house.url}
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), "walkers", "list"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True, timeout=60)
    assert "echo" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "is_elsewhere"),
    [
        ("--app app jobs list --url http://x", True), ("jobs list --url=http://x", True), ("jobs list", False),
        ("schedules export --url http://x", False), ("api info --url http://x", True), ("", False), ("settings", False),
    ],
)  # fmt: skip
def test_what_asks_elsewhere(words: str, is_elsewhere: bool) -> None:
    assert asks_elsewhere(words.split(), Settings()) is is_elsewhere
    has_face = words.startswith(("jobs", "--app app jobs", "api"))
    assert asks_elsewhere(words.split(), Settings(command_url="http://x")) is has_face
