"""Why a task ran or did not: about a moment that somebody asks for, and about its last due times without being asked."""

from dataclasses import dataclass
from itertools import islice, takewhile

from flask import url_for

from walkabout.actions import task_runs
from walkabout.people.masters import Master
from walkabout.periodic.periodic_task import PeriodicTask, moment
from walkabout.problems import Invalid
from walkabout.service import Service
from walkabout.web.pages.clock import seconds_in, zone_named
from walkabout.web.pages.words import clock_zone, local

MOMENTS = 6  # last due times that are offered
FIRES_MOST = 2000  # that are computed to find them
_BACK_S = (3600.0, 86_400.0, 32 * 86_400.0, 367 * 86_400.0)  # how far back the last due times are looked for


@dataclass(frozen=True)
class WhyMoment:
    """A due time that can be asked about."""

    text: str
    url: str
    here: bool


@dataclass(frozen=True)
class WhyAnswer:
    """What happened at a moment: the one that was asked for, or else the last due time.

    `asked`: as it was typed, on the clock of `zone`.
    """

    text: str
    asked: str
    zone: str
    moments: list[WhyMoment]


def why_answer(service: Service, by: Master, task: PeriodicTask, asked: str, typed_zone: str = "") -> WhyAnswer:
    """The answer about a moment as somebody typed it, on the clock of a zone (the task's, if none is named); about the
    last due time when that is empty."""
    due, zone = _last_due(task, service.clock()), clock_zone(task.timezone)
    # Times with their offset: at a change of the clock an hour comes twice.
    texts = [moment(at).astimezone(task.rule().zone).isoformat() for at in due]
    about = asked or (texts[0] if texts else "")
    moments = [
        WhyMoment(local(at, zone), url_for("pages.task", id=task.id, at=text, _anchor="why"), text == about)
        for at, text in zip(due, texts, strict=True)
    ]
    if not about:
        return WhyAnswer("It was not due yet.", asked, zone, [])
    try:
        told = task_runs.why(
            service, by, task, _at(about, zone_named(typed_zone)), lambda at: local(at.timestamp(), zone)
        )
    except Invalid as error:
        return WhyAnswer(error.errors[0], asked, zone, moments)
    # It quotes the note of a pause, which people write.
    return WhyAnswer(service.masker.text(told.text), asked, zone, moments)


def _at(text: str, zone: str) -> str:
    """A moment that was typed on the clock of a zone, with its offset; as it is without a zone, or if it is none."""
    try:
        return moment(seconds_in(zone, text)).isoformat() if zone else text
    except (ValueError, OverflowError):
        return text


def _last_due(task: PeriodicTask, now: float) -> list[float]:
    """The last due times by the task's schedule, the latest first (UTC seconds); none for what can't be computed."""
    for back_s in _BACK_S:
        try:
            fires = (fire.timestamp() for fire in task.rule().fires_after(moment(now - back_s)))
            past = list(islice(takewhile(lambda at: at <= now, fires), FIRES_MOST))
        except Exception:
            return []  # a row that can't be read says so above
        if len(past) == FIRES_MOST:
            continue
        if len(past) >= MOMENTS or back_s == _BACK_S[-1]:
            return past[::-1][:MOMENTS]
    return past[::-1][:MOMENTS]
