"""Jobs that run inside of the request that asks for them: rows of the ledger that this process has claimed itself."""

from dataclasses import replace

from walkabout.jobs import reading
from walkabout.jobs.ledger import Claim, JobSpec
from walkabout.jobs.losses import limit_text
from walkabout.jobs.run import Outcome
from walkabout.service import Service
from walkabout.walking.foreground import ThreadPlace, TimeIsUp


def run_inside(service: Service, spec: JobSpec, limit_s: float) -> Outcome | None:
    """Run a job now, for at most `limit_s` seconds. How it went; None: it did not end by itself, its row says more.

    Raises ShareFull, AllTaken, and what asking for it raises.
    """
    spec = replace(spec, limit_s=min(spec.limit_s or limit_s, limit_s), max_attempts=1)
    claims: list[Claim] = []

    def run(place: ThreadPlace) -> Outcome | None:
        def work(claim: Claim) -> Outcome | None:
            claims.append(claim)
            return service.runner.run(claim, place)

        return service.inline.run(spec, work, place.cancel)

    try:
        return service.foreground.run(run, limit_s, spec.owner)
    except TimeIsUp:
        for claim in claims:
            service.ledger.fail(claim.id, claim.attempt, "TimeLimit", limit_text(limit_s, claim.kind))
    return None


def ran_too_long(service: Service, uid: str) -> bool:
    """Whether a job that ran inside of its request was ended at its time limit."""
    task = reading.task(service.db, uid)
    return task is None or (task.state == "FAILURE" and "TimeLimit" in (task.error or ""))


NOT_KEPT = "the run could not be kept: changed by other runs too often, or cancelled"
