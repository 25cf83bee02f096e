"""What a step saves: when it is seen, and that nothing is lost under another name."""

from collections.abc import Callable
from typing import Any

import pytest

import sequence
from tests.support.scripted_server import Server

Play = Callable[..., sequence.SequenceRun]
GET = {"method": "GET", "api": "/"}


def test_expect_sees_what_its_own_step_saves(play: Play) -> None:
    step = {**GET, "save_to": "r", "expect": [{"by": "#.r.id", "condition": {"eq": 7}}]}
    assert play([step], {"GET": {"json": {"id": 7}}}).error is None


def test_a_failed_expect_puts_the_error_into_save_to(play: Play) -> None:
    step = {**GET, "save_to": "r", "expect": [{"by": "#.r.id", "condition": {"eq": 7}}]}
    run = play([step], {"GET": {"json": {"id": 8}}})
    assert run.persistence == {"r": {"worker_error": run.error.message if run.error else ""}}


def test_until_sees_what_its_own_step_saves(play: Play, server: Server) -> None:
    until = [{"by": "#.r.state", "condition": {"eq": "done"}}]
    step = {**GET, "save_to": "r", "retry": {"attempts": 3, "wait": 0, "until": until}}
    run = play([step], {"GET": [{"json": {"state": "new"}}, {"json": {"state": "done"}}]})
    assert (run.persistence, len(server.seen)) == ({"r": {"state": "done"}}, 2)


def test_what_is_expected_is_what_was_there_before(play: Play) -> None:
    """So that a poll can wait for a change."""
    until = [{"by": "$", "condition": {"ne": "{{#.r}}"}}]
    step = {**GET, "save_to": "r", "retry": {"attempts": 3, "wait": 0, "until": until}}
    run = play([GET | {"save_to": "r"}, step], {"GET": [{"json": 1}, {"json": 1}, {"json": 2}]})
    assert run.persistence == {"r": 2}


@pytest.mark.parametrize(
    "steps",
    [
        [{**GET, "save_to": "a-b"}, {**GET, "save_to": "a_b"}],
        [{**GET, "save_to": "a b", "save_req_to": "a.b"}],
        [{**GET, "save_to": "{{$.x}}"}, {**GET, "save_to": "a_b"}],
        [{**GET, "__def_loop__": {"by": "$.ids", "requests": [{**GET, "save_to": "{{@}}"}]}}],
        [{**GET, "__def_loop__": {"by": "$.ids", "requests": [{**GET, "save_to": "{{@}}"}], "concurrency": 2}}],
        [{**GET, "save_to": "a/b", "__def_loop__": {"by": "$.ids", "requests": [GET], "collect": "a_b"}}],
    ],
)
def test_two_names_that_become_one_key_are_an_error(play: Play, steps: list[Any]) -> None:
    run = play(steps, {"GET": {"json": {"x": "a-b", "ids": ["a/b", "a_b"]}}}, more={"persistence": {"x": "a-b"}})
    assert run.error is not None
    assert "become the same key, a_b; give one another name" in run.error.message


def test_the_same_name_may_be_saved_again(play: Play) -> None:
    run = play([{**GET, "save_to": "a-b"}] * 2, {"GET": [{"json": 1}, {"json": 2}]})
    assert (run.error, run.persistence) == (None, {"a_b": 2})


@pytest.mark.parametrize(
    ("actual", "expected", "equal"),
    [
        (True, 1, False),
        (1, True, False),
        (False, 0, False),
        (True, True, True),
        (1, 1.0, True),
        (0, "", False),
        ([True], [1], False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1, "b": [1.0]}, {"b": [1], "a": 1}, True),
        (None, False, False),
        ("1", 1, False),
    ],
)
@pytest.mark.parametrize("condition", ["eq", "in", "contains"])
def test_equality_is_jsons(play: Play, actual: Any, expected: Any, equal: bool, condition: str) -> None:
    by, other = {"eq": (actual, expected), "in": (actual, [expected]), "contains": ([actual], expected)}[condition]
    step = {**GET, "expect": [{"by": "$.v", "condition": {condition: other}}]}
    assert (play([step], {"GET": {"json": {"v": by}}}).error is None) is equal


@pytest.mark.parametrize("condition", ["gt", "gte", "lt", "lte"])
def test_true_has_no_order_among_numbers(play: Play, condition: str) -> None:
    step = {**GET, "expect": [{"by": "$", "condition": {condition: 1}}]}
    assert play([step], {"GET": {"json": True}}).error is not None


@pytest.mark.parametrize(
    ("ok", "status", "fine"),
    [
        ("any", 500, True),
        ("2xx", 299, True),
        ("2XX", 300, False),
        ("200-399", 399, True),
        ("200 - 204", 205, False),
        ([200, "4xx"], 404, True),
        ([200, "4xx"], 500, False),
        (404, 404, True),
    ],
)
def test_ok_takes_classes_and_ranges(play: Play, ok: Any, status: int, fine: bool) -> None:
    assert (play([{**GET, "ok": ok}], {"GET": {"status": status}}).error is None) is fine


def test_retry_takes_what_ok_takes(play: Play, server: Server) -> None:
    play([{**GET, "retry": {"attempts": 3, "wait": 0, "on": ["5xx"]}}], {"GET": [{"status": 500}, {"status": 200}]})
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"success": False, "errors": ["ValueError: no"]}, "success is false: ValueError: no"),
        ({"success": False, "error": {"path": "1", "message": "status 500"}}, "success is false: 1: status 500"),
        ({"success": False}, "success is false"),
        ({"success": True}, ""),
        ({"success": 0}, ""),
        (["success", False], ""),
    ],
)
def test_an_api_that_says_it_failed_is_an_error(answer: Any, error: str) -> None:
    step = {"method": "JAC", "api": "walker_run", "save_to": "r"}
    run = sequence.run({"requests": [step]}, jac=lambda *_: answer)
    assert (run.error.message if run.error else "", run.persistence) == (error, {"r": answer})
    assert sequence.run({"requests": [{**step, "ok": "any"}]}, jac=lambda *_: answer).error is None
