"""The ledger: every background run is a row, and only this module writes a row's state.

    ask -> PENDING -> claim -> STARTED -> succeed -> SUCCESS
                                       -> fail    -> FAILURE
                                       -> retry   -> RETRY -> (its time comes) -> PENDING
                                       -> give_back, take_over -> PENDING (or FAILURE, when that was once too often)
    PENDING, RETRY -> revoke_waiting -> REVOKED;  STARTED -> revoke_running -> REVOKED
    a schedule's due time: fire -> PENDING (held ones become ready by let_go);  skip -> SKIPPED;  miss -> MISSED

Each transition is one conditional UPDATE that says whether it won. What ends a run is fenced by the attempt number
of its claim: a worker that was believed dead can't write over the attempt that came after it.

The statements are plain SQL: the query builder would make the whole path three times slower.
"""

from collections.abc import Callable, Iterable
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Database, OutcomeUnknown, Row, Unavailable
from walkabout.jids import new_uid
from walkabout.jobs.fires import HELD_UNTIL, Fire, Unfired
from walkabout.jobs.losses import after_loss
from walkabout.jobs.quotas import Quotas
from walkabout.jobs.specs import Claim as Claim
from walkabout.jobs.specs import JobSpec as JobSpec
from walkabout.jobs.specs import Upload as Upload
from walkabout.jobs.states import FAILURE, MISSED, PENDING, REVOKED, SKIPPED

FORGET_MOST = 1000  # ended runs that are deleted by one statement
PRIORITIES = (-9, 9)
LONGEST_DELAY_S = 100 * 366 * 86400.0  # how far away a run's time may be
_ASK = (
    "INSERT INTO job (uid, kind, name, owner, argument, state, priority, eta, wait_until, queued_at, limit_s, repeatable,"
    " max_attempts, backoff_s) VALUES (?, ?, ?, ?, ?, 'PENDING', ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UNFIRED = (
    "INSERT INTO job (uid, kind, name, owner, argument, state, queued_at, ended_at, reason, schedule, first_for,"
    " scheduled_for, fires, fire_at) VALUES (?, ?, ?, ?, '{}', ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_LET_GO = (
    "UPDATE job SET held = 0, wait_until = NULL WHERE id = ? AND held = 1 AND state = 'PENDING' AND NOT EXISTS"
    " (SELECT 1 FROM job other WHERE other.schedule = ? AND other.ended_at IS NULL AND other.held = 0)"
)
_CLAIM = "id, uid, kind, name, owner, argument, attempt, raised, max_attempts, backoff_s, limit_s, repeatable, schedule"
_FIRE = (
    "INSERT INTO job (uid, kind, name, owner, argument, state, priority, wait_until, queued_at, limit_s, repeatable,"
    " max_attempts, backoff_s, schedule, scheduled_for, fire_at, first_for, fires, missed, caught_up, held)"
    " VALUES (?, ?, ?, ?, ?, 'PENDING', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)


class LeaseLost(Exception):
    """The run is not this attempt's any more: it was taken over, revoked, or is to be cancelled."""

    def __init__(self, claim: Claim) -> None:
        self.job_id = claim.id
        self.attempt = claim.attempt
        super().__init__(f"attempt {claim.attempt} of job {claim.uid} does not own it any more")


class Ledger:
    """The rows of the table `job` and their states."""

    def __init__(
        self, db: Database, clock: Callable[[], float], send: Callable[[JobSpec], None], quotas: Quotas
    ) -> None:
        """`clock`: UTC seconds. `send(ask)` is called when a run has been committed: it wakes whoever takes it."""
        self.quotas = quotas
        self.db = db
        self.clock = clock
        self.send = send

    # From nothing.

    def enqueue(self, spec: JobSpec) -> str:
        """-> PENDING. Its uid. Inside of a transaction it counts, and is sent, when that commits. Raises QueueFull."""
        self.quotas.take(spec.owner)
        now = self.clock()
        wait_until = spec.eta if spec.eta is not None and spec.eta > now else None
        row = (*_asked(spec), spec.priority, spec.eta, wait_until, now, *_terms(spec))
        try:
            if spec.uploads or spec.within_transaction:
                with self.db.transaction():
                    self.db.change(_ASK, row)
                    self._keep_along(spec)
            else:
                self.db.change(_ASK, row)
        except Unavailable:
            if self._row(spec.uid) is None:
                raise
        self.db.after_commit(lambda: self.send(spec))
        return spec.uid

    def enqueue_claimed(self, spec: JobSpec, consumer: str, worker: str, pid: int) -> Claim:
        """-> STARTED, by the asker itself: so that a worker that just starts can't run it too."""
        now = self.clock()
        try:
            return self._insert_claimed(spec, (now, now), (consumer, worker, pid))
        except Unavailable:
            row = self._row(spec.uid)
            if row is None:
                raise
            return Claim(*row)

    def _insert_claimed(self, spec: JobSpec, times: tuple[float, float], who: tuple[str, str, int]) -> Claim:
        with self.db.transaction():
            rows = self.db.rows(
                "INSERT INTO job (uid, kind, name, owner, argument, state, priority, queued_at, started_at, limit_s,"
                " repeatable, max_attempts, backoff_s, attempt, consumer, worker, worker_pid)"
                " VALUES (?, ?, ?, ?, ?, 'STARTED', ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?) RETURNING " + _CLAIM,
                (*_asked(spec), spec.priority, *times, *_terms(spec), *who),
            )
            self._keep_along(spec)
        return Claim(*rows[0])

    def _row(self, uid: str) -> Row | None:
        """The row of a run whose asking has failed: the commit may have been kept all the same."""
        try:
            return self.db.first(f"SELECT {_CLAIM} FROM job WHERE uid = ?", (uid,))
        except Unavailable as error:
            raise OutcomeUnknown(
                f"whether the task {uid} was kept is not known: look at it before you ask again"
            ) from error

    def fire(self, spec: JobSpec, fire: Fire) -> bool:
        """-> PENDING, as the run of a due time. False: that due time has its row already. Raises QueueFull. Index: job_fire."""
        self.quotas.take(spec.owner)
        terms = (spec.priority, HELD_UNTIL if fire.held else None, self.clock(), *_terms(spec))
        which = (fire.schedule, fire.due, fire.at, fire.first, fire.fires, fire.missed)
        fired = self._won(_FIRE, (*_asked(spec), *terms, *which, int(fire.caught_up), int(fire.held)))
        if fired and not fire.held:
            self.db.after_commit(lambda: self.send(spec))
        return fired

    def skip(self, unfired: Unfired) -> None:
        """-> SKIPPED: due times that get no run, since another run of the schedule is not over."""
        self._note_unfired(SKIPPED, unfired)

    def miss(self, unfired: Unfired) -> None:
        """-> MISSED: due times that get no run, since they came too late or what they need is not there."""
        self._note_unfired(MISSED, unfired)

    def _note_unfired(self, state: str, unfired: Unfired) -> None:
        now, last, reason = self.clock(), unfired.last, unfired.reason
        latest = "(SELECT id FROM job WHERE schedule = ? ORDER BY id DESC LIMIT 1)"
        folded = self._won(
            "UPDATE job SET scheduled_for = ?, fires = fires + ?, fire_at = ?, ended_at = ?"
            f" WHERE id = {latest} AND state = ? AND reason = ? AND scheduled_for < ?"
            # A due time has one row, also when the clock went back and it comes once more.
            " AND NOT EXISTS (SELECT 1 FROM job other WHERE other.schedule = ? AND other.scheduled_for = ?)",
            (
                last,
                unfired.count,
                unfired.at,
                now,
                unfired.schedule,
                state,
                reason,
                unfired.first,
                unfired.schedule,
                last,
            ),
        )
        if not folded:
            which = (new_uid(), unfired.kind, unfired.name, unfired.owner, state, now, now, reason, unfired.schedule)
            self.db.change(_UNFIRED, (*which, unfired.first, last, unfired.count, unfired.at))

    # While it waits.

    def release_held(self, schedule: int | None = None) -> int:
        """PENDING -> PENDING, ready: of each schedule (or of one) the oldest run that is held, once nothing else of
        it is open; how many. Index: job_held, job_open."""
        which, params = ("", ()) if schedule is None else (" AND schedule = ?", (schedule,))
        held = f"SELECT schedule, min(id) FROM job WHERE held = 1 AND ended_at IS NULL{which} GROUP BY schedule"
        return sum(self.db.change(_LET_GO, (oldest, of)) for of, oldest in self.db.rows(held, params))

    def claim(self, consumer: str, worker: str, pid: int) -> Claim | None:
        """PENDING -> STARTED: the next run, by priority, then by age. None: nothing waits, or the consumer has been struck
        off: then it takes nothing until it has entered again. Index: job_ready."""
        # Look first, so that idle workers take no write lock.
        head = "SELECT id FROM job WHERE state = 'PENDING' AND wait_until IS NULL ORDER BY priority DESC, id LIMIT 1"
        if not self.db.rows(head):
            return None
        rows = self.db.rows(
            "UPDATE job SET state = 'STARTED', attempt = attempt + 1, started_at = ?, consumer = ?, worker = ?,"
            f" worker_pid = ?, progress = NULL WHERE id = ({head}) AND state = 'PENDING'"
            f" AND EXISTS (SELECT 1 FROM consumer WHERE uid = ?) RETURNING {_CLAIM}",
            (self.clock(), consumer, worker, pid, consumer),
        )
        return Claim(*rows[0]) if rows else None

    def release_due(self) -> int:
        """PENDING, RETRY -> PENDING, ready: those whose time has come; how many. Index: job_waiting."""
        now = self.clock()
        if not self.db.rows("SELECT 1 FROM job WHERE wait_until <= ? LIMIT 1", (now,)):
            return 0
        return self.db.change(
            "UPDATE job SET state = 'PENDING', wait_until = NULL WHERE wait_until <= ? AND state IN ('PENDING', 'RETRY')",
            (now,),
        )

    def next_due(self) -> float | None:
        """When the next run's time comes, UTC seconds, or None. Index: job_waiting."""
        row = self.db.first("SELECT min(wait_until) FROM job WHERE wait_until IS NOT NULL")
        return row[0] if row else None

    def revoke_waiting(self, uid: str, reason: str) -> bool:
        """PENDING, RETRY -> REVOKED. False: it did not wait (any more)."""
        return self._won(
            "UPDATE job SET state = 'REVOKED', ended_at = ?, wait_until = NULL, reason = ?"
            " WHERE uid = ? AND state IN ('PENDING', 'RETRY')",
            (self.clock(), reason, uid),
        )

    def end_all_of(self, owner: str, reason: str) -> None:
        """PENDING, RETRY -> REVOKED for all runs of an owner (a uid); those that run are to be ended, by whoever runs them.

        Index: job_waits, job_started.
        """
        with self.db.transaction():
            self.db.change(
                "UPDATE job SET state = 'REVOKED', ended_at = ?, wait_until = NULL, reason = ?"
                " WHERE owner = ? AND state IN ('PENDING', 'RETRY')",
                (self.clock(), reason, owner),
            )
            self.end_running_of(owner, None, reason)

    def end_running_of(self, owner: str, kind: str | None, reason: str) -> None:
        """STARTED, to be ended: the runs of an owner (a uid), of one kind or (None) of all. Index: job_started."""
        self.db.change(
            "UPDATE job SET cancel = 1, reason = coalesce(reason, ?)"
            " WHERE owner = ? AND state = 'STARTED' AND kind = coalesce(?, kind)",
            (reason, owner, kind),
        )

    # While it runs.

    def succeed(
        self, claim: Claim, result: str, apply: Callable[[], None] | None = None, changes: str | None = None
    ) -> None:
        """STARTED -> SUCCESS, with the result (JSON text) and the run's changes, in one transaction.

        `apply` writes the changes, behind the fence; `changes` tells people of them (JSON text). Raises LeaseLost, also
        when somebody asked to cancel the run, and what `apply` raises; then nothing of it is kept.
        """
        ended = (
            "UPDATE job SET state = 'SUCCESS', ended_at = ?, result = ?, changes = ?, error = NULL, consumer = NULL,"
            " progress = NULL WHERE id = ? AND attempt = ? AND state = 'STARTED' AND cancel = 0"
        )
        params = (self.clock(), result, changes, claim.id, claim.attempt)
        if apply is None:
            if not self.db.change(ended, params):
                raise LeaseLost(claim)
            return
        with self.db.transaction():
            if not self.db.change(ended, params):
                raise LeaseLost(claim)
            apply()

    def fail(
        self, job_id: int, attempt: int, kind: str, message: str, result: str | None = None, path: str | None = None
    ) -> bool:
        """STARTED -> FAILURE, with the error's type and message (and what there is of a result, and a step's path).

        False: it is not ours, or somebody asked to cancel it: that was first.
        """
        return self._won(
            "UPDATE job SET state = 'FAILURE', ended_at = ?, error = ?, result = ?, consumer = NULL, raised = raised + 1"
            " WHERE id = ? AND attempt = ? AND state = 'STARTED' AND cancel = 0",
            (self.clock(), _error(kind, message, path), result, job_id, attempt),
        )

    def retry(self, claim: Claim, kind: str, message: str, wait_s: float, path: str | None = None) -> bool:
        """STARTED -> RETRY: the run raised and has attempts left; it waits `wait_s` seconds. False: not ours."""
        return self._won(
            "UPDATE job SET state = 'RETRY', wait_until = ?, error = ?, consumer = NULL, progress = NULL,"
            " raised = raised + 1 WHERE id = ? AND attempt = ? AND state = 'STARTED' AND cancel = 0",
            (self.clock() + wait_s, _error(kind, message, path), claim.id, claim.attempt),
        )

    def requeue(self, claim: Claim) -> str | None:
        """STARTED -> PENDING: the worker is told to stop; counts as neither raised nor lost.

        A run that may not be run again (see `take_over`) is a FAILURE, one to be cancelled REVOKED. The new state;
        None: it is not ours.
        """
        which = "state = 'STARTED' AND id = ? AND attempt = ?"
        given = self._let_go(which, [claim.id, claim.attempt], most=None)
        return given[0][1] if given else None

    def rescue(self, consumer: str, pid: int | None, most: int, *, lost: bool = True) -> list[tuple[str, str]]:
        """STARTED -> PENDING for the runs of a lost worker (`pid`) or of a whole lost consumer (None).

        `lost` False: it was told to stop, and that counts for nothing.

        A run that was lost more than `most` times, that has sent a request which may not be repeated, or whose
        walker is not repeatable, is a FAILURE that says so; one that was to be cancelled is REVOKED. The uids with
        their new states. Index: job_started.
        """
        which = "state = 'STARTED' AND consumer = ?" + ("" if pid is None else " AND worker_pid = ?")
        params: list[Any] = [consumer] if pid is None else [consumer, pid]
        return self._let_go(which, params, most if lost else None)

    def _let_go(self, which: str, params: list[Any], most: int | None) -> list[tuple[str, str]]:
        with self.db.transaction():
            runs = self.db.rows(f"SELECT uid, takeovers, cancel, repeatable, sent FROM job WHERE {which}", params)
            return [(uid, self._lose(uid, after_loss(terms, most), int(most is not None))) for uid, *terms in runs]

    def _lose(self, uid: str, after: tuple[str, str | None], counts: int) -> str:
        state, message = after
        ended = None if state == PENDING else self.clock()
        error = _error("WorkerLost", message) if state == FAILURE and message else None
        reason = message if state == REVOKED else None
        self.db.change(
            "UPDATE job SET state = ?, ended_at = ?, error = ?, reason = coalesce(reason, ?), takeovers = takeovers + ?,"
            " consumer = NULL, progress = NULL WHERE uid = ? AND state = 'STARTED'",
            (state, ended, error, reason, counts, uid),
        )
        return state

    def revoke_running(self, job_id: int, attempt: int, reason: str) -> bool:
        """STARTED -> REVOKED: the run was ended because somebody cancelled it. False: it ended otherwise."""
        return self._won(
            "UPDATE job SET state = 'REVOKED', ended_at = ?, reason = coalesce(reason, ?), consumer = NULL, progress = NULL"
            " WHERE id = ? AND attempt = ? AND state = 'STARTED'",
            (self.clock(), reason, job_id, attempt),
        )

    # Notes on a run that change no state.

    def ask_cancel(self, uid: str, reason: str | None = None) -> bool:
        """Note that a running job is to be ended, and why; its supervisor sees to it. False: it does not run."""
        return self._won(
            "UPDATE job SET cancel = 1, reason = coalesce(?, reason) WHERE uid = ? AND state = 'STARTED'", (reason, uid)
        )

    def tell_progress(self, claim: Claim, progress: dict[str, Any]) -> None:
        """Keep how far the run is."""
        text = json_text.write(progress)
        self.db.change(
            "UPDATE job SET progress = ? WHERE id = ? AND attempt = ? AND state = 'STARTED'",
            (text, claim.id, claim.attempt),
        )

    def got_further(self, claim: Claim) -> None:
        """Note that a run which was taken over has got further than before: only losses in a row count."""
        self.db.change(
            "UPDATE job SET takeovers = 0 WHERE id = ? AND attempt = ? AND takeovers > 0", (claim.id, claim.attempt)
        )

    def note_sent(self, claim: Claim, request: str) -> None:
        """Note, before it is sent, that the run sends a request that may not be repeated. Raises LeaseLost."""
        noted = self.db.change(
            "UPDATE job SET sent = coalesce(sent, ?) WHERE id = ? AND attempt = ? AND state = 'STARTED' AND cancel = 0",
            (request, claim.id, claim.attempt),
        )
        if not noted:
            raise LeaseLost(claim)

    def cancelled(self, consumer: str) -> list[tuple[int, int]]:
        """The runs of a consumer that are to be ended, as (id, attempt). Index: job_started."""
        rows = self.db.rows(
            "SELECT id, attempt FROM job WHERE state = 'STARTED' AND consumer = ? AND cancel = 1", (consumer,)
        )
        return [(row[0], row[1]) for row in rows]

    def forget_ended(self, before: float, limit: int = FORGET_MOST) -> int:
        """Delete runs that ended before a moment (UTC seconds), with their files; how many. Index: job_ended."""
        return self.db.change(
            "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE ended_at < ? ORDER BY ended_at LIMIT ?)",
            (before, limit),
        )

    def _keep_along(self, spec: JobSpec) -> None:
        rows: Iterable[Row] = [
            (spec.uid, upload.field, position, upload.name, upload.type, upload.content)
            for position, upload in enumerate(spec.uploads)
        ]
        if spec.uploads:
            self.db.change_many(
                "INSERT INTO job_file (job, field, position, name, type, content) VALUES (?, ?, ?, ?, ?, ?)", rows
            )
        if spec.within_transaction is not None:
            spec.within_transaction()

    def _won(self, sql: str, params: tuple[Any, ...]) -> bool:
        return self.db.change(sql, params) > 0


def _asked(spec: JobSpec) -> tuple[Any, ...]:
    return spec.uid, spec.kind, spec.name, spec.owner, json_text.write(spec.argument)


def _terms(spec: JobSpec) -> tuple[Any, ...]:
    return spec.limit_s, int(spec.repeatable), spec.max_attempts, spec.backoff_s


def _error(kind: str, message: str, path: str | None = None) -> str:
    return json_text.write({"type": kind, "message": message} | ({} if path is None else {"path": path}))
