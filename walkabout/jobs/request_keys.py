"""Idempotency keys: a request that queues a job may name one, and the same request under it again gets the same job.

The first request reserves the uid of its job together with the key; the job is queued under that uid. So of all that come
with the key, at once, from several machines, or after a kill at any moment, one queues the job: the table of jobs takes a
uid once. What the first was answered is kept beside the key, and is what the others are answered.
"""

from collections.abc import Callable
from dataclasses import dataclass

from walkabout.database.connections import Database
from walkabout.jids import new_uid
from walkabout.jobs.tables import RequestKeyTable

FORGET_MOST = 20  # keys that are too old, deleted by each request that brings a new one


class OtherRequest(Exception):
    """The key was used for another request: other parameters, or other files."""


class StillRunning(Exception):
    """The request of this key runs its job itself, just now, so that there is no answer yet."""


@dataclass(frozen=True)
class KeyedRequest:
    """A request under a key of a master (a uid). `uid`: its job's; `status` and `answer` (a body): what the first one was
    answered, None: that is not known."""

    master: str
    route: str
    key: str
    digest: str
    uid: str
    status: int | None = None
    answer: str | None = None


@dataclass(frozen=True)
class RequestKeys:
    """The keys of all masters. `clock`: UTC seconds; `keep_s`: for so long a key means the same request."""

    db: Database
    clock: Callable[[], float]
    keep_s: float

    def begin(self, master: str, route: str, key: str, digest: str) -> KeyedRequest:
        """A request comes with a key; `digest` stands for all that it asks. As it is, or was before. Raises OtherRequest."""
        now = self.clock()
        mine = KeyedRequest(master, route, key, digest, new_uid())
        # A key that is too old is a new one.
        rows = self.db.rows(
            "INSERT INTO request_key (master, route, key, digest, uid, at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (master, route, key) DO UPDATE SET digest = excluded.digest, uid = excluded.uid,"
            " at = excluded.at, status = NULL, answer = NULL WHERE request_key.at <= ? RETURNING uid",
            (master, route, key, digest, mine.uid, now, now - self.keep_s),
        )
        if rows:
            self._forget(now - self.keep_s)
            return mine
        found = self.db.record(
            KeyedRequest,
            RequestKeyTable.select(*RequestKeyTable.fields_of(KeyedRequest)).where(
                RequestKeyTable.master == master, RequestKeyTable.route == route, RequestKeyTable.key == key
            ),
        )
        if found is None:
            return self.begin(master, route, key, digest)  # given up in this moment
        if found.digest != digest:
            raise OtherRequest("was used for another request; use a new key for other parameters or files")
        return found

    def finish(self, request: KeyedRequest, status: int, answer: str) -> None:
        """Keep what a request was answered, for those that come with the same key."""
        self.db.change(
            # It is there, unless another request under this key was refused meanwhile, and gave it up.
            "INSERT INTO request_key (master, route, key, digest, uid, at, status, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (master, route, key) DO UPDATE SET status = excluded.status, answer = excluded.answer"
            " WHERE request_key.uid = excluded.uid AND request_key.answer IS NULL",
            (
                *(request.master, request.route, request.key, request.digest, request.uid),
                *(self.clock(), status, answer),
            ),
        )

    def give_up(self, request: KeyedRequest) -> None:
        """The request was refused: unless its job was queued all the same, its key is free again."""
        self.db.change(
            "DELETE FROM request_key WHERE uid = ? AND answer IS NULL AND NOT EXISTS (SELECT 1 FROM job WHERE job.uid = ?)",
            (request.uid, request.uid),
        )

    def _forget(self, before: float) -> None:
        old = f"SELECT uid FROM request_key WHERE at <= ? ORDER BY at LIMIT ?{self.db.wording.skip_locked}"
        self.db.change(f"DELETE FROM request_key WHERE uid IN ({old})", (before, FORGET_MOST))
