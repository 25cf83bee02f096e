"""The audit log of people, sign-ins and rights: who did what to whom, and from where. Logged and stored.

Never a password or a token. What somebody typed as an email that is nobody's may be a password: only its beginning
is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from walkabout.database.connections import Database
from walkabout.events import Events

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
        with self.db.transaction():
            self.db.change(
                "INSERT INTO audit (at, event, actor, about, address, detail) VALUES (?, ?, ?, ?, ?, ?)",
                (now, event, by, about, address, detail),
            )
            newest = self.db.rows("SELECT max(id) FROM audit")[0][0]
            if newest % _TIDY_EVERY == 0:
                self._tidy(now)
        told = {"by": by, "about": about, "address": address, "detail": detail}
        self.db.after_commit(lambda: self.events.say(event, **{name: text for name, text in told.items() if text}))

    def newest(self, most: int, events: Sequence[str] = (), before: int | None = None) -> list[Entry]:
        """The newest entries, the newest first: of these events (none: of all), and older than an entry's id."""
        among, params = self.db.among("event", events) if events else ("1 = 1", [])
        rows = self.db.rows(
            "SELECT id, at, event, actor, about, address, detail FROM audit"
            f" WHERE at > ? AND id < ? AND {among} ORDER BY id DESC LIMIT ?",
            [self.clock() - self.keep_s, 2**62 if before is None else before, *params, most],
        )
        return [Entry(*row) for row in rows]

    def _tidy(self, now: float) -> None:
        self.db.change("DELETE FROM audit WHERE at <= ?", (now - self.keep_s,))
        for (event,) in self.db.rows("SELECT DISTINCT event FROM audit"):
            self.db.change(
                "DELETE FROM audit WHERE event = ? AND id <="
                " (SELECT id FROM audit WHERE event = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (event, event, _ROWS_MOST),
            )


def masked(text: str) -> str:
    """The beginning of what may be a password, and nothing that a log could stumble over."""
    return "".join(char if char.isprintable() else "?" for char in text[:2]) + "…" if text else ""
