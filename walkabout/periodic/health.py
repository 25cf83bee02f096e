"""How a periodic task is: kept beside it by the transitions of its runs, so that the ill ones of many are found at once.

A success makes it fine. A failure counts until then; due times that got no run show unless something worse does.
"""

from walkabout.database.connections import Database
from walkabout.jobs.states import FAILURE, MISSED, SKIPPED, SUCCESS

FINE, NEW, SKIPPING, MISSING, FAILING = range(5)
"""From well to ill; NEW: nothing of it has ended yet."""
ILL_FROM = SKIPPING
LATE_S = 60.0  # so long after its time a task that has not fired is called late
NOTE_MOST = 300  # characters


class TaskHealth:
    """Notes on tasks how their runs ended, in the transaction in which they did."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def note(self, schedule: int, state: str, why: str, at: float) -> None:
        """That a row of a task (its id) ended in a state, and why, at a moment (UTC seconds). Index: schedule.id."""
        statement = _STATEMENTS.get(state)
        if statement is not None:
            texts = () if state == SUCCESS else (why[:NOTE_MOST],)
            self.db.change(statement, (at, *texts, schedule))


_SINCE = "health_since = CASE WHEN health = {0} THEN health_since ELSE ? END, health = {0}"
_STATEMENTS = {
    SUCCESS: f"UPDATE schedule SET health_since = ?, health = {FINE}, failures = 0, health_note = ''"
    f" WHERE id = ? AND health <> {FINE}",
    FAILURE: f"UPDATE schedule SET {_SINCE.format(FAILING)}, failures = failures + 1, health_note = ? WHERE id = ?",
    MISSED: f"UPDATE schedule SET {_SINCE.format(MISSING)}, health_note = ? WHERE id = ? AND health <= {MISSING}",
    SKIPPED: f"UPDATE schedule SET {_SINCE.format(SKIPPING)}, health_note = ? WHERE id = ? AND health <= {SKIPPING}",
}
