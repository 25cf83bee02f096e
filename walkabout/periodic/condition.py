"""The condition of a periodic task in one word, for people and clients; and the tasks of a condition, as queries."""

from typing import Any

from walkabout.periodic.health import FAILING, FINE, ILL_FROM, LATE_S, MISSING, NEW, SKIPPING
from walkabout.periodic.periodic_task import ACTIVE, DISABLED, OVER, PeriodicTask
from walkabout.periodic.tables import IS_ACTIVE, ScheduleTable

PAUSED, LATE, OK, NEVER_RAN = "paused", "late", "ok", "never ran"
_ILL = {FAILING: "failing", MISSING: "missed", SKIPPING: "skipping"}
CONDITIONS = ("failing", "missed", "skipping", LATE, NEVER_RAN, OK, PAUSED, *OVER)
ATTENTION = "attention"
"""In a filter: all tasks that somebody should look at."""


def condition_of(task: PeriodicTask, now: float) -> str:
    """The first that fits, now (UTC seconds): paused, failing, missed, skipping, late, over in some way, never ran, ok."""
    if task.state == DISABLED:
        return PAUSED
    if task.health in _ILL:
        return _ILL[task.health]
    if task.state in OVER:
        return task.state
    if task.is_late(now):
        return LATE
    return NEVER_RAN if task.health == NEW else OK


def needs_attention(task: PeriodicTask, now: float) -> bool:
    """Whether somebody should look at a task."""
    return condition_of(task, now) in (*_ILL.values(), LATE)


def in_condition(word: str, now: float) -> Any:
    """The condition of a query for the tasks of a word of CONDITIONS, of ATTENTION, or of ACTIVE, now (UTC seconds)."""
    task = ScheduleTable
    is_late = task.fire_at < now - LATE_S
    for health, ill in _ILL.items():
        if word == ill:
            return (task.health == health) & (task.state != DISABLED)
    if word == ATTENTION:
        ids = task.select(task.id)
        late = ids.where(IS_ACTIVE, is_late)
        return task.id.in_(ids.where(task.health >= ILL_FROM, task.state != DISABLED).union(late))
    if word in (PAUSED, ACTIVE):
        return task.state == (DISABLED if word == PAUSED else ACTIVE)
    if word in OVER:
        return (task.state == word) & (task.health < ILL_FROM)
    well = IS_ACTIVE & (task.health < ILL_FROM)
    if word == LATE:
        return well & is_late
    return well & ~is_late & (task.health == (NEW if word == NEVER_RAN else FINE))
