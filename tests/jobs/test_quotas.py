"""How many jobs one master may have waiting."""

import pytest

from tests.support.clock import Clock
from tests.support.jobs import a_spec, claimed, state
from tests.support.queries import statements
from walkabout.jobs.quotas import LOOK_AGAIN_S, QueueFull, Quotas
from walkabout.service import Service

MOST = 5


@pytest.fixture
def ticking() -> Clock:
    return Clock()


@pytest.fixture
def quotas(service: Service, ticking: Clock) -> Quotas:
    service.ledger.quotas = Quotas(service.db, MOST, ticking)
    return service.ledger.quotas


def fill(service: Service, owner: str = "ana") -> list[str]:
    """Jobs of a master, until no more may wait."""
    asked: list[str] = []
    while True:
        try:
            asked.append(service.ledger.enqueue(a_spec(owner=owner)))
        except QueueFull:
            return asked


@pytest.mark.usefixtures("quotas")
def test_so_many_wait_and_no_more(service: Service) -> None:
    assert len(fill(service)) == MOST
    with pytest.raises(QueueFull, match=r"5 jobs .* \(MAX_WAITING\)"):
        service.ledger.enqueue(a_spec(owner="ana"))


@pytest.mark.usefixtures("quotas")
def test_one_who_has_many_keeps_nobody_else_from_asking(service: Service) -> None:
    fill(service)
    assert len(fill(service, "bob")) == MOST


@pytest.mark.usefixtures("quotas")
def test_what_runs_or_has_ended_does_not_wait(service: Service) -> None:
    asked = fill(service)
    claimed(service)
    service.ledger.revoke_waiting(asked[-1], "cancelled")
    assert len(fill(service)) == 2


@pytest.mark.usefixtures("quotas")
def test_what_waits_for_its_time_or_for_another_attempt_waits(service: Service) -> None:
    service.ledger.enqueue(a_spec(owner="ana", eta=service.clock() + 3600))
    service.ledger.enqueue(a_spec(owner="ana", max_attempts=2))
    service.ledger.retry(claimed(service), "ValueError", "no", 60)
    assert len(fill(service)) == MOST - 2


def test_what_other_processes_ask_for_counts(service: Service, quotas: Quotas, ticking: Clock) -> None:
    quotas.take("ana")
    for _ in range(MOST):
        service.ledger.quotas = Quotas(service.db, MOST, ticking)
        service.ledger.enqueue(a_spec(owner="ana"))
    ticking.pass_(LOOK_AGAIN_S)
    with pytest.raises(QueueFull):
        quotas.take("ana")


def test_two_processes_that_look_at_once_stay_within_the_limit(service: Service, ticking: Clock) -> None:
    both = [Quotas(service.db, 100, ticking) for _ in range(2)]
    for quotas in both:
        quotas.take("ana")
    assert sum(quotas._looks["ana"].left + 1 for quotas in both) == 100


def test_a_job_is_not_counted_for_each_one_that_is_asked_for(service: Service, ticking: Clock) -> None:
    service.ledger.quotas = Quotas(service.db, 100_000, ticking)
    with statements(service.db) as asked:
        for _ in range(100):
            service.ledger.enqueue(a_spec(owner="ana"))
    assert sum("count(*)" in statement for statement in asked) == 1


def test_who_is_refused_again_and_again_is_not_counted_each_time(service: Service) -> None:
    now = 0.0

    def slow() -> float:
        nonlocal now
        now += 0.01  # each look at the clock: a count takes that long
        return now

    service.ledger.quotas = quotas = Quotas(service.db, 1, slow)
    service.ledger.enqueue(a_spec(owner="ana"))
    with statements(service.db) as asked:
        for _ in range(10):
            with pytest.raises(QueueFull):
                quotas.take("ana")
    assert sum("count(*)" in statement for statement in asked) == 1


@pytest.mark.sqlite
def test_counting_reads_an_index_of_what_waits(service: Service) -> None:
    plan = service.db.rows(
        "EXPLAIN QUERY PLAN SELECT count(*) FROM (SELECT 1 FROM job WHERE owner = ? AND state IN ('PENDING', 'RETRY') LIMIT ?)",
        ("ana", 5),
    )
    assert any("COVERING INDEX job_waits" in row[3] for row in plan), plan


@pytest.mark.usefixtures("quotas")
def test_what_would_have_been_asked_for_is_not_there(service: Service) -> None:
    fill(service)
    refused = a_spec(owner="ana")
    with pytest.raises(QueueFull):
        service.ledger.enqueue(refused)
    assert service.db.first("SELECT 1 FROM job WHERE uid = ?", (refused.uid,)) is None
    assert state(service, claimed(service).uid) == "STARTED"
