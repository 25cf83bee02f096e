"""Tokens, which identify a caller: random, stored as a hash, with an end."""

import hashlib
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from walkabout.database.connections import Database, Row, Unavailable
from walkabout.people.masters import Master, Masters

REMEMBER_S = 1.0  # how long another process's logout may go unseen here; our own is seen at once
_REMEMBER_MOST = 10_000
USED_EVERY_S = 60.0  # how exactly the last use of a token is known
PAGE, CLIENT, NAMED = "page", "client", "named"
_AGENT_MOST = 200  # characters
_HANDLE = 16  # characters of the hash by which a token is told from others of its master


@dataclass(frozen=True)
class ListedToken:
    """A sign-in or token as its owner sees it. Times: UTC seconds. `handle` names it; it is no part of the token.

    `kind`: PAGE, a browser's sign-in; CLIENT, what a client got for the password; NAMED, made by hand. `used_at` is
    exact to USED_EVERY_S; None: never used. `agent`: what the client says that it is.
    """

    handle: str
    kind: str
    name: str
    created_at: float
    expires_at: float
    used_at: float | None
    address: str
    agent: str


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

    def give(
        self,
        master: str,
        days: float,
        name: str | None = None,
        *,
        sign_in: bool = False,
        address: str = "",
        agent: str = "",
    ) -> tuple[str, float]:
        """A new token of the master (a uid) and its end, UTC seconds. Takes out what has expired meanwhile.

        `name`: what its owner calls it; None: a client asked for it with the password. `sign_in`: of the admin page.
        `address`, `agent`: who asked for it, as its owner is shown it.
        """
        token = secrets.token_urlsafe(32)
        now = self.clock()
        expires_at = now + days * 86400
        with self.db.transaction():
            self.db.change("DELETE FROM token WHERE master = ? AND expires_at <= ?", (master, now))
            self.db.change(
                "INSERT INTO token (hash, master, created_at, expires_at, name, sign_in, address, agent)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (_hash(token), master, now, expires_at, name, int(sign_in), address, agent[:_AGENT_MOST]),
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
            if by_hand and row[2] <= now - USED_EVERY_S:
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

    def listed(self, master: str, limit: int) -> list[ListedToken]:
        """The sign-ins and tokens of a master (a uid) that have not ended, the newest first. Index: token_master."""
        now = self.clock()
        rows = self.db.rows(
            f"SELECT substr(hash, 1, {_HANDLE}), sign_in, name, created_at, expires_at, used_at, address, agent"
            " FROM token WHERE master = ? AND expires_at > ?"
            " AND (sign_in = 0 OR coalesce(used_at, created_at) > ?) ORDER BY created_at DESC, hash LIMIT ?",
            (master, now, now - self.idle_s, limit),
        )
        return [_listed(row) for row in rows]

    def handle_of(self, token: str) -> str:
        """Under which handle `listed` shows a token."""
        return _hash(token)[:_HANDLE]

    def end_listed(self, master: str, handle: str) -> bool:
        """End the sign-in or token of a master (a uid) that `listed` shows under this handle. False: there is none."""
        ended = self.db.change(
            f"DELETE FROM token WHERE master = ? AND substr(hash, 1, {_HANDLE}) = ?", (master, handle)
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


def _listed(row: Row) -> ListedToken:
    handle, is_sign_in, name, created_at, expires_at, used_at, address, agent = row
    kind = PAGE if is_sign_in else CLIENT if name is None else NAMED
    return ListedToken(handle, kind, name or "", created_at, expires_at, used_at, address or "", agent or "")


def _hash(token: str) -> str:
    # The token has 256 random bits: a plain hash can't be guessed backwards, and a slow one would cost each request.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
