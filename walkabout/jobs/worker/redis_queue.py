"""Huey's queue, where Redis carries the ids: its own priority storage pops them, and the ledger is asked for the job."""

import time
from typing import Any

from huey.storage import PriorityRedisExpireStorage

from walkabout.jobs.carrier import Carrier, uid_in
from walkabout.jobs.claiming import column_of
from walkabout.jobs.specs import Claim
from walkabout.jobs.worker.queue import LedgerStorage, Parts
from walkabout.setting_groups.queues import DEFAULT_QUEUE

NAMES_S = 1.0  # how often a worker of all queues asks which there are
_STAMP = 8  # bytes before the message, by which Huey's storage keeps the older first
POP_S = 1  # how long a worker waits for an id before it looks into the ledger itself


class RedisLedgerStorage(LedgerStorage):
    """A dequeue pops an id, and claims the job of it; without an id it claims whatever waits in the ledger."""

    def __init__(self, name: str, parts: Parts) -> None:
        super().__init__(name, parts)
        carrier = parts.carrier
        assert carrier is not None
        self.carrier: Carrier = carrier
        self._keys: list[str] = [carrier.key]
        self._looked_at = float("-inf")
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
                message = self._pop()
                self.has_waited = True
            except self.carrier.errors as error:
                self.carrier.met(error)
        return super().claim(uid if message is None else uid_in(message))

    def serve(self, queues: tuple[str, ...] | None) -> None:
        """See LedgerStorage."""
        super().serve(queues)
        self._keys = [self.carrier.key_of(column_of(queue)) for queue in queues or (DEFAULT_QUEUE,)]

    def _pop(self) -> bytes | None:
        """The next id of the queues that we serve; None: POP_S have passed without one."""
        if self.queues is None and time.monotonic() - self._looked_at > NAMES_S:
            self._looked_at = time.monotonic()
            self._keys = [self.carrier.key, *map(self.carrier.key_of, self.carrier.names())]
        # Redis takes the first of the queues that has something: each of them has to be the first now and then.
        self._keys.append(self._keys.pop(0))
        popped = self.popped.conn.bzpopmin(self._keys, timeout=POP_S)
        return None if popped is None else popped[1][_STAMP:]

    def close(self) -> None:
        """Close our connections: called before the consumer forks."""
        super().close()
        self.popped.pool.disconnect()
        self.carrier.close()
