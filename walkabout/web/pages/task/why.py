"""Why a task ran or did not: about a moment that somebody asks for, and about its last due times without being asked."""

from dataclasses import dataclass
from itertools import islice, takewhile

from flask import url_for

from walkabout.actions import task_runs
from walkabout.people.masters import Master
from walkabout.periodic.periodic_task import PeriodicTask, moment
from walkabout.problems import Invalid
from walkabout.service import Service
from walkabout.web.pages.words import local

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
    """What happened at a moment: the one that was asked for, or else the last due time. `asked`: as it was typed."""

    text: str
    asked: str
    moments: list[WhyMoment]


def why_answer(service: Service, by: Master, task: PeriodicTask, asked: str) -> WhyAnswer:
    """The answer about a moment as somebody typed it; about the last due time when that is empty."""
    due = _last_due(task, service.clock())
    # Times with their offset: at a change of the clock an hour comes twice.
    texts = [moment(at).astimezone(task.rule().zone).isoformat() for at in due]
    about = asked or (texts[0] if texts else "")
    moments = [
        WhyMoment(local(at, task.timezone), url_for("pages.task", id=task.id, at=text, _anchor="why"), text == about)
        for at, text in zip(due, texts, strict=True)
    ]
    if not about:
        return WhyAnswer("It was not due yet.", asked, [])
    try:
        # It quotes the note of a pause, which people write.
        text = service.masker.text(task_runs.why(service, by, task, about).text)
        return WhyAnswer(text, asked, moments)
    except Invalid as error:
        return WhyAnswer(error.errors[0], asked, moments)


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
