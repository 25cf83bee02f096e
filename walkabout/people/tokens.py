"""Tokens: who is asking. Random, stored as a hash, with an end."""

import hashlib
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from walkabout.database.connections import Database, Unavailable
from walkabout.people.masters import Master, Masters

REMEMBER_S = 1.0  # how long another process's logout may go unseen here; our own is seen at once
_REMEMBER_MOST = 10_000
USED_EVERY_S = 60.0  # how exactly the last use of a sign-in is known
_HANDLE = 16  # characters of the hash by which a token is told from others of its master


@dataclass(frozen=True)
class Named:
    """A token that somebody made by hand. Times: UTC seconds. `handle` names it; it is no part of the token."""

    handle: str
    name: str
    created_at: float
    expires_at: float


class Tokens:
    """Gives, reads and ends tokens. A token that was just read is remembered for REMEMBER_S (the hot path)."""

    def __init__(self, db: Database, masters: Masters, clock: Callable[[], float], idle_s: float) -> None:
        """`clock`: UTC seconds; `idle_s`: how long a sign-in of the admin page lasts without use."""
        self.db = db
        self.masters = masters
        self.clock = clock
        self.idle_s = idle_s
        self._seen: dict[str, tuple[float, Master]] = {}  # kind and hash -> until when it is remembered, its owner
        self._forgotten = 0
        self._lock = threading.Lock()

    def give(self, master: str, days: float, name: str | None = None, *, sign_in: bool = False) -> tuple[str, float]:
        """A new token of the master (a uid) and its end, UTC seconds. Takes out what has expired meanwhile.

        `name`: what its owner calls it; None: a client asked for it with the password. `sign_in`: of the admin page.
        """
        token = secrets.token_urlsafe(32)
        now = self.clock()
        expires_at = now + days * 86400
        with self.db.transaction():
            self.db.change("DELETE FROM token WHERE master = ? AND expires_at <= ?", (master, now))
            self.db.change(
                "INSERT INTO token (hash, master, created_at, expires_at, name, sign_in) VALUES (?, ?, ?, ?, ?, ?)",
                (_hash(token), master, now, expires_at, name, int(sign_in)),
            )
        return token, expires_at

    def owner(self, token: str, *, sign_in: bool = False, by_hand: bool = True) -> Master | None:
        """The active master of a token that has not ended, or None. `sign_in`: one of the admin page, and no other.

        A sign-in that nobody has used for `idle_s` has ended. `by_hand`: this is a use of it; what a page asks by
        itself is none.
        """
        key = ("page " if sign_in else "") + _hash(token)
        now = self.clock()
        seen = self._seen.get(key)
        if seen and seen[0] - REMEMBER_S <= now < seen[0]:
            return seen[1]
        forgotten = self._forgotten
        row = self.db.first(
            "SELECT token.master, expires_at, coalesce(used_at, token.created_at)"
            " FROM token JOIN master ON master.uid = token.master"
            " WHERE hash = ? AND expires_at > ? AND is_activated = 1 AND sign_in = ?"
            " AND (sign_in = 0 OR coalesce(used_at, token.created_at) > ?)",
            (_hash(token), now, int(sign_in), now - self.idle_s),
        )
        master = self.masters.by_uid(row[0]) if row else None
        if master and row:
            if sign_in and by_hand and row[2] <= now - USED_EVERY_S:
                self._note_use(token, now)
            self._remember(key, min(now + REMEMBER_S, row[1]), master, forgotten)
        return master

    def _note_use(self, token: str, now: float) -> None:
        with suppress(Unavailable):  # a full disk, say, keeps nobody from looking at the page
            self.db.change("UPDATE token SET used_at = ? WHERE hash = ?", (now, _hash(token)))

    def _remember(self, key: str, until: float, master: Master, forgotten: int) -> None:
        with self._lock:
            if forgotten != self._forgotten:
                return  # ended while we read
            if len(self._seen) >= _REMEMBER_MOST:
                self._seen.clear()
            self._seen[key] = (until, master)

    def named(self, master: str, limit: int) -> list[Named]:
        """The tokens of a master (a uid) that have a name and have not ended, the newest first. Index: token_master."""
        rows = self.db.rows(
            f"SELECT substr(hash, 1, {_HANDLE}), name, created_at, expires_at FROM token"
            " WHERE master = ? AND name IS NOT NULL AND expires_at > ? ORDER BY created_at DESC, hash LIMIT ?",
            (master, self.clock(), limit),
        )
        return [Named(*row) for row in rows]

    def end_named(self, master: str, handle: str) -> bool:
        """End the token of a master (a uid) that `named` shows under this handle. False: there is none."""
        ended = self.db.change(
            f"DELETE FROM token WHERE master = ? AND name IS NOT NULL AND substr(hash, 1, {_HANDLE}) = ?",
            (master, handle),
        )
        self.forget()
        return ended > 0

    def end(self, token: str) -> None:
        """End one token."""
        self._end("hash = ?", (_hash(token),))

    def end_all(self, master: str, keep: str | None = None) -> None:
        """End all tokens of a master (a uid), but for `keep`."""
        self._end("master = ? AND hash <> ?", (master, _hash(keep) if keep else ""))

    def end_everyones(self) -> None:
        """End all tokens of all masters."""
        self._end("1 = 1", ())

    def forget(self) -> None:
        """Read masters anew from now on: something about them has changed."""
        with self._lock:
            self._forgotten += 1
            self._seen.clear()

    def _end(self, which: str, params: tuple[str, ...]) -> None:
        self.db.change(f"DELETE FROM token WHERE {which}", params)
        self.forget()


def _hash(token: str) -> str:
    # The token has 256 random bits: a plain hash can't be guessed backwards, and a slow one would cost each request.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
