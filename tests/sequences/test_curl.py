"""Curl calls as steps of sequences."""

from typing import Any

import pytest

from walkabout.sequences.curl import NotACall, step_of

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("command", "step"),
    [
        ("curl -L http://a/b", {"method": "GET", "api": "http://a/b"}),
        ("/usr/bin/curl -fsSL a/b >/dev/null 2>&1", {"method": "GET", "api": "http://a/b"}),
        ("curl -L http://a/b >> /var/log/x.log", {"method": "GET", "api": "http://a/b"}),
        ("curl http://a", {"method": "GET", "api": "http://a", "redirects": False}),
        ("curl -LXPUT --url http://a", {"method": "PUT", "api": "http://a"}),
        ("curl -L -I http://a", {"method": "HEAD", "api": "http://a"}),
        ("curl -L -d x=1 -d y=2 http://a", {"method": "POST", "api": "http://a", "form": {"x": "1", "y": "2"}}),
        ("curl -L -G -d x=1 http://a?y=2", {"method": "GET", "api": "http://a?y=2&x=1"}),
        (
            """curl -L -H 'Content-Type: application/json' -d '{"x": [1]}' http://a""",
            {"method": "POST", "api": "http://a", "body": {"x": [1]}, "header": JSON},
        ),
        (
            """curl -L --json '{"x": 1}' http://a""",
            {"method": "POST", "api": "http://a", "body": {"x": 1}, "header": JSON | {"Accept": "application/json"}},
        ),
        (
            "curl -L -H 'Content-Type: text/plain' --data-raw 'hello' http://a",
            {"method": "POST", "api": "http://a", "text": "hello", "header": {"Content-Type": "text/plain"}},
        ),
        ("curl -L -u me:pw http://a", {"method": "GET", "api": "http://a", "auth": {"basic": ["me", "pw"]}}),
        ("curl -L -k -m 5 http://a", {"method": "GET", "api": "http://a", "verify": False, "timeout": 5.0}),
        ("curl -L --retry=2 http://a", {"method": "GET", "api": "http://a", "retry": {"attempts": 3}}),
        ("curl -L -A me http://a", {"method": "GET", "api": "http://a", "header": {"User-Agent": "me"}}),
    ],
)
def test_a_call_is_a_step(command: str, step: dict[str, Any]) -> None:
    assert step_of(command) == step


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("", "is not curl"),
        ("wget http://a", '"wget" is not curl'),
        ("curl", "it calls no URL"),
        ("curl http://a http://b", "more than one URL"),
        ("curl http://a | mail", r"more than one command \(\|\)"),
        ("curl http://a && curl http://b", "more than one command"),
        ("curl http://a < file", "more than one command"),
        ("curl $URL", "the shell's variables"),
        ("curl -d @file http://a", "come from a file"),
        ("curl -F x=1 http://a", "-F has no match in a step"),
        ("curl --proxy http://p http://a", "--proxy has no match in a step"),
        ("curl -u me http://a", "no password"),
        ("curl -H nothing http://a", 'not "Name: value"'),
        ("curl http://a -X", "-X has no value"),
        ("curl -m soon http://a", '"soon" is not a number'),
        ("curl 'http://a", "can't be read"),
        ("curl 'http://a/{{x}}'", "begins a reference"),
    ],
)
def test_what_a_step_cannot_do_is_refused_with_the_reason(command: str, why: str) -> None:
    with pytest.raises(NotACall, match=why):
        step_of(command)
