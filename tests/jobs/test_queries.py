"""Runs as people look at them: pages by key, and the queries behind them read an index."""

from collections.abc import Callable

import pytest

from tests.support.clock import Clock
from tests.support.jobs import a_spec, started
from tests.support.queries import statements
from walkabout.database.connections import Database
from walkabout.jobs import queries, queue_parts
from walkabout.jobs.queries import JobFilter, ListedJob
from walkabout.service import Service


def _uids(service: Service, which: JobFilter, **key: int) -> list[int]:
    return [run.id for run in queries.jobs(service.db, which, 2, **key)]


def test_pages_by_key_in_both_directions(service: Service) -> None:
    for _ in range(5):
        service.ledger.enqueue(a_spec())
    assert _uids(service, JobFilter()) == [5, 4]
    assert _uids(service, JobFilter(), before=4) == [3, 2]
    assert _uids(service, JobFilter(), after=2) == [4, 3]


def test_times_are_from_and_up_to(service: Service, clock: Clock) -> None:
    service.ledger.enqueue(a_spec())
    clock.pass_(10)
    service.ledger.enqueue(a_spec())
    assert _uids(service, JobFilter(since=clock())) == [2]
    assert _uids(service, JobFilter(until=clock())) == [1]


def test_a_run_is_told_with_its_owner_s_email(service: Service) -> None:
    ana = service.new_master("ana@example.com", "long-enough", "Ana")
    run = queries.job(service.db, started(service, owner=ana.uid).uid)
    assert run is not None
    assert (run.email, run.state, run.worker) == ("ana@example.com", "STARTED", "huey@box")


def test_a_run_that_has_gone_can_t_run_again(service: Service) -> None:
    assert queries.spec_of(service.db, "gone") is None


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda db: queries.jobs(db, JobFilter(owner="ana"), 2), "job_owner"),
        (lambda db: queries.jobs(db, JobFilter(owner="ana"), 2, before=9), "job_owner"),
        (lambda db: queue_parts.queued(db, ListedJob, "active", None, 2), "job_started"),
        (lambda db: queue_parts.queued(db, ListedJob, "scheduled", None, 2), "job_waiting"),
        (lambda db: queue_parts.queued(db, ListedJob, "reserved", None, 2), "job_ready"),
    ],
)
def test_each_question_reads_its_index(service: Service, ask: Callable[[Database], object], index: str) -> None:
    with statements(service.db) as asked:
        ask(service.db)
    plan = str(service.db.rows(f"EXPLAIN QUERY PLAN {asked[-1]}"))
    assert f"USING INDEX {index}" in plan
    assert "SCAN job'" not in plan
