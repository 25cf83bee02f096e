"""Arguments that want to hang, crash or swell whoever checks or runs them: each ends at a limit that says so."""

import sys
import threading
import tracemalloc
from typing import Any

import pytest

import sequence
from sequence import Mock

GET: dict[str, Any] = {"method": "GET", "api": "http://x/"}
REST: dict[str, Any] = {"delay": 0}


def dry(argument: dict[str, Any], answers: dict[str, Any] | None = None, **limits: Any) -> sequence.SequenceRun:
    settings = sequence.SequenceSettings(sequence.SequenceLimits(**limits))
    return sequence.run(argument, sender=Mock(answers or {}), settings=settings)


def ended_by(run: sequence.SequenceRun) -> str:
    assert run.error is not None, run.persistence
    assert run.error.kind == "limit", run.error
    return run.error.message


def nested_loops(levels: int, inside: dict[str, Any]) -> dict[str, Any]:
    step = inside
    for _ in range(levels):
        step = {**REST, "__def_loop__": {"by": "#.one", "requests": [step]}}
    return step


@pytest.mark.parametrize("concurrency", [1, 4])
def test_loops_in_blocks_in_loops_end_at_the_limit_of_items_or_steps(concurrency: int) -> None:
    loop = {"by": "#.many", "concurrency": concurrency, "requests": [{"use": "b0"}]}
    blocks: dict[str, Any] = {
        f"b{n}": [{**REST, "__def_loop__": {"by": "#.many", "requests": [{"use": f"b{n + 1}"}]}}] for n in range(7)
    }
    argument = {
        "persistence": {"many": list(range(50))},
        "blocks": {**blocks, "b7": [{"set": {"n": "{{!}}"}}]},
        "requests": [{**REST, "__def_loop__": loop}],
    }
    assert "loop items" in ended_by(dry(argument, items=2_000))
    assert "steps" in ended_by(dry(argument, steps=2_000))


def test_steps_that_are_skipped_count_as_well() -> None:
    never = [{"by": "#.none", "condition": {"exists": True}}]
    block = [{**GET, "when": never}] * 200
    argument = {"blocks": {"b": block}, "requests": [{"use": "b"}] * 200}
    assert ended_by(dry(argument, steps=5_000)) == "more than 5000 steps, the limit of a run"


def test_loops_and_blocks_deep_inside_each_other_end_at_a_limit_and_not_at_the_stacks() -> None:
    blocks = {f"b{n}": [nested_loops(30, {"use": f"b{n + 1}"})] for n in range(9)} | {"b9": [GET]}
    argument = {"persistence": {"one": [1]}, "blocks": blocks, "requests": [{"use": "b0"}]}
    assert sequence.check(argument) == []
    assert "deep inside each other" in ended_by(dry(argument))
    assert "deep inside each other" in ended_by(in_a_small_stack(argument))


def in_a_small_stack(argument: dict[str, Any]) -> sequence.SequenceRun:
    """The same run on a thread, as those of the web server are."""
    found: list[sequence.SequenceRun] = []
    thread = threading.Thread(target=lambda: found.append(dry(argument)))
    thread.start()
    thread.join()
    return found[0]


def test_a_sequence_that_runs_itself_through_blocks_ends_at_a_limit() -> None:
    inner = {
        "persistence": {"one": [1]},
        "blocks": {"b": [nested_loops(20, {"method": "JAC", "api": "again"})]},
        "requests": [{"use": "b"}],
    }

    def jac(*_: Any) -> sequence.Nested:
        return sequence.Nested(inner)

    run = sequence.run(inner, jac=jac)
    assert run.error is not None and "deep" in run.error.message


def test_many_blocks_and_unknown_names_are_checked_in_time_that_grows_with_them() -> None:
    """The work of a check, in lines that ran: ten times the blocks may cost ten times as much, not a hundred times."""
    few, many = (cost_of_check(count) for count in (300, 3_000))
    assert many < 20 * few


def cost_of_check(count: int) -> int:
    argument = {
        "blocks": {f"block_{n}": [{"use": f"block_{n}_"}] for n in range(count)},
        "requests": [{"use": f"blok_{n}"} for n in range(count)],
    }
    calls = 0

    def count_calls(*_: Any) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count_calls)
    try:
        assert sequence.check(argument)
    finally:
        sys.setprofile(None)
    return calls


def test_a_chain_of_blocks_and_a_web_of_them_are_measured_without_recursion() -> None:
    web = {f"b{n}": [{"use": f"b{m}"} for m in range(n + 1, min(n + 30, 400))] for n in range(400)}
    problems = sequence.check({"blocks": web, "requests": [{"use": "b0"}]})
    assert problems and all("deep" in problem.message for problem in problems)
    circle = {f"b{n}": [{"use": f"b{(n + 1) % 8}"}] for n in range(8)}
    assert "in a circle" in str(sequence.check({"blocks": circle, "requests": []})[0])


def test_the_name_of_a_block_is_short() -> None:
    long = "b" * 100_000
    problems = sequence.check({"blocks": {long: []}, "requests": [{"use": long}]})
    assert problems and all(len(str(problem)) < 2_000 for problem in problems)


REFUSED: dict[str, Any] = {**GET, "retry": {"use": "b", "attempts": 10**9, "wait": 0}}


def test_tokens_that_are_refused_for_ever_end_at_the_limit_of_requests() -> None:
    loop = {"by": "#.many", "concurrency": 4, "requests": [REFUSED]}
    argument = {
        "persistence": {"many": list(range(50))},
        "blocks": {"b": [{**GET, "set": {"token": "{{uuid}}"}}]},
        "requests": [{**REST, "__def_loop__": loop}],
    }
    assert "requests" in ended_by(dry(argument, {"0.loop[*].0": {"status": 401}}, requests=300))


def test_what_runs_after_refusals_keep_has_a_limit() -> None:
    """Each run of the block saves 50 KB under the same key, which are kept for those that know only of that one."""
    argument = {"blocks": {"b": [{**GET, "save_to": "token"}]}, "requests": [REFUSED]}
    answers = {"0": {"status": 401}, "0.retry[*].b.0": {"body": "y" * 50_000}}
    tracemalloc.start()
    run = dry(argument, answers, persistence_bytes=2_000_000, requests=500)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "the runs of a block after a 401 saved" in ended_by(run)
    assert peak < 20_000_000


@pytest.mark.parametrize("how", ["on_error", "finally"])
def test_an_end_that_loops_for_ever_ends(how: str) -> None:
    step = {**GET, "retry": {"attempts": 10**9, "wait": 0, "until": [{"by": "$", "condition": {"eq": 1}}]}}
    run = dry({"requests": [{**GET, "expect": [{"by": "#.x", "condition": {"eq": 1}}]}], how: [step]}, requests=100)
    assert [error.path for error in run.errors] == ["0", f"{how}.0"]
    assert run.errors[1].kind == "limit"


def test_pages_that_grow_end_at_the_limit_of_the_memory_before_they_fill_it() -> None:
    pages = {"next": {"n": "{{%.page}}"}, "items": "$", "max": 10**9}
    tracemalloc.start()
    run = dry(
        {"requests": [{**GET, "pages": pages}]},
        {"0.page[*]": {"body": ["x" * 1000] * 100}},
        persistence_bytes=2_000_000,
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "the pages hold" in ended_by(run)
    assert peak < 20_000_000


def test_pages_in_loops_in_blocks_share_the_limit_of_requests() -> None:
    pages = {"next": {"n": "{{%.page}}"}, "items": "$", "max": 10**9}
    loop = {"by": "#.many", "concurrency": 4, "requests": [{"use": "b"}]}
    argument = {
        "persistence": {"many": list(range(50))},
        "blocks": {"b": [{**GET, "pages": pages, "soft": True}]},
        "requests": [{**REST, "__def_loop__": loop}],
    }
    answers = {"0.loop[*].0.b.0.page[*]": {"body": [1]}}
    assert "requests" in ended_by(dry(argument, answers, requests=300))


def test_a_link_header_of_a_megabyte_is_read_in_one_go() -> None:
    odd = "<" * 300_000 + ";," * 300_000 + '"' * 100_000
    run = dry({"requests": [{**GET, "pages": {"next": "link"}}]}, {"0.page[0]": {"header": {"Link": odd}, "body": 1}})
    assert run.ok, run.error
