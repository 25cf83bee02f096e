"""A task fails and recovers, and somebody is told: once each time, in the transaction of what it tells."""

import hashlib
import hmac
import threading
from collections.abc import Callable

import pytest

from tests.notices.conftest import Told
from tests.support.mail_server import MailServer
from tests.support.queries import statements
from tests.support.until import until
from walkabout.database.connections import Unavailable
from walkabout.jobs.specs import Claim
from walkabout.notices.tables import NoticeTable
from walkabout.service import Service


def states(told: Told) -> list[tuple[str, str]]:
    return told.service.db.rows("SELECT event, state FROM notice ORDER BY id")  # type: ignore[return-value]


def test_a_webhook_is_told_that_a_task_failed_and_that_it_recovered(told: Told) -> None:
    told.target()
    run = told.run("no disk")
    assert told.send() == 1
    (body,) = told.bodies()
    assert body["event"] == "failed" and body["task"] == "backup" and body["task_id"] == told.task
    assert body["run"] == run and body["state"] == "FAILURE" and body["error"] == "ValueError: no disk"
    assert body["url"] == f"https://jobs.example.org/admin/runs/{run}"
    assert body["text"] == "backup failed"
    told.run()
    assert told.send(61) == 1
    assert told.bodies()[1]["event"] == "recovered"
    assert states(told) == [("failed", "sent"), ("recovered", "sent")]


def test_a_webhook_is_signed_with_the_key_of_its_target(told: Told) -> None:
    target = told.target()
    told.run("no disk")
    told.send()
    (seen,) = told.server.seen
    at, signature = (part.partition("=")[2] for part in seen.headers["X-Walkabout-Signature"].split(","))
    key = told.service.deliveries.web.signing_key(target)
    assert hmac.new(key.encode(), f"{at}.".encode() + seen.content, hashlib.sha256).hexdigest() == signature


def test_failures_in_a_row_are_told_once_when_there_are_enough(told: Told) -> None:
    told.target(after=2)
    told.run("1")
    assert told.send() == 0
    told.run("2")
    told.run("3")
    assert told.send() == 1
    assert told.bodies()[0]["text"] == "backup failed 2 times in a row"
    told.run("4")
    assert told.send(3600) == 0


def test_who_was_not_told_of_failures_is_not_told_of_the_recovery(told: Told) -> None:
    told.target(after=2)
    told.run("1")
    told.run()
    assert told.send() == 0 and states(told) == []


def test_after_a_recovery_the_next_failure_is_told_again(told: Told) -> None:
    told.target()
    for number in range(3):
        told.run(f"error {number}")
        told.harness.clock.pass_(5)
        told.run()
        told.harness.clock.pass_(5)
    assert [event for event, _ in states(told)] == ["failed", "recovered"] * 3


def test_notices_that_come_together_are_one_message(told: Told) -> None:
    told.target()
    told.run("first")
    told.send()
    told.run()
    told.harness.clock.pass_(1)
    told.run("second")
    assert told.send(30) == 0
    assert told.send(31) == 1
    body = told.bodies()[1]
    assert [notice["event"] for notice in body["notices"]] == ["recovered", "failed"]
    assert body["text"].startswith("backup is well again")


def test_what_was_not_taken_is_tried_again_under_the_same_id(told: Told) -> None:
    told.target()
    told.server.begin({"POST /hook": [{"status": 503}, {"status": 200}]})
    told.run("no disk")
    assert told.send() == 1
    assert states(told) == [("failed", "waiting")]
    assert told.send(14) == 0
    assert told.send(1) == 1
    assert states(told) == [("failed", "sent")]
    first, second = told.bodies()
    assert first["id"] == second["id"]


def test_after_the_last_try_a_notice_is_given_up_and_says_why(told: Told) -> None:
    told.target(events="failed")
    told.server.begin({"POST /hook": {"status": 500}})
    told.run("no disk")
    for _ in range(20):
        told.send(10_000)
    assert len(told.server.seen) == told.service.settings.notify_tries
    (row,) = told.service.db.rows("SELECT state, error FROM notice")
    assert row == ("failed", "127.0.0.1 answered 500")


def test_mail_says_what_happened_and_has_the_id_of_the_message(told: Told, mail_server: MailServer) -> None:
    told.service.deliveries.ways["mail"].__self__.url = mail_server.url  # type: ignore[attr-defined]
    told.target("mailto:ana@example.com")
    run = told.run("no disk")
    mail_server.answers = ["451 later"]
    assert told.send() == 1
    assert told.send(15) == 1
    (mail,) = mail_server.mails
    assert mail.sender == "jobs@example.org" and mail.to == ["ana@example.com"]
    assert mail.message["Subject"] == "backup failed"
    assert "ValueError: no disk" in mail.text and f"https://jobs.example.org/admin/runs/{run}" in mail.text
    (message,) = told.service.db.values(NoticeTable.select(NoticeTable.message))
    assert mail.message["Message-ID"] == f"<{message}@walkabout>"


def test_the_notice_is_undone_with_what_it_tells(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.target()
    told.service.periodic_tasks.run_now(told.task)
    claim = told.harness.claim()
    assert claim is not None
    with pytest.raises(Unavailable), told.service.db.transaction():
        told.service.ledger.fail(claim.id, claim.attempt, "ValueError", "no disk")
        assert states(told) == [("failed", "waiting")]
        raise Unavailable("the disk is full")
    assert states(told) == []


def test_the_thread_sends_what_is_due_while_it_is_needed(told: Told) -> None:
    told.target()
    is_needed = threading.Event()
    told.service.courier.ensure_running(is_needed.is_set)
    told.run("no disk")
    assert told.server.seen == []
    is_needed.set()
    until(lambda: states(told) == [("failed", "sent")])
    is_needed.clear()
    assert len(told.server.seen) == 1


def test_two_who_send_send_each_notice_once(told: Told, make_service: Callable[..., Service]) -> None:
    told.target()
    told.run("no disk")
    (batch,) = told.service.deliveries.due()
    # The other one has seen it, too, and is first.
    other = make_service(private_hosts="everyone")
    assert other.courier.turn() == 1
    told.service.courier._send(batch)
    assert len(told.server.seen) == 1 and states(told) == [("failed", "sent")]


def test_a_try_that_was_cut_short_comes_again_under_its_id(told: Told) -> None:
    """As after a kill: the job has lost its process, and the notice is on its way for ever."""
    told.target()
    told.run("no disk")
    (batch,) = told.service.deliveries.due()

    def die(claim: Claim) -> None:
        told.service.ledger.rescue(told.service.inline._me.uid, None, 2)  # type: ignore[union-attr]

    told.service.deliveries.send(batch, told.service.inline, die)
    assert states(told) == [("failed", "waiting")]
    (before,) = told.service.db.values(NoticeTable.select(NoticeTable.message))
    assert told.send(15) == 1
    assert told.bodies()[0]["id"] == before


def test_a_job_of_which_nobody_is_told_costs_no_question_and_no_commit_more(told: Told) -> None:
    def asked(error: str) -> list[str]:
        told.service.periodic_tasks.run_now(told.task)
        claim = told.harness.claim()
        assert claim is not None
        with statements(told.service.db) as found:
            if error:
                told.service.ledger.fail(claim.id, claim.attempt, "ValueError", error)
            else:
                told.service.ledger.succeed(claim, "{}")
        return [text.split()[0].rstrip(";") for text in found if not text.startswith("PRAGMA")]

    asked("")
    for error in ("", "", "no disk", "", "no disk", "no disk"):
        assert asked(error) == ["BEGIN", "UPDATE", "UPDATE", "COMMIT"]
