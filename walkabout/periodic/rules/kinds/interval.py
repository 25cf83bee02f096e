"""Interval: fires every so many days, hours or seconds of real time, counted from an anchor."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta, Struct

from walkabout.periodic.rules.clock import DAY, EPOCH, LAST_MOMENT, SECOND, showing, tick
from walkabout.periodic.rules.kinds.kind import Around, ScheduleKind
from walkabout.periodic.rules.wording import excerpt
from walkabout.problems import refuse

LONGEST = timedelta(days=36_525)  # 100 years

Every = Annotated[
    int,
    Meta(
        ge=1,
        title="a number of periods",
        description="How many periods are between two fires.",
        extra={"use": "a whole number, 1 or more"},
    ),
]
Period = Annotated[
    Literal["days", "hours", "minutes", "seconds", "microseconds"],
    Meta(title="a period", description="The unit, in real time: a day is 24 hours."),
]


class IntervalConf(Struct, frozen=True, forbid_unknown_fields=True):
    """What an interval is made of."""

    every: Every
    period: Period


class Interval(ScheduleKind[IntervalConf]):
    """Fires at anchor + n * every: no drift, and a restart changes nothing."""

    name = "interval"
    place = 1
    doc = "At a fixed interval: every 5 minutes, every 36 hours."
    conf_type = IntervalConf
    counts_from_anchor = True

    def __init__(self, conf: IntervalConf, around: Around) -> None:
        super().__init__(conf, around)
        length = timedelta(**{conf.period: 1})
        if conf.every > LONGEST // length:
            raise refuse(
                "every", f"{excerpt(conf.every)} {conf.period} is beyond 100 years; use {LONGEST // length} or less"
            )
        self.step = conf.every * length

    def next_after(self, moment: datetime) -> datetime | None:
        """The first of anchor + n * every that is later than the moment."""
        first = 0 if self.around.anchor_fires else 1
        # Whole numbers of microseconds all the way: floats would drift apart within years.
        steps = max((moment - self.around.anchor) // self.step + 1, first)
        if steps > (LAST_MOMENT - self.around.anchor) // self.step:
            return None
        return self.around.anchor + steps * self.step

    def count(self, after: datetime, until: datetime) -> int:
        """By division; of a step shorter than a second, the seconds: there is no tick without a fire."""
        first, last = self.next_after(after), self._last_by(until)
        if first is None or last is None or last < first:
            return 0
        if self.step < SECOND:
            return tick(last) - tick(first) + 1
        return (last - first) // self.step + 1

    def latest(self, after: datetime, until: datetime, most: int) -> list[datetime]:
        """Back from the last one, by whole steps or by ticks."""
        first, fire = self.next_after(after), self._last_by(until)
        found: list[datetime] = []
        while first is not None and fire is not None and fire >= first and len(found) < most:
            found.append(fire)
            before = fire - self.step if self.step >= SECOND else EPOCH + (tick(fire) - 1) * SECOND
            fire = self._last_by(before)
        return found[::-1]

    def _last_by(self, moment: datetime) -> datetime | None:
        """The last fire that is not later than the moment, or None: the first one comes later."""
        steps = (moment - self.around.anchor) // self.step
        return self.around.anchor + steps * self.step if steps >= (0 if self.around.anchor_fires else 1) else None

    def anchor_by(self, moment: datetime) -> datetime:
        """Earlier by whole steps."""
        return self.around.anchor - max(-((moment - self.around.anchor) // self.step), 0) * self.step

    def describe(self) -> str:
        """`Every 5 minutes`."""
        if self.conf.every == 1:
            return f"Every {self.conf.period.removesuffix('s')}"
        return f"Every {self.conf.every} {self.conf.period}"

    def remarks(self, after: datetime, fires: Sequence[datetime]) -> list[str]:  # noqa: ARG002
        """That the service ticks in seconds, and where whole days move on the clock."""
        if self.step < SECOND:
            return [f"{self.describe()} is shorter than a second: fires that fall within the same second are one"]
        return self._moved_on_the_clock(fires) if self.step % DAY == timedelta() else []

    def _moved_on_the_clock(self, fires: Sequence[datetime]) -> list[str]:
        local = [showing(self.around.zone, fire) for fire in fires]
        return [
            f"The clock in {self.around.zone.key} changes by {now:%Y-%m-%d}; a day is 24 hours here, so it fires at "
            f"{now:%H:%M} instead of {before:%H:%M}; a crontab keeps the time of day"
            for before, now in pairwise(local)
            if before.time() != now.time()
        ]
