"""Tokens, which identify a caller: random, stored as a hash, with an end."""

import hashlib
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from peewee import Case, fn

from walkabout.database.connections import Database, Unavailable
from walkabout.people.masters import Master, Masters
from walkabout.people.tables import MasterTable, TokenTable

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


@dataclass(frozen=True)
class _Use:
    """Whose token it is, until when, and when it was used last (or made)."""

    master: str
    expires_at: float
    used_at: float


_used_at = fn.coalesce(TokenTable.used_at, TokenTable.created_at)
_KIND = Case(None, [(TokenTable.sign_in == 1, PAGE), (TokenTable.name.is_null(), CLIENT)], NAMED)
_TEXTS = (TokenTable.name, TokenTable.address, TokenTable.agent)
_handle = fn.substr(TokenTable.hash, 1, _HANDLE)


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
            self.db.change(TokenTable.delete().where(TokenTable.master == master, TokenTable.expires_at <= now))
            self.db.change(
                TokenTable.insert(
                    hash=_hash(token),
                    master=master,
                    created_at=now,
                    expires_at=expires_at,
                    name=name,
                    sign_in=sign_in,
                    address=address,
                    agent=agent[:_AGENT_MOST],
                )
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
        found = self._read(token, now, sign_in)
        master = self.masters.by_uid(found.master) if found else None
        if master and found:
            if by_hand and found.used_at <= now - USED_EVERY_S:
                self._note_use(token, now)
            self._remember(key, min(now + REMEMBER_S, found.expires_at), master, forgotten)
        return master

    def _read(self, token: str, now: float, sign_in: bool) -> _Use | None:
        query = TokenTable.select(TokenTable.master, TokenTable.expires_at, _used_at.alias("used_at"))
        query = query.join(MasterTable, on=(MasterTable.uid == TokenTable.master)).where(
            TokenTable.hash == _hash(token),
            TokenTable.expires_at > now,
            MasterTable.is_activated == 1,
            TokenTable.sign_in == sign_in,
            self._is_in_use(now),
        )
        return self.db.record(_Use, query)

    def _is_in_use(self, now: float) -> Any:
        """Whether it is no sign-in of the page, or one that somebody has used lately."""
        return (TokenTable.sign_in == 0) | (_used_at > now - self.idle_s)

    def _note_use(self, token: str, now: float) -> None:
        with suppress(Unavailable):  # a full disk, say, keeps nobody from looking at the page
            self.db.change(TokenTable.update(used_at=now).where(TokenTable.hash == _hash(token)))

    def _remember(self, key: str, until: float, master: Master, forgotten: int) -> None:
        with self._lock:
            if forgotten != self._forgotten:
                return  # ended while we read
            if len(self._seen) >= _REMEMBER_MOST:
                self._seen.clear()
            self._seen[key] = (until, master)

    def list_of(self, master: str, limit: int) -> list[ListedToken]:
        """The sign-ins and tokens of a master (a uid) that have not ended, the newest first. Index: token_master."""
        now = self.clock()
        query = TokenTable.select(
            _handle.alias("handle"),
            _KIND.alias("kind"),
            *(fn.coalesce(column, "").alias(column.name) for column in _TEXTS),
            TokenTable.created_at,
            TokenTable.expires_at,
            TokenTable.used_at,
        ).where(TokenTable.master == master, TokenTable.expires_at > now, self._is_in_use(now))
        newest_first = query.order_by(TokenTable.created_at.desc(), TokenTable.hash).limit(limit)
        return self.db.records(ListedToken, newest_first)

    def handle_of(self, token: str) -> str:
        """Under which handle `list_of` shows a token."""
        return _hash(token)[:_HANDLE]

    def end_listed(self, master: str, handle: str) -> bool:
        """End the sign-in or token of a master (a uid) that `list_of` shows under this handle. False: there is none."""
        ended = self.db.change(TokenTable.delete().where(TokenTable.master == master, _handle == handle))
        self.forget()
        return ended > 0

    def end(self, token: str) -> None:
        """End one token."""
        self._end(TokenTable.hash == _hash(token))

    def end_all(self, master: str, keep: str | None = None) -> None:
        """End all tokens of a master (a uid), but for `keep`."""
        self._end(TokenTable.master == master, TokenTable.hash != (_hash(keep) if keep else ""))

    def end_everyones(self) -> None:
        """End all tokens of all masters."""
        self._end()

    def forget(self) -> None:
        """Read masters anew from now on: something about them has changed."""
        with self._lock:
            self._forgotten += 1
            self._seen.clear()

    def _end(self, *which: Any) -> None:
        tokens = TokenTable.delete()
        self.db.change(tokens.where(*which) if which else tokens)
        self.forget()


def _hash(token: str) -> str:
    # The token has 256 random bits: a plain hash can't be guessed backwards, and a slow one would cost each request.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
