"""Jobs: who runs them, for how long, and how long their results are kept."""

from dataclasses import dataclass

from walkabout.setting_groups.queues import WorkerGroup, read_groups
from walkabout.setting_rules import setting

PULSE_EVERY_S = 2.0  # how often a consumer says that it is alive


@dataclass(frozen=True)
class JobSettings:
    """Jobs: who runs them, for how long, and how long their results are kept."""

    workers: int = setting("WORKERS", 2, "worker processes; 0: no consumer, nothing runs in the background", least=0)
    queues: str = setting(
        "QUEUES",
        "",
        "queues that the workers serve, commas between; default:2,reports:1 gives each workers of its own (mail+sms:1: one"
        " for two queues), entries without a number share WORKERS, * is all; empty: all",
    )
    redis_url: str = setting(
        "REDIS_URL",
        "",
        "redis://... or rediss://..., beside PostgreSQL: Redis carries the ids of jobs; empty: the ledger is the queue",
        secret=True,
    )
    max_waiting: int = setting("MAX_WAITING", 100_000, "jobs that one person may have waiting", least=1)
    job_limit_s: float = setting(
        "JOB_LIMIT_S", 3600.0, "seconds a job may run, unless its walker sets a limit", least=0.1
    )
    grace_s: float = setting(
        "GRACE_S",
        3.0,
        "seconds running jobs may continue when the worker is told to stop; at most 20 when DYNO is set",
        least=0.0,
    )
    lease_s: float = setting(
        "LEASE_S", 15.0, "seconds without a sign of life after which another consumer takes a job over", least=1.0
    )
    pulse_max_s: float = setting(
        "PULSE_MAX_S",
        10.0,
        f"age in seconds at which a worker's pulse, which comes every {PULSE_EVERY_S:g} s, counts as dead; two pulses or more",
        least=2 * PULSE_EVERY_S,
    )
    worker_jobs: int = setting(
        "WORKER_JOBS", 0, "jobs after which a fresh worker process takes a worker's place; 0: never", least=0
    )
    max_takeovers: int = setting("MAX_TAKEOVERS", 2, "times a job may lose its worker before it is a FAILURE", least=0)
    unknown_wait_s: float = setting(
        "UNKNOWN_WAIT_S",
        60.0,
        "seconds for which a job waits whose walker no worker knows, as while a deploy rolls; then it is a FAILURE",
        least=0.0,
    )
    conflict_tries: int = setting(
        "CONFLICT_TRIES", 25, "tries of a walker in all when others changed the same object", least=1
    )
    idempotency_hours: float = setting(
        "IDEMPOTENCY_HOURS", 24.0, "hours for which an Idempotency-Key stands for the same request", least=0.01
    )
    job_log_lines: int = setting("JOB_LOG_LINES", 200, "last lines that are kept of what a job logs", least=1)
    job_log_kb: float = setting("JOB_LOG_KB", 64.0, "KiB that are kept of what a job logs, at most", least=0.001)
    result_days: float = setting("RESULT_DAYS", 7.0, "days that ended and deleted tasks are kept", least=0.0)
    task_versions: int = setting("TASK_VERSIONS", 50, "latest changes of a periodic task that are kept", least=1)

    @property
    def worker_groups(self) -> tuple[WorkerGroup, ...]:
        """The workers of one consumer, by the queues that they serve; none when WORKERS is 0."""
        return read_groups(self.queues, self.workers) if self.workers else ()

    @property
    def workers_in_all(self) -> int:
        """How many workers one consumer has."""
        return sum(group.workers for group in self.worker_groups)

    @property
    def result_s(self) -> float:
        """Seconds that ended and deleted tasks are kept."""
        return self.result_days * 86_400
