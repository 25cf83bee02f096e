"""A worker process: claims a run, runs it, checks for leftovers, and sleeps until it is woken."""

import os
import select
from typing import Any, Protocol

from huey.consumer import Worker, WorkerRecycle

from walkabout.jobs.worker import forks, own_session
from walkabout.jobs.worker.leftovers import Leftovers
from walkabout.jobs.worker.machine import die_with_parent
from walkabout.jobs.worker.queue import Parts
from walkabout.jobs.worker.scoreboard import NOTHING, Scoreboard, WorkerSlot
from walkabout.jobs.worker.trouble import Trouble
from walkabout.jobs.worker.wake_ups import SUPERVISOR, Bell

LOOK_AGAIN_S = 1.0  # a bell may be lost: so long a free worker may overlook a job


class Crew(Protocol):
    """What a worker knows of its consumer."""

    scoreboard: Scoreboard
    pid: int


class BellWorker(Worker):  # type: ignore[misc]
    """A worker process. `slot` is its slot on the scoreboard, `bell` that of its group, `queues` those that it serves (None:
    all); whoever forks it sets them before."""

    slot: int
    bell: Bell
    queues: tuple[str, ...] | None

    def __init__(self, crew: Crew, **options: Any) -> None:
        super().__init__(**options)
        self.crew = crew
        self.parts: Parts = self.huey.parts
        self.worker_slot: WorkerSlot
        self.leftovers: Leftovers

    def initialize(self) -> None:
        """Right after the fork: our own connections, our own slot on the scoreboard, and signals that obey it."""
        die_with_parent(self.crew.pid)
        parts = self.parts
        parts.db.forget_connections()
        parts.db.keep_connection()
        parts.events.debug("worker.forked", worker=os.getpid())
        worker_slot = self.worker_slot = self.huey.worker_slot = self.crew.scoreboard.worker_slot(self.slot)
        own_session.stand_alone()
        own_session.adopt_orphans()
        own_session.obey_only(worker_slot.obey, worker_slot.interrupt)
        self._trouble = Trouble(parts.events.warn, "worker.waits_for_database")
        worker_slot.sit_down()
        self.huey.storage.pid = os.getpid()
        self.huey.storage.serve(self.queues)
        parts.stopping.listen(lambda: parts.events.debug("worker.stopping", pid=os.getpid()))
        parts.stopping.watch(self.stop_flag._r)
        parts.bells.ring(SUPERVISOR)
        super().initialize()
        self.leftovers = Leftovers()

    def loop(self, now: Any = None) -> None:
        """Run the next job, or wait for one. Raises WorkerRecycle when a fresh worker should take this one's place."""
        try:
            task = self.huey.dequeue()
        except Exception as error:
            # The database is away, most likely. Whatever it is, it is no reason to end, nor to spin.
            self._wait(self._trouble.met(error=str(error)), bell=False)
            return
        self._trouble.over()
        if task is None:
            self.sleep()
            return
        self.task_count += 1
        self.huey.execute(task, now)
        if why := self._why_replace():
            self.parts.events.debug("worker.replaced", worker=os.getpid(), why=why)
            raise WorkerRecycle

    def sleep(self) -> None:
        """Until the bell rings, the consumer stops, or LOOK_AGAIN_S is over."""
        if self.huey.storage.has_waited:
            return
        self._wait(LOOK_AGAIN_S, bell=True)

    def _wait(self, seconds: float, *, bell: bool) -> None:
        poller = select.poll()
        poller.register(self.stop_flag._r, select.POLLIN)
        if bell:
            poller.register(self.bell.fileno(), select.POLLIN)
        rang = poller.poll(seconds * 1000)
        if bell and not self.bell.heard() and not rang:
            self.bell.see_to()

    def _why_replace(self) -> str:
        if self.worker_slot.last_order != NOTHING and forks.has_children():
            forks.end_children()
            return "processes of a run that was ended"
        most = self.parts.settings.worker_jobs
        if most and self.task_count >= most:
            return "WORKER_JOBS"
        return self.leftovers.found()
