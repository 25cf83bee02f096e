"""Paused walks: what is stored until the same master runs the same walker again."""

from dataclasses import dataclass
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Conflict, Database


@dataclass(frozen=True)
class Resting:
    """A paused walk: its fields and other attributes, and the uids of the nodes that wait."""

    values: dict[str, Any]
    queue: list[str]
    seen: list[str]
    version: int


class RestingWalks:
    """The questions to the table `resting_walk`."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def read(self, master: str, walker: str) -> Resting | None:
        """The walk that a master's walker paused, or None."""
        row = self.db.first("SELECT state, version FROM resting_walk WHERE master = ? AND walker = ?", (master, walker))
        if row is None:
            return None
        state = json_text.load(row[0])
        return Resting(state["values"], state["queue"], state["seen"], row[1])

    def replace(self, master: str, walker: str, before: Resting | None, after: dict[str, Any] | None) -> None:
        """Within the run's transaction: what rested is gone on with, and may rest again. Raises Conflict."""
        if before is not None:
            taken = self.db.change(
                "DELETE FROM resting_walk WHERE master = ? AND walker = ? AND version = ?",
                (master, walker, before.version),
            )
            if not taken:
                raise Conflict(master)
        if after is not None:
            version = before.version + 1 if before else 1
            kept = self.db.change(
                "INSERT INTO resting_walk (master, walker, state, version) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (master, walker) DO NOTHING",
                (master, walker, json_text.write(after), version),
            )
            if not kept:
                raise Conflict(master)
