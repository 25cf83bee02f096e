"""Huey on top of the ledger: a storage whose dequeue is a claim, and a consumer with our own workers.

There is one task, `run_job`. Everything else that Huey's storages do (results, schedules, revocations) the ledger
does, so those methods stay the no-ops of BlackHoleStorage. The consumer is Huey's own, through its seams
(`worker_class`, `scheduler_class`, `create_consumer`): nothing is patched.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from huey import Huey
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import BlackHoleStorage

from walkabout.database.connections import Database
from walkabout.events import Events
from walkabout.jobs.carrier import Carrier
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.run import Runner
from walkabout.jobs.specs import Claim
from walkabout.jobs.stopping import Stopping
from walkabout.jobs.worker.consumers import Consumer, Consumers
from walkabout.jobs.worker.leases import Leases
from walkabout.jobs.worker.scoreboard import WorkerSlot
from walkabout.jobs.worker.supervisor import (
    CompareClock,
    Forget,
    Tick,
    nothing_due,
    nothing_to_compare,
    nothing_to_forget,
)
from walkabout.jobs.worker.wake_ups import Bells
from walkabout.settings import Settings

TASK = "tasks.run_job"


@dataclass
class Parts:
    """What the consumer is made of; `service.build` puts it together."""

    db: Database
    ledger: Ledger
    consumers: Consumers
    leases: Leases
    bells: Bells
    events: Events
    runner: Runner
    clock: Callable[[], float]
    stopping: Stopping
    settings: Settings
    tick: Tick = nothing_due
    forget: Forget = nothing_to_forget
    compare_clock: CompareClock = nothing_to_compare
    carrier: Carrier | None = None


class ClaimSerializer(Serializer):  # type: ignore[misc]
    """The storage gives claims, not bytes: they become messages for the one task without a detour."""

    def _deserialize(self, claim: Claim) -> Message:
        return Message(claim.uid, TASK, args=(claim,), kwargs={}, retries=0, retry_delay=0)


class LedgerStorage(BlackHoleStorage):  # type: ignore[misc]
    """Huey's queue is the ledger."""

    blocking = False  # with True, a dequeue that finds nothing would burn a whole core

    def __init__(self, name: str, parts: Parts) -> None:
        super().__init__(name)
        self.parts = parts
        self.me: Consumer | None = None
        self.pid = 0
        self._is_unsure = False
        self.queues: tuple[str, ...] | None = None
        self.has_waited = False
        """Whether the last dequeue that found nothing has waited for something to come."""

    def serve(self, queues: tuple[str, ...] | None) -> None:
        """From now on claim runs of these queues alone; None: of all."""
        self.queues = queues

    def dequeue(self) -> Claim | None:
        """Claim the next run."""
        if self.me is None:
            return None
        if self._is_unsure:
            # The database failed in the middle of a claim: what it may have claimed for us goes back.
            self.parts.leases.rescue_worker(self.me.uid, self.pid, lost=False)
        self._is_unsure = True
        claim = self.claim()
        self._is_unsure = False
        if claim is not None:
            self.parts.events.debug("job.claimed", job=claim.uid, attempt=claim.attempt, worker=self.pid)
        return claim

    def claim(self, uid: str | None = None) -> Claim | None:
        """Claim the run of a uid, or the next one (None)."""
        assert self.me is not None
        return self.parts.ledger.claim(self.me.uid, self.me.name, self.pid, uid, self.queues)

    def enqueue(self, data: Any, priority: float | None = None) -> None:
        """Jobs are queued through the ledger only."""
        raise NotImplementedError("queue jobs by Ledger.enqueue")

    def close(self) -> None:
        """Close our connections: called before the consumer forks."""
        self.parts.db.close()


class LedgerHuey(Huey):  # type: ignore[misc]
    """A Huey whose queue is the ledger. `consumer_class`: what `huey_consumer` runs."""

    def __init__(
        self,
        parts: Parts,
        consumer_class: Callable[..., Any],
        storage_class: Callable[..., LedgerStorage] = LedgerStorage,
    ) -> None:
        super().__init__(
            "walkabout", results=False, serializer=ClaimSerializer(), storage_class=storage_class, parts=parts
        )
        self.parts = parts
        self.consumer_class = consumer_class
        self.worker_slot: WorkerSlot

    def create_consumer(self, **options: Any) -> Any:
        """The consumer of `huey_consumer tasks.huey`."""
        return self.consumer_class(self, **options)


def run_claim(huey: LedgerHuey, claim: Claim) -> None:
    """What the task does: run a claim in this worker, in its slot on the scoreboard."""
    worker_slot = huey.worker_slot
    try:
        worker_slot.begin(claim.id, claim.attempt, claim.limit_s)
        huey.parts.runner.run(claim, worker_slot)
    finally:
        worker_slot.end()
