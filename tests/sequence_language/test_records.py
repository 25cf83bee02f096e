"""What people see: records, masks, curl lines."""

import shlex
from typing import Any

import sequence
from sequence.masking.masker import Masker

Play = Any
SETTINGS = sequence.SequenceSettings(secrets={"API": "s3cr3t/value", "PIN": "12"}, environment={"REGION": "eu"})


def everything(run: sequence.SequenceRun) -> str:
    return repr([record.as_dict() for record in run.steps]) + repr(run.error)


def test_a_record_says_what_a_step_did(play: Play) -> None:
    run = play(
        [{"method": "POST", "api": "/a", "body": {"n": 1}, "save_to": "r", "name": "make {{#.x}}"}],
        {"POST": {"json": {"id": 5}}},
        more={"persistence": {"x": "it"}},
    )
    row = run.steps[0].as_dict()
    assert (row["path"], row["state"], row["name"], row["status"], row["try"], row["saved"]) == (
        "0",
        "ok",
        "make it",
        200,
        1,
        ["r"],
    )
    assert row["request"]["body"] == {"n": 1}
    assert row["response"]["body"] == {"id": 5}
    assert row["bytes"] == 9
    assert row["ms"] > 0


def test_passwords_tokens_and_headers_are_masked_and_the_run_sees_real_values(play: Play, server: Any) -> None:
    steps = [
        {
            "method": "POST",
            "api": "/login?api_key=hidden-key",
            "body": {"user": "me", "password": "hunter22"},
            "save_to": "login",
            "save_req_to": "q",
        },
        {"method": "GET", "api": "/a", "header": {"Authorization": "token {{$.token}}", "Cookie": "sid=cookie-value"}},
    ]
    run = play(
        steps, {"POST": {"json": {"token": "T0K-T0K"}, "headers": {"Set-Cookie": "sid=set-value"}}, "GET": {"json": 1}}
    )
    assert run.persistence["q"]["body"]["password"] == "hunter22"
    assert server.seen[1].headers["Authorization"] == "token T0K-T0K"
    shown = everything(run) + repr(run.for_people())
    for hidden in ("hunter22", "T0K-T0K", "cookie-value", "set-value", "hidden-key"):
        assert hidden not in shown
    assert run.for_owner() == run.persistence


def test_secrets_are_masked_everywhere_also_for_the_owner(play: Play, server: Any) -> None:
    steps = [
        {
            "method": "POST",
            "api": "/a/{{secret.API}}",
            "body": ["{{secret.API}}", "x{{secret.API}}y", "{{secret.PIN}}"],
            "save_req_to": "q",
            "save_to": "r",
            "name": "{{secret.API}}",
        },
        {
            "method": "POST",
            "api": "/a",
            "text": "{{secret.API}}",
            "expect": [{"by": "$", "condition": {"eq": "{{secret.API}}?"}}],
        },
    ]
    run = play(steps, {"POST": lambda seen: {"text": seen.content.decode()}}, settings=SETTINGS)
    assert server.seen[0].body[0] == "s3cr3t/value"
    shown = everything(run) + repr(run.for_people()) + repr(run.for_owner())
    assert "s3cr3t/value" not in shown
    assert "s3cr3t%2Fvalue" not in shown
    assert run.for_owner()["q"]["body"] == ["***", "x***y", "***"]


def test_error_texts_are_masked(play: Play) -> None:
    step = {"method": "GET", "api": "/a", "header": {"Authorization": "token abcdef\nx"}}
    assert "abcdef" not in everything(play([step]))
    step = {
        "method": "POST",
        "api": "/a",
        "body": {"password": "hunter22"},
        "expect": [{"by": "$.saw", "condition": {"eq": 1}}],
    }
    assert "hunter22" not in everything(play([step], {"POST": lambda seen: {"json": {"saw": seen.body["password"]}}}))


def test_an_expect_on_a_password_does_not_show_it(play: Play) -> None:
    step = {"method": "GET", "api": "/a", "expect": [{"by": "$.password", "condition": {"eq": "wanted-one"}}]}
    run = play([step], {"GET": {"json": {"password": "hunter22"}}})
    assert run.error.message == "expect[0]: $.password: eq *** does not hold, it is ***"


def test_env_gives_only_the_names_that_a_setting_allows(play: Play, server: Any) -> None:
    settings = sequence.SequenceSettings.from_environ(
        {"REGION": "eu", "HOME": "/root", "SECRET_A": "aaaa"}, allowed=("REGION",)
    )
    play(
        [{"method": "POST", "api": "/a", "body": ["{{env.REGION}}", "{{env.HOME}}", "{{secret.A}}"]}],
        {"POST": {"json": 1}},
        settings=settings,
    )
    assert server.seen[0].body == ["eu", None, "aaaa"]


def test_large_bodies_are_cut(play: Play) -> None:
    run = play(
        [{"method": "POST", "api": "/a", "body": {"a": "x" * 100_000, "b": list(range(50_000))}}],
        {"POST": {"text": "y" * 100_000}},
    )
    assert len(repr(run.steps[0])) < 30_000
    assert "100000 characters" in repr(run.steps[0])


def test_a_secret_at_the_cut_is_not_half_shown() -> None:
    masker = Masker({"A": "supersecretvalue"})
    for cut in range(20):
        assert "supers" not in masker.for_people("x" * 10 + "supersecretvalue", cut)


def test_the_curl_line_is_the_request_in_a_shell(play: Play, server: Any) -> None:
    run = play(
        [{"method": "POST", "api": "/a?b=c d", "body": {"it's": 1}, "header": {"X-A": "é"}}], {"POST": {"json": 1}}
    )
    words = shlex.split(run.steps[0].curl)
    assert words[0:3] == ["curl", f"{server.base}/a?b=c%20d", "-L"]
    assert words[-1] == '{"it\'s":1}'
    assert "X-A: é" in words


def test_a_listener_hears_each_record_while_the_run_goes_on(play: Play, server: Any) -> None:
    heard: list[Any] = []
    run = play(
        [{"method": "GET", "api": "/a"}] * 3,
        {"GET": {"json": 1}},
        on_step=lambda record: heard.append((record, len(server.seen))),
    )
    assert [record for record, _ in heard] == run.steps
    assert [seen for _, seen in heard] == [1, 2, 3]
