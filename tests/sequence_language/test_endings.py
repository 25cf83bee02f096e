"""What a sequence does at its end: `on_error` and `finally`."""

import json
import threading
from typing import Any

import pytest

import sequence
from sequence import Halted, Live, MemoryJournal, Mock, Replay
from tests.sequence_language.clock import TestClock
from tests.support.scripted_server import Server

Play = Any
GET: dict[str, Any] = {"method": "GET", "api": "http://x/"}
TELL = {
    **GET,
    "method": "POST",
    "body": {"error": "{{error}}", "last": "{{$}}", "status": "{{%.status}}", "item": "{{@}}"},
}
CLEAN = {**GET, "method": "DELETE"}


def dry(argument: dict[str, Any], answers: dict[str, Any] | None = None, **options: Any) -> tuple[Any, list[Any]]:
    mock = Mock(answers or {})
    return sequence.run(argument, sender=mock, **options), mock.sent


def paths(sent: list[Any]) -> list[str]:
    return [request.path for request in sent]


ENDS: dict[str, Any] = {"on_error": [TELL], "finally": [CLEAN]}


def test_after_a_success_only_finally_runs() -> None:
    run, sent = dry({"requests": [GET], **ENDS})
    assert run.ok
    assert paths(sent) == ["0", "finally.0"]
    assert [step.path for step in run.steps] == ["0", "finally.0"]


def test_after_an_error_on_error_runs_once_and_then_finally() -> None:
    loop = {"by": "#.rows", "requests": [GET]}
    argument = {"persistence": {"rows": [7]}, "requests": [{**GET, "__def_loop__": loop}, GET], **ENDS}
    run, sent = dry(argument, {"0.loop[0].0": {"status": 404}})
    assert paths(sent) == ["0", "0.loop[0].0", "on_error.0", "finally.0"]
    assert sent[2].body == {
        "error": {"path": "0.loop[0].0", "message": "status 404 Not Found", "status": 404},
        "last": {"status": 404, "message": "Not Found"},
        "status": 200,
        "item": {},
    }
    assert [error.path for error in run.errors] == ["0.loop[0].0"]


def test_after_soft_errors_on_error_runs_once_with_the_first() -> None:
    soft = {**GET, "soft": True}
    run, sent = dry({"requests": [soft, soft, GET], **ENDS}, {"0": {"status": 500}, "1": {"status": 501}})
    assert paths(sent) == ["0", "1", "2", "on_error.0", "finally.0"]
    assert sent[3].body["error"]["path"] == "0"
    assert [error.path for error in run.errors] == ["0", "1"]


def test_error_is_missing_after_a_success_and_in_the_steps() -> None:
    run, _ = dry(
        {"requests": [{**GET, "save_to": "{{error.path|none}}"}], "finally": [{**GET, "save_to": "{{error|null}}_"}]}
    )
    assert set(run.persistence) == {"none", "_"}


def test_a_limit_is_followed_by_both_with_limits_of_their_own() -> None:
    limits = sequence.SequenceSettings(sequence.SequenceLimits(requests=1, steps=2))
    run, sent = dry({"requests": [GET, GET, GET], **ENDS}, settings=limits)
    assert paths(sent) == ["0", "on_error.0", "finally.0"]
    assert run.error.kind == "limit"


def test_a_full_memory_leaves_room_for_the_end() -> None:
    limits = sequence.SequenceSettings(sequence.SequenceLimits(persistence_bytes=100))
    argument = {"requests": [{**GET, "save_to": "a"}], "finally": [{**GET, "save_to": "b"}]}
    run, _ = dry(argument, {"0": {"body": "x" * 200}, "finally.0": {"body": 1}}, settings=limits)
    assert [error.kind for error in run.errors] == ["limit"]
    assert run.persistence == {"b": 1}


@pytest.mark.parametrize("how", ["on_error", "finally"])
def test_their_own_errors_are_told_beside_the_first(how: str) -> None:
    argument = {
        "requests": [GET],
        how: [{**GET, "soft": True}, GET, GET],
        "finally" if how == "on_error" else "on_error": [GET],
    }
    answers = {"0": {"status": 500}, f"{how}.0": {"status": 501}, f"{how}.1": {"status": 502}}
    run, sent = dry(argument, answers)
    assert [error.path for error in run.errors] == ["0", f"{how}.0", f"{how}.1"]
    assert run.error.path == "0"
    assert f"{how}.2" not in paths(sent)
    assert len(sent) == 4


def test_a_clean_up_that_fails_makes_a_run_a_failure() -> None:
    run, _ = dry({"requests": [GET], "finally": [CLEAN]}, {"finally.0": {"status": 500}})
    assert (run.ok, run.error.path) == (False, "finally.0")


def test_a_run_that_starts_again_from_its_error_does_not_clean_up_yet() -> None:
    asked: list[list[str]] = []

    def is_over(errors: list[sequence.RunError]) -> bool:
        asked.append([error.path for error in errors])
        return False

    _, sent = dry({"requests": [GET], **ENDS}, {"0": {"status": 500}}, is_over=is_over)
    assert (paths(sent), asked) == (["0"], [["0"]])


def test_they_use_blocks_and_the_defaults() -> None:
    argument = {
        "defaults": {"method": "PUT"},
        "blocks": {"clean": [{"api": "http://x/{{@.what}}/{{error.path}}"}]},
        "requests": [GET],
        "on_error": [{"use": "clean", "with": {"what": "a"}}],
        "finally": [{"use": "clean", "with": {"what": "b"}}],
    }
    _, sent = dry(argument, {"0": {"status": 500}})
    assert [(request.path, request.method, request.url) for request in sent[1:]] == [
        ("on_error.0.clean.0", "PUT", "http://x/a/0"),
        ("finally.0.clean.0", "PUT", "http://x/b/0"),
    ]


def test_each_has_seconds_of_its_own() -> None:
    clock = TestClock()
    settings = sequence.SequenceSettings(sequence.SequenceLimits(total_s=60, finally_s=10))
    argument = {
        "requests": [{"delay": 100}],
        "on_error": [{"delay": 6}, {"delay": 3}],
        "finally": [{"delay": 9}, {"delay": 9}, {"delay": 9}],
    }
    run = sequence.run(argument, sender=Live(clock=clock), settings=settings)
    assert [(error.path, error.kind) for error in run.errors] == [("0", "limit"), ("finally.1", "limit")]
    assert "the time of finally is over, 10 s" in run.errors[1].message
    assert [round(seconds) for seconds in clock.waits] == [60, 6, 3, 9, 1]


@pytest.mark.parametrize("endless", [{"pages": {"next": {"n": "{{%.page}}"}, "max": 10**6}}, {}])
def test_a_finally_that_never_ends_ends_at_its_limits(endless: dict[str, Any]) -> None:
    settings = sequence.SequenceSettings(sequence.SequenceLimits(requests=50, items=50, steps=60))
    loop = {"by": "#.rows", "requests": [GET]} if not endless else None
    step = {**GET, **endless, "__def_loop__": loop}
    argument = {"persistence": {"rows": list(range(100))}, "requests": [], "finally": [step]}
    run, _ = dry(argument, {"finally.0.page[*]": {"body": 1}}, settings=settings)
    assert run.error is not None and run.error.kind == "limit"


def test_a_nested_sequence_has_its_own(play: Play, server: Server) -> None:
    inner = {
        "requests": [{"method": "GET", "api": "BASE/a"}],
        **json.loads(json.dumps(ENDS).replace("http://x", "BASE")),
    }

    def jac(*_: Any) -> sequence.Nested:
        return sequence.Nested(json.loads(json.dumps(inner).replace("BASE", server.base)))

    script = {"GET": {"status": 500}, "POST": {"json": 1}, "DELETE": {"status": 503}}
    run = play([{"method": "JAC", "api": "sequence_run", "save_to": "r"}], script, jac=jac)
    assert [step.path for step in run.steps] == ["0.0", "0.on_error.0", "0.finally.0", "0"]
    assert [error["path"] for error in run.persistence["r"]["errors"]] == ["0.0", "0.finally.0"]


def test_going_on_does_again_what_is_done_at_the_end(play: Play, server: Server) -> None:
    journal = MemoryJournal()
    ends = json.loads(json.dumps(ENDS).replace("http://x", "BASE"))
    steps = [{"method": "POST", "api": "/a"}, {"method": "POST", "api": "/b"}]
    script = {"POST": {"json": 1}, "DELETE": {"json": 1}, "POST /b": {"status": 500}}
    play(steps, script, more=ends, sender=Replay(journal))
    assert [seen.method for seen in server.seen] == ["POST", "POST", "POST", "DELETE"]
    assert play(steps, {"POST": {"json": 1}, "DELETE": {"json": 1}}, more=ends, sender=Replay(journal, again=True)).ok
    assert [(seen.method, seen.path) for seen in server.seen] == [("POST", "/b"), ("DELETE", "/")]


def test_a_run_told_to_halt_does_not_clean_up_and_the_next_one_does(play: Play, server: Server) -> None:
    journal, live = MemoryJournal(), Live()
    steps = [{"method": "GET", "api": "/a"}, {"method": "GET", "api": "/b"}]
    more = {"finally": [{"method": "DELETE", "api": "/c"}]}

    def halt(_: Any) -> dict[str, Any]:
        live.halt()
        return {"json": 1}

    with pytest.raises(Halted):
        play(steps, {"GET": halt}, more=more, sender=Replay(journal, live))
    assert [seen.path for seen in server.seen] == ["/a"]
    assert play(steps, {"GET": {"json": 1}, "DELETE": {}}, more=more, sender=Replay(journal)).ok
    assert [seen.path for seen in server.seen] == ["/b", "/c"]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_cancelled_run_ends_at_once_and_does_its_finally(play: Play, server: Server, concurrency: int) -> None:
    journal, live, over = MemoryJournal(), Live(), threading.Event()
    together = threading.Barrier(concurrency)

    def answer(_: Any) -> dict[str, Any]:
        together.wait(10)
        live.cancel()
        over.wait(10)
        return {"json": 1}

    loop = {"by": "#.rows", "requests": [{"method": "POST", "api": "/i"}], "concurrency": concurrency}
    steps = [{"delay": 0, "__def_loop__": loop}, {"method": "GET", "api": "/never"}]
    more = {"persistence": {"rows": [1, 2, 3]}, "on_error": [{"method": "GET", "api": "/no"}]}
    more["finally"] = [{"method": "DELETE", "api": "/clean", "save_to": "cleaned"}]
    try:
        run = play(steps, {"POST": answer, "DELETE": {"json": 1}}, more=more, sender=Replay(journal, live))
    finally:
        over.set()
    assert run.error is not None and (run.error.kind, run.error.message) == ("cancelled", "the run was cancelled")
    assert run.persistence["cleaned"] == 1
    assert {step.path for step in run.steps if step.state == "unknown"} == {
        f"0.loop[{n}].0" for n in range(concurrency)
    }
    assert server.seen[-1].path == "/clean"
    assert {seen.path for seen in server.seen} == {"/i", "/clean"}


def test_whoever_takes_a_cancelled_run_up_only_cleans_up(play: Play, server: Server) -> None:
    journal = MemoryJournal()
    steps = [{"method": "PUT", "api": "/a", "save_to": "a"}, {"method": "PUT", "api": "/b"}]
    more = {"finally": [{"method": "DELETE", "api": "/clean/{{#.a}}"}]}
    play(steps, {"PUT /a": {"json": 1}, "PUT": {"status": 500}}, more=more, sender=Replay(journal))
    begun = [line for line in journal.lines if '"path":"0"' in line or '"kind":"run"' in line]
    live = Live()
    live.cancel()
    run = play(steps, {"PUT": {"json": 2}, "DELETE": {}}, more=more, sender=Replay(MemoryJournal(begun), live))
    assert run.error is not None and (run.error.kind, run.error.path) == ("cancelled", "1")
    assert [seen.path for seen in server.seen] == ["/clean/1"]


def test_an_interrupted_run_does_nothing_more() -> None:
    def jac(*_: Any) -> None:
        raise KeyboardInterrupt

    records: list[sequence.Record] = []
    with pytest.raises(KeyboardInterrupt):
        sequence.run({"requests": [{"method": "JAC", "api": "x"}], **ENDS}, jac=jac, on_step=records.append)
    assert [record.path for record in records] == ["0"]


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ({"on_error": {}, "requests": []}, "on_error"),
        ({"finally": [{}], "requests": []}, "finally[0].method"),
        ({"finaly": [], "requests": []}, "finaly"),
        ({"requests": [{**GET, "body": "{{error.path}} {{eror.path}}"}]}, "requests[0].body"),
    ],
)
def test_what_can_not_work_is_refused_with_its_path(argument: dict[str, Any], path: str) -> None:
    assert path in [found.path for found in sequence.check(argument)]


def test_an_unknown_outcome_is_followed_by_both(play: Play, server: Server) -> None:
    begun = ['{"kind":"run","seed":"s","started":1e10}', '{"kind":"intent","path":"0","try":1,"request":""}']
    more = {
        "on_error": [{"method": "PUT", "api": "/told", "body": "{{error.path}}"}],
        "finally": [{"method": "DELETE", "api": "/c"}],
    }
    script = {"PUT": {"json": 1}, "DELETE": {"json": 1}}
    run = play([{"method": "POST", "api": "/a"}], script, more=more, sender=Replay(MemoryJournal(begun)))
    assert (run.error.kind, run.error.path) == ("unknown", "0")
    assert [(seen.method, seen.path) for seen in server.seen] == [("PUT", "/told"), ("DELETE", "/c")]


def test_a_run_whose_time_was_over_cleans_up_the_same_when_it_is_taken_up(play: Play, server: Server) -> None:
    clock, journal = TestClock(), MemoryJournal()
    settings = sequence.SequenceSettings(sequence.SequenceLimits(total_s=60))
    steps = [{"delay": 100}, {"method": "PUT", "api": "/never"}]
    more = {"finally": [{"method": "DELETE", "api": "/c"}, {"method": "DELETE", "api": "/d"}]}
    play(steps, {"DELETE": {"json": 1}}, more=more, sender=Replay(journal, Live(clock=clock)), settings=settings)
    cut = [line for line in journal.lines if '"finally.1"' not in line and '"ended"' not in line]
    clock.offset += 30
    again = Replay(MemoryJournal(cut), Live(clock=clock))
    run = play(steps, {"DELETE": {"json": 1}}, more=more, sender=again, settings=settings)
    assert run.error.kind == "limit"
    assert [seen.path for seen in server.seen] == ["/d"]


@pytest.mark.parametrize(("status", "lists"), [(200, 1), (500, 2)])
def test_what_a_sequence_in_the_sequence_does_at_its_end_is_given_time(
    play: Play, server: Server, status: int, lists: int
) -> None:
    inner = {"requests": [{**GET, "api": "BASE/a"}], "on_error": [{"delay": 0}], "finally": [{"delay": 0}]}
    given: list[int] = []

    def jac(*_: Any) -> sequence.Nested:
        return sequence.Nested(json.loads(json.dumps(inner).replace("BASE", server.base)))

    play([{"method": "JAC", "api": "x"}], {"GET": {"status": status}}, jac=jac, lengthen=given.append)
    assert given == [lists]
