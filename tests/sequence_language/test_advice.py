"""What people write elsewhere is told, with what to write; what is meant as it stands is not."""

from pathlib import Path
from typing import Any

import pytest

import sequence
from tests.sequence_language.test_docs import examples

SEED = (Path(__file__).parent / "seed_example.txt").read_text()


def step(**keys: Any) -> dict[str, Any]:
    return {"requests": [{"method": "GET", "api": "http://x/", **keys}]}


@pytest.mark.parametrize(
    ("text", "write"),
    [
        ("{{ token }}", "{{secret.NAME}}"),  # Postman, Jinja
        ("{{ user.name }}", "{{#.user.name}}"),
        ("{{user-id}}", "{{#.user-id}}"),
        ("{{$guid}}", "{{uuid}}"),
        ("{{$timestamp}}", "{{now}}"),
        ("{{ $json.email }}", "{{$.email}}"),  # n8n
        ('={{ $node["A"].json.id }}', "{{#.name.key}}"),
        ("{{ name | upper }}", "written as a function"),  # Jinja
        ("{{#if paid}}", "when skips a step"),  # Handlebars
        ("{{#each rows}}", "a loop repeats"),
        ("{{ .Values.id }}", "{{$.Values.id}}"),  # Go
        ("${{ secrets.TOKEN }}", "{{secret.TOKEN}}"),  # GitHub Actions
        ("${{ env.HOST }}", "{{env.HOST}}"),
        ("${{ steps.login.outputs.token }}", "{{#.login.token}}"),
        ("{{ process.env.API_KEY }}", "{{secret.API_KEY}}"),
        ("Bearer $TOKEN", "{{secret.TOKEN}}"),  # a shell
        ("https://${HOST}/x", "{{env.HOST}}"),
        ("$.orders[0].id", "{{$.orders[0].id}}"),  # Step Functions
        ("States.Format('x{}', $.id)", "Step Functions"),
        ("{% $states.input.id %}", "{{= "),
        ("{{ response.id }}", "{{$.id}}"),
        ("{{ item.id }}", "{{@.id}}"),
        ("{{ index }}", "{{!}}"),
        ("{{%.headers.ETag}}", "{{%.header.ETag}}"),
        ("{{%.status_code}}", "{{%.status}}"),
        ("{{%.header.X_Request_Id}}", "{{%.header.X-Request-Id}}"),
        ("{{%.id}}", "{{%.body.id}}"),
    ],
)
def test_what_is_written_elsewhere_is_told(text: str, write: str) -> None:
    for argument in (step(header={"X": text}), step(method="POST", body={"a": [text]}), step(api=text)):
        assert any(write in warning.message for warning in sequence.advice(argument)), sequence.advice(argument)
    (warning, *_) = sequence.advice(step(query={"q": text}))
    assert warning.path == "requests[0].query.q"


@pytest.mark.parametrize(
    ("keys", "path", "says"),
    [
        ({"body": {"a": 1}}, "requests[0].body", "query"),
        ({"master": "self"}, "requests[0].master", "JAC"),
        ({"method": "JAC", "api": "info", "query": {}}, "requests[0].query", "JAC"),
        ({"method": "PSOT"}, "requests[0].method", "did you mean POST?"),
        ({"auth": {"bearer": "x"}, "header": {"authorization": "y"}}, "requests[0].header", "auth goes before"),
        ({"api": "http://x/users/:id"}, "requests[0].api", "{{#.id}}"),
        ({"api": "http://x/users/{id}"}, "requests[0].api", "{{#.id}}"),
    ],
)
def test_a_key_that_means_nothing_is_told(keys: dict[str, Any], path: str, says: str) -> None:
    assert any(warning.path == path and says in warning.message for warning in sequence.advice(step(**keys)))
    assert sequence.check(step(**keys)) == []


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        (step(url="x"), "did you mean api?"),
        (step(headers={}), "did you mean header?"),
        (step(json={}), "did you mean body?"),
        (step(foreach=[]), "did you mean __def_loop__?"),
        (step(attempts=3), "it belongs in retry"),
        (step(concurrency=3), "it belongs in the loop"),
        (step(client_id="x"), "it belongs in auth.oauth2"),
        (step(cookies=True), "it belongs in the whole sequence"),
        ({"steps": [], "requests": []}, "did you mean requests?"),
    ],
)
def test_an_unknown_key_is_told_where_it_belongs(argument: Any, says: str) -> None:
    assert any(says in problem.message for problem in sequence.check(argument)), sequence.check(argument)


@pytest.mark.parametrize(
    "text",
    [
        "{{$.a}} {{ #.b }} {{= $sum([1]) }}",
        "costs $100 or $5.50, 5% off, #1, a@b.c",
        "{'a': {'b': 1}}",
        "\\$HOME",
        "{{#.a|b}}",
        "{{%.header.ETag}} {{%.header.X-A}} {{%.cookies.sid}} {{%.body.x_y}}",
        "12:30 http://x:8080/a",
    ],
)
def test_what_is_meant_as_it_stands_is_not(text: str) -> None:
    assert sequence.advice(step(query={"q": text})) == []


def test_the_seeds_example_and_those_of_the_docs_have_no_warnings() -> None:
    assert sequence.advice(sequence.read(SEED).value) == []
    for example in examples():
        assert sequence.advice(example["sequence"]) == [], example["sequence"]


def test_a_hostile_text_costs_no_more_than_it_is_long() -> None:
    for text in ("{{" * 100_000, "${{" * 100_000, "$A" * 100_000, "{%" * 100_000, "/:" * 100_000, "{a" * 100_000):
        assert len(sequence.advice(step(api=text, query={"q": text}))) <= 100


def test_names_without_a_value_are_told_where_the_values_are_known() -> None:
    step = {
        "method": "GET",
        "api": "{{env.BASE}}/{{env.NOPE}}",
        "auth": {"bearer": "{{secret.NOPE}}"},
        "header": {"a": "{{secret.KEY}}", "b": "{{secret.OTHER|none}}", "c": "{{= $secret.NOPE & $secret.KEY }}"},
    }
    settings = sequence.SequenceSettings(secrets={"KEY": "k"}, environment={"BASE": "http://x"})
    argument = {"requests": [step]}
    assert sequence.advice(argument) == []
    assert [str(warning) for warning in sequence.advice(argument, settings)] == [
        "requests[0].api: env.NOPE is null: there is no such variable, or it is not among those that may be read",
        "requests[0].auth.bearer: secret.NOPE is null: there is no variable SECRET_NOPE",
        "requests[0].header.c: secret.NOPE is null: there is no variable SECRET_NOPE",
    ]


@pytest.mark.parametrize(
    ("kind", "told"), [("text/plain; charset=ISO-8859-1", True), ("text/plain; charset=UTF-8", False)]
)
def test_a_charset_that_a_text_is_not_sent_in_is_told(kind: str, told: bool) -> None:
    step = {"method": "POST", "api": "http://x", "text": "é", "header": {"content-type": kind}}
    found = [str(warning) for warning in sequence.advice({"requests": [step]})]
    wanted = "requests[0].header: says the charset ISO-8859-1, and text is sent in UTF-8; other bytes go into base64"
    assert found == ([wanted] if told else [])
