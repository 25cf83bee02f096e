"""Access tokens by client credentials (RFC 6749, 4.4): fetched once a run, shared, renewed after a 401."""

import base64
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

import sequence
from sequence import Live, MemoryJournal, Replay
from tests.sequence_language.conftest import wait_for_threads
from tests.sequence_language.test_replay import CutJournal, Killed
from tests.support.scripted_server import Seen, Server

Play = Callable[..., sequence.SequenceRun]
SETTINGS = sequence.SequenceSettings(secrets={"CLIENT": "s3cr3t+/ é"})
OAUTH = {"token_url": "BASE/token", "client_id": "me:1", "client_secret": "{{secret.CLIENT}}", "scope": "read write"}


def step(api: str = "/a", method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"method": method, "api": api, "auth": {"oauth2": OAUTH}, **more}


class Issuer:
    """Gives out tokens t1, t2, ...; `/a` takes the newest only, and everything when `strict` is false."""

    def __init__(self, strict: bool = True) -> None:
        self.count = 0
        self.strict = strict
        self.lock = threading.Lock()
        self.script = {"POST /token": self._token, "GET": self._answer, "PUT": self._answer, "POST": self._answer}

    def expire(self) -> None:
        """The token that is out is not taken any more."""
        self.count += 100

    def _token(self, _: Seen) -> Any:
        with self.lock:
            self.count += 1
            return {"json": {"access_token": f"token-{self.count}", "token_type": "bearer", "expires_in": 60}}

    def _answer(self, seen: Seen) -> Any:
        given = seen.headers.get("Authorization", "")
        if given == f"Bearer token-{self.count}" or (not self.strict and given.startswith("Bearer token-")):
            return {"json": {"rows": [0, 1, 2, 3, 4, 5]}}
        return {"status": 401, "json": {"error": "invalid_token"}}


def asked(server: Server) -> list[Seen]:
    return [seen for seen in server.seen if seen.path == "/token"]


def test_it_is_fetched_once_a_run_by_basic_and_sent_as_bearer(play: Play, server: Server) -> None:
    run = play([step(save_to="a"), step(api="/b")], Issuer().script, settings=SETTINGS)
    assert run.ok, run.error
    (token,) = asked(server)
    assert token.content == b"grant_type=client_credentials&scope=read+write"
    kind, _, given = token.headers["Authorization"].partition(" ")
    assert (kind, base64.b64decode(given)) == ("Basic", b"me%3A1:s3cr3t%2B%2F+%C3%A9")
    assert [seen.headers["Authorization"] for seen in server.seen[1:]] == ["Bearer token-1"] * 2
    assert [(record.path, record.state) for record in run.steps] == [("0.auth", "ok"), ("0", "ok"), ("1", "ok")]
    told = json.dumps([record.as_dict() for record in run.steps])
    assert "token-1" not in told and "s3cr3t" not in told and "me%3A1" not in told


def test_client_and_secret_may_stand_in_the_body(play: Play, server: Server) -> None:
    oauth = {**OAUTH, "in": "body", "client_id": "{{#.id}}"}
    run = play(
        [{**step(), "auth": {"oauth2": oauth}}], Issuer().script, settings=SETTINGS, more={"persistence": {"id": 7}}
    )
    assert run.ok, run.error
    assert b"client_id=7&client_secret=s3cr3t%2B%2F+%C3%A9" in asked(server)[0].content
    assert "Authorization" not in asked(server)[0].headers
    assert "s3cr3t" not in json.dumps([record.as_dict() for record in run.steps])


def test_other_words_get_another_token(play: Play, server: Server) -> None:
    other = {**step(), "auth": {"oauth2": {**OAUTH, "scope": "admin"}}}
    assert play([step(), other, step()], Issuer(strict=False).script, settings=SETTINGS).ok
    assert len(asked(server)) == 2


def test_after_a_401_the_step_is_sent_once_more_with_a_new_one_and_no_try_is_counted(
    play: Play, server: Server
) -> None:
    issuer = Issuer()
    script = {**issuer.script, "GET /old": lambda _: issuer.expire() or {"json": {}}}
    run = play([step(api="/old"), step(), step()], script, settings=SETTINGS)
    assert run.ok, run.error
    states = [(record.path, record.attempt, record.state) for record in run.steps]
    assert states == [
        *[("0.auth", 1, "ok"), ("0", 1, "ok"), ("1", 1, "retried"), ("1.auth", 2, "ok"), ("1", 2, "ok"), ("2", 1, "ok")]
    ]


def test_a_second_401_is_an_error(play: Play, server: Server) -> None:
    run = play(
        [step(retry={"attempts": 2, "on": [401], "wait": 0})],
        {**Issuer().script, "GET": {"status": 401}},
        settings=SETTINGS,
    )
    assert run.error is not None and "401" in run.error.message
    assert len(asked(server)) == 2
    assert len(server.seen) == 2 + 3


def test_items_side_by_side_share_it_and_renew_it_once(play: Play, server: Server) -> None:
    issuer = Issuer()
    gate = threading.Barrier(3)

    def answer(seen: Seen) -> Any:
        if seen.headers["Authorization"] == "Bearer token-1":
            gate.wait(10)  # all three have the old one
            return {"status": 401}
        return {"json": {}}

    looping = {"by": "#.rows", "concurrency": 3, "requests": [step(api="/item")]}
    steps = [{"method": "GET", "api": "/free", "__def_loop__": looping}]
    script = {**issuer.script, "GET /free": {"json": {}}, "GET /item": answer}
    run = play(steps, script, settings=SETTINGS, more={"persistence": {"rows": [1, 2, 3]}})
    assert run.ok, run.error
    assert len(asked(server)) == 2


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            {"status": 400, "json": {"error": "invalid_client", "error_description": "who?"}},
            "status 400 Bad Request invalid_client: who?",
        ),
        ({"json": {"token": "x"}}, "no access_token"),
        ({"json": {"access_token": "a\nb"}}, "no access_token"),
        ({"json": {"access_token": "a", "token_type": "mac"}}, "of the type mac"),
        ({"status": 302, "headers": {"Location": "/elsewhere"}}, "status 302"),
        ({"text": "<html>"}, "no JSON"),
    ],
)
def test_without_a_token_the_step_fails(play: Play, server: Server, answer: Any, says: str) -> None:
    run = play([step(save_to="a", ignore_error=True)], {"POST /token": answer}, settings=SETTINGS)
    assert says in run.persistence["a"]["worker_error"]
    assert [seen.path for seen in server.seen] == ["/token"]


def test_the_steps_retry_holds_for_the_token(play: Play, server: Server) -> None:
    script = {**Issuer().script, "POST /token": [{"status": 503}, {"json": {"access_token": "token-0"}}]}
    run = play([step(retry={"attempts": 2, "wait": 0})], script, settings=SETTINGS)
    assert run.ok, run.error
    assert len(asked(server)) == 2


def test_the_token_stays_where_it_may_not_go(play: Play, server: Server) -> None:
    network = sequence.Network(sequence.Policy(private=False))
    run = play([step(api="http://example.org/")], Issuer().script, settings=SETTINGS, sender=Live(network))
    assert run.error is not None and "127.0.0.1" in run.error.message
    assert server.seen == []


def test_a_dry_run_needs_no_token() -> None:
    argument = {"requests": [{**step(api="http://x/"), "save_to": "a"}]}
    mock = sequence.Mock({"0": {"body": 1}})
    assert sequence.run(argument, sender=mock, settings=SETTINGS).persistence == {"a": 1}
    assert [request.path for request in mock.sent] == ["0.auth", "0"]
    assert not sequence.run(argument, sender=sequence.Mock({"0.auth": {"status": 401}}), settings=SETTINGS).ok


LOOP = {
    "persistence": {"rows": [0, 1, 2, 3]},
    "requests": [
        step(),
        {
            **step(api="/l"),
            "__def_loop__": {"by": "#.rows", "concurrency": 2, "requests": [step("/i", "PUT", save_to="r_{{!}}")]},
        },
    ],
}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("cut", range(3, 13))
def test_a_run_that_is_taken_up_has_its_token_from_the_journal(
    play: Play, server: Server, cut: int, after: bool
) -> None:
    """Wherever it is cut, also when it was just renewed: no answered request is sent again, a known token is not fetched."""
    issuer = Issuer(strict=False)
    stale = {"Authorization": "Bearer token-1"}.items()
    script = {
        **issuer.script,
        "GET /l": lambda seen: {"status": 401} if stale <= seen.headers.items() else {"json": {}},
    }
    journal = CutJournal([], cut, after)
    try:
        play(
            LOOP["requests"],
            script,
            settings=SETTINGS,
            sender=Replay(journal),
            more={"persistence": LOOP["persistence"]},
        )
    except Killed:
        pass
    wait_for_threads()
    known = [row for row in map(json.loads, journal.lines) if row["kind"] == "outcome"]
    server.seen = []
    run = play(
        LOOP["requests"],
        None,
        settings=SETTINGS,
        sender=Replay(MemoryJournal(journal.lines)),
        more={"persistence": LOOP["persistence"]},
    )
    assert run.ok, run.error
    assert sorted(run.persistence) == ["r_0", "r_1", "r_2", "r_3", "rows"]
    assert len(server.seen) == 9 - len(known)
    assert len(asked(server)) == 2 - sum(row["path"].endswith(".auth") for row in known)


def test_resuming_a_step_without_a_token_asks_again(play: Play, server: Server) -> None:
    journal = MemoryJournal()
    assert not play([step()], {"POST /token": {"status": 400}}, settings=SETTINGS, sender=Replay(journal)).ok
    assert play([step()], Issuer().script, settings=SETTINGS, sender=Replay(journal, again=True)).ok


@pytest.mark.parametrize(
    ("auth", "path", "says"),
    [
        ({"oauth2": {"token_url": "x", "client_id": "y"}}, "auth.oauth2.client_secret", "is missing"),
        ({"oauth2": {**OAUTH, "clientid": "y"}}, "auth.oauth2.clientid", "did you mean client_id?"),
        ({"oauth2": {**OAUTH, "in": "query"}}, "auth.oauth2.in", "body"),
        ({"bearer": "x", "basic": ["a", "b"]}, "auth", "is not right"),
        ({"baerer": "x"}, "auth.baerer", "did you mean bearer?"),
        ({"basic": ["a"]}, "auth.basic", "user and password"),
        ({}, "auth", "is not right"),
    ],
)
def test_check_names_the_key(auth: Any, path: str, says: str) -> None:
    (problem,) = sequence.check({"requests": [{"method": "GET", "api": "x", "auth": auth}]})
    assert (problem.path, says in problem.message) == (f"requests[0].{path}", True), problem


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ({"bearer": "{{#.n}}"}, "Bearer 7"),
        ({"basic": ["{{#.n}}", "{{#.p}}"]}, "Basic " + base64.b64encode(b"7:p").decode()),
        ("{{#.auth}}", "Bearer whole"),
    ],
)
def test_templates_stand_in_it(play: Play, server: Server, auth: Any, header: str) -> None:
    memory = {"n": 7, "p": "p", "auth": {"bearer": "whole"}}
    assert play([{"method": "GET", "api": "/x", "auth": auth}], {"GET": {"json": 1}}, more={"persistence": memory}).ok
    assert server.seen[0].headers["Authorization"] == header


def test_a_missing_token_is_named(play: Play, server: Server) -> None:
    run = play([{"method": "GET", "api": "/x", "auth": {"bearer": "{{#.none}}"}}], {})
    assert run.error is not None and run.error.message == "auth.bearer: is empty"
