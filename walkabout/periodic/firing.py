"""The tick: turns what is due into runs, or into rows that say why there is none.

Any number of consumers may tick at once; there is no leader.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil, floor
from typing import Any

from walkabout.database.connections import Database, Unavailable
from walkabout.events import Events
from walkabout.jids import new_uid
from walkabout.jobs import queries
from walkabout.jobs.cancels import cancel
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.specs import Fire, Unfired
from walkabout.masking import Masker
from walkabout.notices.occasions import ENDED, Occasion
from walkabout.periodic import due_tasks
from walkabout.periodic.clock_repair import repair, tasks_ahead
from walkabout.periodic.decisions import Decision, decide
from walkabout.periodic.due_times import Due, FireSpan, OverlapOutcome, apply_overlap
from walkabout.periodic.periodic_task import FINISHED, OVER, JobTemplates, PeriodicTask

AT_ONCE = 500  # tasks that one tick deals with; the next one comes at once
TOGETHER = 10  # tasks that are claimed in one commit: a commit costs as much as two claims
PUT_OFF_S = 3600.0  # how long a task waits whose next time can't be computed


@dataclass
class Firing:
    """Fires what is due. `job_templates`: what can run, by the kind of task; `tell`: writes notices."""

    db: Database
    ledger: Ledger
    job_templates: JobTemplates
    events: Events
    masker: Masker
    tell: Callable[[Occasion], None]

    def tick(self, now: float) -> float | None:
        """Fire all that is due at the whole second of `now` (UTC seconds); the second of the next fire, or None.

        1. Repair the tasks whose due time comes from a clock that was ahead and has come back (clock_repair).
        2. Read the tasks that are due, the oldest first; when they are very many, some of each owner (due_tasks.due).
        3. Decide about each: which of its due times get a run, and what the task is afterwards (decisions.decide). It may
           take long, so it happens outside of transactions: while one writes, nobody else can.
        4. Claim the tasks, a few in one transaction: a compare-and-set of due time and revision. Who loses writes
           nothing: another consumer has fired the task, or somebody has edited it (due_tasks.advance).
        5. Write what was decided, in the same transaction: rows MISSED; for each run what `overlap` makes of those that
           are open now; the runs; the task's counters (keep). Workers are woken after the commit.
        6. Put off a task that raises in 3 to 5: it waits for an hour, its note says why, and the others go on.
        7. Say when the next task is to fire (due_tasks.next_fire).

        Raises Unavailable when the database can't be asked: what was not committed stays due.
        """
        second = floor(now)
        for tasks in _groups(tasks_ahead(self.db, second, AT_ONCE)):
            with self.db.transaction():
                for task in tasks:
                    repair(self.db, self.events, task, second, self._put_off)
        for tasks in _groups(due_tasks.due(self.db, second, AT_ONCE)):
            decisions = [decision for task in tasks if (decision := self._decide(task, second)) is not None]
            with self.db.transaction():
                for decision in decisions:
                    self._keep_or_put_off(decision)
        coming = due_tasks.next_fire(self.db)
        return None if coming is None else float(ceil(coming))

    def keep(self, decision: Decision) -> None:
        """Claim a task's due times, and write what was decided about them; nothing when somebody else was first."""
        task, plan, after = decision.task, decision.plan, decision.after
        is_told = due_tasks.advance(self.db, task, decision.second, after.state, after.note, after.due_at)
        if is_told is None:
            return
        self.ledger.hold_runs(task.id)
        reason, runs = "", 0
        for span in plan.missed:
            reason = self._write_unfired(self.ledger.miss, decision, span)
        for due in plan.runs:
            why_not = self._run_or_say_why(decision, due)
            runs += why_not is None
            reason = why_not or reason
        if runs:
            due_tasks.count_runs(self.db, task.id, runs, decision.second)
        elif after.state == FINISHED:
            due_tasks.set_note(self.db, task.id, f"finished without a run: {reason}")
        if plan.after_a_pause:
            self.ledger.release_held(task.id)
        if is_told and after.state in OVER:
            self.tell(_ending(task, after.state, decision.second))

    def _decide(self, task: PeriodicTask, second: int) -> Decision | None:
        try:
            return decide(task, second, self.job_templates[task.task])
        except Unavailable:
            raise
        except Exception as error:
            self._put_off(task, second, error)
            return None

    def _keep_or_put_off(self, decision: Decision) -> None:
        try:
            # A transaction in the transaction: one that fails takes back no other.
            with self.db.transaction():
                self.keep(decision)
        except Unavailable:
            raise
        except Exception as error:
            self._put_off(decision.task, decision.second, error)

    def _put_off(self, task: PeriodicTask, second: int, error: Exception) -> None:
        why = self.masker.text(f"{type(error).__name__}: {error}")
        note = f"Its next time can't be computed ({why}); it is tried again in an hour"
        if due_tasks.put_off(self.db, task, second, second + PUT_OFF_S, note):
            self.events.bug("periodic.postponed", error, task=task.name)

    def _run_or_say_why(self, decision: Decision, due: Due) -> str | None:
        """Enqueue the run of a due time. Why there is none; "" when it has its row already; None when it got its run."""
        overlap = self._overlap(decision, due)
        if overlap.skip:
            return self._write_unfired(self.ledger.skip, decision, due.span(overlap.skip))
        try:
            return None if self._run(decision, due, overlap) else ""
        except QueueFull as full:
            return self._write_unfired(self.ledger.miss, decision, due.span(f"its owner's queue is full: {full}"))

    def _overlap(self, decision: Decision, due: Due) -> OverlapOutcome:
        if decision.plan.after_a_pause:
            return OverlapOutcome(held=True)
        task = decision.task
        return apply_overlap(task.policies.overlap, due.at, decision.rule, queries.open_runs(self.db, task.id))

    def _run(self, decision: Decision, due: Due, overlap: OverlapOutcome) -> bool:
        assert decision.spec is not None
        task, due_at, spec = decision.task, due.at.timestamp(), replace(decision.spec, uid=new_uid())
        fire = Fire(
            task.id,
            due_at,
            due_at + task.offset_s,
            first=due.first.timestamp() if due.fires > 1 else None,
            fires=due.fires,
            missed=due.missed,
            caught_up=decision.plan.after_a_pause,
            held=overlap.held,
        )
        if not self.ledger.fire(spec, fire):
            return False
        # Not before: where this one is refused, the older one stays.
        for older in overlap.cancel:
            reason = f"replaced by the run of {decision.rule.local_text(due.at)} (overlap: replace)"
            # One that cleans up does so first, however often it is replaced. It may be claimed, or given back, between two
            # tries.
            while cancel(self.ledger, older.uid, reason, cleans_up=True) is None:
                if older.uid in queries.ended(self.db, [older.uid]):
                    break
        self._report("periodic.fired", task, job=spec.uid, due=int(due_at))
        return True

    def _write_unfired(self, write: Callable[[Unfired], None], decision: Decision, span: FireSpan) -> str:
        """Write that due times get no run, as SKIPPED or MISSED; the reason."""
        task = decision.task
        write(
            Unfired(
                schedule=task.id,
                kind=decision.kind,
                name=task.name,
                owner=task.owner,
                first=span.first.timestamp(),
                last=span.last.timestamp(),
                count=span.count,
                at=(span.last + timedelta(seconds=task.offset_s)).timestamp(),
                reason=span.reason,
            )
        )
        self._report("periodic.not_run", task, count=span.count, reason=span.reason)
        return span.reason

    def _report(self, event: str, task: PeriodicTask, **fields: Any) -> None:
        # Not before the commit: whoever hears of a run may ask for it at once.
        self.db.after_commit(lambda: self.events.debug(event, task=task.name, **fields))


def _ending(task: PeriodicTask, state: str, second: int) -> Occasion:
    """What is told of a task that will not fire again."""
    why = "It fired for the last time." if state == FINISHED else "Its schedule has come to its end."
    return Occasion(
        event=ENDED,
        key=f"{task.id} {ENDED} {task.next_run_at}",
        at=float(second),
        why=why,
        task=task.id,
        task_name=task.name,
        owner=task.owner,
        tags=tuple(task.policies.tags.split()),
    )


def _groups(tasks: Sequence[PeriodicTask]) -> Iterator[Sequence[PeriodicTask]]:
    return (tasks[start : start + TOGETHER] for start in range(0, len(tasks), TOGETHER))
