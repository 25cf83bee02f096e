"""Actions on many runs at once: run again, resume, cancel. What fits a filter, or what was chosen; at most BULK_MOST."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from walkabout.actions.rights import may_see, only_of
from walkabout.jids import new_uid
from walkabout.jobs import selections
from walkabout.jobs.queries import JobFilter
from walkabout.jobs.states import FAILURE, NO_RUN, PENDING, RETRY, REVOKED, STARTED, SUCCESS
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.problems import refuse
from walkabout.sequences.bulk_runs import AGAIN, CANCEL, RESUME, WORDS
from walkabout.service import Service

AT_ONCE = 50  # runs that are dealt with inside the request; more are a job, which tells its progress
_FITTING = {
    AGAIN: (SUCCESS, FAILURE, REVOKED),
    RESUME: (FAILURE, REVOKED),
    CANCEL: (PENDING, RETRY, STARTED),
}


@dataclass(frozen=True)
class ManyRuns:
    """What was done to how many runs; `task_id`: the job that does it, empty when it is done."""

    count: int
    task_id: str


def chosen(service: Service, by: Master, what: str, which: JobFilter | Sequence[str]) -> list[str]:
    """The uids of the runs to which something can be done, of a filter or of these uids, the oldest first.

    Raises Invalid when they are more than BULK_MOST.
    """
    if what not in WORDS:
        raise refuse("do", f"“{what[:40]}” is unknown; use one of {', '.join(WORDS)}")
    most, owner = service.settings.bulk_most, only_of(by)
    if isinstance(which, JobFilter):
        states = [state for state in _FITTING[what] if not which.states or state in which.states]
        if not states:
            return []
        wanted = replace(which, states=tuple(states), owner=owner or which.owner)
        uids = selections.uids(service.db, wanted, most + 1)
    else:
        uids = selections.uids_in(service.db, which[: most + 1], _FITTING[what], owner)
    if len(uids) > most:
        raise refuse("", f"more than {most:,} runs fit, and so many at most are changed at once (BULK_MOST)")
    return uids[::-1]


def tasks_of(service: Service, by: Master, which: JobFilter | Sequence[str]) -> list[PeriodicTask]:
    """The tasks that did not run: of the missed and skipped rows of a filter, or of these uids. Those that are gone are not
    among them.

    Raises Invalid when they are more than BULK_MOST.
    """
    most, owner = service.settings.bulk_most, only_of(by)
    if isinstance(which, JobFilter):
        states = tuple(state for state in NO_RUN if not which.states or state in which.states)
        wanted = replace(which, states=states, owner=owner or which.owner)
        ids = selections.schedules(service.db, wanted, most + 1) if states else []
    else:
        ids = selections.schedules_of(service.db, which[: most + 1], NO_RUN)
    if len(ids) > most:
        raise refuse("", f"more than {most:,} tasks did not run, and so many at most are run at once (BULK_MOST)")
    return [task for task in task_queries.by_ids(service.db, ids) if may_see(by, task.owner)]


def change(service: Service, by: Master, what: str, uids: Sequence[str], uid: str = "") -> ManyRuns:
    """Do something to runs that were `chosen`: at once when they are few or no worker is alive, else as a job.

    `uid`: of that job, or what the uids of new runs are made of, so that a second time makes none; empty: any.

    Raises QueueFull.
    """
    if len(uids) > AT_ONCE and service.consumers.alive():
        spec = service.bulk.as_spec(what, uids, by)
        return ManyRuns(len(uids), service.ledger.enqueue(replace(spec, uid=uid or spec.uid)))
    seed = uid or new_uid()
    done = sum(service.bulk.do(what, uid, by, seed) for uid in uids)
    service.bulk.told()
    service.inline.end_cancelled()
    return ManyRuns(done, "")
