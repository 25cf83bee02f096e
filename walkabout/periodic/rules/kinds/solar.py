"""Solar: fires at a solar event, such as sunset, at a place."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice, pairwise
from typing import Annotated, Literal

from msgspec import Meta, Struct

from walkabout.periodic.rules.clock import showing
from walkabout.periodic.rules.kinds.kind import ScheduleKind
from walkabout.periodic.rules.kinds.sun import comes_on, event_on, solar_day

SEARCH_DAYS = 731  # an event that doesn't come within two years doesn't come

SunEvent = Annotated[
    Literal[
        "dawn_astronomical",
        "dawn_nautical",
        "dawn_civil",
        "sunrise",
        "solar_noon",
        "sunset",
        "dusk_civil",
        "dusk_nautical",
        "dusk_astronomical",
    ],
    Meta(title="a solar event", description="The event at which it fires; days without it are skipped."),
]
Latitude = Annotated[
    float,
    Meta(
        ge=-90,
        le=90,
        title="a latitude",
        description="Degrees, north positive.",
        extra={"use": "a number of degrees from -90 to 90, north positive"},
    ),
]
Longitude = Annotated[
    float,
    Meta(
        ge=-180,
        le=180,
        title="a longitude",
        description="Degrees, east positive.",
        extra={"use": "a number of degrees from -180 to 180, east positive"},
    ),
]


class SolarConf(Struct, frozen=True, forbid_unknown_fields=True):
    """What a solar schedule is made of."""

    event: SunEvent
    latitude: Latitude
    longitude: Longitude


class Solar(ScheduleKind[SolarConf]):
    """Fires at each such event, once per solar day that has it."""

    name = "solar"
    place = 3
    doc = "At sunrise, sunset, noon or a twilight at a place."
    conf_type = SolarConf

    def next_after(self, moment: datetime) -> datetime | None:
        """The first event later than the moment. None: none comes within two years."""
        # The day before counts too: its true midnight may be some minutes later than the mean one.
        first = solar_day(moment, self.conf.longitude) - 1
        for day in range(first, first + SEARCH_DAYS + 2):
            event = self._event_on(day) if self._comes_on(day) else None
            if event is not None and event > moment:
                return event
        return None

    def count(self, after: datetime, until: datetime) -> int:
        """By days; only where the stretch begins and ends it counts when on its day an event comes."""
        first, last = (solar_day(moment, self.conf.longitude) for moment in (after, until))
        # Its true midnight, from which an event's day is counted, may be some minutes off the mean one.
        edges = sorted({*range(first - 1, first + 2), *range(last - 1, last + 2)})
        events = (self._event_on(day) for day in edges)
        whole = sum(self._comes_on(day) for day in range(first + 2, last - 1))
        return whole + sum(event is not None and after < event <= until for event in events)

    def latest(self, after: datetime, until: datetime, most: int) -> list[datetime]:
        """Back from the last day."""
        first, last = (solar_day(moment, self.conf.longitude) for moment in (after, until))
        events = (self._event_on(day) for day in range(last + 1, first - 2, -1) if self._comes_on(day))
        found = (event for event in events if event is not None and after < event <= until)
        return list(islice(found, most))[::-1]

    def describe(self) -> str:
        """`At sunset at 69.6492° N, 18.9553° E`."""
        north, east = self.conf.latitude, self.conf.longitude
        place = f"{abs(north):g}° {'N' if north >= 0 else 'S'}, {abs(east):g}° {'E' if east >= 0 else 'W'}"
        return f"At {self._event} at {place}"

    def remarks(self, after: datetime, fires: Sequence[datetime]) -> list[str]:
        """The pauses in which the event doesn't come."""
        if not fires:
            return [f"No {self._event} occurs at this place within two years after {after:%Y-%m-%d}"]
        return [
            f"No {self._event} after {self._day(before)} until {self._day(fire)}: days without it are skipped"
            for before, fire in self.pauses(after, fires)
        ]

    def pauses(self, after: datetime, fires: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
        """Where days have no such event."""
        return [(before, fire) for before, fire in pairwise([after, *fires]) if self._has_pause(before, fire)]

    def _has_pause(self, before: datetime, fire: datetime) -> bool:
        first, last = (solar_day(moment, self.conf.longitude) for moment in (before, fire))
        return any(not self._comes_on(day) for day in range(first, last + 1))

    def _event_on(self, day: int) -> datetime | None:
        return event_on(self.conf.event, self.conf.latitude, self.conf.longitude, day)

    def _comes_on(self, day: int) -> bool:
        return comes_on(self.conf.event, self.conf.latitude, self.conf.longitude, day)

    def _day(self, moment: datetime) -> str:
        return f"{showing(self.around.zone, moment):%Y-%m-%d}"

    @property
    def _event(self) -> str:
        part, _, of = self.conf.event.partition("_")
        return f"{of} {part}" if part in ("dawn", "dusk") else self.conf.event.replace("_", " ")
