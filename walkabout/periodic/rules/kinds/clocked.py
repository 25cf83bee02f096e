"""Clocked: fires once, at a given moment."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from walkabout.periodic.rules.clock import showing
from walkabout.periodic.rules.kinds.kind import ScheduleKind
from walkabout.problems import refuse

ClockedTime = Annotated[
    datetime,
    Meta(
        title="a moment",
        description="When it fires. Without an offset it is local time in the zone.",
        extra={"use": "a date with a time in ISO 8601, like 2030-12-24T18:00:00+01:00"},
    ),
]


class ClockedConf(Struct, frozen=True, forbid_unknown_fields=True):
    """What a clocked schedule is made of."""

    clocked_time: ClockedTime


class Clocked(ScheduleKind[ClockedConf]):
    """Fires once and is then finished, always."""

    name = "clocked"
    place = 4
    doc = "Once, at a given moment."
    conf_type = ClockedConf
    always_one_off = True
    on_the_clock = True

    def next_after(self, moment: datetime) -> datetime | None:
        """The moment itself, as long as it is to come."""
        return self.conf.clocked_time if self.conf.clocked_time > moment else None

    def count(self, after: datetime, until: datetime) -> int:
        """One, if it lies there."""
        return int(after < self.conf.clocked_time <= until)

    def latest(self, after: datetime, until: datetime, most: int) -> list[datetime]:  # noqa: ARG002
        """The moment, if it lies there."""
        return [self.conf.clocked_time] if self.count(after, until) else []

    def describe(self) -> str:
        """`Once, on 2030-12-24 at 18:00`."""
        local = showing(self.around.zone, self.conf.clocked_time)
        exact = "milliseconds" if local.microsecond else "seconds" if local.second else "minutes"
        return f"Once, on {local:%Y-%m-%d} at {local.time().isoformat(exact)}"

    def check_new(self, now: datetime) -> None:
        """A moment that is over would never fire."""
        if self.conf.clocked_time <= now:
            local = self.conf.clocked_time.astimezone(self.around.zone)
            raise refuse("clocked_time", f"{local.isoformat()} is past; use a later moment, or run it now")
