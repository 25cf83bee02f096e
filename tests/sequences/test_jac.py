"""In whose name a step of a sequence asks this service, and what it gets."""

from contextlib import nullcontext
from typing import Any

import pytest

import sequence
from tests.support.cast import person
from walkabout.api.families import dispatcher_of
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.sequences.api_steps import ApiCall, StepHooks
from walkabout.service import Service


@pytest.fixture
def ana(service: Service) -> Master:
    return person(service, "ana", superuser=True)


@pytest.fixture
def ben(service: Service) -> Master:
    return person(service, "ben")


def ask(service: Service, owner: Master | None, api: str, body: Any = None, master: str | None = None) -> Any:
    hooks = StepHooks(nullcontext, lambda: None)
    return service.sequences.ask_api(ApiCall(owner.uid if owner else None, api, body, master, hooks))


def test_a_public_api_is_asked_without_a_master(service: Service, ana: Master) -> None:
    answer = ask(service, ana, "info")
    assert (answer.status, set(answer.body)) == (200, {"Version", "Creator", "URL"})


@pytest.mark.parametrize("master", [None, ""])
def test_the_public_may_not_ask_what_is_for_masters(service: Service, ana: Master, master: str | None) -> None:
    answer = ask(service, ana, "master_self", {}, master)
    assert (answer.status, answer.reason) == (401, "Unauthorized")
    assert "key master" in answer.body["response"]


def test_an_admin_asks_as_anybody(service: Service, ana: Master, ben: Master) -> None:
    assert ask(service, ana, "master_self", {}, jid(ben.uid)).body["name"] == "ben@example.com"


def test_an_alias_is_the_owners(service: Service, ana: Master, ben: Master) -> None:
    service.aliases.register(ana.uid, "benny", jid(ben.uid))
    assert ask(service, ana, "master_self", {}, "benny").body["name"] == "ben@example.com"


def test_self_is_the_owner_whatever_their_aliases_say(service: Service, ana: Master, ben: Master) -> None:
    service.aliases.register(ana.uid, "self", jid(ben.uid))  # from before it was reserved
    assert ask(service, ana, "master_self", {}, "self").body["name"] == "ana@example.com"
    assert ask(service, ben, "master_self", {}, "self").body["name"] == "ben@example.com"
    assert ask(service, None, "master_self", {}, "self").status == 403


def test_self_is_no_alias_that_one_can_have(service: Service, ana: Master) -> None:
    answer = ask(service, ana, "alias_register", {"name": "self", "value": jid(ana.uid)}, "self")
    assert (answer.status, "meaning of its own" in str(answer.body)) == (400, True)


def test_the_rights_are_those_of_the_master_and_not_of_the_owner(service: Service, ana: Master, ben: Master) -> None:
    assert ask(service, ana, "master_allusers", {}, jid(ben.uid)).status == 403
    assert ask(service, ana, "master_allusers", {}, jid(ana.uid)).status == 200


def test_who_is_no_admin_asks_as_nobody_else(service: Service, ana: Master, ben: Master) -> None:
    assert ask(service, ben, "master_self", {}, jid(ben.uid)).status == 200
    answer = ask(service, ben, "master_self", {}, jid(ana.uid))
    assert (answer.status, "is not an admin" in answer.body["response"]) == (403, True)


def test_a_sequence_of_nobody_asks_as_the_public_only(service: Service, ana: Master) -> None:
    assert ask(service, None, "info").status == 200
    assert ask(service, None, "master_self", {}, jid(ana.uid)).status == 403


def test_an_owner_who_is_no_admin_any_more_asks_as_nobody_else(service: Service, ana: Master, ben: Master) -> None:
    service.db.change("UPDATE master SET is_superuser = 0 WHERE uid = ?", (ana.uid,))
    assert ask(service, ana, "master_self", {}, jid(ben.uid)).status == 403


def test_a_master_who_was_deactivated_is_not_there(service: Service, ana: Master, ben: Master) -> None:
    service.db.change("UPDATE master SET is_activated = 0 WHERE uid = ?", (ben.uid,))
    assert ask(service, ana, "master_self", {}, jid(ben.uid)).status == 404


@pytest.mark.parametrize(
    ("api", "body", "status", "text"),
    [
        ("walker_rum", {}, 404, "did you mean walker_run?"),
        ("walker_run", {"nme": "echo"}, 400, "did you mean name?"),
        ("walker_run", {"name": "nonsense"}, 404, "nonsense"),
        ("walker_run", [], 400, "expected an object"),
        ("alias_register", {"name": "a", "value": "\ud800"}, 400, "surrogate"),
        ("alias_register", {"name": "a", "value": "\0"}, 400, "NUL"),
    ],
)
def test_what_is_wrong_is_answered_as_over_http(
    service: Service, ana: Master, api: str, body: Any, status: int, text: str
) -> None:
    answer = ask(service, ana, api, body, jid(ana.uid))
    assert (answer.status, answer.body["success"]) == (status, False)
    assert text in answer.body["response"]


def test_a_walker_runs_in_the_steps_own_thread(service: Service, ana: Master) -> None:
    answer = ask(service, ana, "walker_run", {"name": "count"}, jid(ana.uid))
    assert answer.body["report"] == [1]
    assert ask(service, ana, "object_get", {"obj": "active:graph"}, jid(ana.uid)).body["context"] == {"count": 1}


def test_an_api_of_several_methods_changes_something_when_it_gets_parameters(service: Service, ana: Master) -> None:
    assert ask(service, ana, "user_manage", {}, jid(ana.uid)).body["name"] == "ana"
    assert ask(service, ana, "user_manage", {"name": "Ann"}, jid(ana.uid)).body["name"] == "Ann"


def test_another_sequence_is_handed_to_the_run(service: Service, ana: Master, ben: Master) -> None:
    inner = {"requests": []}
    assert ask(service, ana, "sequence_run", {"sequence": inner}, jid(ana.uid)) == sequence.Nested(inner)
    assert ask(service, ana, "sequence_run", {"sequence": inner}, jid(ben.uid)).status == 403
    assert ask(service, ana, "sequence_run", {"sequence": inner}).status == 401


def test_every_api_of_the_registry_can_be_asked(service: Service, ana: Master) -> None:
    dispatcher = dispatcher_of(service)
    for name in dispatcher.apis:
        answer = ask(service, ana, name, {"nonsense": 1}, jid(ana.uid))
        assert answer.status in (200, 204, 400), name
