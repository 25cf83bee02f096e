"""Masters, the people of this installation: the queries on the table `master`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import SQL, fn

from walkabout.database.connections import ConstraintRefused, Database
from walkabout.database.models import contains
from walkabout.jids import new_uid
from walkabout.people.emails import normal_email
from walkabout.people.tables import MasterTable


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


@dataclass(frozen=True)
class _Email:
    uid: str
    email: str


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
        row = MasterTable.insert(
            uid=uid,
            email=normal_email(email),
            name=name,
            password_hash=password_hash,
            is_superuser=superuser,
            is_activated=active,
            must_change=must_change,
            created_at=now,
        )
        try:
            self.db.change(row)
        except ConstraintRefused:
            raise EmailTaken(email) from None
        return self._must(uid)

    def by_uid(self, uid: str) -> Master | None:
        """The master of a uid. SQL text: each walk and each job asks it."""
        row = self.db.first(_BY_UID, (uid,))
        return MasterTable.read_row(Master, row) if row else None

    def by_email(self, email: str) -> Master | None:
        """The master of an email, in any form of its letters."""
        return self.db.record(Master, _masters().where(MasterTable.email == normal_email(email)))

    def emails(self, uids: Sequence[str]) -> dict[str, str]:
        """The emails of those of these uids that are there."""
        query = MasterTable.select(*MasterTable.fields_of(_Email)).where(self.db.is_among(MasterTable.uid, uids))
        return {found.uid: found.email for found in self.db.records(_Email, query)}

    def credentials(self, email: str) -> Credentials | None:
        """What a sign-in of an email is checked against, whether its master is active or not."""
        query = MasterTable.select(*MasterTable.fields_of(Credentials))
        return self.db.record(Credentials, query.where(MasterTable.email == normal_email(email)))

    def note_sign_in(self, uid: str, password_hash: str, now: float, new_hash: str | None) -> bool:
        """Note that a master has signed in by the password of a hash. False: it is not active, or has another by now.

        `new_hash`: of the same password, to be kept from now on.
        """
        signed_in = MasterTable.update(last_login_at=now, password_hash=new_hash or password_hash).where(
            MasterTable.uid == uid, MasterTable.is_activated == 1, MasterTable.password_hash == password_hash
        )
        return self.db.change(signed_in) > 0

    def rename(self, uid: str, name: str) -> Master:
        """Give the master another name."""
        self._update(uid, name=name)
        return self._must(uid)

    def set_password_hash(self, uid: str, password_hash: str, *, must_change: bool = False) -> None:
        """Replace the password. `must_change`: somebody else has chosen it."""
        self._update(uid, password_hash=password_hash, must_change=must_change)

    def activate(self, uid: str) -> None:
        """Let the master sign in (again)."""
        self._update(uid, is_activated=True)

    def deactivate(self, uid: str) -> None:
        """Let the master do nothing from now on. Raises LastAdmin."""
        self._update_unless_last_admin(uid, is_activated=False)

    def promote(self, uid: str) -> None:
        """Make the master an admin."""
        self._update(uid, is_superuser=True)

    def demote(self, uid: str) -> None:
        """Make the master an admin no more. Raises LastAdmin."""
        self._update_unless_last_admin(uid, is_superuser=False)

    def _update(self, uid: str, **values: Any) -> None:
        self.db.change(MasterTable.update(**values).where(MasterTable.uid == uid))

    def _update_unless_last_admin(self, uid: str, **values: Any) -> None:
        # One statement: two admins who disable each other at the same time must not both win.
        other = MasterTable.alias()
        another_admin = other.select(SQL("1")).where(
            other.is_superuser == 1, other.is_activated == 1, other.uid != MasterTable.uid
        )
        is_no_admin = (MasterTable.is_superuser == 0) | (MasterTable.is_activated == 0)
        changed = self.db.change(
            MasterTable.update(**values).where(MasterTable.uid == uid, is_no_admin | fn.EXISTS(another_admin))
        )
        if not changed and self.by_uid(uid) is not None:
            raise LastAdmin(uid)

    def activate_graph(self, uid: str, graph: str | None) -> None:
        """Make a graph (a uid) the master's active one."""
        self._update(uid, active_graph=graph)

    def activate_sentinel(self, uid: str, sentinel: str) -> None:
        """Make a sentinel (a uid) the master's active one."""
        self._update(uid, active_sentinel=sentinel)

    def any_superuser(self) -> bool:
        """Whether there is an admin yet."""
        return (
            self.db.value(MasterTable.select(MasterTable.id).where(MasterTable.is_superuser == 1).limit(1)) is not None
        )

    def first_superuser(self) -> Master | None:
        """The oldest active admin, or None."""
        admins = _masters().where(MasterTable.is_superuser == 1, MasterTable.is_activated == 1)
        return self.db.record(Master, admins.order_by(MasterTable.id).limit(1))

    def page(self, limit: int, offset: int, ascending: bool, search: str) -> tuple[int, list[Master]]:
        """How many masters match, and a page of them, by age. `limit` 0 is all; `search` in email or name."""
        total = self.db.value(_search(MasterTable.select(fn.count(SQL("*"))), search))
        order = MasterTable.id.asc() if ascending else MasterTable.id.desc()
        page = _search(_masters(), search).order_by(order).limit(limit or None).offset(offset)
        return int(total), self.db.records(Master, page)

    def first(self, limit: int, *, beyond: int = 0, search: str = "") -> list[Master]:
        """Masters by age, the oldest first, beyond a row's id. `search` in email or name."""
        found = _search(_masters().where(MasterTable.id > beyond), search)
        return self.db.records(Master, found.order_by(MasterTable.id).limit(limit))

    def _must(self, uid: str) -> Master:
        master = self.by_uid(uid)
        if master is None:
            raise LookupError(f"master {uid} was just deleted")
        return master


def active_sql(uid: str) -> str:
    """SQL text of "the master of this uid is active", for the graph's statements; `uid`: the name of a column there."""
    return f"EXISTS (SELECT 1 FROM master WHERE master.uid = {uid} AND master.is_activated = 1)"


def _masters() -> Any:
    return MasterTable.select(*MasterTable.fields_of(Master))


def _search(query: Any, text: str) -> Any:
    if not text:
        return query
    return query.where(contains(MasterTable.email, text) | contains(MasterTable.name, text))


_BY_UID = f"SELECT {MasterTable.columns_of(Master)} FROM master WHERE uid = ?"
