"""Huey on top of the ledger: a storage whose dequeue is a claim, and a consumer with our workers and our guardian.

There is one task, `run_job`. Everything else that Huey's storages do (results, schedules, revocations) the ledger
does, so those methods stay the no-ops of BlackHoleStorage. The consumer is Huey's own, through its seams
(`worker_class`, `scheduler_class`, `create_consumer`): nothing is patched.
"""

import gc
import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from huey import Huey
from huey.consumer import Consumer as HueyConsumer
from huey.consumer import Scheduler, Worker
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import BlackHoleStorage

from walkabout.database.connections import Database
from walkabout.events import Events
from walkabout.jobs.ledger import Claim, Ledger
from walkabout.jobs.run import Runner
from walkabout.jobs.worker.consumers import Consumer, Consumers
from walkabout.jobs.worker.leases import Leases
from walkabout.jobs.worker.machine import die_with_parent
from walkabout.jobs.worker.scoreboard import Scoreboard, WorkerSlot
from walkabout.jobs.worker.supervisor import INTERRUPT, Forget, Supervisor, Tick, nothing_due, nothing_to_forget
from walkabout.jobs.worker.wake_ups import SUPERVISOR, WORKER, Bell, Bells

TASK = "tasks.run_job"
LOOK_AGAIN_S = 1.0  # a bell may be lost: so long a free worker may overlook a job
KILL_AFTER_GRACE_S = 1.5  # what a worker that does not obey the interrupt at the end of its grace is left


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
    grace_s: float
    keep_s: float
    tick: Tick = nothing_due
    forget: Forget = nothing_to_forget


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

    def dequeue(self) -> Claim | None:
        """Claim the next run."""
        if self.me is None:
            return None
        return self.parts.ledger.claim(self.me.uid, self.me.name, self.pid)

    def enqueue(self, data: Any, priority: float | None = None) -> None:
        """Jobs are asked for through the ledger only."""
        raise NotImplementedError("ask the ledger: Ledger.ask")

    def close(self) -> None:
        """Close our connections: called before the consumer forks."""
        self.parts.db.close()


class LedgerHuey(Huey):  # type: ignore[misc]
    """A Huey whose queue is the ledger, and whose consumer is guarded."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(
            "walkabout", results=False, serializer=ClaimSerializer(), storage_class=LedgerStorage, parts=parts
        )
        self.parts = parts

    def create_consumer(self, **options: Any) -> "SupervisedConsumer":
        """The consumer of `huey_consumer tasks.huey`."""
        return SupervisedConsumer(self, **options)


class SupervisedConsumer(HueyConsumer):  # type: ignore[misc]
    """Huey's consumer: the main process only forks and reaps, the scheduler's process is the guardian."""

    def __init__(self, huey: LedgerHuey, **options: Any) -> None:
        parts = huey.parts
        workers = options.get("workers", 1)
        self.scoreboard = Scoreboard(slots=workers * 2 + 2)
        self.bell = parts.bells.hang(WORKER)
        parts.leases.rescue_lost()  # what a start before this one left behind
        self.me = huey.storage.me = parts.consumers.join("worker", workers)
        self.pid = self.me.process.pid
        self.worker_class = partial(BellWorker, self)
        self.scheduler_class = partial(SupervisorScheduler, self)
        super().__init__(huey, **options)

    def start(self) -> None:
        """Fork; what the children share with us stays shared: the collector writes to what it looks at."""
        gc.collect()
        gc.freeze()
        super().start()

    def run(self) -> None:
        """Run until told to stop; then nothing of it is left."""
        try:
            super().run()
        finally:
            self.bell.take_down()


class BellWorker(Worker):  # type: ignore[misc]
    """A worker process that sleeps on the consumer's bell, and may be interrupted in a run."""

    def __init__(self, consumer: SupervisedConsumer, **options: Any) -> None:
        super().__init__(**options)
        self.slot = consumer.scoreboard.reserve()
        self.consumer = consumer
        self.bell: Bell = consumer.bell

    def initialize(self) -> None:
        """Right after the fork: our own connections, our own place on the board, and signals that obey it."""
        die_with_parent(self.consumer.pid)
        parts: Parts = self.huey.parts
        parts.db.forget_connections()
        parts.db.keep_connection()
        place = self.consumer.scoreboard.place(self.slot)
        signal.signal(INTERRUPT, lambda *_: place.obey())
        signal.signal(self.consumer.environment.interrupt, lambda *_: place.stop())
        place.sit_down()
        self.huey.storage.pid = os.getpid()
        self.huey.place = place
        parts.bells.ring(SUPERVISOR)
        super().initialize()

    def sleep(self) -> None:
        """Until the bell rings, the consumer stops, or LOOK_AGAIN_S is over."""
        poller = select.poll()
        poller.register(self.bell.fileno(), select.POLLIN)
        poller.register(self.stop_flag._r, select.POLLIN)
        poller.poll(LOOK_AGAIN_S * 1000)
        self.bell.heard()


class SupervisorScheduler(Scheduler):  # type: ignore[misc]
    """Huey's scheduler process, as the guardian of the workers beside it."""

    def __init__(self, consumer: SupervisedConsumer, **options: Any) -> None:
        super().__init__(**options)
        self.consumer = consumer
        self.supervisor: Supervisor

    def initialize(self) -> None:
        """Right after the fork."""
        die_with_parent(self.consumer.pid)
        parts: Parts = self.huey.parts
        parts.db.forget_connections()
        self.supervisor = Supervisor(
            parts.ledger, parts.leases, parts.consumers, parts.bells, self.consumer.scoreboard, parts.events,
            self.consumer.me, parts.keep_s, parts.clock, tick=parts.tick,
            forget=parts.forget,
        )  # fmt: skip

    def loop(self, now: Any = None) -> None:  # noqa: ARG002 - Huey's signature
        """One look at everything, then wait."""
        self.supervisor.turn()
        self.supervisor.wait(self.stop_flag._r)

    def shutdown(self) -> None:
        """The consumer stops: guard what still runs, for the grace and a little more; then end it."""
        parts: Parts = self.huey.parts
        self.supervisor.stop()
        kill_at = time.monotonic() + parts.grace_s + KILL_AFTER_GRACE_S
        never = select.epoll()  # a file descriptor that is never readable: the stop flag is, from now on
        while not self.supervisor.idle():
            if time.monotonic() > kill_at:
                self.supervisor.kill()
            self.supervisor.wait(never.fileno())
            self.supervisor.turn()
        self.supervisor.take_leave()


def run_claim(huey: LedgerHuey, claim: Claim) -> None:
    """What the task does: run a claim in this worker, at its place on the board."""
    place: WorkerSlot = huey.place
    try:
        place.begin(claim.id, claim.attempt, claim.limit_s)
        huey.parts.runner.run(claim, place)
    finally:
        place.end()
