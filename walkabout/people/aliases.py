"""Aliases: a master's own short names for jids. The questions to the table `alias`."""

from walkabout.database.connections import Database


class Aliases:
    """What a master's names stand for."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def register(self, master: str, name: str, value: str) -> None:
        """Let `name` stand for `value` from now on."""
        self.db.change(
            "INSERT INTO alias (master, name, value) VALUES (?, ?, ?)"
            " ON CONFLICT (master, name) DO UPDATE SET value = excluded.value",
            (master, name, value),
        )

    def value(self, master: str, name: str) -> str | None:
        """What the name stands for, or None."""
        row = self.db.first("SELECT value FROM alias WHERE master = ? AND name = ?", (master, name))
        return row[0] if row else None

    def all(self, master: str) -> dict[str, str]:
        """All names of a master, sorted."""
        return dict(self.db.rows("SELECT name, value FROM alias WHERE master = ? ORDER BY name", (master,)))

    def delete(self, master: str, name: str) -> bool:
        """Take a name away. False: there was none."""
        return self.db.change("DELETE FROM alias WHERE master = ? AND name = ?", (master, name)) > 0

    def clear(self, master: str) -> int:
        """Take all names away; how many there were."""
        return self.db.change("DELETE FROM alias WHERE master = ?", (master,))
