"""Jobs that a web process runs itself, because no worker is alive: rows of the ledger that it has claimed."""

import os
import threading
from collections.abc import Callable
from typing import TypeVar

from walkabout.database.connections import Unavailable
from walkabout.jobs.ledger import Claim, JobSpec, Ledger
from walkabout.jobs.losses import CANCELLED
from walkabout.jobs.worker.consumers import PULSE_EVERY_S, Consumer, Consumers

T = TypeVar("T")


class Inline:
    """Claims jobs for this web process, and keeps their lease alive while they run."""

    def __init__(self, ledger: Ledger, consumers: Consumers) -> None:
        self.ledger = ledger
        self.consumers = consumers
        self._me: Consumer | None = None
        self._joining = threading.Lock()
        self._running: dict[str, tuple[Claim, Callable[[], object]]] = {}
        self._changed = threading.Condition()
        self._pulsing = False

    def run(self, spec: JobSpec, work: Callable[[Claim], T], cancel: Callable[[], object]) -> T:
        """Enter the run into the ledger as ours, and do `work(claim)` with it, while we pulse.

        `cancel()` ends the work from another thread.
        """
        me = self._join()
        claim = self.ledger.enqueue_claimed(spec, me.uid, me.name, os.getpid())
        with self._changed:
            self._running[spec.uid] = (claim, cancel)
            if not self._pulsing:
                self._pulsing = True
                threading.Thread(target=self._pulse, args=(me.uid,), name="pulse", daemon=True).start()
        try:
            return work(claim)
        except Exception as error:
            # Its asker is told that it failed: nobody may run it later.
            self.ledger.fail(claim.id, claim.attempt, type(error).__name__, str(error))
            raise
        finally:
            with self._changed:
                del self._running[spec.uid]
                self._changed.notify_all()

    def cancel(self, uid: str) -> bool:
        """Tell a run of ours that it is to end. False: it is not ours."""
        running = self._running.get(uid)
        if running is not None:
            running[1]()
        return running is not None

    def give_up(self, uid: str) -> None:
        """A run of ours was told to end and did not: it counts as cancelled, and what it still does is never kept."""
        running = self._running.get(uid)
        if running is not None:
            self.ledger.revoke_running(running[0].id, running[0].attempt, CANCELLED)

    def _join(self) -> Consumer:
        with self._joining:
            if self._me is None:
                self._me = self.consumers.join("web", 0)
            if not self.consumers.pulse(self._me.uid):
                self._me = self.consumers.enter(self._me)
            return self._me

    def _pulse(self, uid: str) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: not self._running, PULSE_EVERY_S)
                if not self._running:
                    self._pulsing = False
                    return
            try:
                self.consumers.pulse(uid)
            except Unavailable:
                continue  # LEASE_S is several pulses long
