"""Loops, one item after the other and side by side."""

import threading
from typing import Any

import pytest

import sequence
from tests.sequence_language.test_steps import states

Play = Any
ROWS = {"GET /l": {"json": {"rows": [{"n": n} for n in range(6)]}}}
ECHO = {"POST": lambda seen: {"json": {"got": seen.body}}}


def looped(loop: dict[str, Any], **step: Any) -> dict[str, Any]:
    return {"method": "GET", "api": "/l", "__def_loop__": {"by": "$.rows", **loop}, **step}


POST = {"method": "POST", "api": "/e", "body": "{{$.n}}", "save_to": "r_{{!}}"}


def failing_at(*numbers: int) -> dict[str, Any]:
    def answer(seen: Any) -> dict[str, Any]:
        return {"status": 500} if seen.body in numbers else {"json": {"got": seen.body}}

    return {**ROWS, "POST": answer}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_dropped_items_keep_their_index_and_limit_counts_after_the_filter(play: Play, concurrency: int) -> None:
    odd = [{"by": "$.n", "condition": {"in": [1, 3, 5]}}]
    run = play([looped({"filter": odd, "limit": 2, "requests": [POST], "concurrency": concurrency})], {**ROWS, **ECHO})
    assert run.persistence == {"r_1": {"got": 1}, "r_3": {"got": 3}}
    assert states(run) == [("0", "ok"), ("0.loop[1].0", "ok"), ("0.loop[3].0", "ok")]


@pytest.mark.parametrize("by", ["$.nope", "$.null"])
def test_a_by_that_is_missing_or_null_means_no_items(play: Play, by: str) -> None:
    assert play([looped({"by": by, "requests": [POST]})], {"GET": {"json": {"null": None}}}).ok


@pytest.mark.parametrize("rows", [5, "text", {"a": 1}, True])
def test_a_by_that_is_no_array_is_an_error_of_the_step(play: Play, rows: Any) -> None:
    run = play([looped({"requests": [POST]}, save_to="l")], {"GET": {"json": {"rows": rows}}})
    assert run.error.path == "0"
    assert "not a list" in run.error.message
    assert list(run.persistence["l"]) == ["worker_error"]


def test_a_step_is_saved_before_its_loop_runs(play: Play) -> None:
    loop = {"requests": [{"method": "POST", "api": "/e", "body": "{{#.l.rows.0.n}}", "save_to": "r"}], "limit": 1}
    assert play([looped(loop, save_to="l")], {**ROWS, **ECHO}).persistence["r"] == {"got": 0}


@pytest.mark.parametrize("concurrency", [1, 3])
def test_an_error_ends_the_loop_and_is_the_looping_steps(play: Play, concurrency: int) -> None:
    run = play([looped({"requests": [POST], "concurrency": concurrency}, save_to="l")], failing_at(2, 4))
    assert (run.error.path, run.error.message) == ("0.loop[2].0", "status 500 Internal Server Error")
    assert set(run.persistence) == {"l", "r_0", "r_1", "r_2"}
    assert run.persistence["l"] == {"status": 500, "message": "Internal Server Error"}
    assert [state for path, state in states(run) if path == "0.loop[2].0"] == ["failed"]
    assert {state for path, state in states(run) if path > "0.loop[2].0" and path != "0.loop"} <= {"discarded"}


def test_the_looping_steps_ignore_error_decides(play: Play, server: Any) -> None:
    after = {"method": "POST", "api": "/after", "body": "{{$.status}}"}
    run = play([looped({"requests": [POST]}, ignore_error=True), after], failing_at(2))
    assert run.ok
    assert server.seen[-1].body == 500
    assert ("0.loop", "ignored") in states(run)


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize(
    ("tolerate", "fine"), [(2, True), ("50%", True), (1, False), ("20%", False), ("34%", True), (0, False)]
)
def test_so_many_items_may_fail(play: Play, tolerate: Any, fine: bool, concurrency: int) -> None:
    run = play([looped({"requests": [POST], "tolerate": tolerate, "concurrency": concurrency})], failing_at(1, 4))
    assert run.ok is fine
    if fine:
        assert set(run.persistence) == {f"r_{n}" for n in range(6)}
    else:
        assert run.error.path == ("0.loop[4].0" if tolerate in (1, "20%") else "0.loop[1].0")


@pytest.mark.parametrize("concurrency", [1, 3])
def test_collect_has_each_items_last_response_in_order(play: Play, concurrency: int) -> None:
    loop = {"requests": [POST], "collect": "all", "limit": 3, "concurrency": concurrency}
    assert play([looped(loop)], {**ROWS, **ECHO}).persistence["all"] == [{"got": 0}, {"got": 1}, {"got": 2}]


def test_until_ends_the_loop_after_an_item(play: Play) -> None:
    loop = {"requests": [POST], "until": [{"by": "$.got", "condition": {"gte": 2}}]}
    assert set(play([looped(loop)], {**ROWS, **ECHO}).persistence) == {"r_0", "r_1", "r_2"}


def test_break_ends_only_this_items_steps(play: Play, server: Any) -> None:
    stop = {**POST, "break": [{"by": "$.got", "condition": {"eq": 1}}]}
    play(
        [looped({"requests": [stop, {"method": "POST", "api": "/second", "body": "{{!}}"}], "limit": 3})],
        {**ROWS, **ECHO},
    )
    assert [seen.body for seen in server.seen if seen.path == "/second"] == ["0", "2"]


def test_items_side_by_side_see_the_start_and_their_own_saves_only(play: Play) -> None:
    first = {"method": "POST", "api": "/e", "body": "{{#.last}}", "save_to": "saw_{{!}}"}
    second = {"method": "POST", "api": "/e", "body": "{{@.n}}", "save_to": "last"}
    third = {"method": "POST", "api": "/e", "body": "{{#.last.got}}", "save_to": "own_{{!}}"}
    loop = {"requests": [first, second, third], "concurrency": 3}
    run = play([looped(loop)], {**ROWS, **ECHO}, more={"persistence": {"last": "start"}})
    assert {run.persistence[f"saw_{n}"]["got"] for n in range(6)} == {"start"}
    assert [run.persistence[f"own_{n}"]["got"] for n in range(6)] == list(range(6))
    assert run.persistence["last"] == {"got": 5}


def test_items_really_run_side_by_side(play: Play) -> None:
    """All four are in flight before the first is answered, or the barrier breaks."""
    barrier = threading.Barrier(4, timeout=10)

    def answer(seen: Any) -> dict[str, Any]:
        barrier.wait()
        return {"json": {}}

    assert play([looped({"requests": [POST], "limit": 4, "concurrency": 4})], {**ROWS, "POST": answer}).ok


def test_nested_loops_side_by_side_give_what_a_serial_run_gives(play: Play) -> None:
    inner = {"method": "POST", "api": "/e", "body": ["{{@@.n}}", "{{@}}"], "save_to": "r_{{!!}}_{{!}}"}
    middle = {
        "method": "POST",
        "api": "/e",
        "body": {},
        "__def_loop__": {"by": "#.few", "requests": [inner], "concurrency": 2},
    }
    more = {"persistence": {"few": ["a", "b"]}}
    wide = play([looped({"requests": [middle], "concurrency": 3})], {**ROWS, **ECHO}, more=more)
    middle["__def_loop__"]["concurrency"] = 1
    narrow = play([looped({"requests": [middle], "concurrency": 1})], {**ROWS, **ECHO}, more=more)
    assert wide.persistence == narrow.persistence
    assert states(wide) == states(narrow)


def test_a_listener_that_raises_in_a_thread_ends_the_run(play: Play) -> None:
    class Lost(Exception):
        pass

    def on_step(record: sequence.Record) -> None:
        if record.path == "0.loop[2].0":
            raise Lost

    with pytest.raises(Lost):
        play([looped({"requests": [POST], "concurrency": 3})], {**ROWS, **ECHO}, on_step=on_step)


def test_the_number_of_items_is_limited(play: Play) -> None:
    limits = sequence.SequenceLimits(items=3)
    run = play(
        [looped({"requests": [POST]}, ignore_error=True)], {**ROWS, **ECHO}, settings=sequence.SequenceSettings(limits)
    )
    assert run.error.kind == "limit"
    assert "3 loop items" in run.error.message


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_number_of_requests_is_limited_at_the_same_place_whatever_the_timing(play: Play, concurrency: int) -> None:
    limits = sequence.SequenceLimits(requests=4)
    loop = {"requests": [POST], "concurrency": concurrency}
    run = play([looped(loop)], {**ROWS, **ECHO}, settings=sequence.SequenceSettings(limits))
    assert run.error.kind == "limit"
    assert run.error.path.startswith("0.loop[3]")
    assert set(run.persistence) >= {"r_0", "r_1", "r_2"}
