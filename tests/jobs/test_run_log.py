"""The log of a job: what is kept of it, when it is written, and what it costs who logs nothing."""

import logging
import sys
import threading
import warnings
from collections.abc import Callable

import pytest

from tests.support.clock import Clock
from tests.support.jobs import a_slot, a_spec, claimed, task, worked
from tests.support.queries import statements
from walkabout.jobs import run_log
from walkabout.jobs.hooks import Hooks
from walkabout.jobs.run import Outcome
from walkabout.jobs.run_log import LogLimits, RunLog
from walkabout.jobs.specs import Claim
from walkabout.service import Service


def texts(service: Service, uid: str) -> list[tuple[str, str]]:
    kept = run_log.kept(service.db, uid)
    return [] if kept is None else [(line.level, line.text) for line in kept.lines]


def ran(service: Service, work: Callable[[], object], **spec: object) -> str:
    """A job that does some work, run by a worker; its uid."""

    def target(claim: Claim, hooks: Hooks) -> Outcome:
        work()
        return Outcome("{}")

    service.runner.targets = {**service.runner.targets, "test": target}
    service.ledger.enqueue(a_spec(**spec))
    return worked(service)


def test_what_a_job_prints_logs_and_warns_of_is_kept_in_order(service: Service) -> None:
    def work() -> None:
        print("one", 1)
        logging.getLogger("of.a.library").info("two %s", 2)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("three", stacklevel=1)
        logging.getLogger().error("four")
        print("five", end="")

    uid = ran(service, work)
    assert texts(service, uid) == [
        ("info", "one 1"),
        ("info", "two 2"),
        ("warning", "UserWarning: three"),
        ("error", "four"),
        ("info", "five"),
    ]


def test_afterwards_standard_output_is_what_it_was(service: Service) -> None:
    before = sys.stdout
    ran(service, lambda: print("caught"))
    assert sys.stdout is before


def test_what_other_threads_print_is_not_of_the_run(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        other = threading.Thread(target=lambda: print("elsewhere"))
        other.start()
        other.join()
        print("here")

    uid = ran(service, work)
    assert texts(service, uid) == [("info", "here")]
    assert "elsewhere" in capsys.readouterr().out


def test_who_logs_nothing_costs_no_question_and_no_commit(service: Service) -> None:
    def asked(work: Callable[[], object]) -> list[str]:
        def target(claim: Claim, hooks: Hooks) -> Outcome:
            work()
            return Outcome("{}")

        service.runner.targets = {**service.runner.targets, "test": target}
        service.ledger.enqueue(a_spec())
        claim, place = claimed(service), a_slot()
        place.begin(claim.id, claim.attempt, claim.limit_s)
        with statements(service.db) as found:
            service.runner.run(claim, place)
        place.end()
        return [text.split()[0].rstrip(";") for text in found if not text.startswith("PRAGMA")]

    silent = asked(lambda: None)
    assert silent.count("UPDATE") == 1 and "INSERT" not in silent
    assert asked(lambda: print("a line")).count("INSERT") == 1


def test_a_burst_of_lines_is_written_in_bulk(service: Service) -> None:
    claim = claimed_one(service)
    log = a_log(service, claim)
    with statements(service.db) as found:
        for number in range(1000):
            if log.add("info", f"line {number}"):
                log.write()
        log.finish("")
    writes = [text for text in found if text.startswith("INSERT")]
    assert 10 <= len(writes) <= 13
    assert texts(service, claim.uid)[-1] == ("info", "line 999")


def claimed_one(service: Service) -> Claim:
    service.ledger.enqueue(a_spec())
    return claimed(service)


def a_log(service: Service, claim: Claim, **limits: int) -> RunLog:
    return RunLog(service.db, claim, LogLimits(**limits), service.masker, service.clock, say=lambda *_: None)


def test_the_last_lines_are_kept_and_the_others_counted(service: Service) -> None:
    claim = claimed_one(service)
    log = a_log(service, claim, lines=3)
    log.add("info", "\n".join(f"line {number}" for number in range(10)))
    log.finish("")
    kept = run_log.kept(service.db, claim.uid)
    assert kept is not None and kept.dropped == 7
    assert [line.text for line in kept.lines] == ["line 7", "line 8", "line 9"]


def test_no_more_than_so_many_bytes_are_kept(service: Service) -> None:
    claim = claimed_one(service)
    log = a_log(service, claim, bytes=1000)
    for _ in range(20):
        log.add("info", "x" * 300)
    log.add("info", "y" * 100_000)
    log.finish("")
    kept = run_log.kept(service.db, claim.uid)
    assert kept is not None and kept.dropped == 20
    (line,) = kept.lines
    assert line.text == "y" * run_log.LINE_MOST


def test_secrets_are_masked_in_the_log_and_in_the_services_own(make_service: Callable[..., Service]) -> None:
    service = make_service(environ={"SECRET_TOKEN": "s3cr3t-of-the-house"})
    said: list[str] = []
    service.events.listen(lambda name, fields: said.append(f"{name} {fields.get('text')} {fields.get('job')}"))
    uid = ran(service, lambda: print("the token is s3cr3t-of-the-house, password=hunter22"))
    ((_, text),) = texts(service, uid)
    assert "s3cr3t" not in text and "hunter22" not in text and "the token is" in text
    (line,) = [one for one in said if one.startswith("job.log ")]
    assert "s3cr3t" not in line and uid in line


def test_a_later_attempt_goes_on_behind_the_one_before(service: Service) -> None:
    first = claimed_one(service)
    log = a_log(service, first)
    log.add("info", "of the first")
    log.finish("")
    service.ledger.retry(first, "ValueError", "again", 0.0)
    service.ledger.release_due()
    second = claimed(service)
    late = a_log(service, second)
    late.add("info", "of the second")
    late.finish("")
    assert [text for _, text in texts(service, first.uid)] == ["of the first", "of the second"]
    # The first one's worker was believed dead: what it still says is not kept.
    log.add("info", "from the dead")
    log.finish("")
    assert [text for _, text in texts(service, first.uid)] == ["of the first", "of the second"]


def test_the_log_goes_with_its_job(service: Service, clock: Clock) -> None:
    uid = ran(service, lambda: print("a line"))
    clock.pass_(10)
    assert service.ledger.forget_ended(clock()) == 1
    assert run_log.kept(service.db, uid) is None


def test_what_a_job_logged_is_kept_when_it_fails(service: Service) -> None:
    def work() -> None:
        print("before the error")
        raise ValueError("on purpose")

    uid = ran(service, work)
    assert task(service, uid).state == "FAILURE"
    assert texts(service, uid) == [("info", "before the error")]
