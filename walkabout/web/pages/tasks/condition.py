"""How a task is, in the page's words: its condition, and what is wrong with it."""

from dataclasses import dataclass

from walkabout.masking import Masker
from walkabout.periodic.condition import condition_of, needs_attention
from walkabout.periodic.health import ILL_FROM
from walkabout.periodic.periodic_task import EXPIRED, FINISHED, NEVER, PeriodicTask
from walkabout.web.pages.words import Moment, State, count, cut, moment

WHY_MOST = 140  # characters of an error

CONDITIONS = {
    "ok": State("ok", "✓", "ok"),
    "failing": State("bad", "✕", "failing"),
    "late": State("warn", "⏱", "late"),
    "skipping": State("warn", "↷", "skipping"),
    "missed": State("warn", "∅", "missed"),
    "never ran": State("wait", "○", "never ran"),
    "paused": State("off", "◌", "paused"),
    FINISHED: State("off", "✓", "finished"),
    EXPIRED: State("warn", "∅", "expired"),
    NEVER: State("warn", "∅", "never fires"),
}


@dataclass(frozen=True)
class Illness:
    """What is wrong with a task, in a line: `words`, `since` when, and `why`."""

    words: str
    since: Moment | None
    why: str


def task_state(task: PeriodicTask, now: float) -> State:
    """How a task is now (UTC seconds), as colour, shape and word."""
    return CONDITIONS[condition_of(task, now)]


def illness(task: PeriodicTask, now: float, masker: Masker) -> Illness | None:
    """What is wrong with a task now (UTC seconds); None: nothing."""
    if not needs_attention(task, now):
        return None
    if task.health < ILL_FROM:
        return Illness("late: due times that have passed", moment(task.fire_at, now), "no worker has dealt with it yet")
    words = (
        count(task.failures, "failure in a row", "failures in a row") if task.failures else task_state(task, now).word
    )
    return Illness(words, moment(task.health_since, now), cut(masker.text(task.health_note), WHY_MOST))
