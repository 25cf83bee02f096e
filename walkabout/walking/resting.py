"""Paused walks: what is stored until the same master runs the same walker again."""

from dataclasses import dataclass
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Conflict, Database
from walkabout.people.masters import Master
from walkabout.people.tables import MasterTable


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
        return None if row is None else _resting(*row)

    def read_with_master(self, master: str, walker: str) -> tuple[Master | None, Resting | None]:
        """The master of a uid, and the walk that its walker paused, by one question: each walk begins with it."""
        row = self.db.first(_WITH_MASTER, (walker, master))
        if row is None:
            return None, None
        *own, state, version = row
        return MasterTable.read_row(Master, own), None if state is None else _resting(state, version)

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


_WITH_MASTER = (
    f"SELECT {', '.join(f'master.{column}' for column in MasterTable.columns_of(Master).split(', '))},"
    " resting_walk.state, resting_walk.version FROM master"
    " LEFT JOIN resting_walk ON resting_walk.master = master.uid AND resting_walk.walker = ? WHERE master.uid = ?"
)


def _resting(text: str, version: int) -> Resting:
    state = json_text.load(text)
    return Resting(state["values"], state["queue"], state["seen"], version)
