"""Jobs: list the queue; show, await, cancel and rerun one job. Only its owner and admins may.

A step of a sequence hands in `within`, its hooks: it changes nothing but what it asks for, and waits in its own thread.
"""

import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from walkabout import json_text
from walkabout.actions.rights import may_see, only_of
from walkabout.front.client import WaitingClient
from walkabout.jids import uid_of
from walkabout.jobs import queries, queue_parts
from walkabout.jobs.cancels import Ending, cancel_running
from walkabout.jobs.losses import CANCELLED
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.states import REVOKED
from walkabout.jobs.template import NotAllowed
from walkabout.jobs.waiting import WaitHalted
from walkabout.jobs.worker.wake_ups import SUPERVISOR, WEB, WORKER
from walkabout.people.masters import Master
from walkabout.sequences import progress
from walkabout.sequences.api_steps import StepHooks
from walkabout.sequences.rights import ONLY_ADMINS, may_have_sequences
from walkabout.sequences.runs import KIND as SEQUENCE
from walkabout.service import Service

PARTS = ("scheduled", "active", "reserved")
CANCEL_WAIT_S = 3.0  # a run that is cancelled is over within a second; a loaded machine may be late
CANCEL_HERE_S = 0.8  # so long a run in a thread of this process has to end; a thread can't be killed


class NoSuchJob(LookupError):
    """There is no such job, or it is somebody else's: the two look the same."""


class AlreadyEnded(Exception):
    """The job has ended, so that nothing can be done to it any more. `state`: how it ended."""

    def __init__(self, state: str) -> None:
        self.state = state
        super().__init__(f"the task has ended already: {state}")


@dataclass(frozen=True)
class QueuedJobs:
    """The first jobs of each part of the queue. `totals`: how many each part has; None: all of them are here."""

    parts: dict[str, list[WholeJob]]
    totals: dict[str, int] | None


def queue(service: Service, by: Master, *, within: StepHooks | None = None) -> QueuedJobs:
    """What waits for its time, runs, and waits for a worker; of each part the first QUEUE_SHOWN jobs that one may see."""
    _rescue_lost(service, within)
    owner, most = only_of(by), service.settings.queue_shown
    found = {part: queue_parts.queued(service.db, WholeJob, part, owner, most + 1) for part in PARTS}
    totals = None
    if any(len(jobs) > most for jobs in found.values()):
        totals = {part: queue_parts.queued_in_all(service.db, part, owner) for part in PARTS}
    return QueuedJobs({part: jobs[:most] for part, jobs in found.items()}, totals)


def check(service: Service, by: Master, text: str, *, within: StepHooks | None = None) -> WholeJob:
    """The job that a text (a uuid or a jid) names, as it is now. Raises BadJid, NoSuchJob."""
    _rescue_lost(service, within)
    return find(service, by, text)


def wait(
    service: Service,
    by: Master,
    text: str,
    timeout_s: float,
    *,
    within: StepHooks | None = None,
    client: WaitingClient | None = None,
) -> WholeJob:
    """The job as soon as it has ended, or as it is after `timeout_s` seconds (at most WAIT_MAX_S).

    `client`: who waits for the answer; when it hangs up, so does the wait. Raises BadJid, NoSuchJob, ShareFull, AllTaken,
    and WaitHalted within a step of a process that is told to stop.
    """
    job = check(service, by, text, within=within)
    seconds = min(timeout_s, service.settings.wait_max_s)
    if within is not None and within.left_s is not None:
        seconds = min(seconds, within.left_s)
    ends_at = time.monotonic() + seconds

    def is_over() -> bool:
        nonlocal job
        job = find(service, by, text)
        return job.ended

    if not job.ended:
        # A step of a sequence holds no thread of the server.
        with service.places.waits.held(by.uid) if within is None else nullcontext():
            waits = client if within is None else within.waits
            service.watcher.wait(job.uid, seconds, waits, is_over)
    left_s = ends_at - time.monotonic()
    if within is not None and service.stopping.begun and not job.ended and left_s > 0:
        raise WaitHalted(left_s)
    return job


def cancel(service: Service, by: Master, text: str, *, within: StepHooks | None = None) -> WholeJob:
    """Cancel a job: one that waits never runs; one that runs is ended, and nothing of it is saved. The job as it then is.

    One that cleans up is asked to end, and goes on until it has done so; a second cancel ends it at once.

    Raises BadJid, NoSuchJob, AlreadyEnded, ShareFull, AllTaken.
    """
    job = check(service, by, text, within=within)
    if job.ended:
        raise AlreadyEnded(job.state)
    reason = f"{CANCELLED} by {by.email}"
    while not service.ledger.revoke_waiting(job.uid, reason):
        # A step of a sequence commits only when it has its answer: nobody sees the wish before, so it does not wait. A place
        # is held before it acts: whoever gets none is refused while nothing is done yet.
        with nullcontext() if within is not None else service.places.cancels.held(by.uid):
            is_asked = _end(service, job, reason, wait=within is None)
        job = find(service, by, text)
        if is_asked or job.ended:
            break
        # It went from running to waiting, or back, in between: a try failed, or a worker took it.
    else:
        service.db.after_commit(lambda: service.bells.ring(WEB))
        # Said without another look: from here on nothing may end in an error, it is cancelled.
        return replace(job, state=REVOKED, reason=reason)
    if job.ended and job.state != REVOKED:
        raise AlreadyEnded(job.state)
    return job


def find(service: Service, by: Master, text: str) -> WholeJob:
    """The job that a text (a uuid or a jid) names. Raises BadJid, NoSuchJob."""
    uid = uid_of(text)
    job = queries.job(service.db, uid) if uid else None
    if job is None or not may_see(by, job.owner):
        raise NoSuchJob(f'"{text[:80]}" is not a task of yours')
    return job


def run_again(service: Service, by: Master, text: str) -> str:
    """Enqueue a job once more as it was: from the beginning, in the same name, with its files; the uid of the new one.

    Raises BadJid, NoSuchJob, NotAllowed for a sequence of who is no admin, QueueFull.
    """
    job = find(service, by, text)
    if job.kind == SEQUENCE and not may_have_sequences(by):
        raise NotAllowed(ONLY_ADMINS)
    spec = queries.spec_of(service.db, job.uid)
    if spec is None:
        raise NoSuchJob(f"{text[:80]} is gone")
    return service.ledger.enqueue(replace(spec, asked_by=by.uid))


def error_of(service: Service, job: WholeJob) -> dict[str, Any] | None:
    """What went wrong: `type`, `message`, and for a sequence the `path` of the step; None: nothing did."""
    if job.error is None:
        return None
    error: dict[str, Any] = json_text.load(job.error)
    error.pop("errors", None)
    if job.kind == SEQUENCE and not error.get("path"):
        # It was ended from outside: its records tell where it was.
        error["path"] = progress.last_path(service.db, job.uid)
    return error


def errors_of(service: Service, job: WholeJob) -> list[dict[str, Any]]:
    """All errors of a sequence's run, each with `path` and `message`; a run may have some that did not end it."""
    error = error_of(service, job)
    if error is None or job.error is None:
        return []
    return json_text.load(job.error).get("errors") or [{"path": error["path"], "message": error["message"]}]


def _end(service: Service, job: WholeJob, reason: str, *, wait: bool) -> bool:
    """Ask whoever runs the job to end it, and (with `wait`) give them the time to do so. False: it does not run.

    A job that cleans up gets its time, unless it is told a second time.
    """
    ending = cancel_running(service.ledger, job.uid, reason, cleans_up=job.cleans_up, is_second=job.cancelling)
    if ending is Ending.CLEANS_UP:
        service.db.after_commit(lambda: service.bells.ring(WORKER))  # it may wait for one
    if ending is not Ending.AT_ONCE:
        return ending is not None
    is_here = service.inline.cancel(job.uid)
    service.db.after_commit(lambda: service.bells.ring(SUPERVISOR))
    if wait:
        service.watcher.wait(job.uid, CANCEL_HERE_S if is_here else CANCEL_WAIT_S)
    if is_here:
        service.inline.give_up(job.uid)
    return True


def _rescue_lost(service: Service, within: StepHooks | None) -> None:
    # Where no worker is alive, whoever looks gives back the jobs of processes that are gone.
    if within is None:
        service.inline.look_after_lost()
