"""What becomes of the runs of a lost worker."""

import json
from typing import Any

import pytest

from tests.support.jobs import CONSUMER, PID, a_spec, claimed, started, state, task
from walkabout.jobs import notes
from walkabout.service import Service

POST = "POST http://shop/orders"


@pytest.mark.parametrize(
    ("terms", "sent", "cancel", "losses", "lost", "after", "words"),
    [
        ({}, False, False, 1, True, "PENDING", None),
        ({}, False, False, 2, True, "PENDING", None),
        ({}, False, False, 3, True, "FAILURE", "lost 3 times (MAX_TAKEOVERS)"),
        ({}, False, False, 3, False, "PENDING", None),  # told to stop: counts for nothing
        ({}, True, False, 1, True, "FAILURE", POST),
        ({}, True, False, 1, False, "FAILURE", POST),
        ({"repeatable": False}, False, False, 1, True, "FAILURE", "not repeatable"),
        ({"repeatable": False}, True, False, 1, True, "FAILURE", POST),
        ({}, False, True, 1, True, "REVOKED", None),
        ({}, True, True, 1, True, "REVOKED", None),
        ({"repeatable": False}, False, True, 1, True, "REVOKED", None),
    ],
)
def test_what_becomes_of_a_lost_run(
    service: Service, terms: dict[str, Any], sent: bool, cancel: bool, losses: int, lost: bool, after: str, words: str
) -> None:
    uid = service.ledger.enqueue(a_spec(**terms))
    for _ in range(losses):
        claim = claimed(service)
        if sent:
            notes.note_sent(service.db, claim, POST)
        if cancel:
            service.ledger.ask_cancel(uid)
        taken = service.ledger.rescue(CONSUMER, PID, 2, lost=lost)
    assert taken == [(uid, after)]
    row = task(service, uid)
    assert row.state == after
    assert (words or "") in json.loads(row.error or '{"message": ""}')["message"]


def test_only_the_dead_workers_run_is_given_back(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    service.ledger.enqueue(a_spec())
    dead, alive = claimed(service, pid=1), claimed(service, pid=2)
    assert service.ledger.rescue(CONSUMER, 1, 2) == [(dead.uid, "PENDING")]
    assert state(service, alive.uid) == "STARTED"


def test_all_runs_of_a_lost_consumer_are_given_back(service: Service) -> None:
    for _ in range(3):
        service.ledger.enqueue(a_spec())
    one, two = claimed(service, pid=1), claimed(service, pid=2)
    other = claimed(service, consumer="other")
    assert {uid for uid, _ in service.ledger.rescue(CONSUMER, None, 2)} == {one.uid, two.uid}
    assert state(service, other.uid) == "STARTED"


def test_a_run_that_was_given_back_is_taken_again_with_the_next_number(service: Service) -> None:
    first = started(service)
    service.ledger.rescue(CONSUMER, PID, 2)
    assert (claimed(service).id, first.attempt + 1) == (first.id, 2)


def test_a_cancelled_run_whose_worker_was_lost_says_why(service: Service) -> None:
    claim = started(service)
    service.ledger.ask_cancel(claim.uid)
    service.ledger.rescue(CONSUMER, PID, 2)
    assert task(service, claim.uid).reason == "cancelled"
