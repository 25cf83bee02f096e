"""Every API can be asked from the shell."""

import json

import pytest
from flask.testing import FlaskCliRunner

from tests.support.cast import person
from walkabout.service import Service
from walkabout.web.application import create_app


def test_asks_in_the_first_admins_name(cli: FlaskCliRunner) -> None:
    ran = cli.invoke(args=["api", "master_allusers", "limit=5"])
    assert ran.exit_code == 0
    assert [each["user"] for each in json.loads(ran.output)["data"]] == ["ana@example.com"]


def test_runs_a_walker_with_its_fields_as_json(cli: FlaskCliRunner) -> None:
    ran = cli.invoke(args=["api", "walker_run", "name=echo", 'ctx={"value": [1, "é"]}'])
    assert json.loads(ran.output)["report"] == [[1, "é"]]


def test_asks_as_somebody_else(service: Service, cli: FlaskCliRunner) -> None:
    person(service, "bob")
    ran = cli.invoke(args=["api", "--as", "bob@example.com", "master_allusers"])
    assert ran.exit_code == 1
    assert "for admins" in json.loads(ran.output)["errors"][0]


def test_what_the_public_may_ask_needs_nobody(service: Service) -> None:
    ran = create_app(service).test_cli_runner().invoke(args=["api", "info"])
    assert "Version" in json.loads(ran.output)


def test_a_refusal_is_shown_and_is_the_exit_status(cli: FlaskCliRunner) -> None:
    ran = cli.invoke(args=["api", "walker_run", "nme=echo"])
    assert ran.exit_code == 1
    assert json.loads(ran.output)["errors"][0] == "nme: unknown, did you mean name?"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["walker_rnu"], "did you mean walker_run?"),
        (["walker_run", "echo"], '"echo" is not KEY=VALUE'),
        (["--as", "nobody@example.com", "walker_list"], "nobody has the email"),
    ],
)
def test_what_can_t_be_asked_is_said(cli: FlaskCliRunner, words: list[str], says: str) -> None:
    ran = cli.invoke(args=["api", *words])
    assert (ran.exit_code, says in ran.output) == (2, True)


def test_without_an_admin_it_says_what_makes_one(service: Service) -> None:
    ran = create_app(service).test_cli_runner().invoke(args=["api", "walker_list"])
    assert (ran.exit_code, "flask --app app init" in ran.output) == (2, True)


def test_without_a_name_it_lists_all(cli: FlaskCliRunner) -> None:
    lines = cli.invoke(args=["api"]).output.splitlines()
    assert "object_get  obj [depth] [detailed]" in [line.strip() for line in lines]
