"""What the APIs answer when places are taken, and when the database fails in the middle."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.jobs import a_spec, claimed, state, task
from walkabout.api.answers import Answer
from walkabout.api.families import dispatcher_of
from walkabout.api.parameters import ApiRequest
from walkabout.database.connections import Unavailable
from walkabout.jobs import queries
from walkabout.jobs.places import Places, ShareFull
from walkabout.jobs.quotas import Quotas
from walkabout.people.masters import Master
from walkabout.service import Service

Ask = Callable[..., Answer]


@pytest.fixture
def ana(service: Service) -> Master:
    return service.new_master("ana@example.com", "correct-horse", "Ana")


@pytest.fixture
def ask(service: Service) -> Ask:
    """Asks an API as somebody: `ask(ana, "walker_run", name="echo")`."""
    dispatcher = dispatcher_of(service)

    def asked(who: Master | None, name: str, /, **values: Any) -> Answer:
        api = dispatcher.apis[name]
        token = service.tokens.give(who.uid, 1.0)[0] if who else None
        return dispatcher.ask(api, api.audience, token, lambda: ApiRequest(api.methods[0], token, values))

    return asked


def fill(places: Places, who: Master) -> None:
    """Hold as many places as one person may."""
    with pytest.raises(ShareFull):
        while True:
            places.take(who.uid)


def told(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.headers.get("Retry-After")


def test_who_holds_all_runs_that_one_may_is_refused_and_others_are_not(service: Service, ana: Master, ask: Ask) -> None:
    fill(service.places.runs, ana)
    refused = ask(ana, "walker_run", name="echo")
    assert told(refused) == (429, "1")
    assert "FOREGROUND_MAX" in refused.as_text()
    bob = service.new_master("bob@example.com", "correct-horse", "Bob")
    assert ask(bob, "walker_run", name="echo").status == 200


def test_when_all_runs_are_taken_it_is_503(service: Service, ana: Master, ask: Ask) -> None:
    for number in range(service.places.runs.most):
        service.places.runs.take(f"somebody-{number}")
    assert told(ask(ana, "walker_run", name="echo")) == (503, "1")


def test_a_run_by_a_key_is_its_owners(service: Service, ana: Master, ask: Ask) -> None:
    fill(service.places.runs, ana)
    node, key = service.graphs.active(ana), service.keys.key(ana.uid, "echo")
    assert told(ask(None, "walker_callback", nd=node, wlk="echo", key=key)) == (429, "1")


@pytest.mark.parametrize("background", [True, False], ids=["no worker", "now"])
def test_a_run_gives_its_place_back(service: Service, ana: Master, ask: Ask, background: bool) -> None:
    for _ in range(3):
        assert ask(ana, "walker_run", name="echo", is_async=background).status == 200
    assert service.places.runs.taken == 0


def test_who_waits_for_all_that_one_may_is_refused(service: Service, ana: Master, ask: Ask) -> None:
    uid = service.ledger.enqueue(a_spec(owner=ana.uid))
    fill(service.places.waits, ana)
    assert told(ask(ana, "walker_queue_wait", task_id=uid)) == (429, "1")
    assert ask(ana, "walker_queue_check", task_id=uid).status == 200


def test_cancelling_what_waits_needs_no_place(service: Service, ana: Master, ask: Ask) -> None:
    uid = service.ledger.enqueue(a_spec(owner=ana.uid))
    fill(service.places.waits, ana)
    fill(service.places.cancels, ana)
    answer = ask(ana, "walker_queue_cancel", task_id=uid)
    assert (answer.status, state(service, uid)) == (200, "REVOKED")
    assert '"state":"REVOKED"' in answer.as_text()


def test_cancelling_what_runs_needs_none_of_the_places_of_those_who_wait(
    service: Service, ana: Master, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.ledger.enqueue(a_spec(owner=ana.uid))
    claim = claimed(service)
    fill(service.places.waits, ana)
    # What the supervisor does once it hears of the wish.
    ended = service.ledger.revoke_running
    monkeypatch.setattr(service.watcher, "wait", lambda uid, seconds: ended(claim.id, claim.attempt, "cancelled"))
    answer = ask(ana, "walker_queue_cancel", task_id=claim.uid)
    assert (answer.status, state(service, claim.uid)) == (200, "REVOKED")


def test_who_gets_no_place_to_cancel_has_cancelled_nothing(service: Service, ana: Master, ask: Ask) -> None:
    service.ledger.enqueue(a_spec(owner=ana.uid))
    claim = claimed(service)
    fill(service.places.cancels, ana)
    assert told(ask(ana, "walker_queue_cancel", task_id=claim.uid)) == (429, "1")
    assert queries.cancelled(service.db, "consumer-1") == []
    assert task(service, claim.uid).reason is None


def test_who_has_as_many_jobs_waiting_as_one_may_is_refused(service: Service, ana: Master, ask: Ask) -> None:
    service.ledger.quotas = Quotas(service.db, 2)
    service.consumers.pulse(service.consumers.join("worker", 1).uid)
    answers = [ask(ana, "walker_run", name="echo", is_async=True) for _ in range(3)]
    assert [told(answer) for answer in answers] == [(200, None), (200, None), (429, "5")]
    assert "MAX_WAITING" in answers[2].as_text()
    assert ask(ana, "walker_run", name="echo").status == 200


@pytest.mark.parametrize(("jobs", "total"), [(2, None), (3, {"scheduled": 1, "active": 0, "reserved": 3})])
def test_a_queue_that_is_cut_says_so(
    service: Service, ana: Master, ask: Ask, jobs: int, total: dict[str, int] | None
) -> None:
    service.settings = replace(service.settings, queue_shown=2)
    service.ledger.enqueue(a_spec(owner=ana.uid, eta=service.clock() + 60))
    for _ in range(jobs):
        service.ledger.enqueue(a_spec(owner=ana.uid))
    queue = json.loads(ask(ana, "walker_queue_check").as_text())
    assert queue.get("total") == total
    assert sum(map(len, queue["reserved"].values())) == 2


def away(*_: object, **__: object) -> None:
    raise Unavailable("database is locked")


def test_what_was_kept_in_part_is_said_to_be(
    service: Service, ana: Master, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.tokens, "forget", away)
    answer = ask(ana, "graph_create")
    assert told(answer) == (503, "2")
    assert "Part of the request was done" in answer.as_text()


def test_what_failed_before_anything_was_kept_says_so(
    service: Service, ana: Master, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.graphs, "create", away)
    answer = ask(ana, "graph_create")
    assert told(answer) == (503, "2")
    assert "nothing was saved" in answer.as_text()
