"""The limits of walkers, `at_most` and `rate`: never more than they say, nothing starves, and nothing keeps its place."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.clock import Clock
from tests.support.examples import examples
from tests.support.jobs import CONSUMER, PID, a_spec, claimed, entered, task
from tests.support.queries import statements
from walkabout.database.connections import ConstraintRefused, Database
from walkabout.database.sqlite import Sqlite
from walkabout.jids import new_uid
from walkabout.jobs import queue_parts
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.limits import JobLimits, read_rate
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.quotas import Quotas
from walkabout.jobs.specs import Claim, Fire, LeaseLost
from walkabout.jobs.waits import Waits
from walkabout.service import Service

ONE = JobLimits("pay", 1)
TWO = JobLimits("pay", 2)
RATED = JobLimits(rate="2/m")


def take(service: Service) -> Claim | None:
    claim = service.ledger.claim(entered(service.db), "huey@box", PID)
    if claim is not None:
        service.ledger.note_start(claim)
    return claim


def taken(service: Service, most: int) -> list[str]:
    """The runs that may start now, at most so many."""
    claims = [take(service) for _ in range(most)]
    return [claim.uid for claim in claims if claim is not None]


def ask(service: Service, limits: JobLimits, **changes: object) -> str:
    return service.ledger.enqueue(a_spec(name="pay", limits=limits, **changes))


def end(service: Service, claim: Claim) -> None:
    """End a run, and let the next one through, as its worker does."""
    service.ledger.succeed(claim, "{}")
    service.ledger.admit(claim.name, claim.lane, rated=claim.rate is not None)


def test_no_more_than_at_most_run_at_once(service: Service) -> None:
    uids = [ask(service, TWO) for _ in range(3)]
    first, second = claimed(service), claimed(service)
    assert [first.uid, second.uid] == uids[:2]
    assert take(service) is None
    end(service, second)
    assert claimed(service).uid == uids[2]


def test_what_waits_for_a_slot_stands_in_nobodys_way(service: Service) -> None:
    for _ in range(3):
        ask(service, ONE, priority=9)
    claimed(service)
    other = service.ledger.enqueue(a_spec())
    assert claimed(service).uid == other


def test_each_value_of_a_field_has_its_own_slots(service: Service) -> None:
    uids = [ask(service, JobLimits(f"pay customer={n}", 1)) for n in (1, 1, 2)]
    assert [claimed(service).uid, claimed(service).uid] == [uids[0], uids[2]]
    assert take(service) is None


def test_the_next_one_is_taken_by_priority_then_by_age(service: Service) -> None:
    first, second, urgent = (ask(service, ONE, priority=priority) for priority in (0, 0, 5))
    order = []
    while (claim := take(service)) is not None:
        order.append(claim.uid)
        end(service, claim)
    assert order == [first, urgent, second]


@pytest.mark.parametrize("loss", ["rescue", "requeue", "retry", "fail", "cancel", "revoke"])
def test_whatever_ends_an_attempt_frees_its_slot(service: Service, clock: Clock, loss: str) -> None:
    uid = ask(service, ONE, max_attempts=2)
    claim = claimed(service)
    ends = {
        "rescue": lambda: service.ledger.rescue(CONSUMER, PID, 5),
        "requeue": lambda: service.ledger.requeue(claim),
        "retry": lambda: service.ledger.retry(claim, "ValueError", "no", 60),
        "fail": lambda: service.ledger.fail(claim.id, claim.attempt, "ValueError", "no"),
        "cancel": lambda: service.ledger.revoke_running(claim.id, claim.attempt, "cancelled"),
        "revoke": lambda: service.ledger.requeue(claim) and service.ledger.revoke_waiting(uid, "cancelled"),
    }
    ends[loss]()
    urgent = ask(service, ONE, priority=9)
    service.ledger.admit_all()
    assert claimed(service).uid == urgent
    assert take(service) is None


def test_a_run_whose_worker_was_lost_passes_its_limits_again(service: Service) -> None:
    uid = ask(service, ONE)
    claimed(service)
    service.ledger.rescue(CONSUMER, PID, 5)
    assert take(service) is None
    service.ledger.admit_all()
    assert claimed(service).uid == uid


@pytest.mark.parametrize("limits", [ONE, JobLimits(rate="1/m")])
def test_a_run_that_waited_for_its_time_passes_the_limits_then(
    service: Service, clock: Clock, limits: JobLimits
) -> None:
    first, later = ask(service, limits), ask(service, limits, eta=clock() + 10)
    assert claimed(service).uid == first
    clock.pass_(10)
    assert service.ledger.release_due() == 1
    service.ledger.admit_all()
    assert take(service) is None
    assert task(service, later).gate in ("at_most", "rate")


def test_a_held_run_of_a_task_passes_the_limits_when_it_is_let_go(service: Service) -> None:
    running = ask(service, ONE)
    held = a_spec(name="pay", limits=ONE, schedule=1)
    service.ledger.fire(held, Fire(1, 1.0, 1.0, held=True))
    claim = claimed(service)
    assert claim.uid == running
    assert service.ledger.release_held() == 1
    service.ledger.admit_all()
    assert take(service) is None
    end(service, claim)
    assert claimed(service).uid == held.uid


def test_no_more_than_the_rate_start_within_its_time(service: Service, clock: Clock) -> None:
    uids = [ask(service, RATED) for _ in range(5)]
    for uid in uids[:2]:
        claim = take(service)
        assert claim is not None
        assert claim.uid == uid
        end(service, claim)
        clock.pass_(10)
    assert take(service) is None
    assert service.ledger.admit_all() == clock() + 40
    clock.pass_(40)
    service.ledger.admit_all()
    assert taken(service, 2) == uids[2:3]


def test_starts_are_counted_when_they_come_not_when_they_are_let_through(service: Service, clock: Clock) -> None:
    for _ in range(4):
        ask(service, RATED)
    clock.pass_(600)  # all workers were busy
    service.ledger.admit_all()
    assert len(taken(service, 3)) == 2
    clock.pass_(59)
    service.ledger.admit_all()
    assert take(service) is None
    clock.pass_(1)
    service.ledger.admit_all()
    assert len(taken(service, 3)) == 2


def test_a_start_whose_worker_was_killed_at_once_counts(service: Service, clock: Clock) -> None:
    for _ in range(3):
        ask(service, JobLimits(rate="1/m"))
    service.ledger.claim(entered(service.db), "huey@box", PID)  # and is killed before it says that it begins
    service.ledger.rescue(CONSUMER, PID, 5)
    service.ledger.admit_all()
    assert take(service) is None
    clock.pass_(60)
    service.ledger.admit_all()
    assert take(service) is not None


def test_a_start_that_never_comes_is_not_counted(service: Service) -> None:
    cancelled, other = ask(service, JobLimits(rate="1/m")), ask(service, JobLimits(rate="1/m"))
    service.ledger.revoke_waiting(cancelled, "cancelled")
    service.ledger.admit_all()
    assert claimed(service).uid == other


@pytest.mark.parametrize("limits", [ONE, JobLimits(rate="1/m")])
def test_a_run_in_a_queue_that_nobody_serves_keeps_nobody_from_running(service: Service, limits: JobLimits) -> None:
    served = ["default", "repotrs"]
    service.ledger.serves = served.__contains__
    lost, other = ask(service, limits, queue="repotrs", priority=1), ask(service, limits)
    service.ledger.admit_all()
    assert task(service, other).gate is not None
    served.remove("repotrs")  # its worker has gone, or there never was one
    service.ledger.admit_all()
    assert claimed(service).uid == other
    assert task(service, lost).gate is not None
    third = ask(service, limits, queue="repotrs")
    assert task(service, third).gate is not None


def test_a_walker_may_have_both_limits(service: Service, clock: Clock) -> None:
    both = JobLimits("pay", 1, "2/m")
    uids = [ask(service, both) for _ in range(4)]
    for uid in uids[:2]:
        claim = take(service)
        assert claim is not None
        assert claim.uid == uid
        assert take(service) is None
        end(service, claim)
    assert take(service) is None
    clock.pass_(60)
    service.ledger.admit_all()
    assert taken(service, 2) == uids[2:3]


def test_the_database_itself_lets_no_two_runs_have_one_slot(service: Service) -> None:
    first, second = ask(service, TWO), ask(service, TWO)
    with pytest.raises(ConstraintRefused):
        service.db.change("UPDATE job SET slot = 0 WHERE uid = ?", (second,))
    with pytest.raises(ConstraintRefused):
        service.db.change("UPDATE job SET slot = 2 WHERE uid = ?", (first,))


def test_what_waits_says_why(service: Service) -> None:
    for _ in range(2):
        ask(service, ONE)
    for _ in range(3):
        service.ledger.enqueue(a_spec(name="mail", limits=RATED))
    shown = queue_parts.queued(service.db, WholeJob, "reserved", None, 10)
    waits = Waits(service.consumers.alive())
    assert [waits.special(job) for job in shown] == [
        "", "at most 1 of pay run at once (at_most)", "", "", "at most 2 in a minute start of mail (rate)",
    ]  # fmt: skip
    assert [job.gate for job in shown] == [None, "at_most", None, None, "rate"]


@pytest.mark.sqlite
def test_where_nothing_has_limits_nobody_asks_for_them(service: Service) -> None:
    for _ in range(2):  # the first claim looks where there is something to do
        with statements(service.db) as asked:
            service.ledger.enqueue(a_spec())
            claim = claimed(service)
            service.ledger.note_start(claim)
            service.ledger.succeed(claim, "{}")
    assert [one.split()[0] for one in asked if one.split()[0] not in ("BEGIN", "COMMIT")] == [
        "INSERT", "SELECT", "SELECT", "UPDATE", "UPDATE",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "starts", "seconds"),
    [("10/m", 10, 60.0), ("1/s", 1, 1.0), ("3/30s", 3, 30.0), ("100/h", 100, 3600.0), ("5/2d", 5, 172_800.0)],
)
def test_rates_are_read(text: str, starts: int, seconds: float) -> None:
    rate = read_rate(text)
    assert (rate.starts, rate.seconds) == (starts, seconds)


@pytest.mark.parametrize("text", ["", "10", "0/m", "10/x", "m/10", "-1/m", "10/0s", "1.5/m"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="use a number of starts in a time"):
        read_rate(text)


LIMITS = {
    "one": JobLimits("one", 1),
    "three": JobLimits("three", 3),
    "by": JobLimits("by a=1", 1),
    "rated": JobLimits(rate="2/10s"),
    "both": JobLimits("both", 2, "3/10s"),
    "free": None,
}


class LimitMachine(RuleBasedStateMachine):
    """Workers of several consumers, some of which are lost at any moment, and supervisors that look now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.db = Database(Sqlite(None))
        self.db.migrate()
        self.clock = Clock()
        self.ledger = Ledger(self.db, self.clock, lambda jobs: None, Quotas(self.db, 1000))
        self.names: list[str] = []
        self.running: dict[str, Claim] = {}
        self.starts: dict[str, list[float]] = {name: [] for name in LIMITS}
        self.open: dict[str, None] = {}  # in the order in which they were asked for

    def teardown(self) -> None:
        """Nothing is stuck: with time and free workers, everything that was asked for runs."""
        for _ in range(300):
            for claim in list(self.running.values()):
                self.end(claim)
            self.clock.pass_(1)
            self.ledger.release_due()
            self.ledger.admit_all()
            while self.take(1):
                pass
            if not self.open and not self.running:
                break
        assert (self.open, self.running) == ({}, {})
        self.db.close()

    @initialize(names=st.lists(st.sampled_from(sorted(LIMITS)), min_size=1, max_size=2, unique=True))
    def choose(self, names: list[str]) -> None:
        self.names = names  # few, so that they get into each other's way

    def take(self, worker: int) -> bool:
        claim = self.ledger.claim(entered(self.db, f"c{worker % 2}"), "huey@box", worker)
        if claim is None:
            return False
        self.running[claim.uid] = claim
        self.starts[claim.name].append(self.clock())
        return True

    def end(self, claim: Claim) -> None:
        del self.running[claim.uid]
        try:
            self.ledger.succeed(claim, "{}")
        except LeaseLost:
            return
        self.open.pop(claim.uid, None)

    @rule(
        pick=st.integers(0, 5),
        priority=st.integers(-1, 1),
        delay=st.sampled_from([None, None, 3.0]),
        queue=st.sampled_from(["default", "slow"]),
        times=st.integers(1, 4),
    )
    def ask(self, pick: int, priority: int, delay: float | None, queue: str, times: int) -> None:
        name = self.names[pick % len(self.names)]
        eta = None if delay is None else self.clock() + delay
        spec = a_spec(name=name, limits=LIMITS[name], priority=priority, eta=eta, queue=queue, max_attempts=9)
        for _ in range(times):
            self.open[self.ledger.enqueue(replace(spec, uid=new_uid()))] = None

    @rule(workers=st.lists(st.integers(1, 4), min_size=1, max_size=4), says=st.booleans())
    def claim(self, workers: list[int], says: bool) -> None:
        for worker in workers:
            before = set(self.running)
            if self.take(worker) and says:  # else it is killed, or stands still, before it says that it begins
                (new,) = set(self.running) - before
                self.ledger.note_start(self.running[new])

    @precondition(lambda self: self.running)
    @rule(pick=st.integers(0, 50), tells=st.booleans(), how=st.sampled_from(["succeed", "retry", "requeue", "fail"]))
    def finish(self, pick: int, tells: bool, how: str) -> None:
        claim = sorted(self.running.values(), key=lambda one: one.id)[pick % len(self.running)]
        if how == "succeed":
            self.end(claim)
        else:
            del self.running[claim.uid]
            if how == "retry":
                self.ledger.retry(claim, "ValueError", "no", 2)
            elif how == "requeue":
                self.ledger.requeue(claim)
            elif self.ledger.fail(claim.id, claim.attempt, "ValueError", "no"):
                self.open.pop(claim.uid, None)
        if tells:  # else it is killed right after its outcome
            self.ledger.admit(claim.name, claim.lane, rated=claim.rate is not None)

    @rule(worker=st.integers(1, 4))
    def lose(self, worker: int) -> None:
        for uid, _ in self.ledger.rescue(f"c{worker % 2}", worker, 1000):
            self.running.pop(uid, None)

    @precondition(lambda self: self.open)
    @rule(pick=st.integers(0, 50))
    def cancel(self, pick: int) -> None:
        uid = list(self.open)[pick % len(self.open)]
        if self.ledger.revoke_waiting(uid, "cancelled"):
            self.open.pop(uid, None)

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.0, 10.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.pass_(seconds)
        self.ledger.release_due()
        self.ledger.admit_all()

    @invariant()
    def no_more_than_at_most_run_at_once(self) -> None:
        rows = self.db.rows("SELECT name FROM job WHERE state = 'STARTED'")
        for name, count in Counter(row[0] for row in rows).items():
            limits = LIMITS[name]
            assert limits is None or limits.at_most is None or count <= limits.at_most

    @invariant()
    def no_more_than_the_rate_start_within_any_stretch(self) -> None:
        for name, starts in self.starts.items():
            limits = LIMITS[name]
            if limits is None or limits.rate is None:
                continue
            rate = read_rate(limits.rate)
            for first, later in zip(starts, starts[rate.starts :], strict=False):
                assert later - first >= rate.seconds

    @invariant()
    def what_is_let_through_is_within_the_limits(self) -> None:
        held = self.db.rows(
            "SELECT lane, count(*), max(at_most) FROM job WHERE slot IS NOT NULL AND ended_at IS NULL GROUP BY lane"
        )
        assert all(count <= most for _, count, most in held)


class TestLimits(LimitMachine.TestCase):  # type: ignore[name-defined, misc]
    """Random sequences of what workers, supervisors and people do."""

    settings = examples(60, stateful_step_count=40, database=None, suppress_health_check=[HealthCheck.too_slow])


@given(order=st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=12))
@examples(30)
def test_lanes_share_nothing_but_their_workers(order: list[str]) -> None:
    db, clock = Database(Sqlite(None)), Clock()
    db.migrate()
    ledger = Ledger(db, clock, lambda jobs: None, Quotas(db, 1000))
    for lane in order:
        ledger.enqueue(a_spec(limits=JobLimits(lane, 1)))
    seen = []
    while (claim := ledger.claim(entered(db), "huey@box", 1)) is not None:
        seen.append(claim.lane)
    assert seen == list(dict.fromkeys(order))
    db.close()
