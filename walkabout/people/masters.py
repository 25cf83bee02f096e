"""Masters, the people of this installation: the queries on the table `master`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from walkabout.database.connections import ConstraintRefused, Database, Row, pattern
from walkabout.jids import new_uid
from walkabout.people.emails import normal_email

_COLUMNS = (
    "id, uid, email, name, is_activated, is_superuser, active_graph, active_sentinel, created_at, last_login_at,"
    " must_change"
)


class EmailTaken(ValueError):
    """Another master has this email."""


class LastAdmin(ValueError):
    """Nobody would be left to administer this installation."""


@dataclass(frozen=True)
class Master:
    """One person. Times are UTC seconds; uids name the active graph and sentinel (None: not chosen yet).

    `must_change`: an admin gave the password; the page asks for another one before anything else.
    """

    id: int
    uid: str
    email: str
    name: str
    is_activated: bool
    is_superuser: bool
    active_graph: str | None
    active_sentinel: str | None
    created_at: float
    last_login_at: float | None
    must_change: bool


@dataclass(frozen=True)
class Credentials:
    """What a sign-in is checked against."""

    uid: str
    email: str
    password_hash: str


class Masters:
    """What can be asked and changed about masters."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def create(
        self,
        email: str,
        password_hash: str,
        name: str,
        now: float,
        *,
        superuser: bool = False,
        active: bool = True,
        must_change: bool = False,
    ) -> Master:
        """A new master with an empty desk: the caller makes the first graph. Raises EmailTaken.

        `password_hash`: made by `Passwords`, outside of any transaction, as it takes its time; empty: of nobody's.
        """
        uid = new_uid()
        try:
            self.db.change(
                "INSERT INTO master (uid, email, name, password_hash, is_superuser, is_activated, must_change, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (uid, normal_email(email), name, password_hash, int(superuser), int(active), int(must_change), now),
            )
        except ConstraintRefused:
            raise EmailTaken(email) from None
        return self._must(uid)

    def by_uid(self, uid: str) -> Master | None:
        """The master of a uid."""
        return _master(self.db.first(f"SELECT {_COLUMNS} FROM master WHERE uid = ?", (uid,)))

    def by_email(self, email: str) -> Master | None:
        """The master of an email, in any form of its letters."""
        return _master(self.db.first(f"SELECT {_COLUMNS} FROM master WHERE email = ?", (normal_email(email),)))

    def emails(self, uids: Sequence[str]) -> dict[str, str]:
        """The emails of those of these uids that are there."""
        among, params = self.db.among("uid", uids)
        return dict(self.db.rows(f"SELECT uid, email FROM master WHERE {among}", params))

    def credentials(self, email: str) -> Credentials | None:
        """What a sign-in of an email is checked against, whether its master is active or not."""
        row = self.db.first("SELECT uid, email, password_hash FROM master WHERE email = ?", (normal_email(email),))
        return Credentials(*row) if row else None

    def note_sign_in(self, uid: str, password_hash: str, now: float, new_hash: str | None) -> bool:
        """Note that a master has signed in by the password of a hash. False: it is not active, or has another by now.

        `new_hash`: of the same password, to be kept from now on.
        """
        return (
            self.db.change(
                "UPDATE master SET last_login_at = ?, password_hash = ?"
                " WHERE uid = ? AND is_activated = 1 AND password_hash = ?",
                (now, new_hash or password_hash, uid, password_hash),
            )
            > 0
        )

    def rename(self, uid: str, name: str) -> Master:
        """Give the master another name."""
        self.db.change("UPDATE master SET name = ? WHERE uid = ?", (name, uid))
        return self._must(uid)

    def set_password_hash(self, uid: str, password_hash: str) -> None:
        """Replace the password by one that the master has chosen."""
        self.db.change("UPDATE master SET password_hash = ?, must_change = 0 WHERE uid = ?", (password_hash, uid))

    def activate(self, uid: str) -> None:
        """Let the master sign in (again)."""
        self.db.change("UPDATE master SET is_activated = 1 WHERE uid = ?", (uid,))

    def deactivate(self, uid: str) -> None:
        """Let the master do nothing from now on. Raises LastAdmin."""
        self._without("is_activated = 0", uid)

    def promote(self, uid: str) -> None:
        """Make the master an admin."""
        self.db.change("UPDATE master SET is_superuser = 1 WHERE uid = ?", (uid,))

    def demote(self, uid: str) -> None:
        """Make the master an admin no more. Raises LastAdmin."""
        self._without("is_superuser = 0", uid)

    def _without(self, change: str, uid: str) -> None:
        # One statement: two admins who disable each other at the same time must not both win.
        changed = self.db.change(
            f"UPDATE master SET {change} WHERE uid = ? AND (is_superuser = 0 OR is_activated = 0 OR EXISTS"
            " (SELECT 1 FROM master AS other WHERE other.is_superuser = 1 AND other.is_activated = 1"
            " AND other.uid <> master.uid))",
            (uid,),
        )
        if not changed and self.by_uid(uid) is not None:
            raise LastAdmin(uid)

    def activate_graph(self, uid: str, graph: str | None) -> None:
        """Make a graph (a uid) the master's active one."""
        self.db.change("UPDATE master SET active_graph = ? WHERE uid = ?", (graph, uid))

    def activate_sentinel(self, uid: str, sentinel: str) -> None:
        """Make a sentinel (a uid) the master's active one."""
        self.db.change("UPDATE master SET active_sentinel = ? WHERE uid = ?", (sentinel, uid))

    def any_superuser(self) -> bool:
        """Whether there is an admin yet."""
        return self.db.first("SELECT 1 FROM master WHERE is_superuser = 1") is not None

    def first_superuser(self) -> Master | None:
        """The oldest active admin, or None."""
        return _master(
            self.db.first(
                f"SELECT {_COLUMNS} FROM master WHERE is_superuser = 1 AND is_activated = 1 ORDER BY id LIMIT 1"
            )
        )

    def page(self, limit: int, offset: int, ascending: bool, search: str) -> tuple[int, list[Master]]:
        """How many masters match, and a page of them, by age. `limit` 0 is all; `search` in email or name."""
        where, params = _search(search)
        total = self.db.rows(f"SELECT count(*) FROM master WHERE {where}", params)[0][0]
        order = "ASC" if ascending else "DESC"
        page = [limit or 2**62, offset]
        rows = self.db.rows(
            f"SELECT {_COLUMNS} FROM master WHERE {where} ORDER BY id {order} LIMIT ? OFFSET ?", params + page
        )
        return int(total), [made for made in map(_master, rows) if made]

    def first(self, limit: int, *, beyond: int = 0, search: str = "") -> list[Master]:
        """Masters by age, the oldest first, beyond a row's id. `search` in email or name."""
        where, params = _search(search)
        rows = self.db.rows(
            f"SELECT {_COLUMNS} FROM master WHERE id > ? AND {where} ORDER BY id LIMIT ?", [beyond, *params, limit]
        )
        return [made for made in map(_master, rows) if made]

    def _must(self, uid: str) -> Master:
        master = self.by_uid(uid)
        if master is None:
            raise LookupError(f"master {uid} has just gone")
        return master


def _search(text: str) -> tuple[str, list[str]]:
    """SQL text and parameters for "email or name has this text"."""
    if not text:
        return "1 = 1", []
    return r"(email LIKE ? ESCAPE '\' OR lower(name) LIKE ? ESCAPE '\')", [pattern(text), pattern(text)]


def _master(row: Row | None) -> Master | None:
    if row is None:
        return None
    values: list[Any] = list(row)
    values[4], values[5], values[10] = bool(values[4]), bool(values[5]), bool(values[10])
    return Master(*values)
