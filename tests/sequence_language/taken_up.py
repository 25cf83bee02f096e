"""What is cut and taken up in tests: a sequence that has every construct, a server for it, and what has to be the same."""

import json
from collections.abc import Iterable
from typing import Any

import sequence
from sequence import Live
from tests.sequence_language.clock import TestClock
from tests.sequence_language.conftest import pointed, wait_for_threads
from tests.sequence_language.test_replay import Killed
from tests.support.scripted_server import Seen, Server

POST = {"method": "POST", "repeat": True}
BLOCK = [
    {**POST, "api": "/block", "body": {"n": "{{@.n}}", "id": "{{uuid}}"}},
    {"delay": 2},
    {**POST, "api": "/then", "body": {"was": "{{$}}", "at": "{{now}}"}, "save_to": "b_{{@.n}}", "soft": True},
]
REFRESH = [
    {"method": "GET", "api": "/nonce", "set": {"nonce": "{{= $.at & $uuid() }}"}},
    {"delay": 1},
    {**POST, "api": "/token", "body": {"nonce": "{{#.nonce}}", "old": "{{#.token}}"}, "set": {"token": "{{$.token}}"}},
]
SECOND = [7, 8]
"""A second loop, whose items are refused with what the first one has got."""


def argument(concurrency: int, fails: bool) -> dict[str, Any]:
    """The sequence. `fails`: its last step does."""
    item = [
        {"use": "block", "with": {"n": "{{@}}"}, "expect": "{{= $exists($) }}"},
        {
            "method": "PUT",
            "api": "/p",
            "body": {"was": "{{$}}", "id": "{{uuid}}", "at": "{{now}}"},
            "save_to": "p_{{!}}",
            "header": {"Authorization": "{{#.token}}"},
            "retry": {"use": "refresh"},
            "set": {"set_{{!}}": "{{= [$.at, $uuid(), $last.status] }}"},
        },
        {"method": "GET", "api": "/fails", "ignore_error": True, "when": [{"by": "@", "condition": {"eq": 12}}]},
    ]
    again = {"method": "PUT", "api": "/second", "header": {"Authorization": "{{#.token}}"}, "retry": {"use": "refresh"}}
    return {
        "persistence": {"rows": [10, 11, 12], "token": "t0", "second": SECOND},
        "blocks": {"block": BLOCK, "refresh": REFRESH},
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
            {"delay": 0, "__def_loop__": {"by": "#.second", "requests": [again], "concurrency": concurrency}},
            {"set": {"token_then": "{{#.token}}"}},
            {"method": "GET", "api": "/fails" if fails else "/echo", "save_to": "end"},
        ],
        "on_error": [{**POST, "api": "/told", "body": "{{error}}", "save_to": "told"}],
        "finally": [
            {"use": "block", "with": {"n": "end"}},
            {"method": "DELETE", "api": "/clean", "save_to": "cleaned"},
        ],
    }


INNER = {
    "persistence": {"token": "t0"},
    "blocks": {
        "refresh": [{**POST, "api": "BASE/token", "body": {"old": "{{#.token}}"}, "set": {"token": "{{$.token}}"}}]
    },
    "requests": [
        {**POST, "api": "BASE/inner", "body": "{{uuid}}", "save_to": "i"},
        {"delay": 1},
        {"method": "PUT", "api": "BASE/p", "header": {"Authorization": "{{#.token}}"}, "retry": {"use": "refresh"}},
    ],
    "finally": [{"method": "DELETE", "api": "BASE/inner", "save_to": "gone"}],
}


class Answers:
    """Answers by what was asked alone, but for a page that fails at its first try."""

    def __call__(self, seen: Seen) -> dict[str, Any]:
        """The answer."""
        where = seen.path.partition("?")[0]
        if where == "/pages":
            n = int(seen.path.partition("n=")[2])
            return {"json": {"rows": [2 * n, 2 * n + 1], "next": f"/pages?n={n + 1}" if n < 2 else None}}
        if where == "/fails":
            return {"status": 500}
        if where == "/token":
            return {"json": {"token": "t1" if seen.body["old"] == "t0" else "t2"}}
        if seen.headers.get("Authorization") == ("t1" if where == "/second" else "t0"):
            return {"status": 401}
        if where == "/then" and seen.body["was"]["got"]["n"] == 11:
            return {"status": 418}
        return {"json": {"got": seen.body, "at": where}}


def live() -> Live:
    """A sender without any waiting."""
    return Live(seed="fixed", clock=TestClock())


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


def answered(lines: Iterable[str]) -> list[tuple[str, int]]:
    """The tries that a journal has the answers of."""
    return [(row["path"], row["try"]) for row in map(json.loads, lines) if row["kind"] == "outcome"]


def knows_only_what_is_there(lines: Iterable[str]) -> bool:
    """Whether no try in a journal knows of a run of a block that is not over in the entries before."""
    over = {0}
    for entry in map(json.loads, lines):
        if entry["kind"] == "refreshed":
            over.add(entry["number"])
        if entry.get("uses", 0) not in over:
            return False
    return True


def same_outcome(run: sequence.SequenceRun | None) -> Any:
    """What of a run does not depend on time, nor on which of several items side by side asked for a token."""
    assert run is not None
    last = {step.path: step.state for step in run.steps if ".retry[" not in step.path}
    return [(error.path, error.kind) for error in run.errors], _same(run.persistence), sorted(last.items())


def _same(value: Any) -> Any:
    """A value without moments, durations, and who was refused first."""
    if isinstance(value, dict):
        passing = ("at", "start", "ms", "replayed", "header", "nonce", "curl", "request", "response")
        return {name: _same(item) for name, item in value.items() if name not in passing}
    return [_same(item) for item in value] if isinstance(value, list) else value
