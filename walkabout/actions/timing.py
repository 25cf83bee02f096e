"""When something runs: now, or in the background with a delay, a priority and a queue."""

from dataclasses import dataclass

from walkabout.jobs.specs import JobSpec
from walkabout.service import Service
from walkabout.setting_groups.queues import DEFAULT_QUEUE


@dataclass(frozen=True)
class Timing:
    """Whether something runs in the background, and then when (UTC seconds; None: at once), how urgently, and in
    which queue (None: that of what runs). `uid`: of its job; empty: any."""

    background: bool = False
    eta: float | None = None
    priority: int = 0
    queue: str | None = None
    uid: str = ""


@dataclass(frozen=True)
class Queued:
    """It runs in the background: the uid of its job."""

    uid: str


NOW = Timing()


def runs_here(service: Service, spec: JobSpec) -> bool:
    """Whether a job runs inside the request that asks for it: no worker is alive. What waits for its time, or was meant for
    certain workers by its queue, waits for them."""
    return spec.eta is None and spec.queue == DEFAULT_QUEUE and not service.consumers.alive()
