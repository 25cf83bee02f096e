"""How a periodic task is: kept beside it by the transitions of its runs, so that the ill ones of many are found at once.

A success makes it fine. A failure counts until then; due times that got no run show unless something worse does.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from walkabout.database.connections import Database
from walkabout.jobs.states import FAILURE, MISSED, SKIPPED, SUCCESS
from walkabout.notices import occasions
from walkabout.notices.occasions import Occasion
from walkabout.notices.targets import ANYBODY_SQL, IS_PINGED_SQL

FINE, NEW, SKIPPING, MISSING, FAILING = range(5)
"""From well to ill; NEW: nothing of it has ended yet."""
ILL_FROM = SKIPPING
LATE_S = 60.0  # so long after its time a task that has not fired is called late
NOTE_MOST = 300  # characters


class TaskHealth:
    """Notes on tasks how their runs ended, in the transaction in which they did, and lets that be told.

    Whether anybody is to be told stands in the answer of the same statement: where nobody is, it costs nothing.
    """

    def __init__(self, db: Database, tell: Callable[[Occasion], None]) -> None:
        """`tell`: writes notices, in the same transaction."""
        self.db = db
        self.tell = tell

    def note(self, schedule: int, state: str, why: str, at: float, run: str | None) -> None:
        """That a row of a task (its id) ended in a state, why, and when (UTC seconds). `run`: its uid, if it ran.

        Index: schedule.id, notice_target_task.
        """
        statement = _STATEMENTS.get(state)
        if statement is None:
            return
        texts = () if state == SUCCESS else (why[:NOTE_MOST],)
        for is_told, *task in self.db.rows(statement, (at, *texts, schedule)):
            if is_told:
                self._tell(_occasion(schedule, state, *task), why, at, run)

    def _tell(self, found: Occasion | None, why: str, at: float, run: str | None) -> None:
        if found is not None:
            self.tell(replace(found, why=why, at=at, run=run, lasted_s=at - found.at))


def _occasion(schedule: int, state: str, is_paused: bool, since: float, *rest: Any) -> Occasion | None:
    """What the new health of a task tells; None: it is paused, and mute. `at`: since when it is so."""
    name, owner, tags, failures = rest
    event = _EVENTS[state]
    if is_paused and event != occasions.SUCCEEDED:
        return None
    return Occasion(
        event=event,
        key=f"{schedule} {event} {since}",
        at=since,
        task=schedule,
        task_name=name,
        owner=owner,
        tags=tuple(tags.split()),
        count=failures or 1,
    )


_EVENTS = {
    SUCCESS: occasions.SUCCEEDED,
    FAILURE: occasions.FAILED,
    MISSED: occasions.MISSED,
    SKIPPED: occasions.SKIPPING,
}
_SINCE = "health_since = CASE WHEN health = {0} THEN health_since ELSE ? END, health = {0}"
_TOLD = f" RETURNING {ANYBODY_SQL}, state = 'disabled', coalesce(health_since, 0), name, owner, tags, failures"
_STATEMENTS = {
    SUCCESS: f"UPDATE schedule SET {_SINCE.format(FINE)}, failures = 0, health_note = ''"
    f" WHERE id = ? AND (health <> {FINE} OR {IS_PINGED_SQL}){_TOLD}",
    FAILURE: f"UPDATE schedule SET {_SINCE.format(FAILING)}, failures = failures + 1, health_note = ? WHERE id = ?{_TOLD}",
    MISSED: f"UPDATE schedule SET {_SINCE.format(MISSING)}, health_note = ? WHERE id = ? AND health <= {MISSING}{_TOLD}",
    SKIPPED: f"UPDATE schedule SET {_SINCE.format(SKIPPING)}, health_note = ?"
    f" WHERE id = ? AND health <= {SKIPPING}{_TOLD}",
}
