"""The ledger: every background run is a row, and only this module writes a row's state.

Each transition is one conditional UPDATE in a function of its own, which says whether it won. `@transition` declares from
which states it wins and where it leads; the picture in docs/jobs.md is drawn from that. What ends a run is fenced by the
attempt number of its claim: a worker that was believed dead can't write over the attempt that came after it.

The statements are plain SQL: the query builder would make the whole path three times slower.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from walkabout.database.connections import Database, OutcomeUnknown, Row, Unavailable
from walkabout.jobs.claiming import SideLooks, column_of, named_run, next_run
from walkabout.jobs.end_requests import EndRequests
from walkabout.jobs.losses import CANCELLED, LostRun, why_not_again
from walkabout.jobs.quotas import Quotas
from walkabout.jobs.releases import GATE_AGAIN, Releases, Send
from walkabout.jobs.specs import Claim, Fire, JobSpec, LeaseLost, QueuedJob, Unfired, error_text
from walkabout.jobs.states import FAILURE, MISSED, PENDING, RETRY, REVOKED, SKIPPED, STARTED, SUCCESS, WAITING
from walkabout.jobs.transitions import NEW, transition

NoteOutcome = Callable[[int, str, str, float, str | None], None]
"""Told of a periodic task (its id) the state in which a row of it ended, why, when (UTC s), and the run's uid if it ran."""
FORGET_MOST = 1000  # ended runs that are deleted by one statement
_CLAIM = (
    "id, uid, kind, name, owner, argument, attempt, raised, max_attempts, backoff_s, limit_s, repeatable,"
    " schedule, task_name, cancelling, cleans_up, traceparent, lane, rate"
)


class Ledger(Releases, EndRequests):
    """The rows of the table `job` and their states."""

    def __init__(
        self,
        db: Database,
        clock: Callable[[], float],
        send: Send,
        quotas: Quotas,
        note_outcome: NoteOutcome | None = None,
    ) -> None:
        """`clock`: UTC seconds. `send` is told of each run when it has been committed.

        `note_outcome` is told, in the transaction, how a row of a periodic task ended.
        """
        self.note_outcome = note_outcome
        self.quotas = quotas
        self.db = db
        self.clock = clock
        self.send = send
        self.looks = SideLooks(db)

    # From nothing.

    @transition(NEW, PENDING)
    def enqueue(self, spec: JobSpec) -> str:
        """Queue a run; its uid. Inside of a transaction it counts, and is sent, when that commits. Raises QueueFull."""
        self.quotas.take(spec.owner)
        try:
            if spec.uploads or spec.within_transaction:
                with self.db.transaction(concurrent=True):
                    self._insert(spec)
                    self._insert_along(spec)
            else:
                self._insert(spec)
        except Unavailable:
            if self.db.in_transaction or self._row(spec.uid) is None:
                raise
        self.db.after_commit(lambda: self._tell(spec))
        return spec.uid

    def _insert(self, spec: JobSpec) -> None:
        now = self.clock()
        columns = spec.columns(PENDING, now) | {"eta": spec.eta}
        self._add(columns | {"wait_until": spec.eta, "gate": None} if spec.waits_at(now) else columns)

    def _tell(self, spec: JobSpec) -> None:
        now = self.clock()
        if spec.limits is not None and not spec.waits_at(now):
            self.admit_soon(spec.name, spec.limits)
        else:
            self.send([QueuedJob(spec.uid, now, spec.priority, column_of(spec.queue), spec.waits_at(now))])

    def _insert_along(self, spec: JobSpec) -> None:
        if spec.uploads:
            self.db.change_many(
                "INSERT INTO job_file (job, field, position, name, type, content) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (spec.uid, upload.field, position, upload.name, upload.type, upload.content)
                    for position, upload in enumerate(spec.uploads)
                ],
            )
        if spec.within_transaction is not None:
            spec.within_transaction()

    @transition(NEW, STARTED)
    def enqueue_claimed(self, spec: JobSpec, consumer: str, worker: str, pid: int) -> Claim | None:
        """Enter a run that whoever asks for it runs itself: a worker that just starts can't take it. None: its walker's
        limits don't allow it now, so that it waits, as any other does."""
        if spec.limits is not None:
            return self.claim(consumer, worker, pid, self.enqueue(spec))
        try:
            return self._insert_claimed(spec, {"consumer": consumer, "worker": worker, "worker_pid": pid})
        except Unavailable:
            row = self._row(spec.uid)
            if row is None:
                raise
            return Claim(*row)

    def _insert_claimed(self, spec: JobSpec, who: dict[str, Any]) -> Claim:
        now = self.clock()
        columns = spec.columns(STARTED, now) | {"started_at": now, "attempt": 1} | who
        with self.db.transaction(concurrent=True):
            rows = self.db.rows(f"{_insertion(tuple(columns))} RETURNING {_CLAIM}", tuple(columns.values()))
            self._insert_along(spec)
        return Claim(*rows[0])

    def _row(self, uid: str) -> Row | None:
        """The row of a run that could not be queued: the commit may have succeeded all the same."""
        try:
            return self.db.first(f"SELECT {_CLAIM} FROM job WHERE uid = ?", (uid,))
        except Unavailable as error:
            raise OutcomeUnknown(
                f"it is not known whether the task {uid} was saved: check it before you try again"
            ) from error

    @transition(NEW, PENDING)
    def fire(self, spec: JobSpec, fire: Fire) -> bool:
        """Queue the run of a due time. False: that due time has its row already. Raises QueueFull. Index: job_fire."""
        self.quotas.take(spec.owner)
        fired = self._add(spec.columns(PENDING, self.clock()) | fire.columns(), " ON CONFLICT DO NOTHING")
        if fired and not fire.held:
            self.db.after_commit(lambda: self._tell(spec))
        return fired

    @transition(NEW, SKIPPED)
    def skip(self, unfired: Unfired) -> None:
        """Note due times that get no run, since another run of the periodic task is not over."""
        self._note_unfired(SKIPPED, unfired)

    @transition(NEW, MISSED)
    def miss(self, unfired: Unfired) -> None:
        """Note due times that get no run, since they came too late or what they need is not there."""
        self._note_unfired(MISSED, unfired)

    def _note_unfired(self, state: str, unfired: Unfired) -> None:
        if not self._extend_latest(state, unfired):
            self._add(unfired.columns(state, self.clock()), " ON CONFLICT DO NOTHING")
        self._note(unfired.schedule, state, unfired.reason)

    def _note(self, schedule: int | None, state: str, why: str = "", run: str | None = None) -> None:
        if schedule is not None and self.note_outcome is not None:
            self.note_outcome(schedule, state, why, self.clock(), run)

    def _extend_latest(self, state: str, unfired: Unfired) -> bool:
        """Let the latest row of the periodic task stand for these due times, too; False when it says something else."""
        return self._won(
            "UPDATE job SET scheduled_for = ?, fires = fires + ?, fire_at = ?, ended_at = ?"
            " WHERE id = (SELECT id FROM job WHERE schedule = ? ORDER BY id DESC LIMIT 1)"
            " AND state = ? AND reason = ? AND scheduled_for < ?"
            # A due time has one row, also when the clock went back and it comes once more.
            " AND NOT EXISTS (SELECT 1 FROM job other WHERE other.schedule = ? AND other.scheduled_for = ?)",
            (
                *(unfired.last, unfired.count, unfired.at, self.clock()),
                *(unfired.schedule, state, unfired.reason, unfired.first),
                *(unfired.schedule, unfired.last),
            ),
        )

    # While it waits.

    @transition((PENDING,), STARTED)
    def claim(
        self, consumer: str, worker: str, pid: int, uid: str | None = None, queues: tuple[str, ...] | None = None
    ) -> Claim | None:
        """Take the next run of these queues (None: of all), by priority, then by age, or the one of a uid. None: it does not
        wait, or the consumer has been struck off: then it takes nothing until it has entered again. Index: job_ready,
        job_named, job_named_ready, job.uid."""
        who = (consumer, worker, pid)
        if uid is not None:
            return self._claim(named_run(self.db.wording.skip_locked), who, uid)
        sides, are_all = self.looks.sides(queues)
        claim = self._claim_of(sides, who)
        return claim if claim is not None or are_all else self._claim_of(self.looks.look(queues), who)

    def _claim_of(self, sides: tuple[str, ...], who: tuple[str, str, int]) -> Claim | None:
        wording = self.db.wording
        if not sides or (wording.looks_first and not self.looks.has_some(sides)):
            return None
        return self._claim(next_run(wording.skip_locked, sides), who)

    def _claim(self, which: str, who: tuple[str, str, int], *params: str) -> Claim | None:
        rows = self.db.rows(
            "UPDATE job SET state = 'STARTED', attempt = attempt + 1, started_at = ?, consumer = ?, worker = ?,"
            f" worker_pid = ?, progress = NULL WHERE id = {which} AND state = 'PENDING'"
            f" AND EXISTS (SELECT 1 FROM consumer WHERE uid = ?) RETURNING {_CLAIM}",
            (self.clock(), *who, *params, who[0]),
        )
        return Claim(*rows[0]) if rows else None

    @transition(WAITING, REVOKED)
    def revoke_waiting(self, uid: str, reason: str) -> bool:
        """Cancel a run before it runs. False: it did not wait (any more), or it has begun and has to clean up first."""
        return self._won(
            "UPDATE job SET state = 'REVOKED', ended_at = ?, wait_until = NULL, reason = ?"
            " WHERE uid = ? AND state IN ('PENDING', 'RETRY') AND NOT (cleans_up = 1 AND attempt > 0 AND cancelling = 0)",
            (self.clock(), reason, uid),
        )

    @transition(WAITING, PENDING)
    def clean_up(self, uid: str, reason: str | None = None) -> bool:
        """Mark a run that waits, but has begun, as one to be ended, and let it go on at once: it only cleans up.

        False: it does not wait, or there is nothing to clean up.
        """
        return self._won(
            "UPDATE job SET state = 'PENDING', wait_until = NULL, cancelling = 1, reason = coalesce(?, reason) WHERE uid = ?"
            " AND state IN ('PENDING', 'RETRY') AND held = 0 AND cleans_up = 1 AND attempt > 0 AND cancelling = 0",
            (reason, uid),
        )

    @transition(WAITING, REVOKED)
    def end_all_of(self, owner: str, reason: str) -> None:
        """Cancel all runs of an owner (a uid) that wait, and ask for the end of those that run. Index: job_waits."""
        # One statement: a run that is claimed, or given back, in this moment is met in one state or the other.
        runs = "CASE state WHEN 'STARTED' THEN"
        self.db.change(
            f"UPDATE job SET state = {runs} state ELSE 'REVOKED' END, wait_until = NULL, reason = coalesce(reason, ?),"
            f" ended_at = {runs} NULL ELSE CAST(? AS DOUBLE PRECISION) END, cancel = {runs} 1 ELSE cancel END,"
            f" cancelling = {runs} 1 ELSE cancelling END WHERE (owner = ? AND state IN ('PENDING', 'RETRY'))"
            " OR (owner = ? AND state = 'STARTED')",
            (reason, self.clock(), owner, owner),
        )

    # While it runs.

    @transition((STARTED,), SUCCESS)
    def succeed(
        self, claim: Claim, result: str, apply: Callable[[], None] | None = None, changes: str | None = None
    ) -> None:
        """End a run well, with its result (JSON text) and its changes, in one transaction.

        `apply` writes the changes, behind the fence; `changes` tells people of them (JSON text). Raises LeaseLost, also
        when somebody asked to cancel the run, and what `apply` raises; then nothing of it is saved.
        """
        if apply is None and claim.schedule is None:
            self._succeed(claim, result, changes)
            return
        with self.db.transaction(concurrent=True):
            self._succeed(claim, result, changes)
            if apply is not None:
                apply()
            self._note(claim.schedule, SUCCESS, run=claim.uid)

    def _succeed(self, claim: Claim, result: str, changes: str | None) -> None:
        won = self._won(
            "UPDATE job SET state = 'SUCCESS', ended_at = ?, result = ?, changes = ?, error = NULL, consumer = NULL,"
            " progress = NULL WHERE id = ? AND attempt = ? AND state = 'STARTED' AND cancelling = 0",
            (self.clock(), result, changes, claim.id, claim.attempt),
        )
        if not won:
            raise LeaseLost(claim)

    @transition((STARTED,), FAILURE)
    def fail(
        self,
        job_id: int,
        attempt: int,
        kind: str,
        message: str,
        result: str | None = None,
        path: str | None = None,
        *,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> bool:
        """End a run badly, with the error's type and message (and what there is of a result, a step's path, and all of its
        errors where there are several).

        False: it is not ours, or somebody asked to cancel it: that was first.
        """
        with self.db.transaction():
            rows = self.db.rows(
                "UPDATE job SET state = 'FAILURE', ended_at = ?, error = ?, result = ?, consumer = NULL,"
                " raised = raised + 1 WHERE id = ? AND attempt = ? AND state = 'STARTED' AND cancelling = 0"
                " RETURNING schedule, uid",
                (self.clock(), error_text(kind, message, path, errors), result, job_id, attempt),
            )
            if rows:
                self._note(rows[0][0], FAILURE, f"{kind}: {message}", rows[0][1])
        return bool(rows)

    @transition((STARTED,), RETRY)
    def retry(
        self, claim: Claim, kind: str, message: str, wait_s: float, path: str | None = None, *, raised: bool = True
    ) -> bool:
        """Let a run that raised (or could not begin here) wait `wait_s` seconds for its next attempt. False: it is not ours."""
        return self._won(
            "UPDATE job SET state = 'RETRY', wait_until = ?, error = ?, consumer = NULL, progress = NULL,"
            " slot = NULL, raised = raised + ? WHERE id = ? AND attempt = ? AND state = 'STARTED' AND cancelling = 0",
            (self.clock() + wait_s, error_text(kind, message, path), int(raised), claim.id, claim.attempt),
        )

    @transition((STARTED,), PENDING, FAILURE, REVOKED)
    def requeue(self, claim: Claim) -> str | None:
        """Hand a run back, since its worker is told to stop; this counts as neither raised nor lost.

        A run that may not run again (see losses.py) is a FAILURE, one that was to be cancelled is REVOKED. The new
        state; None: it is not ours.
        """
        moved = self._hand_back("id = ? AND attempt = ?", (claim.id, claim.attempt), most=None)
        return moved[0][1] if moved else None

    @transition((STARTED,), PENDING, FAILURE, REVOKED)
    def rescue(self, consumer: str, pid: int | None, most: int, *, lost: bool = True) -> list[tuple[str, str]]:
        """Take the runs of a worker that is gone (`pid`), or of a whole consumer (None), away from it.

        They wait again; one that may not run again (see losses.py), or that was lost more than `most` times, is a
        FAILURE that says so; one that was to be cancelled is REVOKED. `lost` False: the worker was told to stop, and
        that counts for nothing. The uids with their new states. Index: job_started.
        """
        which, params = ("", ()) if pid is None else (" AND worker_pid = ?", (pid,))
        return self._hand_back(f"consumer = ?{which}", (consumer, *params), most if lost else None)

    def _hand_back(self, which: str, params: tuple[Any, ...], most: int | None) -> list[tuple[str, str]]:
        # Held from here on: a run that has ended meanwhile, or is another attempt's by now, is not taken away.
        lost = f"SELECT {', '.join(LostRun._fields)} FROM job WHERE state = 'STARTED' AND {which}"
        with self.db.transaction(concurrent=True):
            runs = [LostRun(*row) for row in self.db.rows(lost + self.db.wording.for_update, params)]
            return [(run.uid, self._move_lost(run, most)) for run in runs]

    def _move_lost(self, lost: LostRun, most: int | None) -> str:
        takeovers = lost.takeovers + (most is not None)
        if lost.cancel:
            self._revoke_lost(lost.uid, takeovers)
            return REVOKED
        why = why_not_again(lost, most)
        if why and lost.cancelling:
            self._revoke_lost(lost.uid, takeovers)
            return REVOKED
        if why:
            self._fail_lost(lost.uid, takeovers, why)
            return FAILURE
        self._requeue_lost(lost.uid, takeovers)
        return PENDING

    def _requeue_lost(self, uid: str, takeovers: int) -> None:
        self.db.change(
            f"UPDATE job SET state = 'PENDING', takeovers = ?, error = NULL, consumer = NULL, progress = NULL, {GATE_AGAIN}"
            " WHERE uid = ? AND state = 'STARTED'",
            (takeovers, uid),
        )

    def _fail_lost(self, uid: str, takeovers: int, why: str) -> None:
        rows = self.db.rows(
            "UPDATE job SET state = 'FAILURE', ended_at = ?, takeovers = ?, error = ?, consumer = NULL, progress = NULL"
            " WHERE uid = ? AND state = 'STARTED' RETURNING schedule",
            (self.clock(), takeovers, error_text("WorkerLost", why), uid),
        )
        for row in rows:
            self._note(row[0], FAILURE, f"WorkerLost: {why}", uid)

    def _revoke_lost(self, uid: str, takeovers: int) -> None:
        self.db.change(
            "UPDATE job SET state = 'REVOKED', ended_at = ?, takeovers = ?, error = NULL, reason = coalesce(reason, ?),"
            " consumer = NULL, progress = NULL WHERE uid = ? AND state = 'STARTED'",
            (self.clock(), takeovers, CANCELLED, uid),
        )

    @transition((STARTED,), REVOKED)
    def revoke_running(self, job_id: int, attempt: int, reason: str) -> bool:
        """Say that a run was ended because somebody cancelled it. False: it ended otherwise."""
        return self._won(
            "UPDATE job SET state = 'REVOKED', ended_at = ?, reason = coalesce(reason, ?), consumer = NULL, progress = NULL"
            " WHERE id = ? AND attempt = ? AND state = 'STARTED'",
            (self.clock(), reason, job_id, attempt),
        )

    # Once it is over.

    def forget_ended(self, before: float, limit: int = FORGET_MOST) -> int:
        """Delete runs that ended before a moment (UTC seconds), with their files; how many. Index: job_ended."""
        # One whose request has not noted its answer is what tells a second request that the first was served.
        noted = "NOT EXISTS (SELECT 1 FROM request_key WHERE request_key.uid = job.uid AND answer IS NULL)"
        oldest = (
            f"SELECT id FROM job WHERE ended_at < ? AND {noted} ORDER BY ended_at LIMIT ?{self.db.wording.skip_locked}"
        )
        return self.db.change(f"DELETE FROM job WHERE id IN ({oldest})", (before, limit))

    def _add(self, columns: dict[str, Any], otherwise: str = "") -> bool:
        return self._won(_insertion(tuple(columns)) + otherwise, tuple(columns.values()))


@cache
def _insertion(columns: tuple[str, ...]) -> str:
    return f"INSERT INTO job ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
