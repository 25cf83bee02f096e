"""The audit log of people, sign-ins and rights: who did what to whom, and from where. Logged and stored.

Never a password or a token. What somebody typed as an email that is nobody's may be a password: only its beginning
is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from peewee import fn

from walkabout.database.connections import Database
from walkabout.events import Events
from walkabout.people.tables import AuditTable

SIGNED_IN, SIGN_IN_FAILED, SIGNED_OUT = "sign_in.done", "sign_in.failed", "sign_in.ended"
PERSON_MADE, PROMOTED, DEMOTED = "person.made", "person.promoted", "person.demoted"
ENABLED, DISABLED = "person.enabled", "person.disabled"
PASSWORD_CHANGED, PASSWORD_REFUSED = "person.password_changed", "person.password_refused"
TOKEN_MADE, TOKEN_ENDED, TOKENS_ENDED = "token.made", "token.ended", "token.all_ended"
GRANTED, REVOKED, ACCESS_SET = "right.granted", "right.revoked", "right.access_set"

_ROWS_MOST = 20_000  # of one kind: strangers who fail must not push out who became an admin
_TIDY_EVERY = 100  # rows


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `at`: UTC seconds; the others are texts, empty where there is nothing to say."""

    id: int
    at: float
    event: str
    actor: str
    about: str
    address: str
    detail: str


class Audit:
    """Writes and reads what happened. Raises Unavailable when the database can't be written."""

    def __init__(self, db: Database, events: Events, clock: Callable[[], float], days: float) -> None:
        """`clock`: UTC seconds; `days`: how long an entry is kept."""
        self.db = db
        self.events = events
        self.clock = clock
        self.keep_s = days * 86400

    def record(self, event: str, by: str, about: str = "", address: str = "", detail: str = "") -> None:
        """Something happened just now. `by`, `about`: emails; `address`: from where; `detail`: what else is to be said."""
        now = self.clock()
        entry = AuditTable.insert(at=now, event=event, actor=by, about=about, address=address, detail=detail)
        with self.db.transaction():
            self.db.change(entry)
            newest = self.db.value(AuditTable.select(fn.max(AuditTable.id)))
            if newest % _TIDY_EVERY == 0:
                self._tidy(now)
        told = {"by": by, "about": about, "address": address, "detail": detail}
        self.db.after_commit(lambda: self.events.say(event, **{name: text for name, text in told.items() if text}))

    def newest(self, most: int, events: Sequence[str] = (), before: int | None = None) -> list[Entry]:
        """The newest entries, the newest first: of these events (none: of all), and older than an entry's id."""
        found = AuditTable.select(*AuditTable.fields_of(Entry)).where(AuditTable.at > self.clock() - self.keep_s)
        if events:
            found = found.where(AuditTable.event.in_(events))
        if before is not None:
            found = found.where(AuditTable.id < before)
        return self.db.records(Entry, found.order_by(AuditTable.id.desc()).limit(most))

    def _tidy(self, now: float) -> None:
        self.db.change(AuditTable.delete().where(AuditTable.at <= now - self.keep_s))
        for event in self.db.values(AuditTable.select(AuditTable.event).distinct()):
            same = AuditTable.select(AuditTable.id).where(AuditTable.event == event)
            oldest = self.db.value(same.order_by(AuditTable.id.desc()).limit(1).offset(_ROWS_MOST))
            if oldest is not None:
                self.db.change(AuditTable.delete().where(AuditTable.event == event, AuditTable.id <= oldest))


def beginning_of(text: str) -> str:
    """The beginning of what may be a password, and nothing that a log could stumble over."""
    return "".join(char if char.isprintable() else "?" for char in text[:2]) + "…" if text else ""
