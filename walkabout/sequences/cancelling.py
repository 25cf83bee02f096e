"""Ends a run of a sequence that somebody cancelled in its own way: what it does at its end is done."""

import threading
from collections.abc import Callable

from walkabout.database.connections import Database, Unavailable
from walkabout.jobs.specs import Claim

LOOK_EVERY_S = 0.2  # how soon a run learns of it


class CancelWatch:
    """A thread that looks at a run's row, and calls `cancel()` once somebody wants it ended."""

    def __init__(self, db: Database, claim: Claim, cancel: Callable[[], None]) -> None:
        self.db = db
        self.claim = claim
        self.cancel = cancel
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="sequence-cancel", daemon=True)

    def start(self) -> None:
        """Begin to look, while interrupts are held off (see ProgressWriter.start). At once, when it is so already."""
        if self.claim.cancelling:
            self.cancel()
        else:
            self._thread.start()

    def close(self) -> None:
        """The run is over; the thread ends by itself."""
        self._over.set()

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            try:
                if not self._is_wanted():
                    continue
            except Unavailable:
                continue
            self.cancel()
            return

    def _is_wanted(self) -> bool:
        """Whether the run is to be ended. Index: that of job.id."""
        row = self.db.first("SELECT cancelling FROM job WHERE id = ?", (self.claim.id,))
        return row is not None and bool(row[0])
