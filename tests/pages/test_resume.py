"""Running a sequence again, and going on from where it failed."""

import json
from typing import Any

import pytest

from tests.support.cast import person
from tests.support.jobs import claimed, started, state, task, worked
from tests.support.scripted_server import Server
from tests.support.visitor import Visitor
from walkabout import json_text
from walkabout.people.masters import Master
from walkabout.sequences import journal
from walkabout.service import Service

HTML = "</textarea><script>alert(1)</script>"


@pytest.fixture
def server(server: Server) -> Server:
    server.begin({"POST /a": {"json": 1}, "POST /b": [{"status": 500}, {"json": 2}]})
    return server


def steps(server: Server, *paths: str) -> dict[str, Any]:
    return {"requests": [{"method": "POST", "api": server.base + path, "save_to": path[1:]} for path in paths]}


def ran(service: Service, owner: Master, argument: dict[str, Any]) -> str:
    """The uid of a run that a worker has run to its end."""
    service.ledger.enqueue(service.sequences.as_spec(argument, owner.uid, name="mails", priority=3))
    return worked(service)


def unknown(service: Service, owner: Master, argument: dict[str, Any], *paths: str) -> str:
    """The uid of a run that was ended with requests in flight."""
    claim = started(service, kind="sequence", name="mails", owner=owner.uid, argument=argument)
    lines = [{"kind": "run", "seed": "s", "started": service.clock()}]
    lines += [{"kind": "intent", "path": path, "try": 1, "request": ""} for path in paths]
    for line in lines:
        service.db.change(
            "INSERT INTO sequence_journal (job, attempt, line) VALUES (?, 1, ?)", (claim.id, json_text.write(line))
        )
    service.ledger.fail(claim.id, claim.attempt, "UnknownOutcome", "unknown outcome", "{}", paths[0])
    return claim.uid


def went(answer: Any) -> str:
    """The uid of the run that the answer leads to."""
    assert answer.status_code == 303
    return str(answer.headers["Location"].rpartition("/")[2])


def test_goes_on_from_the_failed_step(service: Service, admin: Visitor, ana: Master, server: Server) -> None:
    first = ran(service, ana, steps(server, "/a", "/b"))
    assert "Resume from the failed step" in admin.get(f"/runs/{first}").text
    second = went(admin.post(f"/runs/{first}/on"))
    row = task(service, second)
    assert (row.state, row.name, row.priority, row.result) == ("SUCCESS", "mails", 3, '{"a":1,"b":2}')
    assert [seen.path for seen in server.seen] == ["/a", "/b", "/b"]
    text = admin.get(f"/runs/{first}").text
    assert f'<a href="/admin/runs/{second}">A later run</a> resumed this one.' in text
    assert "Resume from the failed step" not in text
    text = admin.get(f"/runs/{second}").text
    assert f'This run resumes <a href="/admin/runs/{first}">' in text
    assert text.count(">replayed<") == 1


def test_a_run_is_gone_on_from_once(service: Service, admin: Visitor, ana: Master, server: Server) -> None:
    first = ran(service, ana, steps(server, "/b"))
    went(admin.post(f"/runs/{first}/on"))
    for answer in (admin.post(f"/runs/{first}/on"), admin.get(f"/runs/{first}/on")):
        assert went(answer) == first
    assert len(server.seen) == 2


def test_what_went_well_or_still_runs_is_not_gone_on_from(
    service: Service, admin: Visitor, ana: Master, server: Server
) -> None:
    went_well = ran(service, ana, steps(server, "/a"))
    running = started(service, kind="sequence", owner=ana.uid, argument=steps(server, "/a")).uid
    for uid in (went_well, running):
        assert went(admin.post(f"/runs/{uid}/on")) == uid
    assert len(server.seen) == 1


def test_it_goes_on_with_an_edited_sequence(service: Service, admin: Visitor, ana: Master, server: Server) -> None:
    first = ran(service, ana, steps(server, "/a", "/none"))
    written = json.dumps(steps(server, "/a", "/b"), indent=1).replace("\n", "\r\n") + " // repaired"
    server.script["POST /b"] = {"json": 3}
    second = went(admin.post(f"/runs/{first}/on", argument=written))
    assert task(service, second).result == '{"a":1,"b":3}'


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{"requests": [{"method": "GET", "api": "http://x/", "exspect": []}]}', "requests[0].exspect: unknown key"),
        ('{"requests": [' + HTML, "sequence: 1:"),
        ("[]", "argument: is an object such as"),
    ],
)
def test_a_mistake_is_said_and_nothing_typed_is_lost(
    service: Service, admin: Visitor, ana: Master, server: Server, written: str, said: str
) -> None:
    first = ran(service, ana, steps(server, "/none"))
    answer = admin.post(f"/runs/{first}/on", argument=written)
    assert answer.status_code == 400
    assert said in answer.text
    assert written.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") in answer.text
    assert '<details id="edit" open>' in answer.text
    assert journal.resumed_by(service.db, first) is None


def test_what_became_of_a_request_is_asked_before(
    service: Service, admin: Visitor, ana: Master, server: Server
) -> None:
    uid = unknown(service, ana, steps(server, "/a", "/b"), "0")
    assert f'href="/admin/runs/{uid}/on">Resume…' in admin.get(f"/runs/{uid}").text
    assert admin.post(f"/runs/{uid}/on").headers["Location"] == f"/admin/runs/{uid}/on"
    assert "Step 1 sent a request" in admin.get(f"/runs/{uid}/on").text


def test_it_is_sent_again(service: Service, admin: Visitor, ana: Master, server: Server) -> None:
    uid = unknown(service, ana, steps(server, "/a"), "0")
    form = {"argument": json_text.pretty(steps(server, "/a")), "path-0": "0", "said-0": "send"}
    assert state(service, went(admin.post(f"/runs/{uid}/on", **form))) == "SUCCESS"
    assert [seen.path for seen in server.seen] == ["/a"]


def test_it_is_taken_as_done_with_an_answer(service: Service, admin: Visitor, ana: Master, server: Server) -> None:
    uid = unknown(service, ana, steps(server, "/a"), "0")
    form = {"path-0": "0", "said-0": "done", "status-0": "201", "body-0": '{"id": 7}'}
    second = went(admin.post(f"/runs/{uid}/on", argument=json_text.pretty(steps(server, "/a")), **form))
    assert task(service, second).result == '{"a":{"id":7}}'
    assert server.seen == []


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "choose what happened to it"),
        ({"said-0": "done", "status-0": "2xx", "body-0": HTML}, "from 100 to 599"),
        ({"said-0": "done", "status-0": "200", "body-0": HTML}, "put a text in quotes"),
        ({"said-0": "done", "status-0": "999", "body-0": ""}, "from 100 to 599"),
    ],
)
def test_a_word_that_can_not_be_is_said_at_its_place(
    service: Service, admin: Visitor, ana: Master, server: Server, form: dict[str, str], said: str
) -> None:
    uid = unknown(service, ana, steps(server, "/a"), "0", "1")
    words = {"path-1": "1", "said-1": "send", "argument": "{}", "path-0": "0", **form}
    answer = admin.post(f"/runs/{uid}/on", **words)
    assert answer.status_code == 400
    assert said in answer.text
    assert answer.text.count(" checked required") + answer.text.count('"done" checked') == 1 + ("said-0" in form)
    assert HTML not in answer.text
    assert journal.resumed_by(service.db, uid) is None


def test_only_admins_go_on_and_only_they_run_a_sequence_again(
    service: Service, user: Visitor, ana: Master, bob: Master, server: Server
) -> None:
    assert ana.is_superuser  # the last admin can't be demoted
    service.masters.promote(bob.uid)
    uid = ran(service, bob, steps(server, "/b"))
    service.owners.demote(bob.uid)
    text = user.get(f"/runs/{uid}").text
    assert "Resume" not in text
    assert "Run again" not in text
    for answer in (user.post(f"/runs/{uid}/on"), user.get(f"/runs/{uid}/on"), user.post(f"/runs/{uid}/again")):
        assert answer.status_code == 404
    assert service.db.rows("SELECT count(*) FROM job") == [(1,)]


def test_a_sequence_runs_again_in_the_name_of_who_asks(
    service: Service, admin: Visitor, ana: Master, server: Server
) -> None:
    first = ran(service, person(service, "eve"), steps(server, "/a"))
    second = went(admin.post(f"/runs/{first}/again"))
    claim = claimed(service)
    assert (claim.uid, claim.owner, claim.name) == (second, ana.uid, "mails")
    assert claim.limit_s == service.sequences.limit_s
    assert json_text.load(claim.argument) == steps(server, "/a")


def test_a_sequence_that_can_not_work_any_more_is_not_run_again(service: Service, admin: Visitor, ana: Master) -> None:
    uid = started(service, kind="sequence", owner=ana.uid, argument={"requests": 1}).uid
    assert went(admin.post(f"/runs/{uid}/again")) == uid
    assert "It can&#39;t run again: requests" in admin.get(f"/runs/{uid}").text


def test_the_page_says_before_a_run_resumes_that_its_finally_was_done(
    service: Service, admin: Visitor, ana: Master, server: Server
) -> None:
    argument = {**steps(server, "/a", "/b"), "finally": steps(server, "/a")["requests"]}
    first = ran(service, ana, argument)
    assert "This run has done its <code>finally</code>" in admin.get(f"/runs/{first}").text
    assert "The run has done its <code>finally</code>" in admin.get(f"/runs/{first}/on?edit=1").text
    second = went(admin.post(f"/runs/{first}/on"))
    assert state(service, second) == "SUCCESS"
    assert [seen.path for seen in server.seen] == ["/a", "/b", "/a", "/b", "/a"]


def test_the_page_shows_all_errors_of_a_run(service: Service, admin: Visitor, ana: Master, server: Server) -> None:
    server.begin({"POST": {"status": 500}})
    argument = steps(server, "/a", "/b")
    argument["requests"][0]["soft"] = True
    text = admin.get(f"/runs/{ran(service, ana, argument)}").text
    assert "And then:" in text
    assert text.count("status 500 Internal Server Error") >= 2


def test_a_run_that_cleans_up_says_so_and_can_be_ended_now(service: Service, admin: Visitor, ana: Master) -> None:
    argument = {"requests": [], "finally": [{"delay": 5}]}
    service.ledger.enqueue(service.sequences.as_spec(argument, ana.uid, name="mails"))
    claim = claimed(service)
    assert "It does its <code>finally</code> first." in admin.get(f"/runs/{claim.uid}").text
    admin.post(f"/runs/{claim.uid}/cancel")
    text = admin.get(f"/runs/{claim.uid}").text
    assert "It was cancelled, and does its <code>finally</code> now." in text
    assert "End the run now" in text
    assert state(service, claim.uid) == "STARTED"
