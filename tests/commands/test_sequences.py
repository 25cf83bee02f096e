"""The command line of sequences. No service runs."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

import sequence
from tests.support.scripted_server import Server
from walkabout.jids import jid
from walkabout.people.masters import Master


@pytest.fixture
def server(server: Server) -> Server:
    server.begin({"GET /ok": {"json": {"n": 1}}, "GET /bad": {"status": 500}})
    return server


def run(cli: FlaskCliRunner, *words: str | Path) -> Result:
    return cli.invoke(args=["sequence", *map(str, words)])


def written(folder: Path, content: Any) -> Path:
    path = folder / "steps.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def get(url: str, **more: Any) -> dict[str, Any]:
    return {"requests": [{"method": "GET", "api": url, "save_to": "r", "name": "first", **more}]}


def test_run_shows_each_step_and_the_persistence(cli: FlaskCliRunner, server: Server, tmp_path: Path) -> None:
    ran = run(cli, "run", written(tmp_path, get(server.base + "/ok")))
    step, _, persistence = ran.output.partition("\n")
    assert step.split()[:3] == ["0", "ok", "200"]
    assert step.endswith(f"GET {server.base}/ok first")
    assert json.loads(persistence) == {"r": {"n": 1}}
    assert ran.exit_code == 0


def test_run_that_fails_says_where_and_exits_with_1(cli: FlaskCliRunner, server: Server, tmp_path: Path) -> None:
    ran = run(cli, "run", written(tmp_path, get(server.base + "/bad")))
    assert ran.output.splitlines()[-1] == "failed at 0: status 500 Internal Server Error"
    assert ran.exit_code == 1


def test_run_prints_one_json_object_when_asked(cli: FlaskCliRunner, server: Server, tmp_path: Path) -> None:
    ran = run(cli, "run", written(tmp_path, get(server.base + "/bad")), "--json")
    answer = json.loads(ran.output)
    assert set(answer) == {"success", "result", "steps", "error", "errors"}
    assert (answer["success"], answer["error"]["path"], ran.exit_code) == (False, "0", 1)


def test_run_takes_variables_as_json_or_text(cli: FlaskCliRunner, server: Server, tmp_path: Path) -> None:
    file = written(tmp_path, get(server.base + "/{{#.way}}"))
    ran = run(cli, "run", file, "--var", "way=ok", "--var", 'more={"a": [1]}', "--json")
    assert json.loads(ran.output)["result"] == {"way": "ok", "more": {"a": [1]}, "r": {"n": 1}}


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("1.10", "1.10"),
        ("1e5", "1e5"),
        ("12e4567", "12e4567"),
        ("-0", "-0"),
        ("007", "007"),
        ("9007199254740993", 9007199254740993),
        ("1.5", 1.5),
        ("0", 0),
        ("true", True),
        ("null", None),
        ('"1"', "1"),
        ("[1.10]", [1.1]),
    ],
)
def test_a_variable_is_a_number_only_as_it_would_be_written(
    cli: FlaskCliRunner, server: Server, tmp_path: Path, given: str, value: Any
) -> None:
    ran = run(cli, "run", written(tmp_path, get(server.base + "/ok")), "--var", f"v={given}", "--json")
    got = json.loads(ran.output)["result"]["v"]
    assert (got, type(got)) == (value, type(value))


def test_a_curl_command_becomes_a_sequence(cli: FlaskCliRunner, tmp_path: Path) -> None:
    ran = run(cli, "from-curl", written(tmp_path, "curl -L -H 'X-Key: $KEY' http://a/ | jq ."))
    assert json.loads(ran.stdout) == {"requests": [{"method": "GET", "api": "http://a/", "header": {"X-Key": "$KEY"}}]}
    assert ran.stderr == "what follows the | is left out: jq .\n"


def test_a_command_that_is_no_curl_call_exits_with_2(cli: FlaskCliRunner, tmp_path: Path) -> None:
    ran = run(cli, "from-curl", written(tmp_path, "wget http://a/"))
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert '"wget" is not curl' in ran.stderr


@pytest.mark.parametrize("variable", ["way", "=x"])
def test_run_refuses_a_variable_without_a_key_or_a_value(cli: FlaskCliRunner, tmp_path: Path, variable: str) -> None:
    ran = run(cli, "run", written(tmp_path, get("http://x/")), "--var", variable)
    assert ran.exit_code == 2
    assert "KEY=VALUE" in ran.output


def test_run_with_mocks_sends_nothing(cli: FlaskCliRunner, server: Server, tmp_path: Path) -> None:
    mocks = tmp_path / "mocks.json"
    mocks.write_text('{"0": {"body": "mocked"}, } // by path')
    ran = run(cli, "run", written(tmp_path, get(server.base + "/ok")), "--mock", mocks, "--json")
    assert json.loads(ran.output)["result"] == {"r": "mocked"}
    assert server.seen == []


def test_run_refuses_mocks_that_make_no_sense(cli: FlaskCliRunner, tmp_path: Path) -> None:
    mocks = tmp_path / "mocks.json"
    mocks.write_text('{"0": {"statuss": 200}}')
    ran = run(cli, "run", written(tmp_path, get("http://x/")), "--mock", mocks)
    assert (ran.exit_code, "did you mean status?" in ran.output) == (2, True)


def test_run_of_what_can_not_run_exits_with_2(cli: FlaskCliRunner, tmp_path: Path) -> None:
    ran = run(cli, "run", written(tmp_path, {"requests": [{"methd": "GET"}]}))
    assert (ran.exit_code, "requests[0].methd" in ran.output) == (2, True)


def test_run_masks_what_is_sensitive_unless_json_is_asked_for(
    cli: FlaskCliRunner, server: Server, tmp_path: Path
) -> None:
    file = written(tmp_path, {**get(server.base + "/ok"), "persistence": {"token": "T0K-EN"}})
    assert "T0K-EN" not in run(cli, "run", file).output
    assert "T0K-EN" in run(cli, "run", file, "--json").output


def test_jac_steps_run_in_the_first_admins_name(cli: FlaskCliRunner, ana: Master, tmp_path: Path) -> None:
    steps = {"requests": [{"method": "JAC", "api": "master_self", "master": jid(ana.uid), "save_to": "me"}]}
    ran = run(cli, "run", written(tmp_path, steps), "--json")
    assert json.loads(ran.output)["result"]["me"]["name"] == "ana@example.com"


def test_check_of_a_good_file_says_nothing(cli: FlaskCliRunner, tmp_path: Path) -> None:
    ran = run(cli, "check", written(tmp_path, get("http://x/")))
    assert (ran.output, ran.exit_code) == ("", 0)


def test_check_names_file_line_column_and_path(cli: FlaskCliRunner, tmp_path: Path) -> None:
    file = written(
        tmp_path, '{\n  // comment\n  "requests": [\n    {"method": "GET", "api": "x", "expekt": []},\n  ],\n}'
    )
    ran = run(cli, "check", file)
    assert ran.output == f"{file}:4:35: requests[0].expekt: unknown key of the step, did you mean expect?\n"
    assert ran.exit_code == 1


def test_check_of_what_is_no_json_names_the_place(cli: FlaskCliRunner, tmp_path: Path) -> None:
    file = written(tmp_path, '{"requests": [}')
    ran = run(cli, "check", file)
    assert (ran.output.startswith(f"{file}:1:15: "), ran.exit_code) == (True, 2)


def test_check_warns_of_what_is_left_out(cli: FlaskCliRunner, tmp_path: Path) -> None:
    ran = run(cli, "check", written(tmp_path, '{"requests": [], "cookies": ...}'))
    assert ("left out" in ran.stderr, ran.stdout, ran.exit_code) == (True, "", 0)


def test_schema_is_the_librarys(cli: FlaskCliRunner) -> None:
    assert json.loads(run(cli, "schema").output) == sequence.schema()


def test_a_saved_one_is_listed_shown_and_run_by_its_name(cli: FlaskCliRunner, server: Server, tmp_path: Path) -> None:
    saved = run(
        cli, "save", "ping", written(tmp_path, get(server.base + "/ok")), "--tag", "x", "--description", "Is it there?"
    )
    assert (saved.exit_code, saved.output) == (0, "ping is saved, version 1.\n")
    assert run(cli, "saved").output.split(maxsplit=2) == ["ping", "1", "Is it there? #x\n"]
    assert json.loads(run(cli, "show", "ping").output)["requests"][0]["save_to"] == "r"
    assert run(cli, "show", "pong").exit_code == 1
    ran = run(cli, "run", written(tmp_path, {"name": "ping"}), "--json")
    assert json.loads(ran.output)["result"] == {"r": {"n": 1}}
    bad = run(cli, "save", "ping", written(tmp_path, '{"requests": [\n{"methd": 1}]}'))
    assert (bad.exit_code, bad.output.split(": ")[0]) == (2, f"{tmp_path}/steps.json:2:2")


def folder(tmp_path: Path, **files: Any) -> Path:
    for name, content in files.items():
        path = tmp_path / f"{name.replace('__', '/')}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return tmp_path


def test_a_block_may_be_a_file_beside_the_one_that_names_it(
    cli: FlaskCliRunner, server: Server, tmp_path: Path
) -> None:
    inner = {"requests": [{"use": "deep"}], "blocks": {"deep": "deep.json"}, "persistence": {"not": "taken"}}
    files = folder(
        tmp_path,
        main={"blocks": {"in": "parts/in.json"}, "requests": [{"use": "in", "save_to": "r"}]},
        parts__in=inner,
        parts__deep=[{"method": "GET", "api": server.base + "/ok"}],
    )
    ran = run(cli, "run", files / "main.json", "--json")
    assert json.loads(ran.output)["result"] == {"r": {"n": 1}}, ran.output


def test_a_problem_of_a_blocks_file_stands_in_that_file(cli: FlaskCliRunner, tmp_path: Path) -> None:
    files = folder(
        tmp_path,
        main={"blocks": {"in": "in.json", "own": [{"methd": 1}]}, "requests": []},
        **{"in": '[\n  {"method": "GET", "api": "http://x", "ok": "no"}\n]'},
    )
    lines = run(cli, "check", files / "main.json").output.splitlines()
    assert next(line for line in lines if "ok" in line).startswith(f"{files / 'in.json'}:2:")
    assert next(line for line in lines if "methd" in line).startswith(f"{files / 'main.json'}:1:")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("../outside.json", "leads out of"),
        ("/etc/passwd", "leads out of"),
        ("main.json", "in a circle"),
        ("none.json", "can't be read"),
        ("broken.json", "broken.json:1:"),
    ],
)
def test_a_file_that_can_not_be_a_block_is_refused(cli: FlaskCliRunner, tmp_path: Path, names: str, said: str) -> None:
    files = folder(tmp_path, outside=[], here__main={"blocks": {"b": names}, "requests": []}, here__broken="[")
    ran = run(cli, "check", files / "here" / "main.json")
    assert said in ran.output
    assert ran.exit_code == 2


def test_files_that_double_all_the_way_are_refused(cli: FlaskCliRunner, tmp_path: Path) -> None:
    many = {f"f{n}": {"blocks": dict.fromkeys("abc", f"f{n + 1}.json"), "requests": []} for n in range(8)}
    ran = run(cli, "check", folder(tmp_path, **many, f8=[]) / "f0.json")
    assert "at most 100 files" in ran.output


def test_a_hurl_file_is_imported_and_its_requests_are_shown(cli: FlaskCliRunner, tmp_path: Path) -> None:
    (tmp_path / "a.hurl").write_text('POST http://x/a\nAuthorization: Bearer l1ve-token\n{"n": 1}\nHTTP 201\n')
    found = run(cli, "import", tmp_path / "a.hurl")
    assert found.exit_code == 0 and "set SECRET_TOKEN" in found.stderr
    step = json.loads(found.stdout)["requests"][0]
    assert (step["ok"], step["body"], step["header"]) == (201, {"n": 1}, {"Authorization": "Bearer {{secret.TOKEN}}"})
    shown = run(
        cli, "curl", written(tmp_path, {"requests": [{"method": "POST", "api": "http://x/a", "body": {"n": 1}}]})
    )
    assert shown.output.startswith("# 0\ncurl http://x/a") and "'{\"n\":1}'" in shown.output
    (tmp_path / "b.json").write_text("{}")
    assert run(cli, "import", tmp_path / "b.json").exit_code == 2
