"""Carries the ids of jobs to free workers through Redis, in the queue of Huey's own priority storage.

The ledger stays the truth. An id that Redis loses is sent again by a supervisor's sweep, and a worker that pops nothing asks
the ledger itself; one that comes twice, or too late, names a job that nobody can claim any more. So nothing here waits for
Redis for long, or fails.
"""

import json
import struct
import time
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from walkabout.events import Events
from walkabout.jobs.specs import QueuedJob
from walkabout.jobs.worker.trouble import SAY_AGAIN_S

SEND_S = 0.3  # how long a sender waits for Redis
AWAY_S = 1.0  # and for how long nobody tries again then


class Carrier:
    """Sends ids to one queue. `url`: of Redis; `name`: of the queue, another one for each installation."""

    def __init__(self, url: str, name: str, events: Events) -> None:
        """Raises ValueError for a URL that is none of Redis."""
        self.url = url
        self.name = name
        self._events = events
        # Looked up, since only who uses it pays for it: 12 MB.
        self._redis = import_module("redis")
        self._never_again = import_module("redis.retry").Retry(import_module("redis.backoff").NoBackoff(), 0)
        self._client: Any = self._redis.Redis(connection_pool=self.connections(SEND_S))
        self._away_until = 0.0
        self._is_doubtful = False
        self._said_at = float("-inf")
        self._named: set[str] = set()

    @property
    def key(self) -> str:
        """Where Huey's storage keeps the queue of this name."""
        return f"huey.redis.{self.name}"

    def connections(self, answer_s: float) -> Any:
        """A pool of connections on which an answer that takes longer (seconds) is none."""
        return self._redis.ConnectionPool.from_url(
            self.url, socket_timeout=answer_s, socket_connect_timeout=SEND_S, retry=self._never_again
        )

    def key_of(self, queue: str | None) -> str:
        """Where the ids of a queue are, as Huey's storage keeps them; None: of the default queue."""
        return self.key if queue is None else f"{self.key}.{queue}"

    def send(self, jobs: Iterable[QueuedJob]) -> bool:
        """Send jobs that are ready, each to its queue. False: Redis can't take them now.

        The same again changes nothing.
        """
        members: dict[str | None, dict[bytes, int]] = {}
        for job in jobs:
            members.setdefault(job.queue, {})[_member(job.uid, job.queued_at)] = -job.priority
        if not members:
            return True
        if time.monotonic() < self._away_until:
            return False
        try:
            for queue, ids in members.items():
                self._send(queue, ids)
        except self.errors as error:
            self.met(error)
            return False
        return True

    def is_there(self) -> bool:
        """Whether Redis answers, as far as is known; when it did not answer before, it is asked, for SEND_S."""
        if not self._is_doubtful:
            return True
        if time.monotonic() < self._away_until:
            return False
        try:
            self._client.ping()
        except self.errors as error:
            self.met(error)
        else:
            self._is_doubtful = False
        return not self._is_doubtful

    def _send(self, queue: str | None, ids: dict[bytes, int]) -> None:
        self._client.zadd(self.key_of(queue), ids, nx=True)
        if queue is not None and queue not in self._named:
            # Whoever serves all queues learns their names here. Some seconds late at most: see RedisLedgerStorage.
            self._client.sadd(f"{self.key}.names", queue)
            self._named.add(queue)

    def names(self) -> list[str]:
        """The queues beside the default one that something was sent to. Raises one of `errors`."""
        return sorted(name.decode() for name in self._client.smembers(f"{self.key}.names"))

    def answers(self) -> bool:
        """Whether Redis answers now, whatever was known of it."""
        self._is_doubtful = True
        return self.is_there()

    def met(self, error: Exception) -> None:
        """Redis has failed: it is left alone for a while."""
        now = time.monotonic()
        self._is_doubtful = True
        self._away_until = now + AWAY_S
        if now - self._said_at >= SAY_AGAIN_S:
            self._said_at = now
            self._events.warn("carrier.unavailable", error=f"{type(error).__name__}: {error}")

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What Redis raises."""
        return (self._redis.RedisError, OSError)

    def close(self) -> None:
        """Close the connections."""
        self._client.connection_pool.disconnect()


def uid_in(message: bytes) -> str | None:
    """The uid in a message from the queue; None: it is none of ours."""
    try:
        uid = json.loads(message)["id"]
    except (ValueError, KeyError, TypeError):
        return None
    return uid if isinstance(uid, str) else None


def _member(uid: str, queued_at: float) -> bytes:
    # As Huey has it: of one priority the older comes first.
    return struct.pack(">Q", max(int(queued_at * 1e6), 0)) + json.dumps({"id": uid}).encode()
