"""The tick: turns what is due into runs, or into rows that say why there is none.

Any number of consumers may tick at once. A fire is claimed by a compare-and-set of the task's next due time and its
revision; the claim, the rows and the next due time are one transaction, in which are those of a few other tasks. There is
no leader.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil, floor
from typing import Any

from walkabout.database.connections import Database, Unavailable
from walkabout.events import Events
from walkabout.jids import new_uid
from walkabout.jobs.fires import Fire, Unfired, open_runs
from walkabout.jobs.ledger import JobSpec, Ledger
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.template import CannotRun
from walkabout.masking import Masker
from walkabout.periodic import table
from walkabout.periodic.due_times import Due, FirePlan, FireSpan, Meeting, apply_overlap, plan_fires
from walkabout.periodic.periodic_task import (
    ACTIVE,
    DISABLED,
    FINISHED,
    JobTemplates,
    PeriodicTask,
    how_it_ends,
    moment,
    reckoned_anew,
)
from walkabout.periodic.rules.schedule import Schedule

AT_ONCE = 500  # tasks that one tick sees to; the next one comes at once
TOGETHER = 10  # tasks that are claimed in one commit: a commit costs as much as two claims
AHEAD_S = 60.0  # a clock that was further ahead when a due time was reckoned was wrong
PUT_OFF_S = 3600.0  # how long a task that can't be reckoned with waits


@dataclass
class Firing:
    """Fires what is due. `job_templates`: what can run, by the kind of task."""

    db: Database
    ledger: Ledger
    job_templates: JobTemplates
    events: Events
    masker: Masker

    def tick(self, now: float) -> float | None:
        """Fire all that is due at the whole second of `now` (UTC seconds); the second of the next fire, or None.

        A task that can't be reckoned with is put off and says why; it stops no other. Raises Unavailable.
        """
        self._reckon_anew(floor(now))
        due = table.due(self.db, floor(now), AT_ONCE)
        for start in range(0, len(due), TOGETHER):
            self._see_to(due[start : start + TOGETHER], floor(now))
        coming = table.next_fire(self.db)
        return None if coming is None else float(ceil(coming))

    def _reckon_anew(self, second: int) -> None:
        """Reckon anew what was reckoned while the clock was ahead of now: it went wrong, and has come back.

        A machine that slept is no such case: its clock goes on from then, and never back.
        """
        tasks = table.reckoned_ahead(self.db, second + AHEAD_S, AT_ONCE)
        for start in range(0, len(tasks), TOGETHER):
            with self.db.transaction():
                for task in tasks[start : start + TOGETHER]:
                    self._one_anew(task, second)

    def _one_anew(self, task: PeriodicTask, second: int) -> None:
        try:
            anew = reckoned_anew(task, second)
        except Exception as error:
            table.reckon_anew(self.db, task, replace(task, reckoned_at=float(second)))
            self._put_off(task, second, error)
            return
        if table.reckon_anew(self.db, task, anew):
            ahead_s = round((task.reckoned_at or second) - second)
            self.db.after_commit(
                lambda: self.events.warn("periodic.reckoned_anew", schedule=task.name, clock_was_ahead_s=ahead_s)
            )

    def _see_to(self, tasks: Sequence[PeriodicTask], second: int) -> None:
        # What takes long is reckoned before: while one writes, nobody else can.
        claims = [claim for task in tasks if (claim := self._reckoned(task, second)) is not None]
        with self.db.transaction():
            for claim in claims:
                self._write(claim)

    def _reckoned(self, task: PeriodicTask, second: int) -> "_Claim | None":
        try:
            return _Claim(self, task, second)
        except Unavailable:
            raise
        except Exception as error:
            self._put_off(task, second, error)
            return None

    def _write(self, claim: "_Claim") -> None:
        try:
            # A transaction in the transaction: one that fails takes back no other.
            with self.db.transaction():
                claim.write()
        except Unavailable:
            raise
        except Exception as error:
            self._put_off(claim.task, claim.second, error)

    def _put_off(self, task: PeriodicTask, second: int, error: Exception) -> None:
        why = self.masker.text(f"{type(error).__name__}: {error}")
        note = f"Its next time can't be reckoned ({why}); tried again an hour later"
        if table.put_off(self.db, task, second, second + PUT_OFF_S, note):
            self.events.bug("periodic.put_off", error, schedule=task.name)


class _Claim:
    """One task that is due, and what one tick makes of it."""

    def __init__(self, firing: Firing, task: PeriodicTask, second: int) -> None:
        self.db = firing.db
        self.ledger = firing.ledger
        self.events = firing.events
        self.task = task
        self.second = second
        self.template = firing.job_templates[task.task]
        self.rule: Schedule = task.rule()
        self.until = moment(second - task.offset_s)
        assert task.next_run_at is not None
        self.ahead = plan_fires(self.rule, task.policies, moment(task.next_run_at), self.until)
        self.ask: JobSpec | None = None
        self.after = self._after()
        if why := self.template.why_not_for(self.task.owner):
            self.ahead, self.after = self.ahead.without_runs(why), (DISABLED, why, None)
        elif self.ahead.runs:
            try:
                self.ask = self._ask()
            except CannotRun as error:
                self.ahead = self.ahead.without_runs(str(error))

    def write(self) -> None:
        """Claim it, and write what becomes of its due times."""
        if table.advance(self.db, self.task, self.second, *self.after):
            self._write(self.ahead, self.ask, self.after[0])

    def _after(self) -> tuple[str, str, float | None]:
        """The state, the note and the next due time once these due times are seen to."""
        if self.rule.one_off:
            return FINISHED, "", None
        following = self.rule.next_after(self.until)
        if following is None:
            return how_it_ends(self.rule, self.until.timestamp()), "", None
        return ACTIVE, "", following.timestamp()

    def _ask(self) -> JobSpec:
        return with_policies(
            self.template.spec(self.task.owner, self.task.name, self.task.argument_object()), self.task
        )

    def _write(self, ahead: FirePlan, spec: JobSpec | None, state: str) -> None:
        for span in ahead.missed:
            self._unfired(self.ledger.miss, span)
        ran = 0
        reason = ahead.missed[-1].reason if ahead.missed else ""
        for due in ahead.runs:
            assert spec is not None
            meeting = self._meeting(ahead, due)
            if meeting.skip:
                reason = meeting.skip
                self._unfired(self.ledger.skip, FireSpan(due.first, due.at, due.fires, reason))
                continue
            try:
                ran += self._run(replace(spec, uid=new_uid()), due, meeting, ahead)
            except QueueFull as full:
                reason = f"its owner's queue is full: {full}"
                self._unfired(self.ledger.miss, FireSpan(due.first, due.at, due.fires, reason))
        if ran:
            table.count_runs(self.db, self.task.id, ran, self.second)
        elif state == FINISHED:
            table.set_note(self.db, self.task.id, f"finished without a run: {reason}")
        if ahead.after_a_pause:
            self.ledger.release_held(self.task.id)

    def _meeting(self, ahead: FirePlan, due: Due) -> Meeting:
        if ahead.after_a_pause:
            return Meeting(held=True)
        return apply_overlap(self.task.policies.overlap, due.at, self.rule, open_runs(self.db, self.task.id))

    def _run(self, spec: JobSpec, due: Due, meeting: Meeting, ahead: FirePlan) -> bool:
        due_at = due.at.timestamp()
        fire = Fire(
            self.task.id, due_at, due_at + self.task.offset_s,
            first=due.first.timestamp() if due.fires > 1 else None, fires=due.fires, missed=due.missed,
            caught_up=ahead.after_a_pause, held=meeting.held,
        )  # fmt: skip
        if not self.ledger.fire(spec, fire):
            return False
        # Not before: where this one is refused, the older one stays.
        for older in meeting.cancel:
            reason = f"replaced by the run of {self.rule.written(due.at)} (overlap: replace)"
            if not self.ledger.revoke_waiting(older.uid, reason):
                self.ledger.ask_cancel(older.uid, reason)
        self._say("periodic.fired", job=spec.uid, due=int(due_at))
        return True

    def _unfired(self, note: Callable[[Unfired], None], span: FireSpan) -> None:
        at = span.last + timedelta(seconds=self.task.offset_s)
        note(
            Unfired(
                self.task.id, self.template.kind, self.task.name, self.task.owner, span.first.timestamp(),
                span.last.timestamp(), span.count, at.timestamp(), span.reason,
            )
        )  # fmt: skip
        self._say("periodic.not_run", count=span.count, reason=span.reason)

    def _say(self, event: str, **fields: Any) -> None:
        # Not before the commit: whoever hears of a run may ask for it at once.
        self.db.after_commit(lambda: self.events.debug(event, schedule=self.task.name, **fields))


def with_policies(spec: JobSpec, task: PeriodicTask) -> JobSpec:
    """A run with the policies of its task: they count where they say something, else what the walker says of itself."""
    policies = task.policies
    spec = replace(spec, priority=policies.priority)
    if policies.time_limit is not None:
        spec = replace(spec, limit_s=policies.time_limit)
    if policies.max_attempts > 1:
        spec = replace(spec, max_attempts=policies.max_attempts, backoff_s=policies.backoff)
    return spec
