"""Which runs of sequences can be resumed: failed or cancelled ones with a journal that no run has resumed."""

from walkabout.database.connections import Database
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.states import ENDED, SUCCESS
from walkabout.sequences import journal
from walkabout.sequences.journal import AlreadyResumed, CannotResume
from walkabout.sequences.runs import KIND


class NotASequence(ValueError):
    """The run is not one of a sequence."""


def check_resumable(db: Database, job: WholeJob) -> None:
    """Raises NotASequence, AlreadyResumed, and CannotResume for what can't be resumed, with the reason."""
    if job.kind != KIND:
        raise NotASequence(f"{job.name} is not a sequence")
    if job.state not in ENDED:
        raise CannotResume(f"the run has not ended yet: {job.state}")
    if job.state == SUCCESS:
        raise CannotResume("the run succeeded; there is nothing to resume")
    later = journal.resumed_by(db, job.uid)
    if later is not None:
        raise AlreadyResumed(f"the run was already resumed by {later}; resume that one")
    if not journal.exists(db, job.uid):
        raise CannotResume("the run never began; run the sequence instead")


def is_resumable(db: Database, job: WholeJob) -> bool:
    """Whether a run can be resumed."""
    try:
        check_resumable(db, job)
    except (NotASequence, CannotResume):
        return False
    return True
