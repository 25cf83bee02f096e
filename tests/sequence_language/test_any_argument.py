"""Property tests: whatever comes in, it runs or it is refused with a path; nothing crashes, hangs or is changed."""

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

import sequence
from sequence import Live, MemoryJournal, Mock, Replay
from sequence.language.keys import ARGUMENT
from sequence.language.references import BadReference, parse
from sequence.language.relaxed_json import BadText, read
from tests.sequence_language.conftest import wait_for_threads
from tests.sequence_language.strategies import answers, arguments, small_steps, values
from tests.sequence_language.test_replay import CutJournal, Killed
from tests.support.examples import examples
from tests.support.scripted_server import Server

LIMITS = sequence.SequenceSettings(
    sequence.SequenceLimits(requests=60, items=200, regex_s=0.05, persistence_bytes=200_000, request_bytes=200_000)
)

CALM = {"suppress_health_check": list(HealthCheck)}


def jac(api: str, body: Any, master: str | None) -> Any:
    return body


@examples(60, **CALM)
@given(arguments, answers)
def test_any_argument_runs_or_is_refused_with_a_path(argument: Any, answers: dict[str, Any]) -> None:
    before = copy.deepcopy(argument)
    run = sequence.run(argument, sender=Mock(answers), settings=LIMITS, jac=jac)
    assert argument == before
    if run.problems:
        assert all(problem.path and problem.message for problem in run.problems)
        assert run.problems == sequence.check(argument)
    elif run.error:
        assert run.error.path
        assert run.error.message
    json.dumps([record.as_dict() for record in run.steps])
    json.dumps([run.persistence, run.for_people(), run.for_owner()])


@examples(60, **CALM)
@given(arguments, answers)
def test_the_outcome_does_not_depend_on_anything_but_the_answers(argument: Any, answers: dict[str, Any]) -> None:
    first, second = (sequence.run(argument, sender=Mock(answers), settings=LIMITS, jac=jac) for _ in range(2))
    assert first.persistence == second.persistence
    assert first.error == second.error


@examples(60, **CALM)
@given(st.text() | st.lists(st.sampled_from('{}$#@!%.()|/~ ab"0'), max_size=40).map("".join))
def test_any_text_is_a_reference_or_none(text: str) -> None:
    try:
        parse(text)
    except BadReference as bad:
        assert str(bad)


@examples(60, **CALM)
@given(
    st.lists(
        st.sampled_from(["{{", "}}", "{", "}", "$", "#", ".", "a", "(", ")", "|", "/", " ", "1", '"', "@", "!", "now"]),
        max_size=40,
    ).map("".join)
)
def test_any_string_of_a_step_is_sent_or_refused(text: str) -> None:
    argument = {"persistence": {"a": text}, "requests": [{"method": "POST", "api": "http://x", "body": text}]}
    run = sequence.run(argument, sender=Mock())
    assert run.ok or run.problems[0].path == "requests[0].body"


@examples(60, **CALM)
@given(values)
def test_json_with_comments_and_trailing_commas_is_the_same_json(value: Any) -> None:
    text = json.dumps(value, indent=1)
    commented = text.replace("\n", ' // a comment, with } and "\n')
    assert read(commented).value == value
    assert read(text).value == value


@examples(60, **CALM)
@given(
    st.lists(
        st.sampled_from(["{", "}", "[", "]", ",", ":", '"a"', "1", "...", "//\n", "/*", "*/", " ", "NaN", '"']),
        max_size=20,
    ).map("".join)
)
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    try:
        document = read(text)
    except BadText as refused:
        assert refused.line >= 1
        assert refused.column >= 1
    else:
        json.dumps(document.value)


def script(seen: Any) -> Any:
    if seen.path == "/rows":
        return {"json": {"rows": ["a", "b", "c"]}}
    return {"status": 503} if seen.path == "/fails" else {"json": {"echo": seen.content.decode()}}


@examples(30, **CALM)
@given(small_steps, st.integers(1, 25), st.booleans())
def test_a_run_cut_anywhere_and_replayed_is_the_undisturbed_one(
    server: Server, many: Any, cut: int, after: bool
) -> None:
    server.begin(dict.fromkeys(["GET", "PUT", "POST"], script))
    numbered = [{**step, "repeat": True, "save_to": f"s{n}"} for n, step in enumerate(many)]
    argument = {"requests": json.loads(json.dumps(numbered).replace("BASE", server.base))}
    live = Live(seed="same")
    journal = CutJournal([], cut, after)
    try:
        sequence.run(argument, sender=Replay(journal, live))
    except Killed:
        wait_for_threads()
    answered = sum(json.loads(line)["kind"] == "outcome" for line in journal.lines)
    before = len(server.seen)
    taken_up = MemoryJournal(journal.lines)
    run = sequence.run(argument, sender=Replay(taken_up, live))
    assert sum(record.replayed for record in run.steps) <= answered
    sent = len(server.seen)
    outcomes = sum(json.loads(line)["kind"] == "outcome" for line in taken_up.lines)
    assert outcomes - answered == sent - before
    again = sequence.run(argument, sender=Replay(taken_up, live))
    assert (again.persistence, again.error) == (run.persistence, run.error)
    assert len(server.seen) == sent


def test_the_tables_are_those_that_the_strategies_know() -> None:
    assert {
        "requests",
        "persistence",
        "container",
        "defaults",
        "blocks",
        "on_error",
        "finally",
        "cookies",
        "timeout",
    } == set(ARGUMENT)
