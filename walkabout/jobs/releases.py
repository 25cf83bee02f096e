"""The part of the ledger that makes runs ready which wait for something else than a worker: their time, the run before
them, or the limits of their walker.

A run of a walker with limits is not ready when it is queued: it has a gate, at which no claim looks. It is let through here:
by a slot of its lane (`at_most`), which the database gives to one run at a time, and by a counted start (`rate`). The slot is
a column of the run's row and counts while the run is ready or runs, so that it is free again with whatever ends the attempt,
a kill too. A start is counted from before the claim until its time has passed since the attempt began.

What was let through and waits in a queue that no worker serves is taken back: a typing error in the name of a queue must not
keep a walker from running.

There is no leader: whoever queues or ends such a run lets the next ones through, and every supervisor looks each second.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from zlib import crc32

from walkabout.database.connections import Database, Row, Unavailable
from walkabout.jobs.claiming import IN_ORDER, READY, named_queues, sides_of
from walkabout.jobs.limits import AT_MOST, RATE, JobLimits, Rate, read_rate
from walkabout.jobs.specs import Claim, QueuedJob
from walkabout.jobs.states import PENDING, WAITING
from walkabout.jobs.transitions import transition
from walkabout.setting_groups.queues import DEFAULT_QUEUE

Send = Callable[[Sequence[QueuedJob]], None]
"""Told of runs that have been committed: it wakes whoever takes them, or sees to their time."""
LANES_AT_ONCE = 500  # lanes that one look of a supervisor sees to; the next look goes on behind them
_WAITS = "state = 'PENDING' AND wait_until IS NULL AND gate"
_HOLDS = "slot IS NOT NULL AND state IN ('PENDING', 'STARTED')"
AT_ONCE = 500  # runs that are let through in one transaction; the next look goes on
_SENT = "id, uid, queued_at, priority, queue"
GATE_AGAIN = f"slot = NULL, gate = CASE WHEN lane IS NOT NULL THEN '{AT_MOST}' WHEN rate IS NOT NULL THEN '{RATE}' END"
"""What an UPDATE sets that makes a run wait for a worker: one with limits has to pass them first, for each attempt."""


class Releases:
    """The part of the ledger that makes waiting runs ready."""

    db: Database
    clock: Callable[[], float]
    send: Send
    serves: Callable[[str], bool] = staticmethod(lambda _queue: True)
    """Whether somebody takes jobs of a queue; also when there is nobody at all, who may come back."""
    _lane = ""

    @transition((PENDING,), PENDING)
    def release_held(self, schedule: int | None = None) -> int:
        """Make ready, of each periodic task (or of one), the oldest run that is held, once nothing else of it is open;
        how many. Index: job_held, job_open."""
        which, params = ("", ()) if schedule is None else (" AND schedule = ?", (schedule,))
        held = f"SELECT schedule, min(id) FROM job WHERE held = 1 AND ended_at IS NULL{which} GROUP BY schedule"
        return sum(self._release(task, oldest) for task, oldest in self.db.rows(held, params))

    def _release(self, task: int, oldest: int) -> int:
        with self.db.transaction(concurrent=True):
            self.hold_runs(task)
            return self.db.change(
                f"UPDATE job SET held = 0, wait_until = NULL, {GATE_AGAIN}"
                " WHERE id = ? AND held = 1 AND state = 'PENDING' AND NOT EXISTS"
                " (SELECT 1 FROM job other WHERE other.schedule = ? AND other.ended_at IS NULL AND other.held = 0)",
                (oldest, task),
            )

    def hold_runs(self, schedule: int) -> None:
        """Until this transaction ends, nobody else decides which runs of a periodic task (its id) are open."""
        self.db.lock("schedule", schedule)

    @transition(WAITING, PENDING)
    def release_due(self) -> int:
        """Make ready what waited for a time that has come; how many. Index: job_waiting."""
        now = self.clock()
        if not self.db.rows("SELECT 1 FROM job WHERE wait_until <= ? LIMIT 1", (now,)):
            return 0
        due = f"SELECT id FROM job WHERE wait_until <= ?{self.db.wording.skip_locked}"
        return self.db.change(
            f"UPDATE job SET state = 'PENDING', wait_until = NULL, {GATE_AGAIN}"
            f" WHERE id IN ({due}) AND state IN ('PENDING', 'RETRY')",
            (now,),
        )

    # The limits of walkers.

    @transition((PENDING,), PENDING)
    def admit(self, name: str, lane: str | None, *, rated: bool) -> int:
        """Let through what the limits of a walker allow now: of its lane, and (`rated`) by the rate of its name; how many.

        What it lets through is sent. Index: job_lane, job_slot, job_rate.
        """
        ready = self._give_slots(lane) if lane is not None and self._has_free_slot(lane) else []
        if rated:
            ready += self._count_starts(name)[0]
        if ready:
            self.send(ready)
        return len(ready)

    def admit_soon(self, name: str, limits: JobLimits) -> None:
        """The same for whoever has something else to do: when the database can't do it now, a supervisor will."""
        with suppress(Unavailable):
            self.admit(name, limits.lane, rated=limits.rate is not None)

    def admit_all(self) -> float | None:
        """Let through what the limits of all walkers allow; when the next start may come (UTC seconds), if that is what
        something waits for."""
        self._take_back()
        ready: list[QueuedJob] = []
        for lane in self._lanes_with_room():
            ready += self._give_slots(lane)
        moments = []
        for name in self._rated_names():
            started, free_at = self._count_starts(name)
            ready += started
            moments += [] if free_at is None else [free_at]
        if ready:
            self.send(ready)
        return min(moments, default=None)

    def note_start(self, claim: Claim) -> None:
        """The attempt of a claim begins: its start counts from now on for the time of its walker's rate."""
        if claim.rate is not None:
            with suppress(Unavailable):  # then whoever looks sees that it has begun
                self.db.change(
                    "UPDATE counted_start SET free_at = ? WHERE job = ? AND free_at IS NULL",
                    (self.clock() + read_rate(claim.rate).seconds, claim.uid),
                )

    def forget_starts(self) -> int:
        """Delete what no rate counts any more; how many. Index: counted_start_name."""
        return self.db.change("DELETE FROM counted_start WHERE free_at <= ?", (self.clock(),))

    @contextmanager
    def _alone(self, what: str, name: str) -> Iterator[None]:
        with self.db.transaction(concurrent=True):
            self.db.lock(what, crc32(name.encode()) >> 1)
            yield

    def _take_back(self) -> None:
        for queue in (DEFAULT_QUEUE, *named_queues(self.db)):
            if not self.serves(queue):
                (side,) = sides_of((queue,))
                self.db.change(
                    f"UPDATE job SET {GATE_AGAIN} WHERE {READY} AND {side} AND (lane IS NOT NULL OR rate IS NOT NULL)"
                )

    def _next_waiting(self, columns: str, where: str, name: str, passed: list[str]) -> Row | None:
        """The next run at a gate whose queue somebody serves; `passed` has the queues that are passed over, and gets more."""
        while True:
            beyond = (
                f" AND coalesce(queue, '{DEFAULT_QUEUE}') NOT IN ({', '.join('?' * len(passed))})" if passed else ""
            )
            row = self.db.first(
                f"SELECT queue, {columns} FROM job WHERE {where}{beyond} {IN_ORDER} LIMIT 1", (name, *passed)
            )
            if row is None or self.serves(row[0] or DEFAULT_QUEUE):
                return None if row is None else row[1:]
            passed.append(row[0] or DEFAULT_QUEUE)

    def _has_free_slot(self, lane: str) -> bool:
        """Whether the next run of a lane may have one; asked without a lock, since mostly it may not."""
        rows = self.db.rows(
            f"SELECT (SELECT count(*) FROM job WHERE lane = ? AND {_HOLDS}) < at_most FROM job"
            f" WHERE lane = ? AND {_WAITS} = 'at_most' {IN_ORDER} LIMIT 1",
            (lane, lane),
        )
        return bool(rows and rows[0][0])

    def _give_slots(self, lane: str) -> list[QueuedJob]:
        """Give the free slots of a lane to the runs that come next; those of them that are ready now."""
        ready: list[QueuedJob] = []
        passed: list[str] = []
        with self._alone("lane", lane):
            taken = set(self.db.values(f"SELECT slot FROM job WHERE lane = ? AND {_HOLDS}", (lane,)))
            for _ in range(AT_ONCE):
                row = self._next_waiting(f"at_most, rate, {_SENT}", f"lane = ? AND {_WAITS} = 'at_most'", lane, passed)
                slot = next((n for n in range(row[0]) if n not in taken), None) if row else None
                if row is None or slot is None:
                    break
                _, rate, id, *sent = row
                taken.add(slot)
                gate = None if rate is None else RATE
                won = self.db.change(
                    f"UPDATE job SET slot = ?, gate = ? WHERE id = ? AND {_WAITS} = 'at_most'", (slot, gate, id)
                )
                ready += [QueuedJob(*sent)] if won and gate is None else []
        return ready

    def _lanes_with_room(self) -> list[str]:
        """The lanes, of the next so many that something waits in, of which the next run may have a slot."""
        following = f"(SELECT lane FROM job WHERE {_WAITS} = 'at_most' AND lane > {{}} ORDER BY lane LIMIT 1)"
        rows = self.db.rows(
            f"WITH RECURSIVE waiting (lane, number) AS (SELECT {following.format('?')}, 1 UNION ALL"
            f" SELECT {following.format('waiting.lane')}, number + 1 FROM waiting WHERE lane IS NOT NULL AND number < ?)"
            f" SELECT lane, (SELECT count(*) FROM job WHERE job.lane = waiting.lane AND {_HOLDS}) < (SELECT at_most FROM job"
            f" WHERE job.lane = waiting.lane AND {_WAITS} = 'at_most' {IN_ORDER} LIMIT 1)"
            " FROM waiting WHERE lane IS NOT NULL",
            (self._lane, LANES_AT_ONCE),
        )
        self._lane = rows[-1][0] if len(rows) >= LANES_AT_ONCE else ""
        return [lane for lane, has_room in rows if has_room]

    def _rated_names(self) -> list[str]:
        """The walkers of which something waits for their rate."""
        following = f"(SELECT name FROM job WHERE {_WAITS} = 'rate' AND name > {{}} ORDER BY name LIMIT 1)"
        return self.db.values(
            f"WITH RECURSIVE waiting (name) AS (SELECT {following.format('?')} UNION ALL"
            f" SELECT {following.format('waiting.name')} FROM waiting WHERE name IS NOT NULL)"
            " SELECT name FROM waiting WHERE name IS NOT NULL",
            ("",),
        )

    def _count_starts(self, name: str) -> tuple[list[QueuedJob], float | None]:
        """Let through the next runs that the rate of a walker allows; and when it allows another one, if one waits."""
        now = self.clock()
        ready: list[QueuedJob] = []
        passed: list[str] = []
        if self._is_at_its_rate(name, now):
            return [], self._next_start(name)
        with self._alone("rate", name):
            rate = self._rate_of_next(name)
            if rate is None:
                return [], None
            self._settle_starts(name, rate, now)
            counted = self.db.value("SELECT count(*) FROM counted_start WHERE name = ?", (name,))
            for _ in range(min(rate.starts - counted, AT_ONCE)):
                row = self._next_waiting(f"attempt, {_SENT}", f"name = ? AND {_WAITS} = 'rate'", name, passed)
                if row is None:
                    break
                attempt, id, *sent = row
                if self.db.change(f"UPDATE job SET gate = NULL WHERE id = ? AND {_WAITS} = 'rate'", (id,)):
                    self.db.change(
                        "INSERT INTO counted_start (name, job, attempt) VALUES (?, ?, ?)", (name, sent[0], attempt)
                    )
                    ready.append(QueuedJob(*sent))
        return ready, self._next_start(name)

    def _is_at_its_rate(self, name: str, now: float) -> bool:
        """Whether no start is allowed and all that count have begun, so that nothing can be done; asked without a lock."""
        counting = self.db.first(
            "SELECT count(*), count(free_at) FROM counted_start WHERE name = ? AND (free_at IS NULL OR free_at > ?)",
            (name, now),
        )
        rate = self._rate_of_next(name)
        return rate is None or (counting is not None and counting[0] == counting[1] >= rate.starts)

    def _rate_of_next(self, name: str) -> Rate | None:
        text = self.db.value(f"SELECT rate FROM job WHERE name = ? AND {_WAITS} = 'rate' {IN_ORDER} LIMIT 1", (name,))
        return None if text is None else read_rate(text)

    def _next_start(self, name: str) -> float | None:
        moment: float | None = self.db.value("SELECT min(free_at) FROM counted_start WHERE name = ?", (name,))
        return moment

    def _settle_starts(self, name: str, rate: Rate, now: float) -> None:
        """Forget the starts whose time is over, and those that never came. One that began unseen, since its worker was lost
        at once, counts from now on: it may be counted for too long, and never too short."""
        self.db.change("DELETE FROM counted_start WHERE name = ? AND free_at <= ?", (name, now))
        open_starts = self.db.rows(
            "SELECT counted_start.id, counted_start.attempt, job.attempt, job.state, job.gate, job.wait_until"
            " FROM counted_start LEFT JOIN job ON job.uid = counted_start.job WHERE counted_start.name = ? AND free_at IS NULL",
            (name,),
        )
        for id, counted, attempt, state, gate, wait_until in open_starts:
            if attempt is None or attempt > counted:
                self.db.change("UPDATE counted_start SET free_at = ? WHERE id = ?", (now + rate.seconds, id))
            elif (state, gate, wait_until) != (PENDING, None, None):
                self.db.change("DELETE FROM counted_start WHERE id = ?", (id,))
