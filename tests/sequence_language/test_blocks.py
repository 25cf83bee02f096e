"""Steps without a method, soft steps and blocks."""

import json
from typing import Any

import pytest

import sequence
from sequence import Live, MemoryJournal, Mock, Replay
from tests.sequence_language.clock import TestClock

GET: dict[str, Any] = {"method": "GET", "api": "http://x/"}


def dry(argument: dict[str, Any], answers: dict[str, Any] | None = None, **limits: Any) -> sequence.SequenceRun:
    settings = sequence.SequenceSettings(sequence.SequenceLimits(**limits))
    return sequence.run(argument, sender=Mock(answers or {}), settings=settings)


def problems(argument: dict[str, Any]) -> list[tuple[str, str]]:
    return [(found.path, found.message) for found in sequence.check(argument)]


def states(run: sequence.SequenceRun) -> list[tuple[str, str]]:
    return [(step.path, step.state) for step in run.steps]


# Steps without a method.


def test_a_step_without_a_method_keeps_the_response_and_is_no_request() -> None:
    pause = {"delay": 5, "save_to": "same", "name": "wait", "expect": [{"by": "%.status", "condition": {"eq": 201}}]}
    run = dry({"requests": [GET, pause, {**GET, "body": 1}]}, {"0": {"status": 201, "body": "one"}}, requests=2)
    assert run.ok, run.error
    assert run.persistence == {"same": "one"}
    assert [(step.path, step.method, step.url, step.name) for step in run.steps][1] == ("1", "", "", "wait")


def test_its_break_and_its_loop_look_at_what_was_there_before() -> None:
    loop = {"delay": 0, "__def_loop__": {"by": "$", "requests": [{**GET, "save_to": "r_{{!}}"}]}}
    stop = {"delay": 0, "break": [{"by": "$.1", "condition": {"eq": 2}}]}
    run = dry({"requests": [GET, loop, stop, GET]}, {"0": {"body": [1, 2]}})
    assert states(run) == [("0", "ok"), ("1", "ok"), ("1.loop[0].0", "ok"), ("1.loop[1].0", "ok"), ("2", "ok")]


@pytest.mark.parametrize("key", ["api", "body", "header", "ok", "retry", "timeout", "query", "auth"])
def test_what_describes_a_request_is_refused_without_one(key: str) -> None:
    value = {"api": "x", "ok": 200, "timeout": 1, "auth": {"bearer": "x"}}.get(key, {})
    assert problems({"requests": [{"delay": 1, key: value}]})[0][0] == f"requests[0].{key}"
    assert problems({"blocks": {"b": []}, "requests": [{"use": "b", key: value}]})[0][0] == f"requests[0].{key}"


def test_the_defaults_of_requests_do_not_make_one_of_it() -> None:
    more = {"method": "GET", "header": {"x": "y"}, "retry": {"attempts": 2}, "delay": 1}
    run = dry({"defaults": more, "requests": [{"delay": 1}, {"api": "http://x/"}]})
    assert [(step.path, step.method) for step in run.steps] == [("0", ""), ("1", "GET")]


def test_a_delay_that_is_over_is_journaled() -> None:
    journal, clock = MemoryJournal(), TestClock()
    steps = {"requests": [{"delay": 60}, {"method": "JAC", "api": "x"}]}
    sequence.run(steps, jac=lambda *_: 1, sender=Replay(journal, Live(clock=clock)))
    assert clock.waits == [60.0]
    assert [json.loads(line)["kind"] for line in journal.lines] == ["run", "rest", "outcome", "ended"]
    again = sequence.run(steps, jac=lambda *_: 1, sender=Replay(MemoryJournal(journal.lines), Live(clock=clock)))
    assert clock.waits == [60.0]
    assert [step.replayed for step in again.steps] == [True, True]
    assert again.steps[0].ms == pytest.approx(60_000, abs=5_000)


# Soft steps.


def test_a_soft_error_ends_nothing_and_the_run_is_a_failure_with_all_of_them() -> None:
    soft = {**GET, "soft": True}
    run = dry(
        {"requests": [{**soft, "save_to": "a"}, GET, {**soft, "expect": [{"by": "$", "condition": {"eq": 1}}]}, GET]},
        {"0": {"status": 500}, "2": {"body": 2}},
    )
    assert states(run) == [("0", "failed"), ("1", "ok"), ("2", "failed"), ("3", "ok")]
    assert [error.path for error in run.errors] == ["0", "2"]
    assert run.error == run.errors[0]
    assert run.persistence["a"]["status"] == 500


def test_the_loop_of_a_soft_step_that_failed_does_not_run() -> None:
    loop = {"by": "#.rows", "requests": [GET]}
    run = dry(
        {"persistence": {"rows": [1]}, "requests": [{**GET, "soft": True, "__def_loop__": loop}]},
        {"0": {"status": 500}},
    )
    assert states(run) == [("0", "failed")]


def test_a_soft_step_takes_the_error_of_its_loop() -> None:
    loop = {"by": "#.rows", "requests": [GET]}
    run = dry(
        {"persistence": {"rows": [1, 2]}, "requests": [{**GET, "soft": True, "__def_loop__": loop}, GET]},
        {"0.loop[0].0": {"status": 500}},
    )
    assert states(run)[-1] == ("1", "ok")
    assert run.error is not None and run.error.path == "0.loop[0].0"


@pytest.mark.parametrize("concurrency", [1, 3])
def test_tolerate_does_not_count_soft_errors(concurrency: int) -> None:
    inner = [{**GET, "soft": True}, {**GET, "save_to": "after_{{!}}"}]
    loop = {"by": "#.rows", "requests": inner, "concurrency": concurrency}
    run = dry(
        {"persistence": {"rows": [1, 2, 3]}, "requests": [{**GET, "__def_loop__": loop}]},
        {"0.loop[*].0": {"status": 500}},
    )
    assert [error.path for error in run.errors] == [f"0.loop[{i}].0" for i in range(3)]
    assert set(run.persistence) == {"rows", "after_0", "after_1", "after_2"}


def test_a_soft_error_comes_before_the_one_that_ended_the_run() -> None:
    run = dry({"requests": [{**GET, "soft": True}, GET]}, {"0": {"status": 500}, "1": {"status": 404}})
    assert [error.path for error in run.errors] == ["0", "1"]
    assert run.errors[1].paths == ("1",)


def test_soft_and_ignore_error_are_not_for_one_step() -> None:
    assert problems({"requests": [{**GET, "soft": True, "ignore_error": True}]}) == [
        ("requests[0].soft", "can't be used with ignore_error")
    ]
    assert problems({"defaults": {"ignore_error": True}, "requests": [{**GET, "soft": True}]}) == []


@pytest.mark.parametrize("concurrency", [1, 3])
def test_going_on_begins_at_the_soft_steps(play: Any, server: Any, concurrency: int) -> None:
    post = {"method": "POST", "api": "/i", "body": "{{@}}", "soft": True, "save_to": "r_{{!}}"}
    loop = {"by": "#.rows", "requests": [post, {"method": "POST", "api": "/n"}], "concurrency": concurrency}
    steps = [{"method": "GET", "api": "/l", "__def_loop__": loop}, {"method": "POST", "api": "/last"}]
    more = {"persistence": {"rows": [0, 1, 2]}}
    script = {
        "GET": {"json": 1},
        "POST": {"json": 2},
        "POST /i": lambda seen: {"status": 500 if seen.body == 1 else 200},
    }
    journal = MemoryJournal()
    run = play(steps, script, more=more, sender=Replay(journal))
    assert [error.path for error in run.errors] == ["0.loop[1].0"]
    run = play(steps, {"POST": {"json": 3}}, more=more, sender=Replay(journal, again=True))
    assert run.ok, run.errors
    assert [(seen.path, seen.body) for seen in server.seen] == [("/i", 1)]
    assert run.persistence["r_1"] == 3


# Blocks.

SIGN_IN = [{**GET, "api": "http://x/{{@.user}}", "header": {"outside": "{{@@.n}} {{!}} {{!!}}"}}]


def test_inside_a_block_the_item_is_with_and_the_loops_are_further_out() -> None:
    mock = Mock({})
    loop = {"by": "#.rows", "requests": [GET, {"use": "in", "with": {"user": "u{{@.n}}"}}]}
    argument = {
        "persistence": {"rows": [{"n": 1}, {"n": 2}]},
        "blocks": {"in": SIGN_IN},
        "requests": [{**GET, "__def_loop__": loop}],
    }
    assert sequence.run(argument, sender=mock).ok
    inner = [request for request in mock.sent if ".in." in request.path]
    assert [(request.path, request.url, request.header["outside"]) for request in inner] == [
        ("0.loop[0].1.in.0", "http://x/u1", "1 0 0"),
        ("0.loop[1].1.in.0", "http://x/u2", "2 0 1"),
    ]


def test_what_the_block_ends_with_is_the_steps_response() -> None:
    argument = {
        "blocks": {"two": [{**GET, "save_to": "first"}, {**GET, "ok": [404]}]},
        "requests": [
            {**GET},
            {
                "use": "two",
                "save_to": "all",
                "expect": [{"by": "$.status", "condition": {"eq": 404}}, {"by": "%.status", "condition": {"eq": 404}}],
                "__def_loop__": {"by": "$.rows", "requests": [{**GET, "save_to": "row_{{!}}"}]},
                "break": [],
            },
            GET,
        ],
    }
    answers = {"1.two.0": {"body": 1}, "1.two.1": {"status": 404, "body": {"rows": [7]}}}
    run = dry(argument, answers)
    assert run.error is None or run.error.path == "1"
    argument["requests"][1]["expect"] = [{"by": "%.status", "condition": {"eq": 404}}]
    argument["blocks"]["two"][1]["ok"] = "any"
    run = dry(argument, answers)
    assert run.ok, run.error
    assert run.persistence == {"first": 1, "all": {"rows": [7]}, "row_0": {}}
    assert [path for path, _ in states(run)] == ["0", "1.two.0", "1.two.1", "1", "1.loop[0].0"]


def test_the_error_of_a_block_is_the_steps() -> None:
    argument: dict[str, Any] = {"blocks": {"b": [GET, GET]}, "requests": [{"use": "b", "save_to": "r"}, GET]}
    run = dry(argument, {"0.b.0": {"status": 404}})
    assert states(run) == [("0.b.0", "failed"), ("0", "failed")]
    assert run.error is not None and (run.error.path, run.error.paths) == ("0.b.0", ("0.b.0",))
    assert run.persistence == {"r": {"status": 404, "message": "Not Found"}}
    argument["requests"][0]["ignore_error"] = True
    run = dry(argument, {"0.b.0": {"status": 404}})
    assert run.ok and states(run) == [("0.b.0", "failed"), ("0", "ignored"), ("1", "ok")]


def test_a_break_ends_the_block_and_no_more() -> None:
    run = dry({"blocks": {"b": [{**GET, "break": []}, GET]}, "requests": [{"use": "b"}, GET]})
    assert states(run) == [("0.b.0", "ok"), ("0", "ok"), ("1", "ok")]


def test_a_step_whose_when_is_false_runs_no_block() -> None:
    never = [{"by": "#.none", "condition": {"exists": True}}]
    assert states(dry({"blocks": {"b": [GET]}, "requests": [{"use": "b", "when": never}]})) == [("0", "skipped")]


def test_the_defaults_apply_in_a_block_and_its_own_where_it_has_some() -> None:
    mock = Mock({})
    own = {"requests": [{"api": "http://x/b"}], "defaults": {"method": "PUT"}, "blocks": {}}
    argument = {
        "defaults": {"method": "GET"},
        "blocks": {"a": [{"api": "http://x/a"}], "b": own},
        "requests": [{"use": "a"}, {"use": "b"}],
    }
    assert sequence.run(argument, sender=mock).ok
    assert [request.method for request in mock.sent] == ["GET", "PUT"]


def test_a_circle_of_blocks_is_refused_by_its_names() -> None:
    blocks = {"a": [{"use": "b"}], "b": [{**GET, "__def_loop__": {"by": "$", "requests": [{"use": "a"}]}}]}
    assert problems({"blocks": blocks, "requests": [{"use": "a"}]}) == [
        ("blocks.b[0].__def_loop__.requests[0].use", "the blocks run in a circle: a -> b -> a")
    ]
    assert "a -> a" in problems({"blocks": {"a": [{"use": "a"}]}, "requests": []})[0][1]


def test_an_unknown_block_is_refused_with_the_nearest_name() -> None:
    assert problems({"blocks": {"sign_in": []}, "requests": [{"use": "sing_in"}]}) == [
        ("requests[0].use", "unknown block, did you mean sign_in?")
    ]
    assert problems({"requests": [{"use": "x"}]}) == [("requests[0].use", "unknown block; this sequence has no blocks")]


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ({"blocks": [], "requests": []}, "blocks"),
        ({"blocks": {"a": 1}, "requests": []}, "blocks.a"),
        ({"blocks": {"a": "a.json"}, "requests": []}, "blocks.a"),
        ({"blocks": {"a b": []}, "requests": []}, 'blocks["a b"]'),
        ({"blocks": {"a": [{"methd": 1}]}, "requests": []}, "blocks.a[0].methd"),
        ({"blocks": {"a": {"request": []}}, "requests": []}, "blocks.a.request"),
        ({"blocks": {"a": {"requests": [{}]}}, "requests": []}, "blocks.a.requests[0].method"),
        ({"blocks": {"a": []}, "requests": [{"use": "{{#.a}}"}]}, "requests[0].use"),
        ({"blocks": {"a": []}, "requests": [{"use": "a", "method": "GET"}]}, "requests[0].use"),
        ({"requests": [{**GET, "with": {}}]}, "requests[0].with"),
        ({"defaults": {"use": "a"}, "requests": []}, "defaults.use"),
        ({"defaults": {"name": "a"}, "requests": []}, "defaults.name"),
    ],
)
def test_what_can_not_be_a_block_is_refused_with_its_path(argument: dict[str, Any], path: str) -> None:
    assert path in [found for found, _ in problems(argument)]


def test_blocks_nest_up_to_a_depth() -> None:
    blocks: dict[str, Any] = {f"b{n}": [{"use": f"b{n + 1}"}] for n in range(9)} | {"b9": [GET]}
    assert dry({"blocks": blocks, "requests": [{"use": "b0"}]}).ok
    assert "more than 10 deep" in problems({"blocks": {**blocks, "b": [{"use": "b0"}]}, "requests": []})[0][1]
    long = {f"b{n}": [{"use": f"b{n + 1}"}] for n in range(5000)} | {"b5000": []}
    assert problems({"blocks": long, "requests": [{"use": "b0"}]})


def test_blocks_that_double_ten_times_end_at_the_limit_of_steps() -> None:
    twice = {f"b{n}": [{"use": f"b{n + 1}"}] * 20 for n in range(9)} | {"b9": [{"delay": 0}]}
    run = dry({"blocks": twice, "requests": [{"use": "b0"}]}, steps=2000)
    assert run.error is not None and (run.error.kind, run.error.message) == (
        "limit",
        "more than 2000 steps, the limit of a run",
    )


@pytest.mark.parametrize("concurrency", [1, 3])
def test_going_on_begins_within_the_block_that_failed(play: Any, server: Any, concurrency: int) -> None:
    block = [
        {"method": "POST", "api": "/first", "body": "{{@.n}}"},
        {"method": "POST", "api": "/then", "body": "{{@.n}}"},
    ]
    loop = {"by": "#.rows", "requests": [{"use": "b", "with": {"n": "{{@}}"}}], "concurrency": concurrency}
    more = {"persistence": {"rows": [0, 1, 2]}, "blocks": {"b": block}}
    script = {"POST": {"json": 2}, "POST /then": lambda seen: {"status": 500 if seen.body == 2 else 200}}
    journal = MemoryJournal()
    steps = [{"delay": 0, "__def_loop__": loop}]
    assert play(steps, script, more=more, sender=Replay(journal)).error.path == "0.loop[2].0.b.1"
    assert play(steps, {"POST": {"json": 3}}, more=more, sender=Replay(journal, again=True)).ok
    assert [(seen.path, seen.body) for seen in server.seen] == [("/then", 2)]


def test_going_on_begins_within_the_sequence_that_a_jac_step_ran(play: Any, server: Any) -> None:
    inner = {"requests": [{"method": "POST", "api": "BASE/a"}, {"method": "POST", "api": "BASE/b", "soft": True}]}

    def jac(*_: Any) -> sequence.Nested:
        return sequence.Nested(json.loads(json.dumps(inner).replace("BASE", server.base)))

    journal, steps = MemoryJournal(), [{"method": "JAC", "api": "sequence_run"}]
    run = play(steps, {"POST": {"json": 1}, "POST /b": {"status": 500}}, jac=jac, sender=Replay(journal))
    assert run.error is not None and "0.1" in run.error.message
    run = play(steps, {"POST": {"json": 2}}, jac=jac, sender=Replay(journal, again=True))
    assert run.ok, run.error
    assert [seen.path for seen in server.seen] == ["/b"]
