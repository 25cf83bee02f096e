"""Huey's queue, where Redis carries the ids: its own priority storage pops them, and the ledger is asked for the job."""

from typing import Any

from huey.storage import PriorityRedisExpireStorage

from walkabout.jobs.carrier import Carrier, uid_in
from walkabout.jobs.specs import Claim
from walkabout.jobs.worker.queue import LedgerStorage, Parts

POP_S = 1  # how long a worker waits for an id before it looks into the ledger itself


class RedisLedgerStorage(LedgerStorage):
    """A dequeue pops an id, and claims the job of it; without an id it claims whatever waits in the ledger."""

    def __init__(self, name: str, parts: Parts) -> None:
        super().__init__(name, parts)
        carrier = parts.carrier
        assert carrier is not None
        self.carrier: Carrier = carrier
        # An answer comes after POP_S; who gets none for twice that has lost Redis.
        self.popped: Any = PriorityRedisExpireStorage(
            carrier.name, connection_pool=carrier.connections(2.0 * POP_S), read_timeout=POP_S
        )

    def claim(self, uid: str | None = None) -> Claim | None:
        """See LedgerStorage."""
        self.has_waited = False
        message = None
        if self.carrier.is_there():
            try:
                message = self.popped.dequeue()
                self.has_waited = True
            except self.carrier.errors as error:
                self.carrier.met(error)
        return super().claim(uid if message is None else uid_in(message))

    def close(self) -> None:
        """Close our connections: called before the consumer forks."""
        super().close()
        self.popped.pool.disconnect()
        self.carrier.close()
