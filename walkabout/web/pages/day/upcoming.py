"""Computes when tasks will fire soon: once for each task, then extended as time passes."""

from array import array
from dataclasses import dataclass
from itertools import islice, takewhile

from walkabout.periodic.periodic_task import PeriodicTask, moment

TASKS_MOST = 1000  # that are remembered


@dataclass(frozen=True)
class _Known:
    """The fires of a revision of a task, all after one moment and not after another (UTC seconds)."""

    revision: int
    since: float
    until: float
    fires: "array[float]"


class Upcoming:
    """The fires of tasks. Asked again a little later, a task costs next to nothing."""

    def __init__(self, stretch_s: float, most: int) -> None:
        """`stretch_s`: how far ahead; `most`: fires of one task, those beyond are left out."""
        self.stretch_s = stretch_s
        self.most = most
        self._known: dict[int, _Known] = {}

    def fires(self, task: PeriodicTask, now: float) -> "array[float]":
        """When a task fires after now (UTC seconds); nothing for one that can't be reckoned with."""
        until = now + self.stretch_s
        known = self._known.get(task.id)
        if known is None or known.revision != task.revision or not known.since <= now <= known.until:
            known = _Known(task.revision, now, now, array("d"))
        ahead = array("d", (fire for fire in known.fires if fire > now))
        if known.until < until and len(ahead) < self.most and not (task.one_off and ahead):
            ahead.extend(self._between(task, known.until, until, self.most - len(ahead)))
        self._remember(task.id, _Known(task.revision, now, ahead[-1] if len(ahead) >= self.most else until, ahead))
        return ahead

    def _between(self, task: PeriodicTask, start: float, end: float, most: int) -> "array[float]":
        try:
            coming = (
                fire.timestamp() + task.offset_s for fire in task.rule().fires_after(moment(start - task.offset_s))
            )
            return array("d", islice(takewhile(lambda fire: fire <= end, coming), most))
        except Exception:
            return array("d")  # a row that can't be reckoned with says so on its own page

    def _remember(self, id: int, known: _Known) -> None:
        if len(self._known) >= TASKS_MOST:
            self._known.clear()
        self._known[id] = known
