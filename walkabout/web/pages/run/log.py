"""What a run logged and printed, line by line, as its page shows it."""

from dataclasses import dataclass

from walkabout.jobs import run_log
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.run_log import ERROR, WARNING
from walkabout.service import Service
from walkabout.web.pages.words import Moment, count, moment

_CSS = {WARNING: "warn", ERROR: "bad"}


@dataclass(frozen=True)
class ShownLine:
    """A line. `css`: a class of the style sheet, for warnings and errors alone, which `level` names then."""

    at: Moment | None
    css: str
    level: str
    text: str


@dataclass(frozen=True)
class ShownLog:
    """The lines of a run. `dropped`: in words, how many came before them and are not kept."""

    lines: list[ShownLine]
    dropped: str


def log_of(service: Service, run: WholeJob, now: float) -> ShownLog | None:
    """The log of a run as it is seen now (UTC seconds); None: it has logged nothing."""
    kept = run_log.kept(service.db, run.uid)
    if kept is None:
        return None
    lines = [
        ShownLine(moment(line.at, now), _CSS.get(line.level, ""), line.level if line.level in _CSS else "", line.text)
        for line in kept.lines
    ]
    return ShownLog(lines, f"{count(kept.dropped, 'earlier line')} not kept" if kept.dropped else "")
