"""Jobs that a web process runs itself, because no worker is alive: rows of the ledger that it has claimed."""

import os
import threading
from collections.abc import Callable
from typing import TypeVar

from walkabout.database import Unavailable
from walkabout.jobs.consumers import PULSE_EVERY_S, Consumer, Consumers
from walkabout.jobs.ledger import Ask, Claim, Ledger

T = TypeVar("T")


class Inline:
    """Claims jobs for this web process, and keeps their lease alive while they run."""

    def __init__(self, ledger: Ledger, consumers: Consumers) -> None:
        self.ledger = ledger
        self.consumers = consumers
        self._me: Consumer | None = None
        self._joining = threading.Lock()
        self._cancels: dict[str, Callable[[], object]] = {}
        self._changed = threading.Condition()
        self._pulsing = False

    def run(self, ask: Ask, work: Callable[[Claim], T], cancel: Callable[[], object]) -> T:
        """Enter the run into the ledger as ours, and do `work(claim)` with it, while we pulse.

        `cancel()` ends the work from another thread.
        """
        me = self._join()
        with self._changed:
            self._cancels[ask.uid] = cancel
            if not self._pulsing:
                self._pulsing = True
                threading.Thread(target=self._pulse, args=(me.uid,), name="pulse", daemon=True).start()
        try:
            claim = self.ledger.ask_claimed(ask, me.uid, me.name, os.getpid())
            try:
                return work(claim)
            except Exception as error:
                # Its asker is told that it failed: nobody may run it later.
                self.ledger.fail(claim.id, claim.attempt, type(error).__name__, str(error))
                raise
        finally:
            with self._changed:
                del self._cancels[ask.uid]
                self._changed.notify_all()

    def cancel(self, uid: str) -> bool:
        """End a run of ours that is to be cancelled. False: it is not ours."""
        cancel = self._cancels.get(uid)
        if cancel is not None:
            cancel()
        return cancel is not None

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
                self._changed.wait_for(lambda: not self._cancels, PULSE_EVERY_S)
                if not self._cancels:
                    self._pulsing = False
                    return
            try:
                self.consumers.pulse(uid)
            except Unavailable:
                continue  # LEASE_S is several pulses long
