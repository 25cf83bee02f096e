"""`retry.use`: a block that runs after an answer of 401, once for all that were refused with the same token."""

import json
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import sequence
from sequence import Live, MemoryJournal, Mock, Replay
from sequence.engine.block_runs import Refreshes
from sequence.engine.refreshing import Refresher
from sequence.errors import RunCut
from sequence.language.plan import BlockPlan
from tests.sequence_language.clock import TestClock
from tests.sequence_language.conftest import wait_for_threads
from tests.sequence_language.test_replay import CutJournal, Killed
from tests.support.scripted_server import Seen, Server

Play = Callable[..., sequence.SequenceRun]
SIGN_IN = [
    {
        "method": "POST",
        "api": "/token",
        "body": {"refresh": "{{#.refresh}}"},
        "repeat": True,
        "set": {"token": "{{$.token}}", "refresh": "{{$.refresh}}"},
    }
]
AUTH = {"Authorization": "Bearer {{#.token}}"}
MORE: dict[str, Any] = {
    "persistence": {"token": "t0", "refresh": "r0", "rows": [0, 1, 2, 3, 4, 5]},
    "blocks": {"sign_in": SIGN_IN},
}


def step(api: str = "/a", method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"method": method, "api": api, "header": AUTH, "retry": {"use": "sign_in"}, **more}


class Tokens:
    """Gives out t1, t2, ... for r0, r1, ..., each once; takes the newest token only, or any but those in `bad`."""

    def __init__(self, bad: tuple[str, ...] = ("t0",)) -> None:
        self.count = 0
        self.bad = set(bad)
        self.lock = threading.Lock()
        self.script = dict.fromkeys(("GET", "PUT", "POST"), self._answer) | {"POST /token": self._token}

    def _token(self, seen: Seen) -> Any:
        with self.lock:
            if seen.body["refresh"] != f"r{self.count}":
                return {"status": 400, "json": {"error": "invalid_grant"}}
            self.count += 1
            return {"json": {"token": f"t{self.count}", "refresh": f"r{self.count}"}}

    def _answer(self, seen: Seen) -> Any:
        token = seen.headers.get("Authorization", "").removeprefix("Bearer ")
        return {"status": 401} if token in self.bad else {"json": {"with": token, "got": seen.content.decode()}}


def asked(server: Server) -> list[Seen]:
    return [seen for seen in server.seen if seen.path == "/token"]


def states(run: sequence.SequenceRun) -> list[tuple[str, int, str]]:
    return [(record.path, record.attempt, record.state) for record in run.steps]


def test_after_a_401_the_block_runs_and_the_step_is_sent_with_what_it_saved(play: Play, server: Server) -> None:
    clock = TestClock()
    run = play([step(save_to="a"), step("/b")], Tokens().script, more=MORE, sender=Live(clock=clock))
    assert run.ok, run.error
    assert states(run) == [("0.retry[1].sign_in.0", 1, "ok"), ("0", 1, "retried"), ("0", 2, "ok"), ("1", 1, "ok")]
    assert run.persistence["a"]["with"] == "t1"
    assert (run.persistence["token"], run.persistence["refresh"]) == ("t1", "r1")
    assert clock.waits == []
    assert not any("t1" in json.dumps(record.as_dict()["request"]) for record in run.steps if record.request)


def test_the_step_is_resolved_anew_but_for_its_uuid_its_now_and_what_came_before_it(play: Play, server: Server) -> None:
    came = {"was": "{{$.got}}{{%.status}}", "token": "{{#.token}}"}
    body = {"id": "{{uuid}}", "at": "{{now}}", "more": "{{= $uuid() & $now() }}", **came}
    steps = [{"method": "GET", "api": "/first"}, step("/a", "PUT", body=body, save_req_to="sent")]
    clock = TestClock()
    tokens = Tokens()
    run = play(steps, tokens.script, more=MORE, sender=Live(clock=clock))
    assert run.ok, run.error
    first, second = (seen.body for seen in server.seen if seen.method == "PUT")
    assert (first.pop("token"), second.pop("token")) == ("t0", "t1")
    assert first == second
    assert first["was"] == "200"
    assert run.persistence["sent"]["body"]["token"] == "t1"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_items_side_by_side_that_were_refused_together_are_served_by_one_run(
    play: Play, server: Server, method: str
) -> None:
    tokens, gate = Tokens(), threading.Barrier(3)

    def answer(seen: Seen) -> Any:
        if seen.headers["Authorization"] == "Bearer t0":
            gate.wait(10)  # all three have the old one
        return tokens._answer(seen)

    loop = {"by": "#.rows", "concurrency": 3, "requests": [step("/item", method, save_to="r_{{!}}")], "collect": "all"}
    script = {**tokens.script, f"{method} /item": answer}
    run = play([{"delay": 0, "__def_loop__": loop}, step("/behind", save_to="behind")], script, more=MORE)
    assert run.ok, run.error
    assert len(asked(server)) == 1
    assert [run.persistence[f"r_{n}"]["with"] for n in range(6)] == ["t1"] * 6
    assert run.persistence["behind"]["with"] == "t1"
    assert run.persistence["token"] == "t1"
    assert len(server.seen) == 3 + 1 + 6 + 1


def test_a_token_that_is_refused_again_is_fetched_again_with_what_the_run_before_saved(
    play: Play, server: Server
) -> None:
    loop = {"by": "#.rows", "concurrency": 2, "requests": [step("/item", save_to="r_{{!}}")]}
    run = play([{"delay": 0, "__def_loop__": loop}], Tokens(("t0", "t1")).script, more=MORE)
    assert run.ok, run.error
    assert [seen.body["refresh"] for seen in asked(server)] == ["r0", "r1"]
    assert run.persistence["token"] == "t2"


def test_it_ends_with_the_attempts(play: Play, server: Server) -> None:
    run = play([step(retry={"use": "sign_in", "attempts": 2})], Tokens(("t0", "t1")).script, more=MORE)
    assert run.error is not None and run.error.message == "status 401 Unauthorized"
    assert [seen.path for seen in server.seen] == ["/a", "/token", "/a"]


def test_other_statuses_do_not_run_it_and_a_401_that_is_fine_neither(play: Play, server: Server) -> None:
    script = {"GET": [{"status": 503}, {"json": {}}], "GET /b": {"status": 401}}
    run = play([step(retry={"use": "sign_in", "wait": 0}), step("/b", ok="any")], script, more=MORE)
    assert run.ok, run.error
    assert asked(server) == []


def test_a_block_that_fails_is_the_steps_error(play: Play, server: Server) -> None:
    script = {**Tokens().script, "POST /token": {"status": 400}}
    run = play([step(save_to="a", ignore_error=True), step(save_to="b")], script, more=MORE)
    assert run.error is not None
    assert str(run.error) == (
        "1.retry[2].sign_in.0: status 401 Unauthorized; retry.use: 1.retry[2].sign_in.0: status 400 Bad Request"
    )
    assert run.persistence["a"] == run.persistence["b"] == {"status": 401, "message": "Unauthorized"}
    assert run.persistence["token"] == "t0"


def test_items_that_were_refused_together_fail_with_one_run(play: Play, server: Server) -> None:
    gate = threading.Barrier(3)
    loop = {"by": "#.three", "concurrency": 3, "tolerate": 3, "requests": [step("/item")]}

    def refused(_: Seen) -> Any:
        gate.wait(10)
        return {"status": 401}

    script = {"GET /item": refused, "POST /token": {"status": 400}}
    more = {**MORE, "persistence": {**MORE["persistence"], "three": [1, 2, 3]}}
    run = play([{"delay": 0, "__def_loop__": loop}], script, more=more)
    assert run.ok
    assert len(asked(server)) == 1
    failed = [
        record
        for record in run.steps
        if record.state == "failed" and ".loop[" in record.path and "retry" not in record.path
    ]
    assert len(failed) == 3


def test_what_an_item_saved_itself_goes_under_what_the_block_saved_since(play: Play, server: Server) -> None:
    inner = [{"set": {"token": "t0"}}, step("/item", save_to="r_{{!}}"), {"set": {"own_{{!}}": "{{#.token}}"}}]
    loop = {"by": "#.rows", "concurrency": 2, "requests": inner}
    more = {**MORE, "persistence": {"rows": [0, 1], "token": "x", "refresh": "r0"}}
    run = play([{"delay": 0, "__def_loop__": loop}], Tokens().script, more=more)
    assert run.ok, run.error
    assert run.persistence["own_0"] == "t1"
    assert run.persistence["token"] == "t1"


def test_the_block_sees_the_answer_of_401_and_no_loop(play: Play, server: Server) -> None:
    told = {
        "was": "{{$}}",
        "challenge": "{{%.header.WWW-Authenticate}}",
        "item": "{{@}}",
        "index": "{{!}}",
        "refresh": "r0",
    }
    blocks = {"sign_in": [{**SIGN_IN[0], "body": told}]}
    loop = {"by": "#.rows", "concurrency": 2, "limit": 1, "requests": [step("/item")]}
    answer = {"status": 401, "headers": {"WWW-Authenticate": "Bearer realm=x"}}
    tokens = Tokens()
    script = {**tokens.script, "GET /item": [answer, {"json": {}}]}
    run = play([{"delay": 0, "__def_loop__": loop}], script, more={**MORE, "blocks": blocks})
    assert run.ok, run.error
    assert asked(server)[0].body == {
        "was": {"status": 401, "message": "Unauthorized"},
        "challenge": "Bearer realm=x",
        "item": {},
        "index": "0",
        "refresh": "r0",
    }


def test_use_means_nothing_within_the_block_itself(play: Play, server: Server) -> None:
    more = {**MORE, "defaults": {"header": AUTH, "retry": {"use": "sign_in", "wait": 0}}}
    script = {**Tokens().script, "POST /token": {"status": 401}}
    run = play([{"method": "GET", "api": "/a"}], script, more=more)
    assert run.error is not None and run.error.path == "0.retry[1].sign_in.0"
    assert [seen.path for seen in server.seen] == ["/a", "/token"]


def test_pages_go_on_with_the_new_token(play: Play, server: Server) -> None:
    def page(seen: Seen) -> Any:
        n = int(seen.path.partition("n=")[2] or 0)
        if n == 1 and seen.headers["Authorization"] == "Bearer t0":
            return {"status": 401}
        return {"json": {"rows": [n], "next": n + 1 if n < 3 else None}}

    pages = {"next": {"n": "{{$.next}}"}, "items": "$.rows"}
    run = play(
        [step("/pages", pages=pages, query={"id": "{{uuid}}"}, save_to="all")],
        {**Tokens().script, "GET": page},
        more=MORE,
    )
    assert run.ok, run.error
    assert run.persistence["all"] == [0, 1, 2, 3]
    paths = [record.path for record in run.steps]
    assert paths == [
        "0.page[0]",
        "0.page[1].retry[1].sign_in.0",
        "0.page[1]",
        "0.page[1]",
        "0.page[2]",
        "0.page[3]",
        "0",
    ]
    tokens = [seen.headers["Authorization"] for seen in server.seen if seen.method == "GET"]
    assert tokens == ["Bearer t0"] * 2 + ["Bearer t1"] * 3
    assert len({seen.path.partition("id=")[2][:36] for seen in server.seen if seen.method == "GET"}) == 1


def test_a_page_of_another_origin_brings_nobody_to_fetch_a_token(play: Play, server: Server) -> None:
    other = Server()
    try:
        other.begin({"GET": {"status": 401}})
        pages = {"next": "{{$.next}}", "items": "$.rows"}
        script = {**Tokens().script, "GET": {"json": {"rows": [1], "next": f"{other.base}/more"}}}
        run = play([step("/pages", pages=pages)], script, more=MORE, sender=Live(clock=TestClock()))
    finally:
        other.close()
    assert run.error is not None and run.error.path == "0.page[1]"
    assert (asked(server), "Authorization" in other.seen[0].headers) == ([], False)


def test_what_a_run_of_the_block_saved_is_known_only_when_the_journal_has_it(play: Play, server: Server) -> None:
    """Another item begins a try in the moment in which the run of the block is over and not journaled."""
    ends, seen = threading.Event(), threading.Event()

    class Slow(MemoryJournal):
        def append(self, line: str) -> None:
            if json.loads(line)["kind"] == "refreshed":
                ends.set()
                assert seen.wait(10)
            super().append(line)

    tokens = Tokens()

    def item(asked: Seen) -> Any:
        if asked.body == 0:
            return tokens._answer(asked)
        if asked.path == "/first":
            assert ends.wait(10)
            return {"json": {}}
        seen.set()
        return tokens._answer(asked)

    inner = [
        {"method": "PUT", "api": "/first", "body": "{{@}}", "when": [{"by": "@", "condition": {"eq": 1}}]},
        step("/item", "PUT", body="{{@}}", save_to="r_{{!}}"),
    ]
    loop = {"by": "#.rows", "limit": 2, "concurrency": 2, "requests": inner}
    journal = Slow()
    run = play([{"delay": 0, "__def_loop__": loop}], {**tokens.script, "PUT": item}, more=MORE, sender=Replay(journal))
    assert run.ok, run.error
    uses = [row["uses"] for row in map(json.loads, journal.lines) if row.get("path") == "0.loop[1].1"]
    assert uses == [0, 1]
    assert len(asked(server)) == 1


def test_a_run_of_the_block_that_was_ended_as_it_began_is_begun_by_nobody_else() -> None:
    """Its worker was killed when the entry was just written; another item of the same process comes to it meanwhile."""
    noted: list[tuple[str, int]] = []

    class Channel:
        def note_block_run(self, run: Any) -> None:
            noted.append((run.path, run.number))
            raise Killed

    scope: Any = SimpleNamespace(context=SimpleNamespace(refreshes=Refreshes(), channel=Channel()), last={})
    refreshers = [Refresher(BlockPlan("sign_in", "blocks.sign_in"), scope) for _ in range(2)]
    with pytest.raises(Killed):
        refreshers[0].refresh("0.loop[0].0", None, lambda *_: None)
    with pytest.raises(RunCut):
        refreshers[1].refresh("0.loop[1].0", None, lambda *_: None)
    assert noted == [("0.loop[0].0.retry[1]", 1)]


def test_a_dry_run_plays_it() -> None:
    mock = Mock({"0": [{"status": 401}, {"body": 7}], "0.retry[*].sign_in.0": {"body": {"token": "T"}}})
    run = sequence.run({"requests": [step("http://x/", save_to="a")], **MORE}, sender=mock)
    assert run.ok, run.error
    assert run.persistence["a"] == 7
    assert [request.path for request in mock.sent] == ["0", "0.retry[1].sign_in.0", "0"]
    assert mock.sent[2].header["Authorization"] == "Bearer T"


@pytest.mark.parametrize(
    ("retry", "path", "says"),
    [
        ({"use": "sign_on"}, "requests[0].retry.use", "unknown block, did you mean sign_in?"),
        ({"use": 7}, "requests[0].retry.use", "the name of a block"),
        ({"use": "{{#.a}}"}, "requests[0].retry.use", "the name of a block"),
        ({"uses": "sign_in"}, "requests[0].retry.uses", "did you mean use?"),
    ],
)
def test_check_names_the_key(retry: Any, path: str, says: str) -> None:
    argument = {"requests": [{"method": "GET", "api": "x", "retry": retry}], "blocks": {"sign_in": []}}
    (problem,) = sequence.check(argument)
    assert (problem.path, says in problem.message) == (path, True), problem


def test_a_block_that_names_itself_in_retry_is_no_circle() -> None:
    block = [{"method": "GET", "api": "x", "retry": {"use": "b"}}]
    assert sequence.check({"requests": [{"use": "b"}], "blocks": {"b": block}}) == []


def test_a_sequence_in_the_sequence_has_runs_of_its_own(play: Play, server: Server) -> None:
    def jac(*_: Any) -> sequence.Nested:
        inner = {"requests": [step("/inner", save_to="in")], **MORE}
        return sequence.Nested(json.loads(json.dumps(inner).replace('"/', f'"{server.base}/')))

    tokens = Tokens()
    tokens.script["POST /token"] = {"json": {"token": "t1", "refresh": "r1"}}
    steps = [step(save_to="out"), {"method": "JAC", "api": "sequence_run", "save_to": "inner"}]
    run = play(steps, tokens.script, more=MORE, jac=jac)
    assert run.ok, run.error
    assert [seen.path for seen in server.seen] == ["/a", "/token", "/a", "/inner", "/token", "/inner"]
    assert [record.path for record in run.steps][3:] == ["1.0.retry[1].sign_in.0", "1.0", "1.0", "1"]


def test_what_was_brought_counts_at_the_end_too(play: Play, server: Server) -> None:
    """Also when it was an item that does not count: it runs side by side with one that fails."""
    gate = threading.Barrier(2)

    def item(seen: Seen) -> Any:
        if seen.body == 0:
            gate.wait(10)
            return {"status": 500}
        return tokens._answer(seen)

    def behind(_: Seen) -> Any:
        gate.wait(10)
        return {"json": {}}

    tokens = Tokens()
    inner = [step("/item", "PUT", body="{{@}}"), {"method": "GET", "api": "/behind"}]
    loop = {"by": "#.rows", "concurrency": 2, "limit": 2, "requests": inner}
    script = {**tokens.script, "PUT /item": item, "GET /behind": behind, "DELETE": {"json": {}}}
    gone = {"method": "DELETE", "api": "/gone", "header": AUTH}
    run = play([{"delay": 0, "__def_loop__": loop}], script, more={**MORE, "finally": [gone]})
    assert run.error is not None and run.error.path == "0.loop[0].0"
    assert server.seen[-1].headers["Authorization"] == "Bearer t1"


LOOP: list[dict[str, Any]] = [
    step("/first", save_to="first"),
    {
        "delay": 0,
        "__def_loop__": {
            "by": "#.rows",
            "concurrency": 3,
            "requests": [
                step("/i", "PUT", body={"id": "{{uuid}}", "at": "{{now}}"}, save_to="r_{{!}}"),
                {"method": "GET", "api": "/j", "header": AUTH, "save_to": "s_{{!}}"},
            ],
        },
    },
    {"method": "GET", "api": "/end", "header": AUTH, "save_to": "end"},
]
TWO_STEPS: dict[str, Any] = {
    **MORE,
    "blocks": {"sign_in": [{"method": "GET", "api": "/nonce", "set": {"nonce": "{{$.got}}"}}, {"delay": 1}, *SIGN_IN]},
}


class Expiring(Tokens):
    """Refuses t0 everywhere, and t1 at items that are not the first."""

    def _answer(self, seen: Seen) -> Any:
        if seen.path == "/i" and seen.headers["Authorization"] == "Bearer t1":
            return {"status": 401}
        return super()._answer(seen)


@pytest.mark.parametrize("after", [False, True])
def test_a_run_cut_anywhere_and_taken_up_asks_for_no_token_twice(play: Play, server: Server, after: bool) -> None:
    """The token service gives each token once: to ask again for one that was answered would be refused."""
    cut = 1
    while True:
        tokens = Expiring()
        journal = CutJournal([], cut, after)
        try:
            play(LOOP, tokens.script, more=TWO_STEPS, sender=Replay(journal, Live(clock=TestClock())))
            break
        except Killed:
            wait_for_threads()
        known = [row for row in map(json.loads, journal.lines) if row["kind"] == "outcome"]
        lost = len(server.seen) - len(known)  # answered, but the worker was killed before it noted that
        before = len(asked(server))
        noted = sum(row["path"].endswith("sign_in.2") for row in known)
        tokens.count = noted  # a token whose answer was lost is given out again
        second = MemoryJournal(journal.lines)
        run = play(LOOP, None, more=TWO_STEPS, sender=Replay(second, Live(clock=TestClock())))
        assert run.ok, (cut, run.error)
        assert lost <= 3
        assert before - noted <= 1
        outcomes = [(row["path"], row["try"]) for row in map(json.loads, second.lines) if row["kind"] == "outcome"]
        assert len(outcomes) == len(set(outcomes))
        assert len(outcomes) - len(known) == len(server.seen) - len(known) - lost
        assert run.persistence["token"] == run.persistence["end"]["with"] == "t2"
        assert tokens.count == 2
        third = play(LOOP, None, more=TWO_STEPS, sender=Replay(MemoryJournal(second.lines), Live(clock=TestClock())))
        assert third.persistence == run.persistence
        assert sorted(states(third)) == sorted(states(run))
        assert len(server.seen) == len(outcomes) + lost
        cut += 1
    assert cut > 30


def test_resuming_runs_a_failed_block_anew(play: Play, server: Server) -> None:
    journal = MemoryJournal()
    script = {**Tokens().script, "POST /token": {"status": 500}}
    assert not play([step()], script, more=MORE, sender=Replay(journal)).ok
    run = play([step()], Tokens().script, more=MORE, sender=Replay(journal, again=True))
    assert run.ok, run.error
    assert [seen.path for seen in server.seen] == ["/a", "/token", "/a"]
    assert play([step()], {}, more=MORE, sender=Replay(MemoryJournal(journal.lines))).ok


def test_resuming_an_item_keeps_what_others_know(play: Play, server: Server) -> None:
    """The item that began the run of the block has failed behind it; the others, which used its token, are replayed."""
    gate = threading.Barrier(2)

    def answer(seen: Seen) -> Any:
        if seen.headers["Authorization"] == "Bearer t0":
            gate.wait(10)
            return {"status": 401}
        return {"status": 500} if seen.body == 0 else {"json": seen.body}

    loop = {
        "by": "#.rows",
        "concurrency": 2,
        "tolerate": 0,
        "requests": [step("/item", "PUT", body="{{$}}", save_to="r_{{!}}")],
    }
    more = {**MORE, "persistence": {**MORE["persistence"], "rows": [0, 1]}}
    journal = MemoryJournal()
    steps = [{"delay": 0, "__def_loop__": loop}]
    run = play(steps, {**Tokens().script, "PUT": answer}, more=more, sender=Replay(journal))
    assert run.error is not None and run.error.path == "0.loop[0].0"
    run = play(
        steps,
        {**Tokens().script, "PUT": lambda seen: {"json": seen.body}},
        more=more,
        sender=Replay(journal, again=True),
    )
    assert run.ok, run.error
    assert {(seen.path, seen.headers["Authorization"]) for seen in server.seen} == {("/item", "Bearer t1")}
