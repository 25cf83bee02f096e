"""Jobs that run inside the request that asks for them: this process claims their rows itself."""

from dataclasses import replace
from functools import partial

from walkabout.database.connections import OutcomeUnknown
from walkabout.jobs import reading
from walkabout.jobs.losses import left_of, limit_text
from walkabout.jobs.run import Outcome
from walkabout.jobs.specs import Claim, JobSpec
from walkabout.jobs.states import FAILURE, STARTED
from walkabout.service import Service
from walkabout.walking.foreground import NotWritten, ThreadPlace, TimeIsUp


def run_inside(service: Service, spec: JobSpec, limit_s: float) -> Outcome | None:
    """Run a job now, for at most `limit_s` seconds. How it went; None: it did not end by itself, its row says more.

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
        return service.foreground.run(run, limit_s, spec.owner, spec.kind)
    except TimeIsUp:
        # Whatever its thread still does is never kept; it may be deaf, so that we write its end.
        for claim in claims:
            service.inline.settle(partial(_too_long, service, claim, limit_s))
        task = reading.task(service.db, spec.uid)
        if task is None or task.state == STARTED or (task.state == FAILURE and "TimeLimit" in (task.error or "")):
            raise
    except NotWritten as error:
        text = f"The database can't do this just now ({error}); {left_of(spec.kind)}; see the task {spec.uid}"
        raise OutcomeUnknown(text) from None
    return None


def handed_back(service: Service, uid: str) -> bool:
    """Whether a job that ran inside of its request was given back, since this process stops: it runs later."""
    task = reading.task(service.db, uid)
    return task is not None and not task.ended


def _too_long(service: Service, claim: Claim, limit_s: float) -> None:
    service.ledger.fail(claim.id, claim.attempt, "TimeLimit", limit_text(limit_s, claim.kind))


NOT_KEPT = "the run could not be kept: changed by other runs too often, or cancelled"
