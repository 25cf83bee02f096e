"""The day: what will fire in the next 24 hours, and moments at which much fires at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response

from walkabout.periodic import task_queries
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.service import Service
from walkabout.web.pages.day.upcoming import Upcoming
from walkabout.web.pages.frame import page
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import NOTHING, Moment, count, moment

DAY_S, STEP_S = 86_400.0, 900.0
FIRES_MOST = 1440  # of one task: who fires more often than each minute is left out of the picture
TASKS_MOST = 500
DRAWN_MOST = 12_000  # fires of all tasks: reckoning them takes the page's time
MUCH = 5  # tasks that fall on one minute
WIDTH, HEIGHT = 960, 72


@dataclass(frozen=True)
class DayBar:
    """A quarter of an hour in the picture."""

    x: float
    width: float
    y: float
    height: float
    title: str


@dataclass(frozen=True)
class Coming:
    """A task that will fire: when next, and how often within the day."""

    following: Moment | None
    id: int
    name: str
    fires: str
    words: str


class DayView(View):
    """The next 24 hours."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.upcoming = Upcoming(DAY_S, FIRES_MOST + 1)

    @route("/day")
    def day(self) -> Response:
        """All that will fire, as far as it can be shown."""
        tasks = task_queries.coming(self.service.db, self.owner(), self.now + DAY_S, TASKS_MOST + 1)
        fires: dict[int, Sequence[float]] = {}
        left = DRAWN_MOST
        for task in tasks[:TASKS_MOST]:
            fires[task.id] = self.upcoming.fires(task, self.now) if left > 0 else ()
            left -= len(fires[task.id])
        drawn = [fire for found in fires.values() if len(found) <= FIRES_MOST for fire in found]
        minutes = Counter(minute for found in fires.values() for minute in {int(fire // 60) for fire in found})
        most = self.service.settings.page_rows
        return page(
            "day/page.html",
            "Day",
            "day",
            bars=_bars(Counter(int((fire - self.now) // STEP_S) for fire in drawn), self.now),
            width=WIDTH,
            height=HEIGHT,
            words=f"{count(len(fires), 'task')} will fire in the next 24 hours",
            tasks=[self._next_fires(task, fires[task.id]) for task in tasks[:most]],
            much=[(moment(minute * 60.0, self.now), many) for minute, many in minutes.most_common(5) if many >= MUCH],
            notes=_notes(
                left <= 0 or len(tasks) > TASKS_MOST, sum(len(found) > FIRES_MOST for found in fires.values())
            ),
            more=len(tasks) > most,
        )

    def _next_fires(self, task: PeriodicTask, fires: Sequence[float]) -> Coming:
        often = f"more than {FIRES_MOST:,}" if len(fires) > FIRES_MOST else f"{len(fires):,}" if fires else NOTHING
        return Coming(moment(fires[0] if fires else task.fire_at, self.now), task.id, task.name, often, task.words())


def _notes(cut_off: bool, often: int) -> list[str]:
    notes = ["Only the first of them are shown in the chart."] if cut_off else []
    if often:
        notes.append(f"{count(often, 'task')} that fire more than once a minute are not in the chart.")
    return notes


def _bars(steps: "Counter[int]", now: float) -> list[DayBar]:
    most = max(steps.values(), default=1)
    width = WIDTH * STEP_S / DAY_S
    bars = []
    for step, many in sorted(steps.items()):
        height = round(max(3.0, HEIGHT * many / most), 1)
        start = moment(now + step * STEP_S, now)
        title = f"{start.at if start else ''}: {count(many, 'fire')} in 15 minutes"
        bars.append(DayBar(round(step * width, 1), width - 1, HEIGHT - height, height, title))
    return bars
