"""Sequences under a name: saved with their versions, run, used by tasks and as blocks, and kept by the runs that began."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from flask import Flask

from tests.support.applications import application
from tests.support.cast import person
from tests.support.jobs import claimed, worked
from tests.support.scripted_server import Server
from walkabout.people.masters import Master
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import SEQUENCE
from walkabout.sequences import journal
from walkabout.sequences.journal import JobJournal, RunsSaved
from walkabout.service import Service


@pytest.fixture
def ana(service: Service) -> Master:
    return person(service, "ana", superuser=True)


class Caller:
    """Asks as an admin."""

    def __init__(self, app: Flask, token: str) -> None:
        self._app = app
        self._header = {"Authorization": f"token {token}"}

    def ask(self, name: str, status: int = 200, /, **body: Any) -> Any:
        answer = self._app.test_client().post(f"/js_admin/{name}", json=body, headers=self._header)
        assert answer.status_code == status, answer.text
        return answer.json


@pytest.fixture
def admin(service: Service, ana: Master) -> Iterator[Caller]:
    yield Caller(application(service), service.tokens.give(ana.uid, 1)[0])


def get(url: str, key: str) -> dict[str, Any]:
    return {"requests": [{"method": "GET", "api": url, "save_to": key}]}


def test_it_is_saved_with_its_versions(admin: Caller) -> None:
    first = admin.ask("saved_sequence_save", name="ping", sequence='{"requests": [],} // two', tags=["a", "b"])
    assert {**first, "updated": ""} == {
        "name": "ping", "sequence": {"requests": []}, "description": "", "tags": ["a", "b"],
        "revision": 1, "updated": "", "by": "ana@example.com",
    }  # fmt: skip
    again = admin.ask("saved_sequence_save", name="ping", description="Is it there?", revision=1)
    assert (again["revision"], again["tags"], again["sequence"]) == (2, ["a", "b"], {"requests": []})
    assert [one["revision"] for one in admin.ask("saved_sequence_versions", name="ping")["data"]] == [2, 1]
    assert admin.ask("saved_sequence_get", name="ping", revision=1)["description"] == ""
    assert admin.ask("saved_sequence_get", name="ping")["used_by"] == []
    listed = admin.ask("saved_sequence_list", search="THERE")
    assert (listed["total"], listed["data"][0]["name"], "sequence" in listed["data"][0]) == (1, "ping", False)
    assert admin.ask("saved_sequence_list", search="else")["total"] == 0
    assert "is not the latest" in admin.ask("saved_sequence_save", 409, name="ping", revision=1, tags=[])["response"]
    assert admin.ask("saved_sequence_delete", name="ping")["success"]
    assert "no sequence" in admin.ask("saved_sequence_get", 404, name="ping")["response"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"name": "a b", "sequence": {"requests": []}}, "name: 'a b' is no name"),
        ({"name": "a"}, "sequence is required"),
        ({"name": "a", "sequence": {"requests": [{"methd": "x"}]}}, "sequence.requests[0].methd: unknown key"),
        ({"name": "a", "sequence": {"requests": [{"use": "a"}]}}, "circle: a -> a"),
        ({"name": "a", "sequence": {"name": "b"}}, "sequence.name: a saved sequence has steps"),
        ({"name": "a", "sequence": {"requests": []}, "tags": [" "]}, "tags: are up to"),
        ({"name": "a", "sequence": {"requests": []}, "description": "x" * 3000}, "description: has 3000"),
    ],
)
def test_what_can_not_be_saved_is_named(admin: Caller, body: dict[str, Any], says: str) -> None:
    assert any(says in error for error in admin.ask("saved_sequence_save", 400, **body)["errors"])


def test_it_runs_by_its_name_as_a_block_and_by_jac(admin: Caller, server: Server) -> None:
    server.begin({"GET": {"json": 7}})
    admin.ask("saved_sequence_save", name="seven", sequence=get(f"{server.base}/", "n"))
    assert admin.ask("sequence_run", name="seven")["result"] == {"n": 7}
    assert admin.ask("sequence_run", sequence={"name": "seven", "persistence": {"m": 1}})["result"] == {"m": 1, "n": 7}
    used = admin.ask("sequence_run", sequence={"requests": [{"use": "seven", "save_to": "block"}]})
    assert used["result"] == {"n": 7, "block": 7}
    assert [step["path"] for step in used["steps"]] == ["0.seven.0", "0"]
    jac = {"method": "JAC", "api": "sequence_run", "body": {"name": "seven"}, "master": "self", "save_to": "r"}
    assert admin.ask("sequence_run", sequence={"requests": [jac]})["result"]["r"]["result"] == {"n": 7}
    assert admin.ask("sequence_check", sequence={"name": "seven"})["ok"] is True
    assert admin.ask("sequence_check", sequence={"name": "sevn"})["problems"][0]["path"] == "name"
    assert "not both" in admin.ask("sequence_run", 400, name="seven", sequence={})["response"]
    assert "did you mean seven?" in admin.ask("sequence_run", 400, name="seve")["response"]
    assert admin.ask("sequence_run", name="seven", mocks={"0": {"body": 8}})["result"] == {"n": 8}


def test_tasks_that_use_it_keep_it_and_run_what_it_is_then(
    service: Service, admin: Caller, ana: Master, server: Server
) -> None:
    server.begin({"GET /old": {"json": "old"}, "GET /new": {"json": "new"}})
    admin.ask("saved_sequence_save", name="nightly", sequence=get(f"{server.base}/old", "r"))
    schedule = {"type": "interval", "conf": {"every": 1, "period": "hours"}}
    for number, argument in enumerate([{"name": "nightly"}, {"requests": [{"use": "nightly"}]}]):
        draft = Draft(name=f"task {number}", task=SEQUENCE, argument=argument, schedule=schedule, asker=ana.uid)
        service.periodic_tasks.create(draft, by=ana.uid)
    used = admin.ask("saved_sequence_delete", 409, name="nightly")["response"]
    assert used == "name: nightly is used by task 0, task 1; change these first"
    queued = service.ledger.enqueue(service.sequences.as_spec({"name": "nightly"}, ana.uid))
    admin.ask("saved_sequence_save", name="nightly", sequence=get(f"{server.base}/new", "r"))
    assert worked(service) == queued
    assert server.seen[-1].path == "/new"


def test_a_run_keeps_what_it_began_with(service: Service, admin: Caller, ana: Master) -> None:
    admin.ask("saved_sequence_save", name="s", sequence=get("http://127.0.0.1:9/one", "r"))
    uid = service.ledger.enqueue(service.sequences.as_spec({"name": "s"}, ana.uid))
    claim = claimed(service)
    assert claim.uid == uid

    def kept() -> Any:
        own = JobJournal(service.db, service.ledger, claim, nullcontext)
        found = RunsSaved(own, lambda name: service.sequences.whole({"name": name})).find("s")
        assert found is not None
        return found["requests"][0]["api"]

    assert kept() == "http://127.0.0.1:9/one"
    admin.ask("saved_sequence_save", name="s", sequence=get("http://127.0.0.1:9/two", "r"))
    assert kept() == "http://127.0.0.1:9/one"
    assert journal.unsettled(service.db, claim.id) == []
