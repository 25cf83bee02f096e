"""Keys of public walkers: whoever has one may run that walker as the master who owns the key.

A key can be shown again, and yet is not stored: it derives from the installation's secret, the master, the walker
and a generation number. The table keeps the generation, and a hash to find the owner by.
"""

import hashlib
import hmac

from walkabout.database.connections import Database


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
            return self._made(master, walker, generation) if generation else self.new_key(master, walker)

    def new_key(self, master: str, walker: str) -> str:
        """Another key; the one before ends."""
        with self.db.transaction():
            generation = self._generation(master, walker) + 1
            key = self._made(master, walker, generation)
            self.db.change(
                "INSERT INTO walker_key (master, walker, generation, hash) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (master, walker) DO UPDATE SET generation = excluded.generation, hash = excluded.hash",
                (master, walker, generation, _hash(key)),
            )
        return key

    def owner(self, key: str, walker: str | None) -> str | None:
        """The uid of the active master whose key for this walker (None: for any) it is, or None."""
        row = self.db.first(
            "SELECT master.uid FROM walker_key JOIN master ON master.uid = walker_key.master"
            " WHERE hash = ? AND (? IS NULL OR walker = ?) AND is_activated = 1",
            (_hash(key), walker, walker),
        )
        return row[0] if row else None

    def _generation(self, master: str, walker: str) -> int:
        row = self.db.first("SELECT generation FROM walker_key WHERE master = ? AND walker = ?", (master, walker))
        return row[0] if row else 0

    def _made(self, master: str, walker: str, generation: int) -> str:
        text = f"{master}/{walker}/{generation}".encode()
        return hmac.new(self.secret, text, hashlib.sha256).hexdigest()[:32]


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
