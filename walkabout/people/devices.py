"""Devices that have signed in before: their failed attempts are counted apart from those of strangers.

So nobody locks a person out by failing on their account (OWASP ASVS 5, 6.1.1; OWASP's "device cookies"). A device is
a browser, by the random name in its cookie; or, for programs, which keep no cookie, the place that they ask from.
"""

from collections.abc import Callable

from walkabout.database.connections import Database
from walkabout.people.keyed_hash import KeyedHash
from walkabout.people.tables import KnownDeviceTable

MOST = 50  # devices of one person; the one that was seen longest ago is forgotten first


class Devices:
    """Which devices are known to be whose. They are kept as keyed hashes."""

    def __init__(self, db: Database, secret: bytes, clock: Callable[[], float], days: float) -> None:
        """`clock`: UTC seconds; `days`: how long one is known that is not seen again."""
        self.db = db
        self._keyed = KeyedHash(secret, "devices")
        self.clock = clock
        self.keep_s = days * 86400

    def first_known(self, master: str, devices: list[str]) -> str | None:
        """The first of these devices from which a master (a uid) has signed in."""
        since = self.clock() - self.keep_s
        mine = KnownDeviceTable.select(KnownDeviceTable.device).where(
            KnownDeviceTable.master == master, KnownDeviceTable.seen_at > since
        )
        known = set(self.db.values(mine))
        return next((device for device in devices if self._keyed(device) in known), None)

    def remember(self, master: str, devices: list[str]) -> None:
        """A master (a uid) has signed in from these."""
        now, mine = self.clock(), KnownDeviceTable.master == master
        self.db.change(KnownDeviceTable.delete().where(mine, KnownDeviceTable.seen_at <= now - self.keep_s))
        for device in devices:
            row = KnownDeviceTable.insert(master=master, device=self._keyed(device), seen_at=now)
            self.db.change(
                row.on_conflict(
                    conflict_target=[KnownDeviceTable.master, KnownDeviceTable.device],
                    preserve=[KnownDeviceTable.seen_at],
                )
            )
        latest = KnownDeviceTable.select(KnownDeviceTable.device).where(mine)
        latest = latest.order_by(KnownDeviceTable.seen_at.desc(), KnownDeviceTable.device).limit(MOST)
        self.db.change(KnownDeviceTable.delete().where(mine, KnownDeviceTable.device.not_in(latest)))
