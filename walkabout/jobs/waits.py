"""Why a job waits, in words: its walker's limits, a queue that nobody serves, its time, the run before it, or a free worker."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from walkabout.jobs.limits import AT_MOST, RATE, read_rate
from walkabout.jobs.queries import ListedJob
from walkabout.jobs.specs import HELD_UNTIL
from walkabout.jobs.states import PENDING, RETRY
from walkabout.jobs.worker.consumers import Consumer
from walkabout.nearest import suggest

FREE_WORKER = "waits for a free worker"
NO_WORKER = "no worker is alive"


@dataclass(frozen=True)
class Waits:
    """Tells why jobs wait, by the consumers that take jobs now."""

    alive: Sequence[Consumer]

    def why(self, job: ListedJob) -> str:
        """Why a job does not run yet; empty when it runs, has ended, or waits for nothing but its time."""
        if job.state == RETRY:
            return "waits for its next attempt"
        if job.state != PENDING:
            return ""
        if job.wait_until is not None:
            return "waits for the run before it" if job.wait_until == HELD_UNTIL else ""
        return _limit_of(job) or self.no_worker_for(job.queue) or FREE_WORKER

    def special(self, job: ListedJob) -> str:
        """The same for answers: empty, too, when it only waits its turn for a worker, as any job does at first."""
        why = self.why(job)
        return "" if job.state == RETRY or why in (FREE_WORKER, NO_WORKER) else why

    def no_worker_for(self, queue: str) -> str:
        """Why nobody takes jobs of a queue; empty when somebody does."""
        if any(consumer.serves(queue) for consumer in self.alive):
            return ""
        if not self.alive:
            return NO_WORKER
        served = sorted({name for consumer in self.alive for group in consumer.groups for name in group.queues or ()})
        hint = suggest(queue, served) or f"; they serve {', '.join(served)}"
        return f'no live worker serves its queue "{queue}" (QUEUES){hint}'


def _limit_of(job: ListedJob) -> str:
    limits: dict[str | None, Callable[[], str]] = {
        AT_MOST: lambda: f"at most {job.at_most:,} of {job.lane} run at once (at_most)",
        RATE: lambda: f"at most {read_rate(job.rate or '').words} start of {job.name} (rate)",
    }
    return limits[job.gate]() if job.gate in limits else ""
