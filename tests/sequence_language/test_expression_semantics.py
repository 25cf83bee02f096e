"""What expressions mean: places where the library's own evaluator differs from JSONata, or where ours did."""

from typing import Any

import pytest

from sequence.errors import StepError
from sequence.expressions.bounds import Bounds
from sequence.expressions.evaluation import evaluate
from sequence.expressions.parsing import BadExpression
from sequence.expressions.program import compile_expression
from sequence.json_values import MISSING

BOUNDS = Bounds(cpu_s=10, evaluations=100_000, made_bytes=10_000_000, depth=300, regex_s=1, levels=100)
NOW = "2020-02-29T07:08:09.123Z"


class Values:
    """A response, and a clock that stands still."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.asked = 0

    def context(self, name: str) -> Any:
        return MISSING if name else self.response

    def named(self, root: str, name: str) -> Any:
        return MISSING

    def ask(self, name: str) -> str:
        self.asked += 1
        return NOW

    def restart(self) -> None:
        self.asked = 0


def value(text: str, response: Any = MISSING) -> Any:
    return evaluate(compile_expression(text), Values(response), BOUNDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-5 ?: 1", -5),
        ("-5 ?? 1", -5),
        ("[1, 2, 3][-1] ?: 4", 3),
        ("0 ?: 4", 4),
        ("0 ?? 4", 0),
        ("null ?? 4", None),
        ("missing ?? other ?? 3", 3),
        ("missing ?: 2 + 3", 5),
        ("1 ?: $error('not looked at')", 1),
    ],
)
def test_a_default_stands_in_for_what_is_nothing(text: str, expected: Any) -> None:
    assert value(text, {}) == expected


def test_a_chain_of_defaults_is_read_once() -> None:
    assert value("a" + " ?: a" * 100 + " ?: 1", {}) == 1
    assert value("(" * 40 + "a" + " ?? 1)" * 40, {}) == 1


@pytest.mark.parametrize("response", [MISSING, None, {"a": 1}])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$count(1)", 1),
        ("$sum(2)", 2),
        ("$max(3)", 3),
        ("$zip(1, 2, 3)", [[1, 2, 3]]),
        ("$map(1, $string)", "1"),
        ("$count($nothing)", 0),
    ],
)
def test_one_value_counts_as_a_list_whatever_the_response_is(text: str, expected: Any, response: Any) -> None:
    assert value(text, response) == expected


@pytest.mark.parametrize("text", ["$count([], [])", "$exists()", "$length('a', 'b')", "$join()", "$sum([1], [2])"])
def test_arguments_that_a_function_does_not_take_are_an_error(text: str) -> None:
    with pytest.raises(StepError):
        value(text)


def test_items_that_are_equal_stay_in_their_order() -> None:
    rows = [{"id": id_, "price": price} for id_, price in enumerate([2, 1, 2, 1, 3, 2])]
    assert value("$sort($, function($a, $b) { $a.price > $b.price }).id", rows) == [1, 3, 0, 2, 5, 4]
    assert value("$sort($, function($a, $b) { $b.price - $a.price }).id", rows) == [4, 0, 2, 5, 1, 3]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$string(1e-7)", "1e-7"),
        ("$string(0.000001)", "0.000001"),
        ("$string(1e21)", "1e+21"),
        ("$string(-2.5e30)", "-2.5e+30"),
        ("$string(1e20)", "100000000000000000000"),
        ("$number('007.50')", 7.5),
        ("$number('00')", 0),
    ],
)
def test_numbers_are_written_and_read_as_in_javascript(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("replacement", "expected"),
    [("$0$1$2", "265USD265"), ("$12", "2652"), ("$$1", "$1"), ("$x$", "$x$")],
)
def test_a_replacement_takes_a_group_for_its_digits(replacement: str, expected: str) -> None:
    assert value(f"$replace('265USD', /([0-9]+)USD/, '{replacement}')") == expected


def test_the_parts_that_a_date_leaves_out_are_those_of_the_run() -> None:
    assert value("$fromMillis($toMillis('13:45', '[H]:[m]'))") == "2020-02-29T13:45:00.000Z"


def test_a_whole_date_asks_for_no_time() -> None:
    values = Values({})
    program = compile_expression("$toMillis('2021-03-04', '[Y]-[M]-[D]')")
    assert evaluate(program, values, BOUNDS) == 1614816000000
    assert values.asked == 0


def test_a_pair_of_escapes_is_one_character_and_half_of_one_is_none() -> None:
    assert value(r"$length('\uD834\uDD1E')") == 1
    with pytest.raises(BadExpression, match="half of a pair"):
        compile_expression(r"'\uD834'")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$substringBefore('Hola', '')", ""),
        ("$substringAfter('Hola', '')", "Hola"),
        ("$contains('a', $nothing)", MISSING),
    ],
)
def test_texts_at_their_edges(text: str, expected: Any) -> None:
    assert value(text) == expected
