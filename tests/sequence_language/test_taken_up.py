"""A run that is cut at any point and taken up ends as if undisturbed, and nothing that was answered is sent again.

The sequence has every construct: loops with and without concurrency, blocks, pages, soft steps, pauses, retries, a sequence
in the sequence, and what is done at the end.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

import sequence
from sequence import Live, MemoryJournal, Replay
from tests.sequence_language.clock import TestClock
from tests.sequence_language.conftest import pointed, wait_for_threads
from tests.sequence_language.test_replay import CutJournal, Killed
from tests.support.scripted_server import Seen, Server

POST = {"method": "POST", "repeat": True}
BLOCK = [
    {**POST, "api": "/block", "body": {"n": "{{@.n}}", "id": "{{uuid}}"}},
    {"delay": 2},
    {**POST, "api": "/then", "body": {"was": "{{$}}", "at": "{{now}}"}, "save_to": "b_{{@.n}}", "soft": True},
]


def argument(concurrency: int, fails: bool) -> dict[str, Any]:
    item = [
        {"use": "block", "with": {"n": "{{@}}"}},
        {"method": "PUT", "api": "/p", "body": "{{$}}", "save_to": "p_{{!}}"},
    ]
    return {
        "persistence": {"rows": [10, 11, 12]},
        "blocks": {"block": BLOCK},
        "requests": [
            {
                "delay": 3,
                "__def_loop__": {"by": "#.rows", "requests": item, "concurrency": concurrency, "collect": "all"},
            },
            {
                "method": "GET",
                "api": "/pages?n=0",
                "save_to": "pages",
                "retry": {"attempts": 2, "wait": 1},
                "pages": {"next": "{{$.next}}", "items": "$.rows"},
                "__def_loop__": {"by": "$", "requests": [{"use": "block", "with": {"n": "page_{{@}}"}}], "limit": 2},
            },
            {"method": "JAC", "api": "sequence_run", "save_to": "inner"},
            {"method": "GET", "api": "/fails" if fails else "/echo", "save_to": "end"},
        ],
        "on_error": [{**POST, "api": "/told", "body": "{{error}}", "save_to": "told"}],
        "finally": [
            {"use": "block", "with": {"n": "end"}},
            {"method": "DELETE", "api": "/clean", "save_to": "cleaned"},
        ],
    }


INNER = {
    "requests": [{**POST, "api": "BASE/inner", "body": "{{uuid}}", "save_to": "i"}, {"delay": 1}],
    "finally": [{"method": "DELETE", "api": "BASE/inner", "save_to": "gone"}],
}


class Answers:
    """Answers by what was asked alone, but for a page that fails at its first try."""

    def __call__(self, seen: Seen) -> dict[str, Any]:
        where = seen.path.partition("?")[0]
        if where == "/pages":
            n = int(seen.path.partition("n=")[2])
            return {"json": {"rows": [2 * n, 2 * n + 1], "next": f"/pages?n={n + 1}" if n < 2 else None}}
        if where == "/fails":
            return {"status": 500}
        if where == "/then" and seen.body["was"]["got"]["n"] == 11:
            return {"status": 418}
        return {"json": {"got": seen.body, "at": where}}


def play(server: Server, given: dict[str, Any], sender: Any) -> tuple[sequence.SequenceRun | None, list[Seen]]:
    """The run, None when it was cut; and what the server saw of it."""
    server.begin(dict.fromkeys(("GET", "POST", "PUT", "DELETE"), Answers()))

    def jac(*_: Any) -> sequence.Nested:
        return sequence.Nested(json.loads(json.dumps(INNER).replace("BASE", server.base)))

    try:
        run = sequence.run(pointed(given, server.base), sender=sender, jac=jac)
    except Killed:
        run = None
    wait_for_threads()
    return run, list(server.seen)


def answered(lines: list[str]) -> list[tuple[str, int]]:
    return [(row["path"], row["try"]) for row in map(json.loads, lines) if row["kind"] == "outcome"]


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("after", [False, True])
def test_a_run_cut_anywhere_and_taken_up_is_as_if_undisturbed(
    server: Server, concurrency: int, fails: bool, after: bool
) -> None:
    given = argument(concurrency, fails)
    make: Callable[[], Live] = lambda: Live(seed="fixed", clock=TestClock())  # noqa: E731
    whole_journal = MemoryJournal()
    whole, seen = play(server, given, Replay(whole_journal, make()))
    assert whole is not None
    asked = len(seen)
    assert [error.path for error in whole.errors] == ["0.loop[1].0.block.2", *(["3"] if fails else [])]
    for cut in range(1, len(whole_journal.lines) + 1):
        journal = CutJournal([], cut, after)
        run, first = play(server, given, Replay(journal, make()))
        assert run is None, cut
        known = answered(journal.lines)
        taken_up = MemoryJournal(journal.lines)
        run, second = play(server, given, Replay(taken_up, make()))
        assert run is not None
        assert [error.path for error in run.errors] == [error.path for error in whole.errors], cut
        assert same(run.persistence) == same(whole.persistence), cut
        assert states(run) == states(whole), cut
        assert len(answered(taken_up.lines)) == len(set(answered(taken_up.lines))) == asked, cut
        assert len(second) == asked - len(known), cut
        assert len(first) <= len(known) + concurrency, cut


def states(run: sequence.SequenceRun) -> list[tuple[str, str]]:
    return [(step.path, step.state) for step in run.steps]


def same(value: Any) -> Any:
    """A value without the moments and durations in it."""
    if isinstance(value, dict):
        return {
            name: same(item) for name, item in value.items() if name not in ("at", "start", "ms", "replayed", "header")
        }
    return [same(item) for item in value] if isinstance(value, list) else value
