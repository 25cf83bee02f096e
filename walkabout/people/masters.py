"""Masters: the people of this installation. The questions to the table `master`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.security import check_password_hash, generate_password_hash

from walkabout.database.connections import ConstraintRefused, Database, Row, pattern
from walkabout.jids import new_uid
from walkabout.people.emails import normal_email

PASSWORD_LEAST = 8  # characters, as in the original
# The form of a hash that no password has.
_NOBODY = "scrypt:32768:8:1$nobody$" + "0" * 128
_COLUMNS = "id, uid, email, name, is_activated, is_superuser, active_graph, active_sentinel, created_at, last_login_at"


class EmailTaken(ValueError):
    """Another master has this email."""


class LastAdmin(ValueError):
    """Nobody would be left to administer this installation."""


@dataclass(frozen=True)
class Master:
    """One person. Times are UTC seconds; uids name the active graph and sentinel (None: not chosen yet)."""

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


class Masters:
    """What can be asked and changed about masters."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def create(self, email: str, password: str, name: str, now: float, *, superuser: bool = False) -> Master:
        """A new master with an empty desk: the caller makes the first graph. Raises EmailTaken."""
        uid = new_uid()
        try:
            self.db.change(
                "INSERT INTO master (uid, email, name, password_hash, is_superuser, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                (uid, normal_email(email), name, generate_password_hash(password), int(superuser), now),
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

    def signed_in(self, email: str, password: str, now: float) -> Master | None:
        """The active master whom email and password name, noted as signed in now; None when they don't."""
        row = self.db.first(
            "SELECT uid, password_hash FROM master WHERE email = ? AND is_activated = 1", (normal_email(email),)
        )
        # An unknown email takes as long as a wrong password, so that the time tells nobody who has an account.
        if not check_password_hash(row[1] if row else _NOBODY, password) or row is None:
            return None
        self.db.change("UPDATE master SET last_login_at = ? WHERE uid = ?", (now, row[0]))
        return self.by_uid(row[0])

    def rename(self, uid: str, name: str) -> Master:
        """Give the master another name."""
        self.db.change("UPDATE master SET name = ? WHERE uid = ?", (name, uid))
        return self._must(uid)

    def set_password(self, uid: str, password: str) -> None:
        """Replace the password."""
        self.db.change("UPDATE master SET password_hash = ? WHERE uid = ?", (generate_password_hash(password), uid))

    def right_password(self, uid: str, password: str) -> bool:
        """Whether it is the master's password."""
        row = self.db.first("SELECT password_hash FROM master WHERE uid = ?", (uid,))
        return row is not None and check_password_hash(row[0], password)

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
    values[4], values[5] = bool(values[4]), bool(values[5])
    return Master(*values)
