"""Which conditions hold."""

from typing import Any

import pytest

import sequence
from sequence.language.conditions import CONDITIONS

MISSING = object()


def holds(actual: Any, condition: dict[str, Any], memory: dict[str, Any] | None = None) -> bool:
    """Whether a step with this `when` was sent."""
    mock = sequence.Mock()
    current = {} if actual is MISSING else {"it": actual}
    when = [{"by": "$.it", "condition": condition}]
    step = {"method": "GET", "api": "http://x", "when": when}
    run = sequence.run(
        {"persistence": memory or {}, "container": {"current": current}, "requests": [step]}, sender=mock
    )
    assert run.ok, run.error
    return bool(mock.sent)


CASES = [
    ("eq", 1, 1, True),
    ("eq", "1", 1, False),
    ("eq", MISSING, 1, False),
    ("eq", {"a": [1]}, {"a": [1]}, True),
    ("ne", 1, 2, True),
    ("ne", MISSING, 2, True),
    ("ne", 1, 1, False),
    ("gt", 3, 2, True),
    ("gt", 2, 2, False),
    ("gt", "b", "a", True),
    ("gt", "3", 2, False),
    ("gt", MISSING, 2, False),
    ("gt", {"a": 1}, {"a": 0}, False),
    ("gt", [2], [1], True),
    ("gte", 2, 2, True),
    ("gte", None, 2, False),
    ("lt", 1, 2, True),
    ("lt", "a", 2, False),
    ("lte", 2, 2, True),
    ("lte", 3, 2, False),
    ("regex", "abc", "ab", True),
    ("regex", "abc", "bc", False),
    ("regex", "abc", "^a.c$", True),
    ("regex", 5, "5", False),
    ("regex", MISSING, ".*", False),
    ("search", "abc", "bc", True),
    ("search", "abc", "^b", False),
    ("search", 5, "5", False),
    ("type", 2.0, "integer", True),
    ("type", 2.5, "integer", False),
    ("type", 2.5, "number", True),
    ("type", True, "number", False),
    ("type", True, "boolean", True),
    ("type", None, "null", True),
    ("type", MISSING, "null", False),
    ("type", "x", ["null", "string"], True),
    ("type", [], "array", True),
    ("type", {}, "object", True),
    ("type", {}, ["array", "string"], False),
    ("length", "aé𝄞", 3, True),
    ("length", [1, 2], 2, True),
    ("length", [1, 2], {"gt": 1, "lt": 3}, True),
    ("length", [], {"gt": 0}, False),
    ("length", {"a": 1}, 1, False),
    ("length", MISSING, 0, False),
    ("length", "abc", {"in": [1, 3], "lt": None}, True),
    ("in", 2, [1, 2], True),
    ("in", 3, [1, 2], False),
    ("in", "a", "cat", True),
    ("in", "k", {"k": 1}, True),
    ("in", 1, "1", False),
    ("in", {"a": 1}, {"k": 1}, False),
    ("contains", [1, 2], 2, True),
    ("contains", "cat", "a", True),
    ("contains", {"k": 1}, "k", True),
    ("contains", 5, 5, False),
    ("contains", MISSING, "a", False),
    ("contains", "cat", 1, False),
    ("exists", None, True, True),
    ("exists", MISSING, True, False),
    ("exists", MISSING, False, True),
    ("is_null", None, True, True),
    ("is_null", MISSING, True, True),
    ("is_null", 0, True, False),
    ("is_null", 0, False, True),
]


@pytest.mark.parametrize(("name", "actual", "expected", "result"), CASES)
def test_condition(name: str, actual: Any, expected: Any, result: bool) -> None:
    assert holds(actual, {name: expected}) is result


def test_every_condition_of_the_table_is_in_the_cases() -> None:
    assert {case[0] for case in CASES} == set(CONDITIONS)


def test_all_conditions_of_an_entry_must_hold_and_a_null_one_is_off() -> None:
    assert holds(5, {"gt": 1, "lt": 10, "eq": None, "regex": None, "exists": None})
    assert not holds(5, {"gt": 1, "lt": 2})


def test_an_expected_value_may_be_a_template() -> None:
    assert holds(5, {"eq": "{{#.n}}"}, {"n": 5})
    assert holds("abc", {"regex": "{{#.p}}c"}, {"p": "ab"})
    assert holds(2, {"in": ["{{#.n}}", 2]}, {"n": 1})


def test_an_expected_value_that_is_missing_is_null_and_not_off() -> None:
    assert not holds(5, {"eq": "{{#.nope}}"})


TRUE, FALSE = ({"by": "$", "condition": {"eq": value}} for value in (1, 2))


@pytest.mark.parametrize(
    ("entries", "result"),
    [
        ([], True),
        ([TRUE], True),
        ([TRUE, FALSE], False),
        ([{"or": [FALSE, TRUE]}], True),
        ([{"or": []}], False),
        ([{"and": []}], True),
        ([{"not": [FALSE]}], True),
        ([{"not": [TRUE]}], False),
        ([{"not": []}], False),
        ([{"not": [TRUE, FALSE]}], True),
        ([{"or": [FALSE, {"and": [TRUE, {"not": [FALSE]}]}]}], True),
        ([{"by": "$", "condition": {}}], True),
    ],
)
def test_groups(entries: list[Any], result: bool) -> None:
    mock = sequence.Mock()
    step = {"method": "GET", "api": "http://x", "when": entries}
    assert sequence.run({"container": {"current": 1}, "requests": [step]}, sender=mock).ok
    assert bool(mock.sent) is result


def test_a_hostile_regex_is_that_steps_error() -> None:
    step = {"method": "GET", "api": "http://x", "expect": [{"by": "$", "condition": {"regex": "(a|aa)+$"}}]}
    limits = sequence.SequenceLimits(regex_s=0.05)
    run = sequence.run(
        {"requests": [step]},
        sender=sequence.Mock({"0": {"body": "a" * 60 + "b"}}),
        settings=sequence.SequenceSettings(limits),
    )
    assert run.error is not None
    assert run.error.path == "0"
    assert "took longer than 0.05 s" in run.error.message


@pytest.mark.parametrize("pattern", ["(", "a" * 2000, "(" * 500 + ")" * 500, "(?:a{1,1000}){1,1000}{1,1000}", "\\"])
def test_a_pattern_that_is_none_is_refused_or_runs(pattern: str) -> None:
    step = {"method": "GET", "api": "http://x", "break": [{"by": "$", "condition": {"regex": pattern}}]}
    problems = sequence.check({"requests": [step]})
    assert all(problem.path == "requests[0].break[0].condition.regex" for problem in problems)


def test_all_roots_work_in_filters() -> None:
    entries = [{"by": by, "condition": {"exists": True}} for by in ("$", "#", "@", "!", "%", "now", "uuid", "env.HOME")]
    step = {"method": "GET", "api": "http://x", "expect": entries}
    settings = sequence.SequenceSettings(environment={"HOME": "/home"})
    assert sequence.run({"requests": [step]}, sender=sequence.Mock(), settings=settings).ok


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"type": "strings"}, "did you mean string?"),
        ({"type": 5}, "5 is no type; known are null, boolean"),
        ({"type": ["string", "x"]}, '"x" is no type'),
        ({"length": {"gtt": 1}}, "gtt: unknown condition, did you mean gt?"),
        ({"length": True}, "not true or false"),
        ({"length": "3"}, "not a text"),
        ({"search": "("}, "is not a regex"),
    ],
)
def test_a_condition_that_can_not_be_is_refused(condition: dict[str, Any], message: str) -> None:
    step = {"method": "GET", "api": "http://x", "when": [{"by": "$", "condition": condition}]}
    problems = sequence.check({"requests": [step]})
    assert [problem.path for problem in problems] == [f"requests[0].when[0].condition.{next(iter(condition))}"]
    assert message in problems[0].message


def test_expected_types_and_lengths_may_be_templates() -> None:
    assert holds([1, 2], {"length": "{{#.n}}", "type": "{{#.t}}"}, {"n": 2, "t": ["array"]})
    assert holds([1, 2], {"length": {"gte": "{{#.n}}"}}, {"n": 2})
