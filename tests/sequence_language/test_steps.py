"""What a step does, key by key."""

from typing import Any

import pytest

import sequence
from tests.support.scripted_server import Reply

Play = Any
GET = {"method": "GET", "api": "/a"}


def states(run: sequence.SequenceRun) -> list[tuple[str, str]]:
    return [(step.path, step.state) for step in run.steps]


@pytest.mark.parametrize("method", ["get", "POST", "Put", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_every_method_in_any_case_is_sent(play: Play, server: Any, method: str) -> None:
    assert play([{"method": method, "api": "/a"}], {method.upper(): {"json": {}}}).ok
    assert [seen.method for seen in server.seen] == [method.upper()]


@pytest.mark.parametrize(
    ("step", "content"),
    [
        ({"method": "POST"}, b"{}"),
        ({"method": "POST", "body": None}, b"{}"),
        ({"method": "POST", "body": []}, b"[]"),
        ({"method": "POST", "body": "x"}, b'"x"'),
        ({"method": "PUT"}, b""),
        ({"method": "PATCH"}, b""),
        ({"method": "DELETE"}, b""),
        ({"method": "DELETE", "body": {"a": 1}}, b'{"a":1}'),
        ({"method": "GET", "body": {"a": 1}}, b""),
        ({"method": "POST", "form": {"a": "1 2", "b": ["x", "y"], "c": None}}, b"a=1+2&b=x&b=y"),
        ({"method": "POST", "text": "raw é"}, "raw é".encode()),
        ({"method": "POST", "body": "\ud800"}, b'"\\ud800"'),
    ],
)
def test_the_body_that_is_sent(play: Play, server: Any, step: dict[str, Any], content: bytes) -> None:
    assert play([{"api": "/a", **step}], {step["method"]: {"json": {}}}).ok
    assert server.seen[0].content == content


def test_files_are_sent_as_multipart_the_same_each_time(play: Play, server: Any) -> None:
    files = {"doc": {"name": "a.txt", "type": "text/plain", "text": "hello"}, "bin": {"base64": "AAE="}}
    step = {"method": "POST", "api": "/a", "form": {"k": "v"}, "files": files}
    live = sequence.Live(seed="s")
    for _ in range(2):
        assert play([step], {"POST": {"json": {}}}, sender=live).ok
    content = server.seen[0].content
    assert b'name="doc"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello' in content
    assert b"\x00\x01" in content
    assert b'name="k"\r\n\r\nv' in content
    assert server.seen[0].headers["Content-Type"].startswith("multipart/form-data; boundary=")


@pytest.mark.parametrize(
    ("api", "query", "path"),
    [
        ("/a", {"x": 1}, "/a?x=1"),
        ("/a?y=2", {"x": "a b&c"}, "/a?y=2&x=a%20b%26c"),
        ("/a", {"x": [1, True, None, "é"]}, "/a?x=1&x=true&x=%C3%A9"),
        ("/a", {}, "/a"),
    ],
)
def test_query_parameters_are_added(play: Play, server: Any, api: str, query: Any, path: str) -> None:
    assert play([{"method": "GET", "api": api, "query": query}], {"GET": {"json": {}}}).ok
    assert server.seen[0].path == path


@pytest.mark.parametrize(
    ("step", "name", "value"),
    [
        ({"header": {"X-A": "{{#.v}}"}}, "X-A", "5"),
        ({"header": {"X-A": 7}}, "X-A", "7"),
        ({"auth": {"basic": ["me", "pw"]}}, "Authorization", "Basic bWU6cHc="),
        ({"auth": {"bearer": "{{#.v}}x"}}, "Authorization", "Bearer 5x"),
        ({"auth": {"bearer": "t"}, "header": {"authorization": "old"}}, "Authorization", "Bearer t"),
        ({"body": {}}, "Content-Type", "application/json"),
        ({"body": {}, "header": {"content-type": "application/vnd.x+json"}}, "content-type", "application/vnd.x+json"),
    ],
)
def test_the_headers_that_are_sent(play: Play, server: Any, step: Any, name: str, value: str) -> None:
    assert play([{"method": "POST", "api": "/a", **step}], {"POST": {"json": {}}}, more={"persistence": {"v": 5}}).ok
    assert server.seen[0].headers[name] == value


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ({"json": {"a": 1}}, {"a": 1}),
        ({"json": [1], "headers": {"Content-Type": "application/problem+json; charset=utf-8"}}, [1]),
        ({"text": '{"a": 1}'}, '{"a": 1}'),
        ({"status": 204}, ""),
        ({"status": 200}, ""),
        ({"text": "é"}, "é"),
        (Reply(content=b"\xe9"), "é"),
        (Reply(content=b"\xe9", headers={"Content-Type": "text/plain; charset=latin-1"}), "é"),
        (Reply(content=b"x", headers={"Content-Type": "text/plain; charset=punycode"}), "x"),
        (Reply(content=b"", headers={"Content-Type": "application/json"}), ""),
        ({"status": 302, "text": "there"}, "there"),
    ],
)
def test_what_a_response_becomes(play: Play, reply: Any, value: Any) -> None:
    run = play([{**GET, "save_to": "r"}], {"GET": reply})
    assert run.ok, run.error
    assert run.persistence == {"r": value}


@pytest.mark.parametrize("content", [b"{", b"NaN", b"[1e999]", b"\xff\xfe", b"[" * 5000, b"[" * 150 + b"]" * 150])
def test_json_that_is_none_is_an_error(play: Play, content: bytes) -> None:
    run = play([{**GET, "save_to": "r"}], {"GET": Reply(content=content, headers={"Content-Type": "application/json"})})
    assert not run.ok
    assert list(run.persistence["r"]) == ["worker_error"]


def test_the_last_response_keeps_what_the_error_record_loses(play: Play) -> None:
    steps = [
        {**GET, "ignore_error": True, "save_to": "r"},
        {"method": "POST", "api": "/b", "body": {"s": "{{%.status}}", "t": "{{%.header.x-id}}", "b": "{{%.body.why}}"}},
    ]
    run = play(
        steps,
        {
            "GET": {"status": 422, "json": {"why": "no"}, "headers": {"X-Id": "7"}},
            "POST": lambda seen: {"json": seen.body},
        },
    )
    assert run.persistence["r"] == {"status": 422, "message": "Unprocessable Entity"}
    assert run.steps[1].response["body"] == {"s": 422, "t": "7", "b": "no"}


def test_a_step_whose_when_is_false_leaves_everything_as_it_was(play: Play, server: Any) -> None:
    off = [{"by": "#.on", "condition": {"eq": True}}]
    steps = [
        GET,
        {"method": "POST", "api": "/no", "when": off, "save_to": "no", "save_req_to": "nor"},
        {**GET, "api": "/b", "save_to": "b"},
    ]
    run = play(
        [*steps, {"method": "POST", "api": "/c", "body": "{{$.b}}"}],
        {"GET /a": {"json": {}}, "GET /b": {"json": {"b": 1}}, "POST": {"json": {}}},
    )
    assert states(run) == [("0", "ok"), ("1", "skipped"), ("2", "ok"), ("3", "ok")]
    assert server.seen[-1].body == 1
    assert set(run.persistence) == {"b"}


@pytest.mark.parametrize(
    ("ok", "status", "fine"), [(404, 404, True), ([200, 404], 404, True), ([201], 200, False), (None, 399, True)]
)
def test_ok_says_which_statuses_are_no_error(play: Play, ok: Any, status: int, fine: bool) -> None:
    assert play([{**GET, "ok": ok}], {"GET": {"status": status, "json": {}}}).ok is fine


def test_expect_names_the_entry_and_what_it_saw(play: Play) -> None:
    expect = [{"by": "$.a", "condition": {"exists": True}}, {"by": "$.n", "condition": {"gte": 5}}]
    run = play([{**GET, "expect": expect, "save_to": "r"}], {"GET": {"json": {"a": 1, "n": 3}}})
    assert str(run.error) == "0: expect[1]: $.n: gte 5 does not hold, it is 3"
    assert run.persistence["r"] == {"worker_error": run.error.message}


def test_save_keys_have_only_letters_digits_and_underscores(play: Play) -> None:
    run = play(
        [{**GET, "save_to": "a b-{{#.u}}.é", "save_req_to": "{{#.n}}"}],
        {"GET": {"json": 1}},
        more={"persistence": {"u": "x@y", "n": 7}},
    )
    assert set(run.persistence) == {"u", "n", "a_b_x_y__", "7"}


def test_the_saved_step_has_its_loop_as_it_was_given(play: Play) -> None:
    loop = {"by": "$", "requests": [{"method": "POST", "api": "BASE/e", "body": "{{$}}"}]}
    run = play(
        [{**GET, "save_req_to": "q", "__def_loop__": loop, "body": {"n": "{{#.n}}"}}],
        {"GET": {"json": []}},
        more={"persistence": {"n": 1}},
    )
    assert run.persistence["q"]["body"] == {"n": 1}
    assert run.persistence["q"]["__def_loop__"]["requests"][0]["body"] == "{{$}}"


def test_a_persistence_saved_into_itself_is_a_copy(play: Play) -> None:
    run = play(
        [{"method": "POST", "api": "/a", "body": "{{#}}", "save_req_to": "q"}],
        {"POST": {"json": {}}},
        more={"persistence": {"n": 1}},
    )
    assert run.persistence["q"]["body"] == {"n": 1}


def test_defaults_are_merged_under_every_step_also_in_loops(play: Play, server: Any) -> None:
    inner = {"api": "/b", "header": {"x-b": "mine"}, "method": "GET"}
    steps = [{"api": "/a", "__def_loop__": {"by": "$", "requests": [inner]}}]
    more = {"defaults": {"method": "POST", "header": {"X-A": "all", "X-B": "all"}}}
    assert (
        play(steps, {"POST": {"json": [1]}, "GET": {"json": 1}}, more=more).ok is False
    )  # no scheme: /a has no method there
    more["defaults"]["method"] = "POST"
    steps[0]["method"] = "POST"
    assert play(steps, {"POST": {"json": [1]}, "GET": {"json": 1}}, more=more).ok
    assert server.seen[-1].headers.get("X-A") == "all"
    assert server.seen[-1].headers.get("x-b") == "mine"


def test_cookies_are_kept_only_when_asked_for(play: Play, server: Any) -> None:
    script = {"GET /a": {"json": {}, "headers": {"Set-Cookie": "sid=1; Path=/"}}, "GET /b": {"json": {}}}
    assert play([GET, {**GET, "api": "/b"}], script).ok
    assert "Cookie" not in server.seen[-1].headers
    assert play([GET, {**GET, "api": "/b"}], script, more={"cookies": True}).ok
    assert server.seen[-1].headers["Cookie"] == "sid=1"


def test_the_container_says_what_the_first_step_sees(play: Play, server: Any) -> None:
    step = {"method": "POST", "api": "/a", "body": ["{{$.c}}", "{{@.p}}", "{{!}}"]}
    for container, body in [
        ({"current": {"c": 1}, "parent_current": {"p": 2}, "index": 3}, [1, 2, "3"]),
        ({"current": {}, "parent_current": {}, "index": {}}, [None, None, "0"]),
        ({}, [9, None, "0"]),
        ({"parent_current": {"p": 2, "c": 4}}, [4, 2, "0"]),  # in the original it is also the previous response
    ]:
        assert play([step], {"POST": {"json": {}}}, more={"container": container, "persistence": {"c": 9}}).ok
        assert server.seen[-1].body == body


def test_jac_calls_the_function_with_api_body_and_master(play: Play) -> None:
    calls = []

    def jac(api: str, body: Any, master: str | None) -> Any:
        calls.append((api, body, master))
        return {"n": len(calls)}

    steps = [
        {"method": "jac", "api": "master_allusers", "body": {"limit": 0}, "master": "{{#.nobody}}", "save_to": "a"},
        {"method": "JAC", "api": "walker_run", "master": "me", "save_to": "b"},
    ]
    run = play(steps, jac=jac)
    assert calls == [("master_allusers", {"limit": 0}, None), ("walker_run", {}, "me")]
    assert run.persistence == {"a": {"n": 1}, "b": {"n": 2}}


def test_what_an_api_does_to_its_parameters_stays_there(play: Play) -> None:
    bodies = []

    def jac(api: str, body: Any, master: str | None) -> Any:
        body["n"].append("spoilt")
        bodies.append(body)
        return [1, 2]

    step = {"method": "JAC", "api": "x", "body": {"n": []}}
    assert play([{**step, "__def_loop__": {"by": "$", "requests": [step]}}], jac=jac).ok
    assert [len(body["n"]) for body in bodies] == [1, 1, 1]


@pytest.mark.parametrize(
    ("answer", "record"),
    [
        (ValueError("no such API"), {"worker_error": "no such API"}),
        (sequence.StepResponse(403, {"d": 1}, "Forbidden"), {"status": 403, "message": "Forbidden"}),
        ({1, 2}, {"worker_error": "the answer of x is not JSON: argument: set is not JSON"}),
    ],
)
def test_a_jac_call_that_fails_is_the_steps_error(play: Play, answer: Any, record: Any) -> None:
    def jac(api: str, body: Any, master: str | None) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert play([{"method": "JAC", "api": "x", "save_to": "r"}], jac=jac).persistence["r"] == record


def test_a_sequence_by_jac_runs_as_steps_of_the_same_run(play: Play, server: Any) -> None:
    argument = {
        "persistence": {"n": 1},
        "requests": [{"method": "POST", "api": server.base + "/in", "body": "{{#.n}}", "save_to": "r"}],
    }
    steps = [GET, {"method": "JAC", "api": "sequence_run", "save_to": "s"}]
    run = play(steps, {"GET": {"json": {}}, "POST": {"json": 5}}, jac=lambda *_: sequence.Nested(argument))
    assert states(run) == [("0", "ok"), ("1.0", "ok"), ("1", "ok")]
    assert run.persistence["s"]["result"] == {"n": 1, "r": 5}
    assert run.persistence["s"]["success"] is True


def test_a_sequence_that_runs_itself_ends_at_a_limit(play: Play) -> None:
    argument: dict[str, Any] = {"requests": [{"method": "JAC", "api": "sequence_run"}]}
    run = play(argument["requests"], jac=lambda *_: sequence.Nested(argument))
    assert run.error.kind == "limit"
    assert run.error.path == "0.0.0.0.0.0"


def test_redirects_are_followed_unless_told_otherwise(play: Play, server: Any) -> None:
    script = {"GET /a": {"status": 302, "headers": {"Location": "/b"}}, "GET /b": {"json": 2}}
    assert play([{**GET, "save_to": "r"}], script).persistence == {"r": 2}
    script["GET /a"]["text"] = "moved"
    assert play([{**GET, "save_to": "r", "redirects": False}], script).persistence == {"r": "moved"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("method", "FETCH"),
        ("timeout", "soon"),
        ("ignore_error", 1),
        ("retry", {"attempts": 0}),
        ("auth", {"basic": ["a"]}),
        ("api", ""),
    ],
)
def test_a_value_that_a_template_makes_unusable_is_the_steps_error(play: Play, key: str, value: Any) -> None:
    run = play(
        [{**GET, key: "{{#.v}}" if key != "retry" else {"attempts": "{{#.v.attempts}}"}}],
        more={"persistence": {"v": value}},
    )
    assert run.error is not None
    assert run.error.path == "0"
    assert key in run.error.message


def test_the_error_of_a_step_that_cannot_be_resolved_is_saved_and_may_be_ignored(play: Play) -> None:
    step = {**GET, "body": "{{#.big}}", "save_to": "r_{{#.n}}", "ignore_error": True}
    settings = sequence.SequenceSettings(sequence.SequenceLimits(request_bytes=50))
    run = play([step], more={"persistence": {"big": ["x" * 100], "n": 1}}, settings=settings)
    assert run.ok
    assert "limit of a request" in run.persistence["r_1"]["worker_error"]


def test_the_argument_is_not_changed_and_shares_nothing_with_the_result(play: Play, server: Any) -> None:
    server.begin({"GET": {"json": {}}})
    argument = {
        "persistence": {"a": {"b": [1]}},
        "requests": [{"method": "GET", "api": server.base + "/a", "save_to": "x"}],
    }
    run = sequence.run(argument)
    run.persistence["a"]["b"].append(2)
    assert argument["persistence"] == {"a": {"b": [1]}}
