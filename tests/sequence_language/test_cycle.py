"""The cycle of a step, as docs/sequences.md tells it: each of its points is held here."""

import re
from pathlib import Path
from typing import Any

import pytest

import sequence
from sequence.language import keys

SECTION = (
    (Path(__file__).parents[2] / "docs" / "sequences.md")
    .read_text()
    .split("\n## The cycle of a step\n")[1]
    .split("\n## ")[0]
)
POINTS = re.findall(r"^\d\. (.+?)(?=^\d\. |^\n|\Z)", SECTION, re.MULTILINE | re.DOTALL)
GET = {"method": "GET", "api": "http://x/"}
NEVER = [{"by": "#.none", "condition": {"exists": True}}]
ALWAYS: list[Any] = []


def play(
    steps: list[dict[str, Any]], answers: dict[str, Any], **argument: Any
) -> tuple[sequence.SequenceRun, list[str]]:
    """The run, and the paths of what would have been sent."""
    mock = sequence.Mock(answers)
    run = sequence.run({"requests": steps, **argument}, sender=mock)
    assert run.problems == []
    return run, [request.path for request in mock.sent]


def states(run: sequence.SequenceRun) -> list[tuple[str, str]]:
    return [(step.path, step.state) for step in run.steps]


def test_the_points_stand_in_the_order_of_the_keys() -> None:
    decide = ("when", "save_req_to", "delay", "ok", "retry", "expect", "save_to", "set", "__def_loop__", "break")
    assert set(decide) <= set(keys.STEP)
    assert [point for point, text in enumerate(POINTS, 1) for key in decide if f"`{key}`" in text] == [
        1, 1, 1, 1, 2, 3, 3, 3, 3, 4, 4, 5, 6,
    ]  # fmt: skip


def test_1_a_step_whose_when_is_false_sends_and_saves_nothing_and_does_not_break() -> None:
    skipped = {**GET, "when": NEVER, "save_to": "a", "save_req_to": "b", "break": ALWAYS}
    run, sent = play(
        [GET, skipped, {**GET, "when": [{"by": "$", "condition": {"eq": "first"}}]}], {"0": {"body": "first"}}
    )
    assert states(run) == [("0", "ok"), ("1", "skipped"), ("2", "ok")]
    assert (sent, run.persistence) == (["0", "2"], {})


def test_2_a_step_that_can_not_be_resolved_sends_nothing_and_is_an_error() -> None:
    step = {**GET, "timeout": "{{#.late}}", "save_req_to": "asked", "save_to": "came"}
    run, sent = play([step], {}, persistence={"late": "never"})
    assert sent == []
    assert run.persistence["asked"]["timeout"] == "never"
    assert run.error is not None
    assert run.persistence["came"] == {"worker_error": run.error.message}


def test_2_what_is_expected_is_what_it_was_before_the_request() -> None:
    expect = [{"by": "$", "condition": {"eq": "{{#.wanted}}"}}]
    step = {**GET, "expect": expect, "save_req_to": "wanted"}
    run, _ = play([step], {"0": {"body": "old"}}, persistence={"wanted": "old"})
    assert run.ok


def test_3_each_answer_is_judged_and_the_last_one_has_to_be_as_expected() -> None:
    until = [{"by": "$.done", "condition": {"eq": True}}]
    step = {**GET, "retry": {"attempts": 4, "until": until}, "expect": [{"by": "$.n", "condition": {"eq": 3}}]}
    answers = [{"status": 503}, {"body": {"done": False, "n": 9}}, {"body": {"done": True, "n": 3}}]
    run, sent = play([step], {"0": answers})
    assert states(run) == [("0", "retried"), ("0", "retried"), ("0", "ok")]
    assert len(sent) == 3
    run, _ = play([step], {"0": {"body": {"done": True, "n": 4}}})
    assert run.error is not None and run.error.message.startswith("expect[0]:")


@pytest.mark.parametrize(("ignored", "following"), [(True, ["0", "1"]), (False, ["0"])])
def test_4_an_error_is_saved_and_ends_the_list_unless_it_is_ignored(ignored: bool, following: list[str]) -> None:
    run, sent = play([{**GET, "save_to": "came", "ignore_error": ignored}, GET], {"0": {"status": 404}})
    assert run.persistence == {"came": {"status": 404, "message": "Not Found"}}
    assert (sent, run.ok) == (following, ignored)


def test_5_the_loop_runs_over_what_is_saved_and_the_response_is_there_again() -> None:
    loop = {"by": "#.rows", "requests": [{**GET, "save_to": "inner"}]}
    after = {**GET, "when": [{"by": "$", "condition": {"eq": [1, 2]}}]}
    run, sent = play([{**GET, "save_to": "rows", "__def_loop__": loop}, after], {"0": {"body": [1, 2]}})
    assert sent == ["0", "0.loop[0].0", "0.loop[1].0", "1"]
    assert states(run)[-1] == ("1", "ok")


def test_5_an_error_has_no_loop() -> None:
    step = {**GET, "ignore_error": True, "__def_loop__": {"by": "$.message", "requests": [GET]}}
    run, sent = play([step], {"0": {"status": 500}})
    assert (run.ok, sent) == (True, ["0"])


def test_6_break_comes_after_the_loop_and_ends_the_list_without_an_error() -> None:
    step = {**GET, "__def_loop__": {"by": "$", "requests": [GET]}, "break": [{"by": "$.0", "condition": {"eq": 1}}]}
    run, sent = play([step, GET], {"0": {"body": [1]}})
    assert (run.ok, sent) == (True, ["0", "0.loop[0].0"])
