"""The journal on the database: fenced, for one run at a time, and gone when it is not needed."""

import json
from contextlib import nullcontext

import pytest

from tests.support.cast import person
from tests.support.jobs import claimed, started
from walkabout.jobs.specs import Claim, LeaseLost
from walkabout.jobs.worker.scoreboard import CANCEL, Interrupted
from walkabout.sequences import journal
from walkabout.sequences.journal import AlreadyResumed, JobJournal
from walkabout.service import Service


@pytest.fixture
def me(service: Service) -> str:
    """Somebody's uid."""
    return person(service, "me").uid


def journal_of(service: Service, claim: Claim) -> JobJournal:
    return JobJournal(service.db, service.ledger, claim, nullcontext)


def entry(kind: str, **more: object) -> str:
    return json.dumps({"kind": kind, **more}, separators=(",", ":"))


def takeovers(service: Service, uid: str) -> int:
    row = service.db.first("SELECT takeovers FROM job WHERE uid = ?", (uid,))
    return int(row[0]) if row else -1


def test_entries_are_read_in_order_by_the_next_attempt(service: Service) -> None:
    first = journal_of(service, started(service))
    for number in range(3):
        first.append(f'{{"kind":"now","text":{number}}}')
    service.ledger.rescue("consumer-1", 17, 2)
    again = journal_of(service, claimed(service))
    assert [json.loads(line)["text"] for line in again.read()] == [0, 1, 2]


def test_an_attempt_that_was_taken_over_writes_nothing_more(service: Service) -> None:
    lost = journal_of(service, started(service))
    service.ledger.rescue("consumer-1", 17, 2)
    taken = journal_of(service, claimed(service))
    with pytest.raises(LeaseLost):
        lost.append(entry("now"))
    assert taken.read() == []


def test_a_run_that_is_to_be_cancelled_writes_nothing_more(service: Service) -> None:
    claim = started(service)
    service.ledger.ask_cancel(claim.uid)
    with pytest.raises(LeaseLost):
        journal_of(service, claim).append(entry("now"))


def test_the_effects_of_a_jac_call_go_when_the_run_is_not_ours_any_more(service: Service, me: str) -> None:
    claim = started(service)
    kept = journal_of(service, claim)
    service.ledger.rescue("consumer-1", 17, 2)
    with pytest.raises(LeaseLost), kept.transaction():
        service.aliases.register(me, "name", "value")
        kept.append(entry("outcome"))
    assert service.aliases.all(me) == {}


def test_the_effects_of_a_jac_call_are_kept_with_its_entry(service: Service, me: str) -> None:
    kept = journal_of(service, started(service))
    with kept.transaction():
        service.aliases.register(me, "name", "value")
        kept.append(entry("outcome"))
    assert (service.aliases.all(me), len(kept.read())) == ({"name": "value"}, 1)


def test_that_a_step_has_sent_is_kept_whatever_becomes_of_its_call(service: Service, me: str) -> None:
    kept = journal_of(service, started(service))
    with pytest.raises(ValueError), kept.transaction():
        kept.note_sent("0", 1)
        service.aliases.register(me, "name", "value")
        raise ValueError
    assert [json.loads(line) for line in kept.read()] == [{"kind": "intent", "path": "0", "try": 1, "request": ""}]


def test_an_interrupt_before_the_request_is_sent_leaves_no_intent(service: Service) -> None:
    orders = [Interrupted(CANCEL)]

    class Held:
        def __enter__(self) -> None:
            pass

        def __exit__(self, *_: object) -> None:
            if orders:
                raise orders.pop()

    kept = JobJournal(service.db, service.ledger, started(service), Held)
    with pytest.raises(Interrupted):
        kept.append(entry("intent", path="0"))
    assert kept.read() == []


def test_only_losses_without_any_step_between_them_count(service: Service) -> None:
    claim = started(service)
    journal_of(service, claim).append(entry("outcome"))
    for lost in (1, 2):
        service.ledger.rescue("consumer-1", 17, 2)
        taken = journal_of(service, claimed(service))
        taken.append(entry("intent"))
        assert takeovers(service, claim.uid) == lost
    taken.append(entry("outcome"))
    assert takeovers(service, claim.uid) == 0


def test_a_run_that_goes_on_takes_the_journal_with_it(service: Service) -> None:
    failed = started(service)
    journal_of(service, failed).append(entry("outcome"))
    service.ledger.fail(failed.id, failed.attempt, "E", "no")
    later = service.sequences.as_spec({}, "me", again_from=failed.uid, unknown={"0": "send"})
    service.ledger.enqueue(later)
    claim = claimed(service)
    assert (len(journal_of(service, claim).read()), journal.lines(service.db, failed.id)) == (1, [])
    assert journal.resumed_from(service.db, claim.id) == journal.ResumedFrom(failed.uid, {"0": "send"})
    assert [*journal.own_entries(service.db, claim.id, ("outcome",))] == []


def test_a_run_is_gone_on_from_once(service: Service) -> None:
    failed = started(service)
    service.ledger.enqueue(service.sequences.as_spec({}, "me", again_from=failed.uid))
    with pytest.raises(AlreadyResumed):
        service.ledger.enqueue(service.sequences.as_spec({}, "me", again_from=failed.uid))
    assert service.db.first("SELECT count(*) FROM job") == (2,)


def test_journal_and_records_go_with_their_run(service: Service) -> None:
    claim = started(service)
    journal_of(service, claim).append(entry("outcome"))
    service.ledger.fail(claim.id, claim.attempt, "E", "no")
    service.ledger.forget_ended(service.clock() + 1)
    assert service.db.first("SELECT count(*) FROM sequence_journal") == (0,)


@pytest.mark.sqlite
@pytest.mark.parametrize("question", ["SELECT line FROM sequence_journal WHERE job = 1 ORDER BY id"])
def test_a_journal_is_read_by_its_index(service: Service, question: str) -> None:
    plan = " ".join(str(row) for row in service.db.rows(f"EXPLAIN QUERY PLAN {question}"))
    assert "sequence_journal_job" in plan
    assert "TEMP B-TREE" not in plan
