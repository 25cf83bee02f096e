"""One row of the list of tasks, in the page's words."""

from collections.abc import Sequence
from dataclasses import dataclass

from walkabout.jobs.queries import Mark
from walkabout.jobs.states import STARTED
from walkabout.masking import Masker
from walkabout.periodic.periodic_task import ACTIVE, DISABLED, PeriodicTask
from walkabout.web.pages.tasks.condition import Illness, illness, task_state
from walkabout.web.pages.tasks.sparkline import Sparkline, sparkline, took_s
from walkabout.web.pages.words import DAY_S, STATES, Moment, State, length, local, moment, on_the_clock


@dataclass(frozen=True)
class TaskRow:
    """A task in the list. `clock`: when it is next, on its own clock, as short as can be; `local`: in full; `soon`: within a day.

    `since`: when the last run started, while it runs, as ISO.
    """

    id: int
    name: str
    state: State
    is_active: bool
    may_be_enabled: bool
    note: str
    words: str
    following: Moment | None
    soon: bool
    clock: str
    local: str
    last_uid: str
    last: State | None
    ran: Moment | None
    took: str
    since: str
    sparkline: Sparkline
    ill: Illness | None = None


def task_row(task: PeriodicTask, marks: Sequence[Mark], now: float, masker: Masker) -> TaskRow:
    """The row of a task. `marks`: its last runs, the oldest first; `now`: UTC seconds."""
    last = marks[-1] if marks else None
    started = moment(last.started_at, now) if last else None
    return TaskRow(
        id=task.id,
        name=task.name,
        state=task_state(task, now),
        ill=illness(task, now, masker),
        is_active=task.state == ACTIVE,
        may_be_enabled=task.state == DISABLED,
        note=masker.text(task.note),
        words=task.words(),
        following=moment(task.next_run_at, now),
        soon=abs((task.next_run_at or 0.0) - now) < DAY_S,
        clock=on_the_clock(task.next_run_at, now, task.timezone),
        local=local(task.next_run_at, task.timezone),
        last_uid=last.uid if last else "",
        last=STATES[last.state] if last else None,
        ran=moment(last.queued_at, now) if last else None,
        took=length(took_s(last, now)) if last and last.started_at else "",
        since=started.iso if last and last.state == STARTED and started else "",
        sparkline=sparkline(marks, now),
    )
