"""Counts failed sign-ins: after too many, the next attempt has to wait.

What is counted is a lane: an address, an account asked from devices nobody knows, an account asked from one known
device. An attempt is reserved in all its lanes, in one transaction, before the slow hash: of many that come at once as
many are looked at as are allowed. The counts are in the database: they outlive a restart, and hold for several
processes. The same wrong password again counts once; a short keyed digest tells, which is forgotten with the count.

The library `limits` was looked at for this. It has no storage in a database like ours, and its strategies count one
key by one amount: taking a try back that turned out right, several counts or none, a wait that grows, and a password
that counts once would all stand around it, each outside of our transactions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from walkabout.database.connections import Database, Row
from walkabout.people.keyed_hash import KeyedHash

FIRST_WAIT = 15  # the first wait is this part of the window; each one after is twice as long, and at most the window
_ROWS_MOST = 100_000  # counts that are remembered; those that end first are forgotten first
_DIGEST_CHARS = 8  # enough to tell the few passwords of a lane apart, too few to guess a password by


class TooManyAttempts(Exception):
    """No attempt is looked at for `wait_s` seconds."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(f"Too many attempts; try again in {self.retry_after_s} seconds")

    @property
    def retry_after_s(self) -> int:
        """The wait in whole seconds."""
        return max(1, -int(-self.wait_s // 1))


@dataclass(frozen=True)
class Lane:
    """What is counted. `name` tells it from others; `most` attempts within `window_s` seconds are looked at.

    `grows`: beyond that one after each wait, and the waits grow; else none until the window, which begins with the
    first attempt, is past.
    """

    name: str
    most: int
    window_s: float
    grows: bool = False


@dataclass(frozen=True)
class Reservation:
    """An attempt that is looked at; `is_counted`: it counts in its lanes; `is_known_wrong`: its password has failed before."""

    lanes: tuple[str, ...]
    digest: str
    is_counted: bool
    is_known_wrong: bool


class Attempts:
    """Reserves attempts, and settles what became of them. Raises Unavailable when the database can't be written."""

    def __init__(self, db: Database, secret: bytes, clock: Callable[[], float]) -> None:
        """`secret`: keys what is stored, so that a copy of the database does not tell what was typed; `clock`: UTC seconds."""
        self.db = db
        self._keyed = KeyedHash(secret, "attempts")
        self.clock = clock

    def reserve(self, lanes: Sequence[Lane], account: str = "", password: str | None = None) -> Reservation:
        """Reserve an attempt in its lanes; the first is the one whose passwords are told apart. Raises TooManyAttempts.

        `account`: whose password it is.
        """
        now = self.clock()
        keys = tuple(self._keyed(lane.name) for lane in lanes)
        digest = "" if password is None else self._keyed(f"{account} {password}")[:_DIGEST_CHARS]
        with self.db.transaction():
            self._forget(now)
            wait_s = max(self._until(key, lane, now) for key, lane in zip(keys, lanes, strict=True)) - now
            if wait_s > 0:
                raise TooManyAttempts(wait_s)
            tried = self._tried(keys[0], digest, now) if digest else None
            if tried is not None:
                return Reservation(keys, digest, False, bool(tried[0]))
            for key, lane in zip(keys, lanes, strict=True):
                self._count(key, lane, now)
            if digest:
                self.db.change(
                    "INSERT INTO tried_password (lane, digest, account, is_wrong, ends_at) VALUES (?, ?, ?, 0, ?)"
                    " ON CONFLICT (lane, digest) DO UPDATE SET is_wrong = 0, ends_at = excluded.ends_at",
                    (keys[0], digest, self._keyed(account), now + lanes[0].window_s),
                )
        return Reservation(keys, digest, True, False)

    def failed(self, made: Reservation) -> float:
        """The password was wrong. Seconds until the next attempt of its first lane is looked at; 0: now."""
        with self.db.transaction():
            self.db.change(
                "UPDATE tried_password SET is_wrong = 1 WHERE lane = ? AND digest = ?", (made.lanes[0], made.digest)
            )
            row = self._row(made.lanes[0])
        return max(0.0, row[1] - self.clock()) if row else 0.0

    def succeeded(self, made: Reservation) -> None:
        """The password was right: its first lane is forgotten, the others did not count."""
        with self.db.transaction():
            self._take_back(made)
            self.db.change("DELETE FROM attempt_count WHERE lane = ?", (made.lanes[0],))
            self.db.change("DELETE FROM tried_password WHERE lane = ?", (made.lanes[0],))

    def released(self, made: Reservation) -> None:
        """It was not looked at after all."""
        with self.db.transaction():
            self._take_back(made)
            self._forget_digest(made)

    def undecided(self, made: Reservation) -> None:
        """It failed for another reason than its password: it counts, and the same password is looked at again."""
        self._forget_digest(made)

    def forget_passwords(self, account: str) -> None:
        """What was wrong may be right now: the account has another password."""
        self.db.change("DELETE FROM tried_password WHERE account = ?", (self._keyed(account),))

    def _take_back(self, made: Reservation) -> None:
        if made.is_counted:
            self.db.change_many(
                "UPDATE attempt_count SET tries = max(0, tries - 1), until = 0 WHERE lane = ?",
                [(lane,) for lane in made.lanes],
            )

    def _forget_digest(self, made: Reservation) -> None:
        if made.is_counted:
            self.db.change("DELETE FROM tried_password WHERE lane = ? AND digest = ?", (made.lanes[0], made.digest))

    def _until(self, key: str, lane: Lane, now: float) -> float:
        row = self._row(key)
        if row is None or row[2] <= now:
            return now
        if lane.grows:
            return float(row[1])
        return float(row[2]) if row[0] >= lane.most else now

    def _count(self, key: str, lane: Lane, now: float) -> None:
        row = self._row(key)
        tries, _, ends_at = row if row is not None and row[2] > now else (0, 0.0, now + lane.window_s)
        tries += 1
        until = 0.0
        if lane.grows:
            if tries >= lane.most:
                until = now + min(lane.window_s, lane.window_s / FIRST_WAIT * 2 ** min(tries - lane.most, 30))
            ends_at = max(now, until) + lane.window_s
        self.db.change(
            "INSERT INTO attempt_count (lane, tries, until, ends_at) VALUES (?, ?, ?, ?) ON CONFLICT (lane)"
            " DO UPDATE SET tries = excluded.tries, until = excluded.until, ends_at = excluded.ends_at",
            (key, tries, until, ends_at),
        )

    def _row(self, key: str) -> Row | None:
        return self.db.first("SELECT tries, until, ends_at FROM attempt_count WHERE lane = ?", (key,))

    def _tried(self, key: str, digest: str, now: float) -> Row | None:
        return self.db.first(
            "SELECT is_wrong FROM tried_password WHERE lane = ? AND digest = ? AND ends_at > ?", (key, digest, now)
        )

    def _forget(self, now: float) -> None:
        for table in ("attempt_count", "tried_password"):
            self.db.change(f"DELETE FROM {table} WHERE ends_at <= ?", (now,))
            many = self.db.rows(f"SELECT count(*) FROM {table}")[0][0]
            if many > _ROWS_MOST:
                self.db.change(
                    f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY ends_at LIMIT ?)",
                    (many - _ROWS_MOST,),
                )
