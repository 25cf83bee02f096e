"""Nothing that an expression or its data says gets past the bounds, counted in evaluations and bytes, not in time."""

import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import sequence
from sequence.errors import StepError
from sequence.expressions import evaluation
from sequence.expressions.bounds import BoundReached, Bounds, Meter
from sequence.expressions.ends import end_of_expression
from sequence.expressions.evaluation import evaluate
from sequence.expressions.natives import NATIVES
from sequence.expressions.parsing import LONGEST, BadExpression
from sequence.expressions.program import CONTEXT, REFUSED, compile_expression
from sequence.json_values import MISSING, wire

BOUNDS = Bounds(cpu_s=20, evaluations=200_000, made_bytes=8 << 20, depth=300, regex_s=0.1, levels=100)
DEEP: dict[str, Any] = {}
_inner = DEEP
for _ in range(90):
    _inner["a"] = {}
    _inner = _inner["a"]
DATA: dict[str, Any] = {
    "rows": list(range(20_000)),
    "text": "a" * 200_000,
    "slow": "a" * 40 + "!",
    "words": [f"w{place}" for place in range(5000)],
    "objs": [{"id": place, "k": f"k{place % 7}", "n": None} for place in range(3000)],
    "wide": {f"k{place}": place for place in range(5000)},
    "deep": DEEP,
}
DOUBLED = "$a0 := ['x']; " + "".join(f"$a{place + 1} := [[$a{place}], [$a{place}]]; " for place in range(40))


class Values:
    def __init__(self, data: Any) -> None:
        self.data = data

    def context(self, name: str) -> Any:
        return self.data if name in ("", "memory") else MISSING

    def named(self, root: str, name: str) -> Any:
        return "a secret"

    def ask(self, name: str) -> str:
        return "2026-01-02T03:04:05.678Z" if name == "now" else "00000000-0000-4000-8000-000000000000"

    def restart(self) -> None:
        pass


def value_of(text: str, data: Any = DATA, bounds: Bounds = BOUNDS) -> Any:
    return evaluate(compile_expression(text), Values(data), bounds)


@pytest.mark.parametrize(
    "text",
    [
        "$pad('x', 1e9)",
        "$pad('x', -1e15, 'ab')",
        "$match(slow, /(a|aa)+$/)",
        "$contains(slow, /(a|aa)+$/)",
        "$replace(slow, /(a|aa)+$/, 'x')",
        "$split(slow, /(a|aa)+$/)",
        "/(a|aa)+$/(slow)",
        "[1..1e9]",
        "[1..1000000].[1..1000000]",
        "[1..3000].[1..3000]",
        "$string([1..5000000])",
        "($f := function($n) { $f($n + 1) }; $f(0))",
        "($f := function($n) { 1 + $f($n + 1) }; $f(0))",
        "$map([1..100000], function($x) { $map([1..100000], function() { $x }) })",
        "$sort(rows, function($a, $b) { $count($$.rows[$ > $a]) > 0 })",
        "$join($map([1..1000], function() { $$.text }))",
        "$join(words, text)",
        "$reduce([1..100], function($a, $x) { $a & $a }, 'x')",
        "$reduce(words, function($a, $x) { $merge([$a, {$x: 1}]) }, {})",
        "$replace(text, 'a', text)",
        "$replace(text, /a/, '$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0')",
        "$match(text, /a/)",
        "$split(text, /a/)",
        "$parse('[' & $pad('[]', 2000000, ',[]') & ']')",
        "$map([1..1000000], function() { $contains($$.text, 'b') })",
        "$map([1..1000000], function() { $hash($$.text, 'SHA-512') })",
        "rows[$$.rows]",
        "words[$ in $$.words]",
        "objs@$o.objs@$p.{'x': 1}",
        "objs.{'a': %.rows}",
        "$ ~> |objs|{'x': $$.rows}|",
        "$distinct($map([1..1000], function() { $$.rows }))",
        *(
            f"({DOUBLED} {use})"
            for use in (
                "$a40",
                "$string($a40)",
                "$a40 = $a40",
                "$count($a40.**)",
                "$a40.*",
                "$distinct([$a40, $a40])",
                "$keys($a40)",
                "$clone($a40)",
                "$lookup($a40, 'x')",
                "$spread($a40)",
                "$a40{'x': $}",
                "$parse($string($a40))",
            )
        ),
    ],
)
def test_what_would_take_long_or_grow_reaches_a_bound(text: str) -> None:
    with pytest.raises(BoundReached, match=r"the limit of an expression|took longer than 0\.\d+ s on a text"):
        value_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "$formatNumber(1, $pad('0', 100000, '0'))",
        "$formatNumber(5, '0', {'exponent-separator': '(a+)+$'})",
        "$formatInteger(1e300, 'I')",
        "$formatInteger(1, $pad('0', 1000, '0'))",
        "$fromMillis(0, '[Y,9999999999]')",
        "$fromMillis(1e15)",
        "$power(2, 1e9)",
        "$power(0, -1)",
        "$power(-8, 1 / 3)",
        "$round(1.5, 1e9)",
        "$parse($pad('', 100000, '['))",
        "$parse($pad('', 300, '[') & $pad('', 300, ']'))",
        "$parse('NaN')",
        "$number($pad('1', 5000, '1'))",
        "$number('nan')",
        "$number('inf')",
        "1 / 0",
        "1e308 * 10",
        "5 % 0",
        "$sqrt(-1)",
        "$formatBase(1, 99)",
        "$base64decode('/w==')",
        "$decodeUrlComponent('%ff')",
        "$join([1, 2])",
        "$join(['a', null])",
        "$merge([1])",
        "$sort([1, 'a'])",
        "{$string(1): 1, '1': 2}",
        "rows.foo()",
        "$hash('a', 'SHA-999')",
        "$reduce([1..100], function($a) { $a & $a }, 'x')",
        "$error('as it says')",
        "$assert(false, 'as it says')",
        "$length(1)",
        "$map(rows, 5)",
        "$string($sum)($sum)",
    ],
)
def test_what_can_not_be_is_a_clear_error(text: str) -> None:
    with pytest.raises(StepError) as raised:
        value_of(text)
    assert not isinstance(raised.value, BoundReached)
    assert str(raised.value).startswith("{{= ")
    assert "Error:" not in str(raised.value)


def test_the_clock_ends_what_counts_little() -> None:
    slow = Bounds(cpu_s=0.05, evaluations=10**12, made_bytes=10**12, depth=300, regex_s=0.1, levels=100)
    with pytest.raises(BoundReached, match="CPU time"):
        value_of("($f := function($n) { $f($n + 1) }; $f(0))", bounds=slow)


def test_how_deep_an_expression_may_go_does_not_depend_on_how_deep_its_step_stands() -> None:
    text = "($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(60))"

    def below(levels: int) -> Any:
        return value_of(text) if levels == 0 else below(levels - 1)

    assert value_of(text) == 60
    assert below(sys.getrecursionlimit() - 250) == 60


def test_the_library_does_not_change_how_deep_the_process_may_recurse() -> None:
    assert evaluation is not None
    assert sys.getrecursionlimit() == 1000


def test_an_expression_reaches_nothing_but_its_values() -> None:
    for name in ("__class__", "__init__", "meter", "bindings", "keys", "items"):
        assert value_of(f"`{name}`") is MISSING
        assert value_of(f"rows.`{name}`") is MISSING
        assert value_of(f"text.`{name}`") is MISSING
        assert value_of(f"$lookup($, '{name}')") is MISSING


def test_functions_of_the_library_that_have_no_end_of_their_own_are_not_there() -> None:
    assert not {*REFUSED, "now_", "function_eval"} & set(NATIVES)
    for name in REFUSED:
        with pytest.raises(BadExpression):
            compile_expression(f"${name}(1)")


names = st.sampled_from(["a", "b", "rows", "text", "$", "$$", "$memory", "`a b`", "*", "**", "%"])
literals = st.sampled_from(
    ["1", "-2", "0.5", "1e20", "'x'", '"y"', "''", "true", "null", "[]", "{}", "/a+/", "[1..5]", "$sum", "[1..9999]"]
)
functions = st.sampled_from(sorted(NATIVES))
lambdas = st.sampled_from(
    ["function($v) { $v }", "function($v, $i) { [$v, $i] }", "λ($x) { $x.a }", "function($f, $g) { $f & $g }"]
)
OPERATORS = [".", "+", "-", "*", "/", "%", "&", "=", "!=", "<", "in", "and", "or", "~>", "??", "?:", ".."]


def _bigger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from([f" {sign} " for sign in OPERATORS])
    return st.one_of(
        st.builds("{}{}{}".format, inner, operators, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("({})".format, inner),
        st.builds("({}; {})".format, inner, inner),
        st.builds("($v := {}; {})".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{'k': {}, {}: 1}}".format, inner, inner),
        st.builds("{}{{$string($): {}}}".format, inner, inner),
        st.builds("{}^(>{})".format, inner, inner),
        st.builds("{} ? {} : {}".format, inner, inner, inner),
        st.builds("{}#$i.{}".format, inner, inner),
        st.builds("{}@$j.{}".format, inner, inner),
        st.builds("| {} | {} |".format, inner, inner),
        st.builds("${}({})".format, functions, inner),
        st.builds("${}({}, {})".format, functions, inner, inner | lambdas),
        st.builds("${}({}, {}, {})".format, functions, inner, inner | lambdas, inner),
        st.builds("${}(?, {})({})".format, functions, inner, inner),
        st.builds("[{}..{}]".format, inner, inner),
    )  # fmt: skip


expressions = st.recursive(names | literals, _bigger, max_leaves=12)
plain = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
keys = st.sampled_from(["a", "b", "rows", "text", "a b"])
json_values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
SMALL = Bounds(cpu_s=20, evaluations=20_000, made_bytes=1 << 20, depth=300, regex_s=0.5, levels=100)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expressions, json_values)
@example("[] [", None)
@example("$map(**, $string)", {"a": [None, {"b": 1e308}]})
@example("$sum(* * 1)", {"a": 10**400})
@example("**.(1 - *)", [10**400, "\ud800"])
@example("$base64encode(a)", {"a": "\ud800"})
@example("$single(?, $, $v)", {})
def test_any_expression_over_any_data_ends_in_a_value_or_an_error_with_a_name(text: str, data: Any) -> None:
    meters: list[Meter] = []
    before = wire(data) if data is not None else None

    class Kept(Meter):
        __slots__ = ()

        def __init__(self, bounds: Bounds) -> None:
            super().__init__(bounds)
            meters.append(self)

    ended = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "Meter", Kept)
        try:
            value = value_of(text, data, SMALL)
            if value is not MISSING:
                wire(value)
        except (BadExpression, StepError) as error:
            ended = isinstance(error, BoundReached)
            assert str(error)
    for meter in meters:
        # What goes past a bound is what is counted at once, and not done then.
        assert meter.evaluations <= SMALL.evaluations + 20_000
        assert ended or meter.made <= SMALL.made_bytes
    assert before is None or wire(data) == before


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="$ab1.'\"`/*()[]{}<>?:;,+-=&|^@#%~! \n\\", max_size=40) | expressions)
def test_any_text_is_checked_without_a_crash(text: str) -> None:
    try:
        program = compile_expression(text)
    except BadExpression as bad:
        assert bad.message
        assert 0 <= bad.at <= max(len(text), LONGEST)
    else:
        assert program.reads <= set(CONTEXT)


@settings(max_examples=300, deadline=None)
@given(expressions, st.text(max_size=5))
def test_a_whole_expression_ends_where_its_braces_close(text: str, behind: str) -> None:
    try:
        compile_expression(text)
    except BadExpression:
        return
    assert end_of_expression(f"{text} }}}}{behind}", 0) == len(text) + 1


@pytest.mark.parametrize(
    "text",
    [
        "(" * LONGEST,
        "a." * 4999 + "a",
        "a+" * 4999 + "a",
        "/**/" * 2500,
        "'" * LONGEST,
        "[" * 4000 + "]" * 4000,
        "a??" * 3000 + "a",
        "{'a':" * 1500 + "1" + "}" * 1500,
        "$f(" * 3000,
        "`" * 9999,
        "/a" * 4000,
        "a[" * 4000,
        "%." * 4000 + "a",
    ],
)
def test_a_hostile_text_is_parsed_or_refused_in_one_go(text: str) -> None:
    with pytest.raises(BadExpression):
        compile_expression(text)


def test_many_hostile_expressions_are_refused_by_their_length() -> None:
    steps = [{"set": {"a": "{{= " + f"{place} + " + "1 + " * 2000 + "1 }}"}} for place in range(20)]
    assert "expression_characters" in sequence.check({"requests": steps})[0].message


@pytest.mark.parametrize(
    "text", ["{{=" * 30_000, "{{= (" * 30_000, "{{= '" * 30_000, "x{{= /" * 30_000, "{{= 1 }}" * 40_000]
)
def test_a_text_with_many_openings_is_read_in_one_go(text: str) -> None:
    assert isinstance(sequence.check({"requests": [{"set": {"a": text}}]}), list)


def test_a_picture_that_can_be_read_in_many_ways_is_read_in_time() -> None:
    try:
        assert value_of("$toMillis($pad('one', 199, 'one'), '[Yw][Mw][Dw][Hw][mw]!')") is MISSING
    except BoundReached as reached:
        assert "took longer than 0.25 s" in str(reached)


def test_the_expressions_of_a_step_end_with_the_time_of_the_run_together() -> None:
    settings = sequence.SequenceSettings(sequence.SequenceLimits(total_s=0.05))
    steps = [{"set": {f"k{place}": "{{= $sum([1..100000].($ * 2)) }}" for place in range(1000)}}]
    run = sequence.run({"requests": steps}, sender=sequence.Mock(), settings=settings)
    assert run.error.kind == "limit"
    assert len(run.persistence) < 1000
