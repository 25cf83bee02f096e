"""Whatever is done to the ledger in whatever order, no row is ever impossible, and nothing is done twice."""

from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.clock import Clock
from tests.support.examples import examples
from tests.support.jobs import a_spec, entered
from walkabout.database.connections import Database
from walkabout.database.sqlite import Sqlite
from walkabout.jobs import notes
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.quotas import Quotas
from walkabout.jobs.specs import Claim, LeaseLost

MOST = 1  # times that a run may lose its worker
ENDED = ("SUCCESS", "FAILURE", "REVOKED")
SELECT = (
    "SELECT uid, state, attempt, raised, takeovers, max_attempts, started_at, ended_at, consumer, wait_until, cancel,"
    " sent, result FROM job"
)


class LedgerMachine(RuleBasedStateMachine):
    """Several workers at one ledger; some are late and don't know it."""

    def __init__(self) -> None:
        super().__init__()
        self.db = Database(Sqlite(None))
        self.db.migrate()
        self.clock = Clock()
        self.ledger = Ledger(self.db, self.clock, lambda jobs: None, Quotas(self.db, 1000))
        self.claims: list[Claim] = []
        self.applied: list[str] = []
        self.ended: dict[str, tuple[object, ...]] = {}
        self.attempts: dict[str, int] = {}

    def teardown(self) -> None:
        self.db.close()

    def some(self, pick: int) -> Claim:
        return self.claims[pick % len(self.claims)]

    @rule(delay=st.sampled_from([None, 0.0, 5.0]), attempts=st.integers(1, 3), repeatable=st.booleans())
    def ask(self, delay: float | None, attempts: int, repeatable: bool) -> None:
        eta = None if delay is None else self.clock() + delay
        self.ledger.enqueue(a_spec(eta=eta, max_attempts=attempts, repeatable=repeatable))

    @rule(worker=st.integers(1, 3))
    def claim(self, worker: int) -> None:
        claim = self.ledger.claim(entered(self.db, f"c{worker % 2}"), "huey@box", worker)
        if claim is not None:
            assert claim.attempt == self.attempts.get(claim.uid, 0) + 1
            self.attempts[claim.uid] = claim.attempt
            self.claims.append(claim)

    @rule(seconds=st.sampled_from([0.0, 1.0, 10.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.pass_(seconds)
        self.ledger.release_due()

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 50))
    def succeed(self, pick: int) -> None:
        claim = self.some(pick)
        try:
            self.ledger.succeed(claim, "{}", lambda: self.applied.append(claim.uid))
        except LeaseLost:
            pass

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 50))
    def fail(self, pick: int) -> None:
        claim = self.some(pick)
        self.ledger.fail(claim.id, claim.attempt, "ValueError", "no")

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 50), wait_s=st.sampled_from([0.0, 5.0]))
    def retry(self, pick: int, wait_s: float) -> None:
        claim = self.some(pick)
        if claim.raised + 1 < claim.max_attempts:
            self.ledger.retry(claim, "ValueError", "no", wait_s)

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 50))
    def requeue(self, pick: int) -> None:
        self.ledger.requeue(self.some(pick))

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 50))
    def send(self, pick: int) -> None:
        try:
            notes.note_sent(self.db, self.some(pick), "POST http://shop/orders")
        except LeaseLost:
            pass

    @rule(worker=st.integers(1, 3), whole=st.booleans(), lost=st.booleans())
    def rescue(self, worker: int, whole: bool, lost: bool) -> None:
        self.ledger.rescue(f"c{worker % 2}", None if whole else worker, MOST, lost=lost)

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 50), running=st.booleans())
    def cancel(self, pick: int, running: bool) -> None:
        claim = self.some(pick)
        if self.ledger.revoke_waiting(claim.uid, "cancelled"):
            return
        self.ledger.ask_cancel(claim.uid)
        if running:
            self.ledger.revoke_running(claim.id, claim.attempt, "cancelled")

    @invariant()
    def no_row_is_impossible(self) -> None:
        for row in self.db.rows(SELECT):
            (
                _,
                state,
                attempt,
                raised,
                takeovers,
                most,
                started_at,
                ended_at,
                consumer,
                wait_until,
                cancel,
                _,
                result,
            ) = row
            assert (ended_at is not None) == (state in ENDED)
            assert (consumer is not None) == (state == "STARTED")
            assert wait_until is None or state in ("PENDING", "RETRY")
            assert (started_at is not None) == (attempt > 0)
            assert raised <= most
            assert raised + takeovers <= attempt
            assert takeovers <= MOST + 1
            assert result is None or state in ("SUCCESS", "FAILURE")
            assert not cancel or state not in ("PENDING", "RETRY", "SUCCESS")

    @invariant()
    def what_has_ended_stays_as_it_is(self) -> None:
        now = {row[0]: row for row in self.db.rows(SELECT) if row[1] in ENDED}
        for uid, row in self.ended.items():
            assert now[uid] == row
        self.ended = now

    @invariant()
    def changes_are_applied_once_and_by_a_success(self) -> None:
        done = [row[0] for row in self.db.rows("SELECT uid FROM job WHERE state = 'SUCCESS'")]
        assert sorted(self.applied) == sorted(done)


class TestLedger(LedgerMachine.TestCase):  # type: ignore[name-defined, misc]
    """Random sequences of transitions."""

    settings = examples(30, stateful_step_count=40, database=None, suppress_health_check=[HealthCheck.too_slow])
