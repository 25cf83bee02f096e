"""Errors of the database while something is kept: the answer says what is there."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.jobs import a_spec, state
from walkabout.database.connections import Database, OutcomeUnknown, Unavailable
from walkabout.service import Service


def failing(db: Database, monkeypatch: pytest.MonkeyPatch, *, kept: bool, readable: bool = True) -> None:
    """Let the next change fail, after it was kept or before, and whatever is read afterwards, if so it should be."""
    change, first = db.change, db.first

    def once(*args: object) -> int:
        monkeypatch.setattr(db, "change", change)
        if kept:
            change(*args)  # type: ignore[arg-type]
        raise Unavailable("disk I/O error")

    def unreadable(*args: object) -> None:
        monkeypatch.setattr(db, "first", first)
        raise Unavailable("disk I/O error")

    monkeypatch.setattr(db, "change", once)
    if not readable:
        monkeypatch.setattr(db, "first", unreadable)


def test_a_job_whose_commit_failed_and_was_kept_is_queued(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = a_spec()
    failing(service.db, monkeypatch, kept=True)
    assert service.ledger.enqueue(spec) == spec.uid
    assert state(service, spec.uid) == "PENDING"


def test_a_job_that_was_not_kept_is_not_queued(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(service.db, monkeypatch, kept=False)
    with pytest.raises(Unavailable, match="disk I/O error"):
        service.ledger.enqueue(a_spec())


def test_a_job_of_which_nobody_knows_is_named(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = a_spec()
    failing(service.db, monkeypatch, kept=True, readable=False)
    with pytest.raises(OutcomeUnknown, match=f"it is not known whether the task {spec.uid} was saved"):
        service.ledger.enqueue(spec)


def test_a_run_here_whose_commit_failed_and_was_kept_is_ours(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, transaction = a_spec(), service.db.transaction

    def breaks(**_options: Any) -> None:
        raise Unavailable("disk I/O error")

    claim = service.ledger.enqueue_claimed(spec, "web-1", "web@box", 17)
    monkeypatch.setattr(service.db, "transaction", breaks)
    assert service.ledger.enqueue_claimed(spec, "web-1", "web@box", 17) == claim
    monkeypatch.setattr(service.db, "transaction", transaction)


@pytest.mark.parametrize(
    ("change", "commits"),
    [
        (lambda db: db.rows("SELECT 1"), 0),
        (lambda db: db.change("UPDATE job SET priority = 0"), 1),
        (lambda db: db.change_many("UPDATE job SET priority = ?", [(0,), (1,)]), 1),
    ],
    ids=["a question", "a change", "many at once"],
)
def test_commits_of_a_thread_are_counted(service: Service, change: Callable[[Database], object], commits: int) -> None:
    before = service.db.commits
    change(service.db)
    assert service.db.commits - before == commits


def test_a_transaction_is_one_commit_or_none(service: Service) -> None:
    before = service.db.commits
    with service.db.transaction(), service.db.transaction():
        service.db.change("UPDATE job SET priority = 0")
        service.db.change("UPDATE job SET priority = 1")
    assert service.db.commits - before == 1
    with pytest.raises(KeyError), service.db.transaction():
        service.db.change("UPDATE job SET priority = 0")
        raise KeyError
    assert service.db.commits - before == 1


def test_a_unit_is_one_commit(service: Service) -> None:
    before = service.db.commits
    with service.db.unit():
        service.db.change("UPDATE job SET priority = 0")
        assert service.db.commits == before
        service.db.change("UPDATE job SET priority = 1")
    assert service.db.commits - before == 1
