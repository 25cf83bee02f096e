"""Dry runs."""

from typing import Any

import pytest

import sequence

GET = {"method": "GET", "api": "http://nowhere.invalid/a"}


def test_nothing_is_sent_and_the_requests_are_there_to_look_at() -> None:
    mock = sequence.Mock({"0": {"body": {"rows": [1, 2]}}, "0.loop[*].0": {"status": 201, "body": {"id": 7}}})
    inner = {"method": "POST", "api": "http://nowhere.invalid/{{$}}", "body": {"n": "{{$}}"}, "save_to": "r_{{!}}"}
    run = sequence.run({"requests": [{**GET, "__def_loop__": {"by": "$.rows", "requests": [inner]}}]}, sender=mock)
    assert run.ok
    assert [(sent.method, sent.url, sent.content) for sent in mock.sent[1:]] == [
        ("POST", "http://nowhere.invalid/1", b'{"n":1}'),
        ("POST", "http://nowhere.invalid/2", b'{"n":2}'),
    ]
    assert run.persistence == {"r_0": {"id": 7}, "r_1": {"id": 7}}


def test_an_exact_path_comes_before_a_star_and_a_list_answers_by_try() -> None:
    answers = {
        "0": {"body": [1, 2]},
        "0.loop[*].0": {"body": "any"},
        "0.loop[1].0": [{"status": 503}, {"body": "second"}],
    }
    inner = {"method": "POST", "api": "http://x", "retry": {"wait": 50}, "save_to": "r_{{!}}"}
    run = sequence.run(
        {"requests": [{**GET, "__def_loop__": {"by": "$", "requests": [inner]}}]}, sender=sequence.Mock(answers)
    )
    assert run.persistence == {"r_0": "any", "r_1": "second"}


@pytest.mark.parametrize("kind", ["connect", "timeout", "other"])
def test_failures_can_be_played(kind: str) -> None:
    run = sequence.run({"requests": [{**GET, "save_to": "r"}]}, sender=sequence.Mock({"0": {"error": kind}}))
    assert run.persistence == {"r": {"worker_error": f"mocked {kind}"}}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (5, "an object"),
        ({"stats": 1}, "did you mean status?"),
        ({"status": 99}, "100 to 599"),
        ({"header": []}, "object"),
        ({"error": "x"}, "one of"),
        ([{"status": 200}, {"status": "x"}], "not a status"),
    ],
)
def test_an_answer_that_cannot_be_is_named(answer: Any, says: str) -> None:
    with pytest.raises(ValueError, match=r"mocks\[1.loop\[\*\].0\]: ") as refused:
        sequence.Mock({"1.loop[*].0": answer})
    assert says in str(refused.value)
