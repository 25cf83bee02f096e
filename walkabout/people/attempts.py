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
from typing import Any

from peewee import SQL, Case, Tuple, fn

from walkabout.database.connections import Database
from walkabout.people.keyed_hash import KeyedHash
from walkabout.people.tables import AttemptCountTable, TriedPasswordTable

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


@dataclass(frozen=True)
class _Count:
    """How many attempts of a lane were made."""

    tries: int
    until: float
    ends_at: float


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
            was_wrong = self._was_wrong(keys[0], digest, now) if digest else None
            if was_wrong is not None:
                return Reservation(keys, digest, False, was_wrong)
            for key, lane in zip(keys, lanes, strict=True):
                self._count(key, lane, now)
            if digest:
                self._note_password(keys[0], digest, self._keyed(account), now + lanes[0].window_s)
        return Reservation(keys, digest, True, False)

    def fail(self, reservation: Reservation) -> float:
        """The password was wrong. Seconds until the next attempt of its first lane is looked at; 0: now."""
        with self.db.transaction():
            self.db.change(TriedPasswordTable.update(is_wrong=True).where(*_is_password(reservation)))
            count = self._read(reservation.lanes[0])
        return max(0.0, count.until - self.clock()) if count else 0.0

    def succeed(self, reservation: Reservation) -> None:
        """The password was right: its first lane is forgotten, the others did not count."""
        lane = reservation.lanes[0]
        with self.db.transaction():
            self._take_back(reservation)
            self.db.change(AttemptCountTable.delete().where(AttemptCountTable.lane == lane))
            self.db.change(TriedPasswordTable.delete().where(TriedPasswordTable.lane == lane))

    def release(self, reservation: Reservation) -> None:
        """It was not looked at after all."""
        with self.db.transaction():
            self._take_back(reservation)
            self._forget_digest(reservation)

    def leave_open(self, reservation: Reservation) -> None:
        """It failed for another reason than its password: it counts, and the same password is looked at again."""
        self._forget_digest(reservation)

    def forget_passwords(self, account: str) -> None:
        """What was wrong may be right now: the account has another password."""
        self.db.change(TriedPasswordTable.delete().where(TriedPasswordTable.account == self._keyed(account)))

    def _take_back(self, reservation: Reservation) -> None:
        if reservation.is_counted:
            one_less = Case(None, [(AttemptCountTable.tries > 0, AttemptCountTable.tries - 1)], 0)
            ours = AttemptCountTable.lane.in_(reservation.lanes)
            self.db.change(AttemptCountTable.update(tries=one_less, until=0.0).where(ours))

    def _forget_digest(self, reservation: Reservation) -> None:
        if reservation.is_counted:
            self.db.change(TriedPasswordTable.delete().where(*_is_password(reservation)))

    def _until(self, key: str, lane: Lane, now: float) -> float:
        count = self._read(key)
        if count is None or count.ends_at <= now:
            return now
        if lane.grows:
            return count.until
        return count.ends_at if count.tries >= lane.most else now

    def _count(self, key: str, lane: Lane, now: float) -> None:
        count = self._read(key)
        if count is None or count.ends_at <= now:
            count = _Count(0, 0.0, now + lane.window_s)
        tries, until, ends_at = count.tries + 1, 0.0, count.ends_at
        if lane.grows:
            if tries >= lane.most:
                until = now + min(lane.window_s, lane.window_s / FIRST_WAIT * 2 ** min(tries - lane.most, 30))
            ends_at = max(now, until) + lane.window_s
        row = AttemptCountTable.insert(lane=key, tries=tries, until=until, ends_at=ends_at)
        self.db.change(
            row.on_conflict(
                conflict_target=[AttemptCountTable.lane],
                preserve=[AttemptCountTable.tries, AttemptCountTable.until, AttemptCountTable.ends_at],
            )
        )

    def _read(self, key: str) -> _Count | None:
        query = AttemptCountTable.select(*AttemptCountTable.fields_of(_Count))
        return self.db.record(_Count, query.where(AttemptCountTable.lane == key))

    def _was_wrong(self, key: str, digest: str, now: float) -> bool | None:
        """Whether a password has failed before; None: it was not tried."""
        was_wrong: bool | None = self.db.value(
            TriedPasswordTable.select(TriedPasswordTable.is_wrong).where(
                TriedPasswordTable.lane == key, TriedPasswordTable.digest == digest, TriedPasswordTable.ends_at > now
            )
        )
        return was_wrong

    def _note_password(self, key: str, digest: str, account: str, ends_at: float) -> None:
        row = TriedPasswordTable.insert(lane=key, digest=digest, account=account, is_wrong=False, ends_at=ends_at)
        self.db.change(
            row.on_conflict(
                conflict_target=[TriedPasswordTable.lane, TriedPasswordTable.digest],
                preserve=[TriedPasswordTable.is_wrong, TriedPasswordTable.ends_at],
            )
        )

    def _forget(self, now: float) -> None:
        for table, keys in (
            (AttemptCountTable, [AttemptCountTable.lane]),
            (TriedPasswordTable, [TriedPasswordTable.lane, TriedPasswordTable.digest]),
        ):
            self.db.change(table.delete().where(table.ends_at <= now))
            too_many = self.db.value(table.select(fn.count(SQL("*")))) - _ROWS_MOST
            if too_many > 0:
                first = table.select(*keys).order_by(table.ends_at).limit(too_many)
                self.db.change(table.delete().where(Tuple(*keys).in_(first)))


def _is_password(reservation: Reservation) -> tuple[Any, ...]:
    lane, digest = TriedPasswordTable.lane, TriedPasswordTable.digest
    return lane == reservation.lanes[0], digest == reservation.digest
