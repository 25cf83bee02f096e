"""Expressions within the language: where they may stand, and what they see."""

import hashlib
import hmac
from typing import Any

import pytest

import sequence

MEMORY = {
    "n": 5,
    "items": [{"id": 1, "stock": 3, "price": 2}, {"id": 2, "stock": 9, "price": 4}],
    "one": [{"id": 7}],
    "a": {"b": "c", "none": None},
    "big": 12345678901234567890,
    "exact": 0.1234567890123456,
    "braces": "}} {{",
}
SETTINGS = sequence.SequenceSettings(secrets={"KEY": "s3cret-value"}, environment={"REGION": "eu"})


def played(
    steps: list[Any], answers: dict[str, Any] | None = None, **argument: Any
) -> tuple[sequence.SequenceRun, Any]:
    mock = sequence.Mock(answers or {})
    run = sequence.run({"persistence": MEMORY, **argument, "requests": steps}, sender=mock, settings=SETTINGS)
    return run, mock.sent


def body_of(body: Any) -> Any:
    run, sent = played([{"method": "POST", "api": "http://x", "body": body}])
    assert run.ok, run.error
    return sent[0].body


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{= n + 1 }}", 6),
        ("{{=n}}", 5),
        ("{{= items.id }}", [1, 2]),
        ("{{= one.id }}", 7),
        ("{{= [one.id] }}", [7]),
        ("{{= missing }}", None),
        ("{{= [missing] }}", []),
        ("{{= a.none }}", None),
        ("{{= big }}", 12345678901234567890),
        ("{{= [12345678901234567890, -9007199254740993, 1e20] }}", [12345678901234567890, -9007199254740993, 10**20]),
        ("{{= {'big': big, 'exact': exact} }}", {"big": 12345678901234567890, "exact": 0.1234567890123456}),
        ("{{= $sum(items.(stock * price)) }}", 42),
        ("{{= true = 1 }}", False),
        ("{{= 1 = 1.0 }}", True),
        ("{{= 1 in [true] }}", False),
        ("{{= null = null }}", True),
        ("{{= $merge([a, {'b': 1}]) }}", {"b": 1, "none": None}),
        ("{{= '{{' }}", "{{"),
        ("{{= '}}' }}", "}}"),
        ("{{= {'a': {'b': 1}} }}", {"a": {"b": 1}}),
        ("{{= /* }} */ 1 }}", 1),
        ("{{= $replace('a}}b', /\\}\\}/, '-') }}", "a-b"),
        ("{{= $replace('aab', /a{2}/, '-') }}", "-b"),
        ("{{= `}}` }}", None),
        ("{{= 6 / 2 }}", 3),
        ("{{= ( $x := 6; $x / 2 ) / 3 }}", 1),
        ("{{= '\"' & \"'\" }}", "\"'"),
        ("x {{= n }} y {{#.n}} z{{= missing }}", "x 5 y 5 z"),
        ("{{= a }}!", '{"b":"c","none":null}!'),
        ("${{= n }}", "$5"),
        ("{{= $memory.n }}", 5),
        ("{{= $memory.items[stock < 5].id }}", 1),
        ("{{= $item }}", {}),
        ("{{= $items }}", []),
        ("{{= $index }}", 0),
        ("{{= $env.REGION & $env.NONE }}", "eu"),
        ("{{= $secret.KEY }}", "s3cret-value"),
        ("{{= $hash('abc', 'sha256') }}", hashlib.sha256(b"abc").hexdigest()),
        ("{{= $hmac('abc', $secret.KEY, 'SHA-256') }}", hmac.new(b"s3cret-value", b"abc", "sha256").hexdigest()),
        ("{{= $parse('{\"a\": [1, null]}') }}", {"a": [1, None]}),
        ("{{= $now() }}", "2000-01-01T00:00:00.000Z"),
        ("{{= $millis() }}", 946684800000),
        ("{{= $fromMillis($millis(), '[Y]') }}", "2000"),
        ("{{= $now('[Y0001]-[M01]') }}", "2000-01"),
        ("{{= $count($distinct([$uuid(), $uuid(), $uuid()])) }}", 3),
        ("{{= $$.n }}", 5),
    ],
)
def test_an_expression_becomes(text: str, value: Any) -> None:
    assert body_of({"it": text}) == {"it": value}
    assert type(body_of({"it": text})["it"]) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{= n + }}", "line 1, column 9"),
        ("{{= }}", "an expression is missing"),
        ("{{= (n }}", "the closing }} is missing"),
        ("{{= 'n }}", "the closing }} is missing"),
        ("{{= $summ(items.id) }}", "line 1, column 5: unknown function $summ, did you mean $sum?"),
        ("x\n{{= n &\n $lenght('a') }}", "line 3, column 2: unknown function $lenght, did you mean $length?"),
        ("{{= sum(items.id) }}", "did you mean $sum?"),
        ("{{= $random() }}", "$random can't be used here"),
        ("{{= $shuffle([1]) }}", "$shuffle can't be used here"),
        ("{{= $eval('1') }}", "$eval can't be used here"),
        ("{{= $map(['1'], $eval) }}", "$eval can't be used here"),
        ("{{= $secret }}", "$secret.NAME"),
        ("{{= $keys($env) }}", "$env.NAME"),
        ("{{= $secret.* }}", "$secret.NAME"),
        ("{{= $lookup($secret, 'KEY') }}", "$secret.NAME"),
        ("{{= $secret.(KEY) }}", "$secret.NAME"),
        ("{{= ($secret := 1; $secret.KEY) }}", "$secret.NAME"),
        ("{{= /[/ }}", "the closing }} is missing"),
        ("{{= $contains('a', /(/) }}", "the closing }} is missing"),
        ("{{= $contains('a', /a{,/) }}", ""),
        ("{{= ! }}", ""),
        ("{{= " + "(" * 5000 + ")" * 5000 + " }}", "at most 10000 characters"),
        ("{{= " + "(" * 900 + "1" + ")" * 900 + " }}", "nested too deep"),
        ("{{= " + "[" + "1," * 4000 + "1] }}{{= n", "the closing }} is missing"),
        ("{{= function($a)<s?s?s?s?s?s?:s>{$a}('a') }}", "signature"),
    ],
)
def test_an_expression_that_cannot_work_is_refused_with_its_place(text: str, message: str) -> None:
    problems = sequence.check({"requests": [{"method": "POST", "api": "http://x", "body": {"a": text}}]})
    if message:
        assert [problem.path for problem in problems] == ["requests[0].body.a"]
        assert message in problems[0].message


def test_all_names_of_the_context() -> None:
    inner = {
        "method": "POST",
        "api": "http://x/{{= $encodeUrlComponent($string($indexes)) }}",
        "body": "{{= [$item, $items, $index, $last.status, $last.header.`x-y`, $exists($failure)] }}",
    }
    loop = {
        "by": "$.l",
        "requests": [{"method": "GET", "api": "http://y", "__def_loop__": {"by": "$", "requests": [inner]}}],
    }
    answers = {"0": {"body": {"l": ["a"]}}, "0.loop[0].0": {"body": [1, 2], "header": {"X-Y": "z"}}}
    run, sent = played([{"method": "GET", "api": "http://x", "__def_loop__": loop}], answers)
    assert run.ok, run.error
    assert sent[-1].url == "http://x/%5B0%2C1%5D"
    assert sent[-1].body == [2, "a", 2, 1, 200, "z", False]


def test_expressions_in_place_of_filters() -> None:
    steps = [
        {"method": "GET", "api": "http://x/0", "when": "{{= n > 9 }}"},
        {"method": "GET", "api": "http://x/1", "when": "{{= missing }}"},
        {"method": "GET", "api": "http://x/2", "when": "{{= a.none }}"},
        {"method": "GET", "api": "http://x/3", "when": " {{= n = 5 }}\n", "expect": "{{= ok }}", "save_to": "r"},
        {
            "method": "GET",
            "api": "http://x/4",
            "__def_loop__": {"by": "$.rows", "filter": "{{= $ > 1 }}", "until": "{{= $ = 'x2' }}", "collect": "c",
                             "requests": [{"method": "GET", "api": "http://x/{{$}}"}]},
            "break": "{{= rows }}",
        },
        {"method": "GET", "api": "http://x/never"},
    ]  # fmt: skip
    answers = {"3": {"body": {"ok": "yes"}}, "4": {"body": {"rows": [1, 2, 3]}}, "4.loop[1].0": {"body": "x2"}}
    run, sent = played(steps, answers)
    assert run.ok, run.error
    assert [request.url[-1] for request in sent] == ["3", "4", "2"]
    assert run.persistence["c"] == ["x2"]


def test_an_expect_that_does_not_hold_tells_what_it_saw() -> None:
    step = {"method": "GET", "api": "http://x", "expect": "{{= $count(rows) >= 3 }}", "save_to": "r"}
    run, _ = played([step], {"0": {"body": {"rows": [1]}}})
    assert run.error.message == "expect: {{= $count(rows) >= 3 }} is false"
    assert run.persistence["r"] == {"worker_error": run.error.message}


def test_an_expression_that_polls() -> None:
    step = {"method": "GET", "api": "http://x", "retry": {"attempts": 3, "until": "{{= state = 'done' }}"}}
    run, sent = played([step], {"0": [{"body": {"state": "new"}}, {"body": {"state": "done"}}]})
    assert run.ok
    assert len(sent) == 2


@pytest.mark.parametrize(
    ("by", "seen"),
    [
        ("{{= items.id }}", [1, 2]),
        ("{{= one }}", [{"id": 7}]),
        ("{{= n }}", [5]),
        ("{{= missing }}", []),
        ("{{= a.none }}", []),
        (
            "{{= [$each(a, function($v, $k) { {'key': $k, 'value': $v} })] }}",
            [{"key": "b", "value": "c"}, {"key": "none", "value": None}],
        ),
    ],
)
def test_an_expression_as_by(by: str, seen: list[Any]) -> None:
    loop = {"by": by, "requests": [{"method": "POST", "api": "http://x", "body": "{{$}}"}]}
    run, sent = played([{"method": "GET", "api": "http://x", "__def_loop__": loop}], {"0": {"body": MEMORY}})
    assert run.ok, run.error
    assert [request.body for request in sent[1:]] == seen


@pytest.mark.parametrize("key", ["when", "expect", "break", "body", "api", "set", "by", "filter"])
def test_an_error_is_the_step_s_own(key: str) -> None:
    bad = "{{= $number('x') }}"
    step: dict[str, Any] = {"method": "POST", "api": "http://x", "save_to": "r", "ignore_error": True}
    loop = {"by": "#.items", "requests": [{"method": "GET", "api": "http://y"}]}
    if key in ("by", "filter"):
        step["__def_loop__"] = {**loop, key: bad}
    else:
        step[key] = {"x": bad} if key == "set" else bad
    run, _ = played([step, {"method": "GET", "api": "http://z", "save_to": "after"}])
    assert run.ok
    assert "$number can't make a number of 'x'" in run.persistence["r"]["worker_error"]
    assert "after" in run.persistence


def test_set_saves_in_its_order_and_each_entry_sees_the_ones_before() -> None:
    step = {
        "method": "GET",
        "api": "http://x",
        "save_to": "whole",
        "set": {"token": "{{$.token}}", "auth": "Bearer {{#.token}}", "etag": "{{%.header.ETag}}",
                "k_{{$.token}}": "{{= $memory.whole.n + 1 }}", "plain": [1, {"a": None}], "a-b": 1},
        "expect": [{"by": "#.auth", "condition": {"eq": "Bearer T"}}],
    }  # fmt: skip
    run, _ = played([step], {"0": {"body": {"token": "T", "n": 1}, "header": {"ETag": "e"}}}, persistence={})
    assert run.ok, run.error
    assert run.persistence == {
        "whole": {"token": "T", "n": 1}, "token": "T", "auth": "Bearer T", "etag": "e", "k_T": 2,
        "plain": [1, {"a": None}], "a_b": 1,
    }  # fmt: skip
    assert run.steps[0].saved == ("whole", "token", "auth", "etag", "k_T", "plain", "a_b")


def test_set_is_left_out_after_an_error_and_before_a_skipped_step() -> None:
    steps = [
        {"method": "GET", "api": "http://x", "set": {"a": 1}, "ignore_error": True},
        {"method": "GET", "api": "http://x", "set": {"b": 1}, "when": "{{= false }}"},
        {"set": {"c": "{{= 1 + 1 }}"}},
    ]
    run, _ = played(steps, {"0": {"status": 500}}, persistence={})
    assert run.persistence == {"c": 2}


def test_until_sees_what_set_saved() -> None:
    step = {
        "method": "GET",
        "api": "http://x",
        "set": {"n": "{{= $memory.n + 1 }}"},
        "retry": {"attempts": 5, "wait": 0, "until": "{{= $memory.n > 6 }}"},
    }
    run, sent = played([step])
    assert (run.ok, run.persistence["n"], len(sent)) == (True, 7, 2)


def test_set_belongs_in_a_step_and_is_an_object() -> None:
    def paths(argument: dict[str, Any]) -> list[str]:
        return [problem.path for problem in sequence.check(argument)]

    get = {"method": "GET", "api": "http://x"}
    assert paths({"requests": [], "defaults": {"set": {"a": 1}}}) == ["defaults.set"]
    assert paths({"requests": [{**get, "set": [1]}]}) == ["requests[0].set"]
    assert paths({"requests": [{**get, "set": {"a-b": 1, "a_b": 2}}]}) == ["requests[0].set.a_b"]
    assert paths({"requests": [{**get, "set": {"a": {"b": "{{= ( }}"}}}]}) == ["requests[0].set.a.b"]


def test_a_result_is_a_copy() -> None:
    steps = [{"set": {"x": "{{= $memory.a }}"}}, {"set": {"y": "{{= $memory ~> |a|{'b': 'new'}| }}"}}]
    run, _ = played(steps)
    assert run.persistence["x"] == run.persistence["a"] == MEMORY["a"]
    assert run.persistence["y"]["a"] == {"b": "new", "none": None}


def test_empty_lists_of_the_data_stay_empty() -> None:
    run, _ = played([{"set": {"x": "{{= $memory.empty{'k': 1} }}"}}], persistence={"empty": []})
    assert run.persistence["empty"] == []


@pytest.mark.parametrize("text", ["{{= $sum }}", "{{= {'f': function($x){$x}} }}", "{{= /a/ }}", "{{= [$sum] }}"])
def test_a_result_that_is_no_json_is_an_error(text: str) -> None:
    run, _ = played([{"set": {"x": text}}])
    assert "which is no JSON" in run.error.message


def test_uuid_derives_from_the_path_and_how_often_it_was_asked_for() -> None:
    steps = [{"set": {"a": "{{= $uuid() }}", "b": "{{uuid}}"}}, {"set": {"c": "{{= $uuid() }}"}}]
    first, second = played(steps)[0].persistence, played(steps)[0].persistence
    assert first == second
    assert len({first["a"], first["b"], first["c"]}) == 3


def test_expressions_of_an_argument_have_a_limit_in_all() -> None:
    steps = [{"set": {"a": f"{{{{= '{place}{'x' * 9000}' }}}}"}} for place in range(7)]
    assert "expression_characters" in sequence.check({"requests": steps})[0].message
    assert sequence.check({"requests": [steps[0]] * 7}) == []


def test_filters_that_are_expressions_see_the_response_and_nothing_before_it() -> None:
    step = {
        "method": "GET",
        "api": "http://x",
        "expect": "{{= $number(n) > 1 }}",
        "break": [{"by": "{{= $number($.n) }}", "condition": {"eq": 5}}],
        "retry": {"attempts": 2, "until": "{{= $number(n) = 5 }}"},
        "save_req_to": "sent",
    }
    run, sent = played(
        [step, {**step, "when": "{{= false }}"}], {"0": {"body": {"n": "5"}}}, persistence={"n": "no number"}
    )
    assert run.ok, run.error
    assert len(sent) == 1
    assert run.persistence["sent"]["expect"] == "{{= $number(n) > 1 }}"


@pytest.mark.parametrize(
    ("step", "path", "message"),
    [
        ({"set": {"ids": "{{= items.id }}"}}, "set.ids", "write [items.id] where a list is meant"),
        (
            {"method": "POST", "api": "x", "body": {"a": ["{{= $memory.orders.id }}"]}},
            "body.a[0]",
            "write [$memory.orders.id]",
        ),
        ({"set": {"a": "{{= items[stock < 5] }}"}}, "set.a", "where a list is meant"),
        ({"set": {"a": "{{= items.* }}"}}, "set.a", "where a list is meant"),
        ({"set": {"a": "{{= $uppercase($secret.X) }}"}}, "set.a", "what $uppercase makes of $secret.X is not masked"),
        ({"set": {"a": "{{= $substring($secret.X & 'y', 0, 4) }}"}}, "set.a", "what $substring makes of $secret.X"),
        ({"set": {"a": "{{= $secret.X ~> $lowercase }}"}}, "set.a", "what $lowercase makes of $secret.X"),
        ({"set": {"a": "{{= $secret.X ~> $substring(0, 4) }}"}}, "set.a", "what $substring makes of $secret.X"),
        (
            {"method": "GET", "api": "x/{{= $memroy.id }}"},
            "api",
            "$memroy is never set, so it is nothing, did you mean $memory?",
        ),
        ({"method": "GET", "api": "x", "when": "{{= $foo }}"}, "when", "$foo is never set"),
        ({"method": "PUT", "api": "x", "body": {"{{= $foo }}": 1}}, 'body["{{= $foo }}"]', "$foo is never set"),
    ],
)
def test_what_works_and_is_hardly_meant_is_a_warning(step: dict[str, Any], path: str, message: str) -> None:
    argument = {"requests": [{"method": "GET", "api": "x", "__def_loop__": {"by": "$", "requests": [step]}}]}
    assert sequence.check(argument) == []
    warnings = sequence.advice(argument)
    assert [warning.path for warning in warnings] == [f"requests[0].__def_loop__.requests[0].{path}"]
    assert message in warnings[0].message


@pytest.mark.parametrize(
    "step",
    [
        {
            "set": {
                "a": "{{= [items.id] }}",
                "b": "{{= access_token }}",
                "c": "{{= items[0].id }}",
                "d": "{{= items.id[] }}",
            }
        },
        {"set": {"a": "{{= $memory.token }}", "b": "ids: {{= items.id }}", "c": "{{= $sum(items.id) }}"}},
        {"method": "GET", "api": "x", "query": {"id": "{{= items.id }}"}},
        {
            "method": "GET",
            "api": "x",
            "header": {"a": "{{= $base64encode($secret.X) }} {{= $hmac('a', $secret.X, 'md5') }}"},
        },
        {
            "set": {
                "a": "{{= ($x := 1; function($y) { $x + $y }(2)) }}",
                "b": "{{= items#$i.($i) }}{{= a@$v.b[$v = 1] }}",
            }
        },
    ],
)
def test_what_is_meant_is_no_warning(step: dict[str, Any]) -> None:
    argument = {"persistence": {"a": "{{= items.id }}"}, "requests": [step]}
    assert sequence.check(argument) == []
    assert sequence.advice(argument) == []


ADDS = {"set": {"sum": "{{= $memory.sum + 1 }}"}}


@pytest.mark.parametrize(
    ("inner", "paths"),
    [
        ([ADDS], ["0].set.sum"]),
        ([{"set": {"a-b": "{{#.a_b}}x"}}], ['0].set["a-b"]', "0].set.a-b"]),
        ([{"set": {"a": {"b": ["{{#.(#.a).c}}"]}}}], ["0].set.a"]),
        (
            [{"method": "GET", "api": "x", "__def_loop__": {"by": "$", "requests": [ADDS]}}],
            ["0].__def_loop__.requests[0].set.sum"],
        ),
        ([{"set": {"a_{{!}}": "{{#.a_0}}", "b": "{{#.a}}", "c": "{{#}}", "d": "{{$.d}}"}}], []),
    ],
)
def test_a_save_that_adds_to_itself_is_refused_where_items_run_side_by_side(inner: list[Any], paths: list[str]) -> None:
    def refused(**loop: Any) -> list[str]:
        step = {"method": "GET", "api": "x", "__def_loop__": {"by": "$", "requests": inner, **loop}}
        return [problem.path for problem in sequence.check({"requests": [step]})]

    assert refused() == []
    for found in (refused(concurrency=2), refused(concurrency="{{#.n}}")):
        assert len(found) == (1 if paths else 0)
        assert not paths or found[0] in [f"requests[0].__def_loop__.requests[{path}" for path in paths]


def test_a_block_that_adds_to_itself_is_refused_wherever_it_runs_side_by_side() -> None:
    loop = {"by": "$", "concurrency": 3, "requests": [{"use": "add"}]}
    steps = [{"use": "add"}, {"method": "GET", "api": "x", "__def_loop__": loop}]
    for block, path in (([ADDS], "blocks.add[0].set.sum"), ({"requests": [ADDS]}, "blocks.add.requests[0].set.sum")):
        problems = sequence.check({"blocks": {"add": block}, "requests": steps})
        assert [problem.path for problem in problems] == [path]
        assert sequence.check({"blocks": {"add": block}, "requests": steps[:1]}) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{= ( }}", "the closing }} is missing"),
        ("{{= n }} x", 'x" is left over behind the expression'),
        ("{{= n }}{{= n }}", "is left over behind the expression"),
        ("{{= n n }}", "line 1, column 7"),
        ("x {{= n }}", "it is a filter: a list of entries, or an expression"),
        ("{{#.n}}", "it is a filter: a list of entries, or an expression"),
    ],
)
def test_a_filter_that_is_no_expression_is_refused_with_the_reason(text: str, message: str) -> None:
    step = {"method": "GET", "api": "http://x", "when": text, "retry": {"until": text}}
    problems = sequence.check({"requests": [step]})
    assert sorted(problem.path for problem in problems) == ["requests[0].retry.until", "requests[0].when"]
    assert all(message in problem.message for problem in problems)


def test_keys_of_set_that_become_the_same_are_an_error() -> None:
    run, _ = played([{"set": {"{{= 'x-y' }}": 1, "x_y": 2}}])
    assert run.error.message == "set.x_y: two keys become the same, x_y"


def test_each_place_of_a_step_that_runs_a_block_has_a_uuid_of_its_own() -> None:
    block = [{"set": {"inside": "{{uuid}}", "given": "{{@.id}}"}}]
    step = {"use": "b", "with": {"id": "{{uuid}}"}, "set": {"behind": "{{uuid}}", "computed": "{{= $uuid() }}"}}
    run, _ = played([step], blocks={"b": block}, persistence={})
    assert len(set(run.persistence.values())) == 4


def test_failure_is_the_error_that_ended_the_run() -> None:
    ending = [{"set": {"told": "{{= $failure.path & ': ' & $failure.status }}"}}]
    run, _ = played([{"method": "GET", "api": "http://x"}], {"0": {"status": 503}}, on_error=ending, persistence={})
    assert run.persistence == {"told": "0: 503"}
