"""The day: what will fire in the next 24 hours, and where much of it falls on one moment."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice, takewhile

from flask import Response

from walkabout.schedules import table
from walkabout.schedules.task import Task
from walkabout.schedules.task import moment as at
from walkabout.web.pages.frame import page
from walkabout.web.pages.place import Place, route
from walkabout.web.pages.words import Moment, count, moment

DAY_S, STEP_S = 86_400.0, 900.0
FIRES_MOST = 1500  # fires of one task that are looked at: every minute of the day, and a few
TASKS_MOST = 500
SHOWN_MOST = 60  # fires in the list
MUCH = 5  # tasks that fall on one minute
WIDTH, HEIGHT = 960, 72


@dataclass(frozen=True)
class Bar:
    """A quarter of an hour in the picture."""

    x: float
    width: float
    y: float
    height: float
    title: str


@dataclass(frozen=True)
class Fire:
    """A fire that is to come."""

    when: Moment | None
    id: int
    name: str
    words: str


class Day(Place):
    """The next 24 hours."""

    @route("/day")
    def day(self) -> Response:
        """All that will fire, as far as it can be shown."""
        tasks = table.coming(self.service.db, self.owner(), self.now + DAY_S, TASKS_MOST + 1)
        fires = sorted((fire, task.id) for task in tasks[:TASKS_MOST] for fire in self._fires(task))
        by_id = {task.id: task for task in tasks}
        steps = Counter(int((fire - self.now) // STEP_S) for fire, _ in fires)
        minutes = Counter(int(fire // 60) for fire, _ in fires)
        return page(
            "day/page.html",
            "Day",
            "day",
            bars=_bars(steps, self.now),
            width=WIDTH,
            height=HEIGHT,
            words=f"{count(len(fires), 'fire')} of {count(len({id for _, id in fires}), 'task')}",
            fires=[
                Fire(moment(fire, self.now), id, by_id[id].name, by_id[id].words()) for fire, id in fires[:SHOWN_MOST]
            ],
            more=len(fires) - SHOWN_MOST,
            much=[(moment(minute * 60.0, self.now), many) for minute, many in minutes.most_common(5) if many >= MUCH],
            not_all=f"The first {TASKS_MOST} tasks are shown." if len(tasks) > TASKS_MOST else "",
        )

    def _fires(self, task: Task) -> list[float]:
        until = self.now + DAY_S
        try:
            rule = task.rule()
            coming = (fire.timestamp() + task.offset_s for fire in rule.fires_after(at(self.now - task.offset_s)))
            found = takewhile(lambda fire: fire < until, coming)
            return list(islice(found, 1 if rule.one_off else FIRES_MOST))
        except Exception:
            return []  # a row that can't be reckoned with says so on its own page


def _bars(steps: "Counter[int]", now: float) -> list[Bar]:
    most = max(steps.values(), default=1)
    width = WIDTH * STEP_S / DAY_S
    bars = []
    for step, many in sorted(steps.items()):
        height = round(max(3.0, HEIGHT * many / most), 1)
        start = moment(now + step * STEP_S, now)
        title = f"{start.at if start else ''}: {count(many, 'fire')} in a quarter of an hour"
        bars.append(Bar(round(step * width, 1), width - 1, HEIGHT - height, height, title))
    return bars
