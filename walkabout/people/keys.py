"""Keys of public walkers: whoever has one may run that walker as the master who owns the key.

A key can be shown again, and yet is not stored: it derives from the installation's secret, the master, the walker
and a generation number. The table keeps the generation, and a hash to find the owner by.
"""

import hashlib
import hmac

from walkabout.database.connections import Database
from walkabout.people.tables import WalkerKeyTable


class Keys:
    """The keys that masters have for public walkers."""

    def __init__(self, db: Database, secret: bytes) -> None:
        """`secret`: the installation's own; another one makes all keys other ones."""
        self.db = db
        self.secret = secret

    def key(self, master: str, walker: str) -> str:
        """The master's key for a walker, made on first asking."""
        with self.db.transaction():  # of two first askers the second gets the key of the first
            generation = self._generation(master, walker)
            return self._derive(master, walker, generation) if generation else self.new_key(master, walker)

    def new_key(self, master: str, walker: str) -> str:
        """Another key; the one before ends."""
        with self.db.transaction():
            generation = self._generation(master, walker) + 1
            key = self._derive(master, walker, generation)
            row = WalkerKeyTable.insert(master=master, walker=walker, generation=generation, hash=_hash(key))
            self.db.change(
                row.on_conflict(
                    conflict_target=[WalkerKeyTable.master, WalkerKeyTable.walker],
                    preserve=[WalkerKeyTable.generation, WalkerKeyTable.hash],
                )
            )
        return key

    def owner(self, key: str, walker: str | None) -> str | None:
        """The uid of the active master whose key for this walker (None: for any) it is, or None.

        SQL text: each call of a public walker asks it.
        """
        uid: str | None = self.db.value(
            "SELECT master.uid FROM walker_key JOIN master ON master.uid = walker_key.master"
            " WHERE hash = ? AND walker = coalesce(?, walker) AND is_activated = 1",
            (_hash(key), walker),
        )
        return uid

    def _generation(self, master: str, walker: str) -> int:
        """The number of the master's key for a walker; 0: there is none yet."""
        generation = WalkerKeyTable.select(WalkerKeyTable.generation).where(
            WalkerKeyTable.master == master, WalkerKeyTable.walker == walker
        )
        return self.db.value(generation) or 0

    def _derive(self, master: str, walker: str, generation: int) -> str:
        text = f"{master}/{walker}/{generation}".encode()
        return hmac.new(self.secret, text, hashlib.sha256).hexdigest()[:32]


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
