"""Sums over the table of jobs, for figures: what ended between two moments, and what is open."""

from dataclasses import dataclass

from walkabout.database.connections import Database
from walkabout.jobs.claiming import READY, SIDES
from walkabout.jobs.states import NO_RUN, OPEN
from walkabout.setting_groups.queues import DEFAULT_QUEUE

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Upper bounds of the histograms of waiting, running and lateness, seconds."""
MORE = "+Inf"
"""The bucket of what is above all bounds."""

# Of a first attempt only: what came before a later one was no waiting.
_WAITED = "CASE WHEN attempt = 1 THEN started_at - CASE WHEN eta > queued_at THEN eta ELSE queued_at END END"
_QUEUE = f"coalesce(queue, '{DEFAULT_QUEUE}')"
_RAN = "ended_at - started_at"
_LATE = "started_at - fire_at"
_NO_RUN = "(" + ", ".join(f"'{state}'" for state in NO_RUN) + ")"
_OPEN = "(" + ", ".join(f"'{state}'" for state in OPEN) + ")"


@dataclass(frozen=True)
class EndedJobs:
    """Jobs that ended in one state, of one kind, name and queue, and in the same buckets (None: it never started).

    `waited_s`, `ran_s`, `late_s`: sums, seconds; lateness is of runs of periodic tasks, from their due time.
    """

    state: str
    kind: str
    name: str
    queue: str
    waited_bucket: str | None
    ran_bucket: str | None
    late_bucket: str | None
    jobs: int
    takeovers: int
    waited_s: float
    ran_s: float
    late_s: float


def ended(db: Database, since: float, until: float) -> list[EndedJobs]:
    """The runs that ended from `since` on and before `until` (UTC seconds), in groups. Index: job_ended."""
    rows = db.rows(_ENDED, (since, until))
    return [EndedJobs(*row[:7], *(number or 0 for number in row[7:])) for row in rows]


def open_jobs(db: Database) -> list[tuple[str, str, str, str, int]]:
    """State, kind, name, queue and number of the jobs that are not over. Index: job_waits, job_started."""
    rows = db.rows(f"SELECT state, kind, name, {_QUEUE}, count(*) FROM job WHERE state IN {_OPEN} GROUP BY 1, 2, 3, 4")
    return [(state, kind, name, queue, number) for state, kind, name, queue, number in rows]


def ready(db: Database) -> dict[str, int]:
    """How many jobs of each queue could be claimed now. Index: job_ready, job_named_ready."""
    return {
        queue: number
        for side in SIDES
        for queue, number in db.rows(f"SELECT {_QUEUE}, count(*) FROM job WHERE {READY} AND {side} GROUP BY 1")
    }


def running(db: Database) -> dict[str, int]:
    """How many jobs each consumer (a uid) runs. Index: job_started."""
    rows = db.rows("SELECT consumer, count(*) FROM job WHERE state = 'STARTED' GROUP BY consumer")
    return dict(rows)


def oldest_waiting(db: Database) -> float | None:
    """Since when (UTC seconds) the job waits that has waited longest for a free worker; None: none does.

    Index: job_ready, job_named_ready.
    """
    looks = (f"(SELECT min(queued_at) FROM job WHERE {READY} AND {side})" for side in SIDES)
    return min((since for since in db.rows(f"SELECT {', '.join(looks)}")[0] if since is not None), default=None)


def _bucket(seconds: str) -> str:
    cases = " ".join(f"WHEN {seconds} <= {bound!r} THEN '{bound!r}'" for bound in BUCKETS_S)
    return f"CASE WHEN {seconds} IS NULL THEN NULL {cases} ELSE '{MORE}' END"


_ENDED = (
    f"SELECT state, kind, name, {_QUEUE}, {_bucket(_WAITED)}, {_bucket(_RAN)}, {_bucket(_LATE)},"
    f" count(*), sum(takeovers), sum({_WAITED}), sum({_RAN}), sum({_LATE})"
    f" FROM job WHERE ended_at >= ? AND ended_at < ? AND state NOT IN {_NO_RUN} GROUP BY 1, 2, 3, 4, 5, 6, 7"
)
