"""Curl calls as steps of sequences."""

from typing import Any

import pytest

from walkabout.sequences.curl.call import step_of
from walkabout.sequences.curl.refused import NotACall

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
            {"method": "POST", "api": "http://a", "text": '{"x": [1]}', "header": JSON},
        ),
        (
            """curl -L -H 'Content-Type: application/json' -d '{"x":[1]}' http://a""",
            {"method": "POST", "api": "http://a", "body": {"x": [1]}, "header": JSON},
        ),
        (
            """curl -L --json '{"x": 1}' http://a""",
            {"method": "POST", "api": "http://a", "text": '{"x": 1}', "header": JSON | {"Accept": "application/json"}},
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
    assert step_of(command).step == step


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
        ("curl $(date)", "which only a shell can tell"),
        ("curl `date`", "it runs another command"),
        ('curl "$1"', "which only a shell can tell"),
        ('curl "${URL:-x}"', "which only a shell can tell"),
        ("curl %URL% ^\n -k", "cmd's variables"),
        ("curl http://a/{1,2}", "several URLs"),
        ("curl http://a/[1-3]", "several URLs"),
        ("curl 'http://a/a b'", "has a blank"),
        ("curl -g 'http://a/{}'", "write %7B"),
        ("curl 'http://a/é'", "write %C3%A9"),
        ("curl -X GET -d x=1 http://a", "it sends a body with GET"),
        ("curl -I -d x=1 http://a", "the head alone"),
        ("curl -d x=1 -F y=2 http://a", "of which curl takes one"),
        ("curl -b jar.txt http://a", "the cookies come from a file"),
        ("curl -H @headers http://a", "the headers come from a file"),
        ("curl -F 'f=@photo.jpg' http://a", "sends a file"),
        ("curl -F 'f=<note.txt' http://a", "sends a file"),
        ("curl -F 'f=x;type=text/plain' http://a", "without ;filename="),
        ("curl -F a=1 -F b=2 -F a=3 http://a", "those of one name together"),
        ("curl --data-urlencode x@file http://a", "come from a file"),
        ('curl --data-urlencode "x=$Y" http://a', "only do by an expression"),
        ("curl -H 'Content-Type:' -d x=1 http://a", "no header content-type"),
        ("curl -H 'Accept:' http://a", "no header accept"),
        ("curl -H 'Transfer-Encoding: chunked' -d x http://a", "is the sender's to set"),
        ("curl --path-as-is http://a/../b", "no equivalent in a step"),
        ("curl -T file http://a", "put its content into the step"),
        ("curl --next http://a", "write a line for each"),
        ("curl -d $'\\xff' http://a", "bytes that are no text"),
        ("curl http://a\ncurl http://b", "more than one command"),
        ("curl -d @file http://a", "come from a file"),
        ("curl --proxy http://p http://a", "--proxy has no equivalent in a step"),
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


def test_variables_become_references_with_a_hint() -> None:
    found = step_of("""curl -H "X-Region: $REGION" -H "Authorization: Bearer ${API_TOKEN}" 'http://a/$REGION'""")
    assert found.step["header"] == {"X-Region": "{{env.REGION}}", "Authorization": "Bearer {{secret.API_TOKEN}}"}
    assert found.step["api"] == "http://a/$REGION"
    assert found.hints == (
        "$REGION is read from the environment of the worker: allow it by the setting SEQUENCE_ENV",
        "$API_TOKEN is a secret: set SECRET_API_TOKEN in the environment of the worker",
    )


def test_what_the_output_goes_to_is_left_out_with_a_hint() -> None:
    assert step_of("curl http://a | jq .").hints == ("what follows the | is left out: jq .",)


def test_json_without_a_type_is_sent_as_curl_sends_it_with_a_hint() -> None:
    found = step_of("""curl -d '{"a":1}' http://a""")
    assert found.step["header"] == {"Content-Type": "application/x-www-form-urlencoded"}
    assert found.hints[0].endswith("for JSON add the header Content-Type: application/json")


def test_a_call_that_was_copied_for_windows() -> None:
    command = r'''curl ^"http://a/x?y=1^&z=2^" ^
      -H ^"content-type: application/json^" ^
      --data-raw ^"^{^\^"a^\^":1^}^"'''
    assert step_of(command).step == {
        "method": "POST",
        "api": "http://a/x?y=1&z=2",
        "body": {"a": 1},
        "header": {"content-type": "application/json"},
        "redirects": False,
    }
