"""The calendar: what fires between two moments, hour by hour, and what ran, with its outcome."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby, islice
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, request, url_for

from walkabout.jobs import queries
from walkabout.jobs.queries import JobFilter, ListedJob
from walkabout.periodic import task_queries
from walkabout.periodic.coming import fires_between
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.web.pages.clock import seconds_in, typed_zone
from walkabout.web.pages.frame import page, see
from walkabout.web.pages.task.statistics import usual
from walkabout.web.pages.tasks.sparkline import MOST
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import STATES, State, count, length

HOUR_S, DAY_S = 3600.0, 86_400.0
SPAN_MOST_S = 7 * DAY_S
TASKS_MOST = 500
FIRES_MOST = 12_000  # of all tasks: computing them takes the page's time
RUNS_MOST = 500  # past ones that are shown
LINES_MOST = 1200  # of a page: an hour alone may have so many, of several each its share
OFTEN = 4  # fires of one task within an hour that are one line
CROWD = 5  # tasks that fall on one minute
CROWDS_MOST = 5
NAMES_MOST = 5  # of tasks in one note
FORM = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class CalendarEntry:
    """One line of an hour: a fire to come, or a run that was. `x`, `width`: when and how long, of 1000 an hour."""

    clock: str
    name: str
    url: str
    note: str
    state: State | None
    x: int
    width: int


@dataclass(frozen=True)
class CalendarHour:
    """An hour and its lines. `more`: how many of them are left out here; `url`: of the hour alone, which has them."""

    words: str
    entries: list[CalendarEntry]
    more: int
    url: str


@dataclass(frozen=True)
class CrowdedMinute:
    """A minute on which many tasks fall."""

    words: str
    tasks: list[tuple[int, str]]
    more: int


@dataclass
class CalendarSpan:
    """What is looked at: from and to (UTC seconds), on the clock of a zone; what is wrong with what was typed."""

    since: float
    until: float
    zone: ZoneInfo
    problems: list[str] = field(default_factory=list)

    def text(self, seconds: float) -> str:
        """A moment as an input has it."""
        return datetime.fromtimestamp(seconds, self.zone).strftime(FORM)


class CalendarView(View):
    """What fires, and what ran."""

    @route("/day")
    def day(self) -> Response:
        """Where the calendar was before."""
        return see(url_for("pages.calendar"))

    @route("/calendar")
    def calendar(self) -> Response:
        """The hours between two moments."""
        span = self._span()
        tasks = task_queries.coming(self.service.db, self.owner(), span.until, TASKS_MOST + 1)
        fires, cut = self._fires(tasks[:TASKS_MOST], span)
        past = self._past(span)
        usually = self._usual([task.id for task, _ in fires])
        lines = [*(_run_line(run) for run in past), *_fire_lines(fires, usually, span)]
        return page(
            "calendar/page.html",
            "Calendar",
            "calendar",
            span=span,
            since=span.text(span.since),
            until=span.text(span.until),
            hours=_hours(lines, span),
            crowds=_crowds(fires, span),
            links=self._links(span),
            notes=[
                *([f"Only the first fires of {_names(cut)} are shown."] if cut else []),
                *([f"Only {TASKS_MOST} tasks are shown."] if len(tasks) > TASKS_MOST else []),
                *([f"Only the latest {RUNS_MOST} runs are shown."] if len(past) == RUNS_MOST else []),
            ],
        )

    def _span(self) -> CalendarSpan:
        zone = ZoneInfo(typed_zone(request.args.get("zone", "")))
        start = self.now // HOUR_S * HOUR_S
        span = CalendarSpan(start, start + DAY_S, zone)
        for name, label in (("since", "from"), ("until", "to")):
            text = request.args.get(label, "").strip()
            if text:
                try:
                    setattr(span, name, seconds_in(zone.key, text))
                except (ValueError, OverflowError):
                    span.problems.append(f"{label}: “{text[:40]}” is not a time; use 2026-01-31T09:00.")
        if request.args.get("from") and not request.args.get("to"):
            span.until = span.since + DAY_S
        if not 0 < span.until - span.since <= SPAN_MOST_S:
            span.problems.append("Show at most 7 days, the end after the beginning.")
        if span.problems:
            span.since, span.until = start, start + DAY_S
        return span

    def _links(self, span: CalendarSpan) -> list[tuple[str, str]]:
        """Spans that people look for."""
        today = datetime.fromtimestamp(self.now, span.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        evening, morning = today.replace(hour=22), (today + timedelta(days=1)).replace(hour=6)
        wanted = {
            "Next 24 hours": {},
            "Tonight": {"from": evening.strftime(FORM), "to": morning.strftime(FORM)},
            "Last night": {
                "from": (evening - timedelta(days=1)).strftime(FORM),
                "to": today.replace(hour=6).strftime(FORM),
            },
            "Earlier": {"from": span.text(2 * span.since - span.until), "to": span.text(span.since)},
            "Later": {"from": span.text(span.until), "to": span.text(2 * span.until - span.since)},
        }
        zone = {"zone": span.zone.key}
        return [
            (word, url_for("pages.calendar") + (f"?{urlencode({**query, **zone})}" if query else ""))
            for word, query in wanted.items()
        ]

    def _fires(
        self, tasks: Sequence[PeriodicTask], span: CalendarSpan
    ) -> tuple[list[tuple[PeriodicTask, list[float]]], list[str]]:
        """The fires to come of each task within the span, and the names of tasks of which some were left out.

        Each task has the same part of FIRES_MOST, so that one that fires all the time hides no other.
        """
        found: list[tuple[PeriodicTask, list[float]]] = []
        cut: list[str] = []
        start, share = max(span.since, self.now), FIRES_MOST // max(len(tasks), 1)
        for task in tasks:
            fires = list(islice(fires_between(task, start, span.until), share + 1))
            if len(fires) > share:
                cut.append(task.name)
            if fires:
                found.append((task, fires[:share]))
        return found, cut

    def _past(self, span: CalendarSpan) -> list[ListedJob]:
        which = JobFilter(owner=self.owner(), since=span.since, until=min(span.until, self.now + 1))
        return queries.jobs(self.service.db, which, RUNS_MOST) if span.since < self.now else []

    def _usual(self, ids: Sequence[int]) -> dict[int, float]:
        marks = queries.recent(self.service.db, ids[:TASKS_MOST], MOST)
        found = {id: usual(each) for id, each in marks.items()}
        return {id: one.median_s for id, one in found.items() if one is not None}


Line = tuple[float, CalendarEntry]


def _names(names: list[str]) -> str:
    more = len(names) - NAMES_MOST
    return ", ".join(names[:NAMES_MOST]) + (f" and {more} more" if more > 0 else "")


def _run_line(run: ListedJob) -> Line:
    at = run.started_at or run.queued_at
    took = (run.ended_at or at) - at
    note = count(run.fires, "fire") if run.fires > 1 else length(took) if run.started_at else ""
    return at, _entry(run.title, url_for("pages.run", uid=run.uid), note, STATES[run.state], at, took)


def _fire_lines(
    fires: Sequence[tuple[PeriodicTask, list[float]]], usually: dict[int, float], span: CalendarSpan
) -> Iterator[Line]:
    for task, moments in fires:
        took = usually.get(task.id, 0.0)
        words = f"usually {length(took)}" if took else ""
        url = url_for("pages.task", id=task.id)
        for _, inner in groupby(moments, key=lambda at: datetime.fromtimestamp(at, span.zone).strftime("%Y%m%d%H%z")):
            hour = list(inner)
            if len(hour) > OFTEN:
                note = f"{len(hour)} times" + (f", {words}" if words else "")
                yield hour[0], _entry(task.name, url, note, None, hour[0], hour[-1] - hour[0] + took)
            else:
                for at in hour:
                    yield at, _entry(task.name, url, words, None, at, took)


def _entry(name: str, url: str, note: str, state: State | None, at: float, took: float) -> CalendarEntry:
    x = int(at % HOUR_S / HOUR_S * 1000)
    width = max(6, min(int(took / HOUR_S * 1000), 1000 - x))
    return CalendarEntry(clock="", name=name, url=url, note=note, state=state, x=x, width=width)


def _hours(lines: Sequence[Line], span: CalendarSpan) -> list[CalendarHour]:
    """The hours that have something, in order; a clock that goes back has an hour twice."""

    def hour(line: Line) -> str:
        return datetime.fromtimestamp(line[0], span.zone).strftime("%a %-d %b %H:00 %Z")

    def entry(line: Line) -> CalendarEntry:
        there = datetime.fromtimestamp(line[0], span.zone)
        return replace(line[1], clock=there.strftime("%H:%M:%S" if there.second else "%H:%M"))

    in_order = sorted(lines, key=_place)
    found = [(words, list(inner)) for words, inner in groupby(in_order, key=hour)]
    share = LINES_MOST // max(len(found), 1)
    hours = []
    for words, inner in found:
        # What went wrong is not left out for what went well.
        kept = inner if len(inner) <= share else sorted(sorted(inner, key=_is_well)[:share], key=_place)
        start = inner[0][0] // HOUR_S * HOUR_S
        alone = {"from": span.text(start), "to": span.text(start + HOUR_S), "zone": span.zone.key}
        url = f"{url_for('pages.calendar')}?{urlencode(alone)}"
        hours.append(CalendarHour(words, [entry(line) for line in kept], len(inner) - len(kept), url))
    return hours


def _place(line: Line) -> tuple[float, str]:
    return line[0], line[1].name


def _is_well(line: Line) -> bool:
    state = line[1].state
    return state is None or state.css not in ("bad", "warn")


def _crowds(fires: Sequence[tuple[PeriodicTask, list[float]]], span: CalendarSpan) -> list[CrowdedMinute]:
    minutes: dict[int, list[PeriodicTask]] = {}
    for task, moments in fires:
        for minute in {int(at // 60) for at in moments}:
            minutes.setdefault(minute, []).append(task)
    crowded = sorted((m for m in minutes.items() if len(m[1]) >= CROWD), key=lambda m: -len(m[1]))[:CROWDS_MOST]
    return [
        CrowdedMinute(
            f"{datetime.fromtimestamp(minute * 60, span.zone):%a %-d %b %H:%M}: {len(tasks)} tasks",
            [(task.id, task.name) for task in tasks[:CROWD]],
            len(tasks) - CROWD,
        )
        for minute, tasks in sorted(crowded)
    ]
