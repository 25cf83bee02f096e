"""The last runs of a task as a small picture: height is duration, colour and shape are the outcome."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from walkabout.jobs.queries import Mark
from walkabout.jobs.states import FAILURE, NO_RUN, SUCCESS, WAITING
from walkabout.web.pages.words import STATES, length

MOST = 30  # runs
STEP, HEIGHT, LOW = 5, 20, 3
DAY_MS = 86_400_000


@dataclass(frozen=True)
class SparklineMark:
    """One run: its place and height, its state's colour, and what it stands for."""

    x: int
    y: float
    height: float
    css: str
    capped: bool
    title: str


@dataclass(frozen=True)
class Sparkline:
    """The picture, the rate of success among those that ended (in per cent), and the latest outcome."""

    ticks: list[SparklineMark]
    width: int
    rate: str
    words: str
    last: Mark | None


def sparkline(marks: Sequence[Mark], now: float) -> Sparkline:
    """The picture of rows, the oldest first."""
    ticks = [_tick(position, mark, now) for position, mark in enumerate(marks[-MOST:])]
    over = [mark.state for mark in marks if mark.state in (SUCCESS, FAILURE)]
    good = over.count(SUCCESS)
    rate = f"{100 * good / len(over):.0f} %" if over else ""
    words = f"The last {len(marks)}: {good} ok, {over.count(FAILURE)} failed" if marks else ""
    return Sparkline(ticks, STEP * len(ticks), rate, words, marks[-1] if marks else None)


def took_s(mark: Mark, now: float) -> float | None:
    """Seconds that a run took, or has run for."""
    if mark.started_at is None or mark.state in (*WAITING, *NO_RUN):
        return None
    return (mark.ended_at or now) - mark.started_at


def _tick(position: int, mark: Mark, now: float) -> SparklineMark:
    state = STATES[mark.state]
    seconds = took_s(mark, now)
    # A day fills the height, a millisecond nearly nothing.
    share = 0.0 if seconds is None else min(math.log1p(seconds * 1000) / math.log1p(DAY_MS), 1.0)
    height = round(LOW + (HEIGHT - LOW) * share, 1)
    when = f"{datetime.fromtimestamp(mark.queued_at, UTC):%-d %b %H:%M:%S} UTC"
    took = f", {length(seconds)}" if seconds is not None else ""
    title = f"{when}: {state.word}{took}"
    return SparklineMark(position * STEP, HEIGHT - height, height, state.css, mark.state == FAILURE, title)
