"""The fires to come of a task between two moments."""

from collections.abc import Iterator
from itertools import islice, takewhile

from walkabout.periodic.periodic_task import PeriodicTask, moment
from walkabout.periodic.rules.clock import JUST_BEFORE


def fires_between(task: PeriodicTask, start: float, end: float) -> Iterator[float]:
    """When a task fires from `start` on and before `end`, with its part of the jitter; all are UTC seconds.

    None of a task whose times can't be computed: it says so on its own page.
    """
    try:
        fires = task.rule().fires_after(moment(start - task.offset_s) - JUST_BEFORE)
        if task.one_off:
            fires = islice(fires, 1)
        yield from takewhile(lambda at: at < end, (fire.timestamp() + task.offset_s for fire in fires))
    except Exception:
        return
