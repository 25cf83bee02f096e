"""Leases: which runs may be taken over, and when.

A run's lease hangs on its consumer's beat. On the same machine a consumer whose process is gone has lost its runs at
once. Of any other, only a beat that has not moved for LEASE_S tells, measured by our own monotonic clock, and only by
looks at which we could have written a beat ourselves: no step of a wall clock, no suspended laptop, no pause of all
processes and no locked database takes healthy runs away.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from walkabout.database.connections import Database
from walkabout.events import Events
from walkabout.jobs import queries
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.worker.consumers import Consumer, Consumers
from walkabout.jobs.worker.silence import Silence
from walkabout.setting_groups.jobs import JobSettings
from walkabout.settings import PULSE_EVERY_S

LOOK_MOST_S = 1.5 * PULSE_EVERY_S  # what the time between two looks counts for at most
NO_BEAT = -1  # a consumer that has no row (any more)


@dataclass
class Leases:
    """Watches the consumers and takes over the runs of those that are lost."""

    db: Database
    ledger: Ledger
    consumers: Consumers
    events: Events
    settings: JobSettings
    monotonic: Callable[[], float] = time.monotonic
    _seen: dict[str, Silence] = field(default_factory=dict)

    def rescue_lost(self, me: str = "") -> int:
        """Give the runs of lost consumers back to the queue; how many. `me`: our own consumer, never lost."""
        return sum(self._rescue(uid, beat) for uid, beat in self.lost(me).items())

    def rescue_worker(self, consumer: str, pid: int, *, lost: bool) -> int:
        """Give the run of one dead worker process back to the queue; how many (0 or 1). `lost`: nobody stopped it."""
        return self._say_rescued(
            self.ledger.rescue(consumer, pid, self.settings.max_takeovers, lost=lost), f"worker {pid}"
        )

    def lost(self, me: str = "") -> dict[str, int]:
        """The consumers but `me`, by uid, that are lost as far as this watcher can tell, with the beat that it saw."""
        known, beats = self._others(me)
        if beats:
            # The look takes the write lock: while we can't have it, others may not be able to say that they are alive.
            with self.db.transaction():
                known, beats = self._others(me)
        now = self.monotonic()
        self._seen = {uid: self._seen.get(uid) or Silence(LOOK_MOST_S) for uid in beats}
        gone = {c.uid for c in known.values() if c.process.here() and not c.process.alive()}
        lease_s = max(self.settings.lease_s, 2 * PULSE_EVERY_S)
        silent = {uid for uid, beat in beats.items() if self._seen[uid].look(beat, now) > lease_s}
        return {uid: beats[uid] for uid in sorted(gone | silent)}

    def _others(self, me: str) -> tuple[dict[str, Consumer], dict[str, int]]:
        known = {consumer.uid: consumer for consumer in self.consumers.all() if consumer.uid != me}
        owners = queries.consumers_at_work(self.db)
        return known, {uid: known[uid].beat if uid in known else NO_BEAT for uid in (known.keys() | owners) - {me}}

    def _rescue(self, consumer: str, beat: int) -> int:
        with self.db.transaction():
            # Looked at again, now that nobody else writes: it may have woken between our look and this moment.
            if beat != NO_BEAT and not self.consumers.strike_off(consumer, beat):
                return 0
            taken = self.ledger.rescue(consumer, None, self.settings.max_takeovers)
        return self._say_rescued(taken, f"consumer {consumer}")

    def _say_rescued(self, taken: list[tuple[str, str]], lost: str) -> int:
        for uid, state in taken:
            self.events.warn("job.rescued", job=uid, lost=lost, state=state)
        return len(taken)
