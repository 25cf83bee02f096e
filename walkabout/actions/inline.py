"""Runs a job inside the request that asks for it, as a row of the ledger that this process claims."""

from dataclasses import replace
from functools import partial

from walkabout import json_text
from walkabout.database.connections import OutcomeUnknown
from walkabout.jobs import queries
from walkabout.jobs.foreground import NotWritten, TimeIsUp
from walkabout.jobs.losses import left_of, limit_text
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.run import Outcome
from walkabout.jobs.specs import Claim, JobSpec
from walkabout.jobs.states import FAILURE, STARTED
from walkabout.jobs.thread_place import ThreadPlace
from walkabout.service import Service

TIME_LIMIT = "TimeLimit"  # the type of a job's error when it was ended at its limit


class NotKept(Exception):
    """The run left nothing behind: other runs were faster too often, or somebody cancelled it."""

    def __init__(self) -> None:
        super().__init__(
            "the run could not be saved: other runs changed the same objects too often, or it was cancelled"
        )


def run_inside(service: Service, spec: JobSpec, limit_s: float, ending_s: float = 0.0) -> Outcome | None:
    """Run a job now, for at most `limit_s` seconds, and `ending_s` more for what it does at its end. How it went; None: it
    did not end by itself, its row says more.

    Raises TimeIsUp when it was ended at its limit, OutcomeUnknown when the database could not take its outcome, ShareFull,
    AllTaken, and what asking for it raises.
    """
    spec = replace(spec, limit_s=min(spec.limit_s or limit_s, limit_s), max_attempts=1)
    claims: list[Claim] = []

    def run(place: ThreadPlace) -> Outcome | None:
        def work(claim: Claim) -> Outcome | None:
            claims.append(claim)
            return service.runner.run(claim, place)

        return service.inline.run(spec, work, place.cancel)

    try:
        return service.foreground.run(run, limit_s + ending_s, spec.owner, spec.kind)
    except TimeIsUp:
        # Whatever its thread still does is never kept; it may be deaf, so that we write its end.
        for claim in claims:
            service.inline.settle(partial(_fail_at_limit, service, claim, limit_s))
        job = queries.job(service.db, spec.uid)
        if job is None or job.state == STARTED or was_too_long(job):
            raise
    except NotWritten as error:
        text = f"The database can't do this just now ({error}); {left_of(spec.kind)}; see the task {spec.uid}"
        raise OutcomeUnknown(text) from None
    return None


def is_handed_back(service: Service, uid: str) -> bool:
    """Whether a job that ran inside its request was given back, since this process stops: it runs later."""
    job = queries.job(service.db, uid)
    return job is not None and not job.ended


def was_too_long(job: WholeJob) -> bool:
    """Whether a job was ended at its time limit."""
    return job.state == FAILURE and job.error is not None and json_text.load(job.error)["type"] == TIME_LIMIT


def _fail_at_limit(service: Service, claim: Claim, limit_s: float) -> None:
    service.inline.fail(claim, TIME_LIMIT, limit_text(limit_s, claim.kind))
