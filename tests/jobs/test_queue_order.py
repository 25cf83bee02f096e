"""In which order runs are taken, and when their time comes."""

import pytest

from tests.support.clock import Clock
from tests.support.jobs import a_spec, claimed, entered, state
from tests.support.queries import statements
from walkabout.jobs import queries, queue_parts
from walkabout.jobs.claiming import next_run, sides_of
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.quotas import Quotas
from walkabout.jobs.specs import QueuedJob, Upload
from walkabout.service import Service


def order(service: Service) -> list[str]:
    taken = []
    while (claim := service.ledger.claim(entered(service.db, "c"), "huey@box", 1)) is not None:
        taken.append(claim.uid)
    return taken


@pytest.mark.parametrize(
    ("priorities", "expected"),
    [([0, 0, 0], [0, 1, 2]), ([0, 5, -5], [1, 0, 2]), ([-9, 9, 0, 9], [1, 3, 2, 0])],
)
def test_runs_are_taken_by_priority_then_by_age(service: Service, priorities: list[int], expected: list[int]) -> None:
    uids = [service.ledger.enqueue(a_spec(priority=priority)) for priority in priorities]
    assert order(service) == [uids[index] for index in expected]


def test_a_run_that_was_given_back_keeps_its_place(service: Service) -> None:
    uids = [service.ledger.enqueue(a_spec()) for _ in range(3)]
    service.ledger.requeue(claimed(service))
    assert order(service) == uids


def test_a_delayed_run_is_not_taken_before_its_time(service: Service, clock: Clock) -> None:
    service.ledger.enqueue(a_spec(eta=clock() + 10))
    assert (service.ledger.release_due(), order(service)) == (0, [])


def test_a_delayed_run_is_taken_when_its_time_has_come(service: Service, clock: Clock) -> None:
    uid = service.ledger.enqueue(a_spec(eta=clock() + 10))
    clock.pass_(10)
    assert (service.ledger.release_due(), order(service)) == (1, [uid])


def test_a_time_that_is_over_is_no_delay(service: Service, clock: Clock) -> None:
    uid = service.ledger.enqueue(a_spec(eta=clock()))
    assert order(service) == [uid]


def test_the_next_time_is_the_nearest(service: Service, clock: Clock) -> None:
    for delay in (30, 10, 20):
        service.ledger.enqueue(a_spec(eta=clock() + delay))
    assert queries.next_due(service.db) == clock() + 10


def test_without_delays_there_is_no_next_time(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    assert queries.next_due(service.db) is None


def test_a_delayed_run_can_be_revoked(service: Service, clock: Clock) -> None:
    uid = service.ledger.enqueue(a_spec(eta=clock() + 10))
    assert service.ledger.revoke_waiting(uid, "cancelled")
    clock.pass_(10)
    assert (service.ledger.release_due(), order(service)) == (0, [])


@pytest.mark.sqlite
def test_an_idle_worker_writes_nothing(service: Service) -> None:
    consumer = entered(service.db)
    with statements(service.db) as asked:
        assert service.ledger.claim(consumer, "huey@box", 1) is None
    assert [one.split()[0] for one in asked] == ["SELECT"]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT {next_run('', sides_of(('default',)))}",
        f"SELECT {next_run('', sides_of(('reports',)))}",
        "SELECT 1 FROM job WHERE wait_until <= 5 LIMIT 1",
        "SELECT id, attempt FROM job WHERE state = 'STARTED' AND consumer = 'c' AND cancel = 1",
        "SELECT id FROM job WHERE ended_at < 5 ORDER BY ended_at LIMIT 5",
    ],
)
def test_hot_questions_read_an_index_and_sort_nothing(service: Service, sql: str) -> None:
    plan = str(service.db.rows(f"EXPLAIN QUERY PLAN {sql}"))
    assert "USING" in plan
    assert "TEMP B-TREE" not in plan


def test_who_asks_is_heard_once_the_run_is_kept(service: Service, clock: Clock) -> None:
    sent: list[QueuedJob] = []
    ledger = Ledger(service.db, clock, sent.extend, Quotas(service.db, 100))
    with service.db.transaction():
        uid = ledger.enqueue(a_spec())
        assert sent == []
    assert sent == [QueuedJob(uid, clock(), 0)]


def test_what_was_asked_in_a_transaction_that_failed_is_not_sent(service: Service, clock: Clock) -> None:
    sent: list[QueuedJob] = []
    ledger = Ledger(service.db, clock, sent.extend, Quotas(service.db, 100))
    with pytest.raises(RuntimeError), service.db.transaction():
        ledger.enqueue(a_spec())
        raise RuntimeError
    uid = ledger.enqueue(a_spec())
    assert [job.uid for job in sent] == [uid]


def test_a_run_that_its_asker_took_can_not_be_taken_by_a_worker(service: Service) -> None:
    claim = service.ledger.enqueue_claimed(a_spec(), "web", "web@box", 5)
    assert (claim.attempt, order(service), state(service, claim.uid)) == (1, [], "STARTED")


def test_files_come_back_in_their_order(service: Service) -> None:
    files = tuple(Upload("photo", f"{number}.png", "image/png", bytes([number])) for number in range(12))
    uid = service.ledger.enqueue(a_spec(uploads=files))
    assert tuple(queries.uploads(service.db, uid)) == files


def test_old_runs_are_forgotten_with_their_files(service: Service, clock: Clock) -> None:
    service.ledger.enqueue(a_spec(uploads=(Upload("photo", "a.png", "image/png", b"a"),)))
    service.ledger.succeed(claimed(service), "{}")
    assert service.ledger.forget_ended(clock() + 1) == 1
    assert service.db.rows("SELECT count(*) FROM job_file") == [(0,)]


def test_young_and_unended_runs_are_not_forgotten(service: Service, clock: Clock) -> None:
    ended = service.ledger.enqueue(a_spec())
    service.ledger.succeed(claimed(service), "{}")
    service.ledger.enqueue(a_spec())
    claimed(service)
    service.ledger.enqueue(a_spec())
    assert service.ledger.forget_ended(clock()) == 0
    assert state(service, ended) == "SUCCESS"


def test_forgetting_goes_in_portions_oldest_first(service: Service, clock: Clock) -> None:
    uids = [service.ledger.enqueue(a_spec()) for _ in range(3)]
    for _ in uids:
        service.ledger.succeed(claimed(service), "{}")
        clock.pass_(1)
    assert service.ledger.forget_ended(clock(), limit=2) == 2
    assert state(service, uids[2]) == "SUCCESS"


def test_the_queue_shows_each_run_in_its_place(service: Service, clock: Clock) -> None:
    running, waiting, later = (
        service.ledger.enqueue(a_spec(owner="ana", priority=priority, eta=eta))
        for priority, eta in ((1, None), (0, None), (0, clock() + 10))
    )
    claimed(service)
    parts = ("active", "reserved", "scheduled")
    shown = [[task.uid for task in queue_parts.queued(service.db, WholeJob, part, "ana", 10)] for part in parts]
    assert shown == [[running], [waiting], [later]]


def test_the_queue_of_one_master_has_no_runs_of_others(service: Service) -> None:
    service.ledger.enqueue(a_spec(owner="bob"))
    assert queue_parts.queued(service.db, WholeJob, "reserved", "ana", 10) == []
    assert len(queue_parts.queued(service.db, WholeJob, "reserved", None, 10)) == 1


def test_a_part_of_the_queue_is_counted_where_it_is_cut(service: Service) -> None:
    asked = [service.ledger.enqueue(a_spec(owner=owner)) for owner in ("ana", "ana", "ana", "bob")]
    assert [task.uid for task in queue_parts.queued(service.db, WholeJob, "reserved", "ana", 2)] == asked[:2]
    assert [queue_parts.queued_in_all(service.db, "reserved", owner) for owner in ("ana", None)] == [3, 4]


def test_what_has_ended_or_is_gone_is_asked_by_one_query(service: Service) -> None:
    going, over = service.ledger.enqueue(a_spec(priority=-1)), service.ledger.enqueue(a_spec())
    service.ledger.succeed(claimed(service), "{}")
    with statements(service.db) as asked:
        assert queries.ended(service.db, [going, over, "gone"]) == {over, "gone"}
    assert len(asked) == 1
