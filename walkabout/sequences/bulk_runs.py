"""Runs many runs again, resumes or cancels them: as a job of its own kind, or at once when they are few.

The job may lose its worker and run again: what it asks for has uids made from its own, so that nothing is asked for twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from walkabout import json_text
from walkabout.database.connections import ConstraintRefused, Database
from walkabout.jobs import queries
from walkabout.jobs.cancels import cancel
from walkabout.jobs.hooks import Hooks
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.losses import CANCELLED
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.run import Outcome
from walkabout.jobs.specs import Claim, JobSpec
from walkabout.jobs.states import ENDED
from walkabout.people.masters import Master, Masters
from walkabout.sequences import journal
from walkabout.sequences.journal import AlreadyResumed
from walkabout.sequences.resuming import is_resumable
from walkabout.sequences.rights import may_have_sequences
from walkabout.sequences.runs import KIND as SEQUENCE
from walkabout.sequences.runs import NAME, Sequences

KIND = "bulk"
AGAIN, RESUME, CANCEL = "again", "resume", "cancel"
WORDS = {AGAIN: "run again", RESUME: "resumed", CANCEL: "cancelled"}
TOLD_EVERY = 20  # runs between two notes on the progress


@dataclass
class BulkRuns:
    """Does one thing to many runs. Rights are asked for each: whoever asked may have lost some meanwhile."""

    db: Database
    masters: Masters
    ledger: Ledger
    sequences: Sequences
    told: Callable[[], None]  # wakes who ends what was cancelled, and who waits for it

    def as_spec(self, what: str, uids: Sequence[str], by: Master) -> JobSpec:
        """The job that does it, in somebody's name."""
        name = f"{WORDS[what].capitalize()}: {len(uids):,} runs"
        return JobSpec(KIND, name, by.uid, {"do": what, "runs": list(uids)}, asked_by=by.uid)

    def as_job(self, claim: Claim, hooks: Hooks) -> Outcome:
        """The target of jobs of this kind."""
        argument = json_text.load(claim.argument)
        with hooks.guard():
            master = self.masters.by_uid(claim.owner)
        if master is None or not master.is_activated:
            return Outcome("{}", error=("NotAllowed", "who asked for it is not here any more"))
        uids, done = argument["runs"], 0
        for number, uid in enumerate(uids):
            if number % TOLD_EVERY == 0:
                hooks.tell(number, len(uids), f"{number:,} of {len(uids):,}")
            with hooks.guard():
                done += self.do(argument["do"], uid, master, claim.uid, is_first_try=claim.attempt == 1)
        self.told()
        return Outcome(json_text.write({"count": done, "of": len(uids)}))

    def do(self, what: str, uid: str, by: Master, seed: str, *, is_first_try: bool = True) -> bool:
        """Do it to one run; False: it is gone, is somebody else's, or stands so that it can't be done. `seed`: the uid of
        the whole, from which the new run gets its own. `is_first_try`: it was not done by this whole before."""
        run = queries.job(self.db, uid)
        if run is None or not (by.is_superuser or run.owner == by.uid):
            return False
        if what == CANCEL:
            # What was done by a worker that was lost meanwhile is no second wish.
            is_second = run.cancelling and is_first_try
            reason = f"{CANCELLED} by {by.email}"
            return cancel(self.ledger, uid, reason, cleans_up=run.cleans_up, is_second=is_second) is not None
        spec = self._spec(what, run, by)
        if spec is None:
            return False
        # What resumes is asked for once by itself: see AlreadyResumed.
        new = spec.uid if what == RESUME else str(uuid5(UUID(seed), run.uid))
        try:
            self.ledger.enqueue(replace(spec, uid=new, schedule=run.schedule, task_name=run.task_name, asked_by=by.uid))
        except ConstraintRefused:
            return True  # it was asked for before this job lost its worker
        except (QueueFull, AlreadyResumed):
            return False
        return True

    def _spec(self, what: str, run: WholeJob, by: Master) -> JobSpec | None:
        if run.state not in ENDED or not run.ran or run.kind == KIND:
            return None
        if run.kind != SEQUENCE:
            return queries.spec_of(self.db, run.uid) if what == AGAIN else None
        if not may_have_sequences(by):
            return None
        argument = json_text.load(run.argument)
        if what == AGAIN:
            return self.sequences.as_spec(
                argument, by.uid, name=run.name or NAME, priority=run.priority, queue=run.queue
            )
        can_go_on = is_resumable(self.db, run) and not journal.unsettled(self.db, run.id)
        return self._resumed(run, argument, by) if can_go_on else None

    def _resumed(self, run: WholeJob, argument: dict[str, Any], by: Master) -> JobSpec:
        return self.sequences.as_spec(
            argument, by.uid, name=run.name, priority=run.priority, queue=run.queue, again_from=run.uid
        )
