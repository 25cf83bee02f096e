"""Devices that have signed in before: their failed attempts are counted apart from those of strangers.

So nobody locks a person out by failing on their account (OWASP ASVS 5, 6.1.1; OWASP's "device cookies"). A device is
a browser, by the random name in its cookie; or, for programs, which keep no cookie, the place that they ask from.
"""

from collections.abc import Callable

from walkabout.database.connections import Database
from walkabout.people.keyed_hash import KeyedHash

MOST = 50  # devices of one person; the one that was seen longest ago is forgotten first


class Devices:
    """Which devices are known to be whose. They are kept as keyed hashes."""

    def __init__(self, db: Database, secret: bytes, clock: Callable[[], float], days: float) -> None:
        """`clock`: UTC seconds; `days`: how long one is known that is not seen again."""
        self.db = db
        self._keyed = KeyedHash(secret, "devices")
        self.clock = clock
        self.keep_s = days * 86400

    def known(self, master: str, devices: list[str]) -> str | None:
        """The first of these devices from which a master (a uid) has signed in."""
        for device in devices:
            row = self.db.first(
                "SELECT 1 FROM known_device WHERE master = ? AND device = ? AND seen_at > ?",
                (master, self._keyed(device), self.clock() - self.keep_s),
            )
            if row:
                return device
        return None

    def remember(self, master: str, devices: list[str]) -> None:
        """A master (a uid) has signed in from these."""
        now = self.clock()
        self.db.change("DELETE FROM known_device WHERE master = ? AND seen_at <= ?", (master, now - self.keep_s))
        for device in devices:
            self.db.change(
                "INSERT INTO known_device (master, device, seen_at) VALUES (?, ?, ?)"
                " ON CONFLICT (master, device) DO UPDATE SET seen_at = excluded.seen_at",
                (master, self._keyed(device), now),
            )
        self.db.change(
            "DELETE FROM known_device WHERE master = ? AND rowid NOT IN"
            " (SELECT rowid FROM known_device WHERE master = ? ORDER BY seen_at DESC, rowid DESC LIMIT ?)",
            (master, master, MOST),
        )
