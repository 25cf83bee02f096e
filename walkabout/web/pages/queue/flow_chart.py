"""The queue's throughput as a chart: bars for ended runs, dots for their waiting time."""

import math
from dataclasses import dataclass

from walkabout.web.pages.queue.flow import Flow, FlowStep
from walkabout.web.pages.words import count, hour, length

WIDTH, HEIGHT, GAP = 720, 56, 1
AXIS_PARTS = 4


@dataclass(frozen=True)
class FlowBar:
    """A bar in the picture's own units, with the words that it stands for."""

    x: float
    width: float
    y: float
    height: float
    bad_y: float
    bad_height: float
    title: str


@dataclass(frozen=True)
class FlowChart:
    """Two rows of bars: ended runs, and their longest waits."""

    name: str
    width: int
    height: int
    ended: list[FlowBar]
    waited: list[FlowBar]
    most_ended: str
    longest: str
    words: str
    axis: list[str]


def flow_chart(flow: Flow) -> FlowChart:
    """The picture of a flow."""
    width = WIDTH / len(flow.steps)
    most = max((step.ended for step in flow.steps), default=0)
    longest = flow.longest_s or 0.0
    ended, waited = [], []
    for position, step in enumerate(flow.steps):
        clock = hour(flow.start + position * flow.span.step_s)
        x = round(position * width + GAP / 2, 2)
        ended.append(_bar(x, width - GAP, step.ended, step.failed, most, _ended_words(step, clock)))
        waited.append(_bar(x, width - GAP, _log(step.longest_s), 0, _log(longest), _waited_words(step, clock)))
    return FlowChart(
        name=flow.span.name,
        width=WIDTH,
        height=HEIGHT,
        ended=ended,
        waited=waited,
        most_ended=f"{most:,}",
        longest=length(longest),
        words=_words(flow),
        axis=[hour(flow.start + flow.span.seconds * part / AXIS_PARTS) for part in range(AXIS_PARTS + 1)],
    )


def _bar(x: float, width: float, value: float, bad: float, most: float, title: str) -> FlowBar:
    height = _height(value, most)
    bad_height = min(height, _height(bad, most))
    return FlowBar(
        x=x,
        width=round(width, 2),
        y=HEIGHT - height,
        height=height,
        bad_y=HEIGHT - bad_height,
        bad_height=bad_height,
        title=title if value or bad else "",
    )


def _height(value: float, most: float) -> float:
    # Whatever there is can be seen: two units at least.
    return round(max(2.0, HEIGHT * value / most), 1) if value > 0 and most > 0 else 0.0


def _log(seconds: float | None) -> float:
    """Waits from milliseconds to hours on one scale."""
    return 0.0 if seconds is None else math.log10(1 + seconds * 1000)


def _ended_words(step: FlowStep, clock: str) -> str:
    return f"{clock}: {count(step.ended, 'run')} ended" + (f", {step.failed:,} failed" if step.failed else "")


def _waited_words(step: FlowStep, clock: str) -> str:
    return f"{clock}: waited {length(step.waited_s)} on average, {length(step.longest_s)} at most"


def _words(flow: Flow) -> str:
    if not flow.ended:
        return "nothing ended"
    text = f"{count(flow.ended, 'run')} ended"
    if flow.failed:
        text += f", {flow.failed:,} failed"
    return text + (f"; longest wait {length(flow.longest_s)}" if flow.longest_s is not None else "")
