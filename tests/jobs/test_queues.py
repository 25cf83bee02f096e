"""Queues: which workers take which runs, and that slow ones stand in nobody's way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.jobs import a_spec, entered
from tests.support.queries import statements
from walkabout.jobs import queries, queue_parts
from walkabout.jobs.claiming import heads_of, next_run, sides_of
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.specs import check_queue
from walkabout.jobs.waits import Waits
from walkabout.jobs.worker.consumers import Consumer
from walkabout.jobs.worker.machine import this_process
from walkabout.problems import Invalid
from walkabout.service import Service
from walkabout.setting_groups.queues import WorkerGroup, read_groups
from walkabout.settings import Settings, SettingsError

SETS = [None, ("default",), ("reports",), ("default", "reports"), ("reports", "mail"), ("mail", "default", "reports")]


def take(service: Service, *queues: str) -> str | None:
    claim = service.ledger.claim(entered(service.db), "huey@box", 1, None, queues or None)
    return None if claim is None else claim.uid


def test_a_worker_takes_the_runs_of_its_queues_alone(service: Service) -> None:
    slow, quick = (service.ledger.enqueue(a_spec(queue=queue)) for queue in ("reports", "default"))
    assert take(service, "default") == quick
    assert take(service, "default") is None
    assert take(service, "mail") is None
    assert take(service, "mail", "reports") == slow


def test_a_worker_of_all_queues_takes_each_in_one_order(service: Service) -> None:
    uids = [service.ledger.enqueue(a_spec(queue=queue)) for queue in ("reports", "default", "mail", "default")]
    first = service.ledger.enqueue(a_spec(queue="mail", priority=3))
    assert [take(service) for _ in range(6)] == [first, *uids, None]


@pytest.mark.parametrize("queues", SETS)
def test_of_several_queues_the_order_is_that_of_one(service: Service, queues: tuple[str, ...] | None) -> None:
    asked = [
        (service.ledger.enqueue(a_spec(queue=queue, priority=priority)), queue, priority)
        for priority in (0, 2, -1)
        for queue in ("mail", "reports", "default", "other")
    ]
    mine = [one for one in asked if queues is None or one[1] in queues]
    expected = [uid for uid, _, _ in sorted(mine, key=lambda one: -one[2])]
    assert [take(service, *(queues or ())) for _ in range(len(mine) + 1)] == [*expected, None]


def test_a_run_that_is_given_back_or_due_stays_in_its_queue(service: Service) -> None:
    service.ledger.enqueue(a_spec(queue="reports", max_attempts=2))
    claim = service.ledger.claim(entered(service.db), "huey@box", 1)
    assert claim is not None
    service.ledger.requeue(claim)
    assert take(service, "default") is None
    claim = service.ledger.claim(entered(service.db), "huey@box", 1, None, ("reports",))
    assert claim is not None
    service.ledger.retry(claim, "ValueError", "no", 0)
    service.ledger.release_due()
    assert take(service, "default") is None
    assert take(service, "reports") == claim.uid


def test_the_queue_is_copied_when_a_run_is_asked_for_again(service: Service) -> None:
    uid = service.ledger.enqueue(a_spec(queue="reports"))
    spec = queries.spec_of(service.db, uid)
    assert spec is not None
    assert spec.queue == "reports"


def test_what_waits_is_shown_in_one_order_over_all_queues(service: Service) -> None:
    uids = [service.ledger.enqueue(a_spec(queue=queue)) for queue in ("reports", "default", "mail", "default")]
    for owner in (None, "nobody"):
        shown = queue_parts.queued(service.db, WholeJob, "reserved", owner, 3)
        assert [(job.uid, job.queue) for job in shown] == list(
            zip(uids[:3], ("reports", "default", "mail"), strict=True)
        )


def test_what_waits_is_sent_by_queue(service: Service) -> None:
    uids = [service.ledger.enqueue(a_spec(queue=queue)) for queue in ("reports", "default")]
    sent = queue_parts.ready(service.db, service.clock(), 10)
    assert [(job.uid, job.queue) for job in sent] == [(uids[1], None), (uids[0], "reports")]


@pytest.mark.sqlite
@pytest.mark.parametrize("queues", SETS)
def test_a_claim_reads_the_heads_of_indexes_however_many_wait(service: Service, queues: tuple[str, ...] | None) -> None:
    sides = sides_of(queues)
    asked = (f"SELECT {next_run('', sides)}", heads_of(sides))
    plan = [row[3] for one in asked for row in service.db.rows(f"EXPLAIN QUERY PLAN {one}")]
    looks = [line for line in plan if "job" in line]
    assert looks
    assert all("USING" in line and "INDEX job_" in line for line in looks)


@pytest.mark.sqlite
def test_an_idle_worker_of_some_queues_writes_nothing(service: Service) -> None:
    service.ledger.enqueue(a_spec(queue="reports"))
    consumer = entered(service.db)
    with statements(service.db) as asked:
        assert service.ledger.claim(consumer, "huey@box", 1, None, ("default", "mail")) is None
    assert [one.split()[0] for one in asked] == ["SELECT"]


@pytest.mark.parametrize(
    ("text", "workers", "expected"),
    [
        ("", 2, ["*:2"]),
        ("*", 3, ["*:3"]),
        ("default,mail", 2, ["default+mail:2"]),
        ("default:2,reports:1", 5, ["default:2", "reports:1"]),
        ("reports:1,*", 2, ["reports:1", "*:2"]),
        (" mail + sms : 1 , default ", 2, ["mail+sms:1", "default:2"]),
        ("mail+*:1", 2, ["*:1"]),
        ("", 0, []),
    ],
)
def test_queues_are_read(text: str, workers: int, expected: list[str]) -> None:
    groups = read_groups(text, workers)
    assert [str(group) for group in groups] == expected
    assert read_groups(",".join(expected), workers) == groups


@pytest.mark.parametrize("text", ["Reports", "default:0", "default:x", "a b", "default:2:3", ":1", "default:-1"])
def test_queues_that_can_not_be_read_are_named(text: str) -> None:
    with pytest.raises(SettingsError, match=r"QUEUES=.*use names with commas"):
        Settings.from_env({"QUEUES": text})


def test_each_worker_has_a_group(service: Service) -> None:
    settings = Settings.from_env({"QUEUES": "reports:1,*", "WORKERS": "2"})
    assert settings.workers_in_all == 3
    assert Settings.from_env({"QUEUES": "reports:1", "WORKERS": "0"}).workers_in_all == 0


@pytest.mark.parametrize(
    ("name", "hint"),
    [("Reports", "did you mean reports?"), ("my queue", "did you mean my-queue?"), ("", "1 to 64"), ("x" * 65, "1 to")],
)
def test_a_name_that_no_queue_can_have_is_refused_with_one_that_is_near(name: str, hint: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_queue("queue", name)
    assert refused.value.problems[0].path == "queue"
    assert hint in str(refused.value)


@given(st.from_regex(r"[a-z0-9_-]{1,64}", fullmatch=True))
def test_every_name_of_the_right_form_is_taken(name: str) -> None:
    assert check_queue("queue", name) == name
    assert read_groups(f"{name}:1", 1) == (WorkerGroup(1, (name,)),)


def waits(*groups: str) -> Waits:
    return Waits([Consumer("c", "worker", "huey@box", this_process(), 1, groups=read_groups(",".join(groups), 1))])


def test_a_run_whose_queue_nobody_serves_says_so(service: Service) -> None:
    job = queries.job(service.db, service.ledger.enqueue(a_spec(queue="repotrs")))
    assert job is not None
    assert waits("default:1", "reports:1").why(job) == (
        'no live worker serves its queue "repotrs" (QUEUES), did you mean reports?'
    )
    assert waits("default:1").special(job) == ('no live worker serves its queue "repotrs" (QUEUES); they serve default')
    assert waits("*").why(job) == "waits for a free worker"
    assert waits("*").special(job) == ""
    assert Waits([]).why(job) == "no worker is alive"
