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
        self._running = 0
        self._cancels: dict[str, Callable[[], object]] = {}
        self._changed = threading.Condition()

    def cancel(self, uid: str) -> bool:
        """End a run of ours that is to be cancelled. False: it is not ours."""
        cancel = self._cancels.get(uid)
        if cancel is not None:
            cancel()
        return cancel is not None

    def may_cancel(self, uid: str, cancel: Callable[[], object]) -> None:
        """From now on `cancel()` ends our run of this uid."""
        self._cancels[uid] = cancel

    def run(self, ask: Ask, work: Callable[[Claim], T]) -> T:
        """Enter the run into the ledger as ours, and do `work(claim)` with it, while we pulse."""
        with self._changed:
            me = self._join()
            self._running += 1
            if self._running == 1:
                threading.Thread(target=self._pulse, args=(me.uid,), name="pulse", daemon=True).start()
        try:
            return work(self.ledger.ask_claimed(ask, me.uid, me.name, os.getpid()))
        finally:
            self._cancels.pop(ask.uid, None)
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _join(self) -> Consumer:
        if self._me is None:
            self._me = self.consumers.join("web", 0)
        if not self.consumers.pulse(self._me.uid):
            self.consumers.enter(self._me)
        return self._me

    def _pulse(self, uid: str) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._running == 0, PULSE_EVERY_S)
                if self._running == 0:
                    return
            try:
                self.consumers.pulse(uid)
            except Unavailable:
                continue  # LEASE_S is several pulses long
