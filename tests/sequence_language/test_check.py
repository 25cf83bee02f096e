"""Every problem of a structure, with its path, before anything is sent."""

import copy
from typing import Any

import pytest

import sequence

GET: dict[str, Any] = {"method": "GET", "api": "http://x"}
LOOP: dict[str, Any] = {"by": "$", "requests": [GET]}


def paths(argument: Any) -> list[str]:
    return [problem.path for problem in sequence.check(argument)]


def step(**keys: Any) -> dict[str, Any]:
    return {"requests": [{**GET, **keys}]}


@pytest.mark.parametrize(
    ("argument", "path", "says"),
    [
        (None, "argument", "not null"),
        ([], "argument", "not a list"),
        ({}, "requests", "is missing"),
        ({"requests": {}}, "requests", "list of steps"),
        ({"requests": ["x"]}, "requests[0]", "a step is an object"),
        ({"requests": [{}]}, "requests[0].method", "is missing"),
        ({"requests": [{"method": "GET"}]}, "requests[0].api", "is missing"),
        ({"request": [], "requests": []}, "request", "did you mean requests?"),
        (step(methd="x"), "requests[0].methd", "did you mean method?"),
        (step(method="GET /"), "requests[0].method", "GET or POST"),
        (step(method="CONNECT"), "requests[0].method", "not CONNECT"),
        (step(parse="yaml"), "requests[0].parse", "json, text, xml, csv or bytes"),
        (step(parse={"csv": {"delimiter": ";;"}}), "requests[0].parse", "one character"),
        (step(base64={"text": "x"}), "requests[0].base64", "Base64"),
        (step(timeout="soon"), "requests[0].timeout", "seconds"),
        (step(timeout=0), "requests[0].timeout", "seconds"),
        (step(timeout=True), "requests[0].timeout", "seconds"),
        (step(ignore_error="yes"), "requests[0].ignore_error", "true or false"),
        (step(header=["x"]), "requests[0].header", "an object"),
        (step(ok="7xx"), "requests[0].ok", "a status"),
        (step(ok="299-200"), "requests[0].ok", "a status"),
        (step(retry={"on": ["2yy"]}), "requests[0].retry.on", "a list of"),
        (step(retry={"on": [[404]]}), "requests[0].retry.on", "a list of"),
        (step(ok=[[404]]), "requests[0].ok", "a status"),
        (step(ok=[200, 1000]), "requests[0].ok", "a status"),
        (step(auth={"basic": ["me"]}), "requests[0].auth.basic", "user and password"),
        (step(files={"a": {"text": "x", "base64": "eA=="}}), "requests[0].files", '"text" or "base64"'),
        (step(body={}, form={}), "requests[0].form", "one body"),
        (step(retry={"attempts": 0}), "requests[0].retry.attempts", "1 or more"),
        (step(retry={"on": ["conect"]}), "requests[0].retry.on", '"connect"'),
        (step(retry={"attemps": 2}), "requests[0].retry.attemps", "did you mean attempts?"),
        (
            step(retry={"until": [{"by": "$", "condition": {"eqq": 1}}]}),
            "requests[0].retry.until[0].condition.eqq",
            "did you mean eq?",
        ),
        (step(save_to=["x"]), "requests[0].save_to", "a text"),
        (step(body="{{foo}}"), "requests[0].body", "not a reference"),
        (step(header={"a b": "{{$.}}"}), 'requests[0].header["a b"]', "a key is missing"),
        (step(when={"by": "$"}), "requests[0].when", "a filter"),
        (step(when=[5]), "requests[0].when[0]", "an entry is an object"),
        (step(when=[{}]), "requests[0].when[0].by", "is missing"),
        (step(when=[{"by": "$"}]), "requests[0].when[0].condition", "is missing"),
        (step(when=[{"by": "data", "condition": {}}]), "requests[0].when[0].by", "not a reference"),
        (step(when=[{"by": "$", "conditon": {}}]), "requests[0].when[0].conditon", "did you mean condition?"),
        (step(when=[{"or": [], "and": []}]), "requests[0].when[0].and", "can't be used with or"),
        (
            step(when=[{"or": [{"not": [{"by": "$", "condition": {"regex": "("}}]}]}]),
            "requests[0].when[0].or[0].not[0].condition.regex",
            "is not a regex",
        ),
        (step(when=[{"by": "$", "condition": {"exists": 1}}]), "requests[0].when[0].condition.exists", "true or false"),
        (step(when=[{"by": "$", "condition": {"in": 1}}]), "requests[0].when[0].condition.in", "a list"),
        (step(__def_loop__={"by": "$"}), "requests[0].__def_loop__.requests", "is missing"),
        (step(__def_loop__={"requests": []}), "requests[0].__def_loop__.by", "is missing"),
        (
            step(__def_loop__={**LOOP, "filter": [{"by": "$", "condition": {"eqq": 1}}]}),
            "requests[0].__def_loop__.filter[0].condition.eqq",
            "did you mean eq?",
        ),
        (step(__def_loop__={**LOOP, "tolerate": "ten"}), "requests[0].__def_loop__.tolerate", '"10%"'),
        (
            step(__def_loop__={**LOOP, "concurrency": 2, "until": []}),
            "requests[0].__def_loop__.until",
            "one after the other",
        ),
        (
            step(__def_loop__={"by": "$", "requests": [{**GET, "__def_loop": {**LOOP, "b": 1}}]}),
            "requests[0].__def_loop__.requests[0].__def_loop.b",
            "unknown",
        ),
        (
            {"cookies": True, **step(__def_loop__={**LOOP, "concurrency": 2})},
            "requests[0].__def_loop__.concurrency",
            "cookies",
        ),
        (step(__def_loop__=LOOP, __def_loop=LOOP), "requests[0].__def_loop", "one loop"),
        ({"defaults": {"save_to": "x"}, "requests": []}, "defaults.save_to", "belongs in a step"),
        ({"defaults": {"timeout": -1}, "requests": []}, "defaults.timeout", "seconds"),
        ({"timeout": "{{#.t}}", "requests": []}, "timeout", "seconds"),
        ({"container": {"curent": 1}, "requests": []}, "container.curent", "did you mean current?"),
        ({"persistence": {"a": float("nan")}, "requests": []}, "persistence.a", "not JSON"),
        ({"persistence": {"a": {1, 2}}, "requests": []}, "persistence.a", "not JSON"),
        ({"persistence": {1: 2}, "requests": []}, "persistence", "is not a text"),
    ],
)
def test_a_problem_is_named_with_its_path(argument: Any, path: str, says: str) -> None:
    problems = sequence.check(argument)
    assert path in [problem.path for problem in problems]
    assert says in next(problem.message for problem in problems if problem.path == path)


def test_all_problems_are_named_at_once() -> None:
    assert paths({"x": 1, "requests": [{"method": "GET", "api": 5}, {**GET, "y": 2}]}) == [
        "x",
        "requests[0].api",
        "requests[1].y",
    ]


def test_null_is_the_same_as_leaving_a_key_out() -> None:
    nulls = dict.fromkeys(["header", "save_to", "when", "retry", "timeout", "__def_loop__", "body", "ok", "break"])
    assert sequence.check({"persistence": None, "container": None, "requests": [{**GET, **nulls}]}) == []


def test_a_template_may_stand_for_any_plain_value() -> None:
    templates = dict.fromkeys(["method", "api", "timeout", "ok", "header", "auth", "ignore_error", "delay"], "{{#.x}}")
    assert sequence.check({"requests": [{**templates}]}) == []


def test_a_refused_sequence_sends_nothing_and_says_why(server: Any) -> None:
    run = sequence.run({"requests": [{"method": "GET", "api": server.base + "/a"}, {"methd": "GET"}]})
    assert not run.ok
    assert (run.error.kind, run.error.path) == ("refused", "requests[1].methd")
    assert len(run.problems) == 3
    assert server.seen == []


@pytest.mark.parametrize("depth", [150, 5000])
def test_an_absurd_depth_is_refused(depth: int) -> None:
    value: Any = []
    for _ in range(depth):
        value = [value]
    assert "nested too deep" in sequence.check({"persistence": {"a": value}, "requests": []})[0].message


def test_an_argument_that_contains_itself_is_refused() -> None:
    argument: dict[str, Any] = {"requests": []}
    argument["persistence"] = argument
    assert "nested too deep" in sequence.check(argument)[0].message


def test_checking_changes_nothing() -> None:
    argument = step(body={"a": ["{{#.x}}"]}, __def_loop__=LOOP)
    before = copy.deepcopy(argument)
    sequence.check(argument)
    assert argument == before


@pytest.mark.parametrize("value", [0, -1, "many", True])
def test_a_limit_that_is_none_is_named(value: Any) -> None:
    with pytest.raises(ValueError, match="requests: "):
        sequence.SequenceLimits(requests=value)
