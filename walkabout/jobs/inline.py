"""Jobs that a web process runs itself because no worker is alive: rows that it has claimed."""

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from walkabout.database.connections import Unavailable
from walkabout.jobs import queries
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.losses import CANCELLED
from walkabout.jobs.run import TRY_AGAIN_S
from walkabout.jobs.specs import Claim, JobSpec
from walkabout.jobs.worker.consumers import Consumer, Consumers
from walkabout.jobs.worker.leases import Leases
from walkabout.raised import describe_error
from walkabout.settings import PULSE_EVERY_S

T = TypeVar("T")
LOOK_EVERY_S = 0.25  # whoever polls the queue need not look for lost processes each time


class Inline:
    """Claims jobs for this web process, and keeps their lease alive while they run."""

    def __init__(self, ledger: Ledger, consumers: Consumers, leases: Leases) -> None:
        self.ledger = ledger
        self.consumers = consumers
        self.leases = leases
        self._looked_at = float("-inf")
        self._looking = threading.Lock()
        self._me: Consumer | None = None
        self._joining = threading.Lock()
        self._running: dict[str, tuple[Claim, Callable[[], object]]] = {}
        self._changed = threading.Condition()
        self._pulsing = False

    def run(self, spec: JobSpec, work: Callable[[Claim], T], cancel: Callable[[], object]) -> T | None:
        """Enter the run into the ledger as ours, and do `work(claim)` with it, while we pulse.

        `cancel()` ends the work from another thread. None: its walker's limits don't allow it now; it waits.
        """
        self.look_after_lost()
        me = self._join()
        claim = self.ledger.enqueue_claimed(spec, me.uid, me.name, os.getpid())
        if claim is None:
            return None
        with self._changed:
            self._running[spec.uid] = (claim, cancel)
            if not self._pulsing:
                self._pulsing = True
                threading.Thread(target=self._pulse, args=(me.uid,), name="pulse", daemon=True).start()
        try:
            return work(claim)
        except Exception as error:
            # Whoever asked gets an error, so nobody may run it later.
            kind, text = describe_error(error)
            self.settle(lambda: self.fail(claim, kind, text))
            raise
        finally:
            with self._changed:
                del self._running[spec.uid]
                self._changed.notify_all()

    def fail(self, claim: Claim, kind: str, text: str) -> None:
        """End a run of ours badly; as cancelled, if somebody wanted that."""
        if not self.ledger.fail(claim.id, claim.attempt, kind, text):
            self.ledger.revoke_running(claim.id, claim.attempt, CANCELLED)

    def look_after_lost(self) -> int:
        """Give back the runs of processes that are gone; how many. Where no consumer is at work, whoever looks does it.

        At most every LOOK_EVERY_S, and one at a time: it may have to wait for the database, the others need not. Nothing
        when that can't be written just now: the next one looks.
        """
        if not self._looking.acquire(blocking=False):
            return 0
        try:
            if time.monotonic() - self._looked_at < LOOK_EVERY_S or self.consumers.alive():
                return 0
            self._looked_at = time.monotonic()
            return self.leases.rescue_lost(self._me.uid if self._me is not None else "")
        except Unavailable:
            return 0
        finally:
            self._looking.release()

    def settle(self, write: Callable[[], object]) -> None:
        """Write how a run of ours has ended: now, or in a thread of its own once the database can be written again."""
        try:
            write()
        except Unavailable:
            threading.Thread(target=_until_written, args=(write,), name="settle", daemon=True).start()

    def cancel(self, uid: str) -> bool:
        """Tell a run of ours that it is to end. False: it is not ours."""
        running = self._running.get(uid)
        if running is not None:
            running[1]()
        return running is not None

    def end_cancelled(self) -> None:
        """Tell those runs of ours to end that somebody wants ended at once."""
        running = list(self._running.values())
        if running and self._me is not None:
            wanted = set(queries.cancelled(self.ledger.db, self._me.uid))
            for claim, cancel in running:
                if (claim.id, claim.attempt) in wanted:
                    cancel()

    def give_up(self, uid: str) -> None:
        """A run of ours was told to end and did not: it counts as cancelled, and what it still does is never kept."""
        running = self._running.get(uid)
        if running is not None:
            claim = running[0]
            self.settle(lambda: self.ledger.revoke_running(claim.id, claim.attempt, CANCELLED))

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


def _until_written(write: Callable[[], object]) -> None:
    while True:
        time.sleep(TRY_AGAIN_S)
        try:
            write()
            return
        except Unavailable:
            continue
