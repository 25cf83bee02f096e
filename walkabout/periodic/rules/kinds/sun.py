"""Computes solar events at a place with ephem: on which solar days, and when.

A solar day goes from one lowest sun to the next; it is numbered by its mean noon, counted as ephem counts (days since
1899-12-31 12:00 UTC). What is computed depends on the day alone, never on where a search began: an event has one time.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import asin, degrees, floor, radians, sin
from typing import NamedTuple

import ephem

ORIGIN = datetime(1899, 12, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EXACT_DAYS = 0.25 / 86_400  # times are given to the second
# The true noon is up to 17 minutes off the mean one; the search for it begins an hour before.
MARGIN_DAYS = 1 / 24
_J2000 = 36_525  # the day of 2000-01-01, as ephem counts
_ROUGH_DAYS = 146_097  # four centuries on each side, in which the rough height of the sun is good
_ROUGH = 0.4  # degrees: more than it can be off, with what the declination changes by within half a day
_RADIUS = 0.27  # the sun's, degrees


class Event(NamedTuple):
    """An event of the sun's day: the height in degrees that it passes, rising or setting; None: the highest sun."""

    height: float | None
    rising: bool = False
    upper_limb: bool = False


# The heights of the twilights, and 34 minutes of refraction for the sun's upper limb, are those of the
# United States Naval Observatory, which ephem's and Celery's documentation use too.
EVENTS = {
    "dawn_astronomical": Event(-18, rising=True),
    "dawn_nautical": Event(-12, rising=True),
    "dawn_civil": Event(-6, rising=True),
    "sunrise": Event(-34 / 60, rising=True, upper_limb=True),
    "solar_noon": Event(None),
    "sunset": Event(-34 / 60, upper_limb=True),
    "dusk_civil": Event(-6),
    "dusk_nautical": Event(-12),
    "dusk_astronomical": Event(-18),
}


def solar_day(moment: datetime, longitude: float) -> int:
    """The number of the mean solar day at the longitude (degrees east) in which the moment lies."""
    return floor((moment - ORIGIN) / DAY + longitude / 360 + 0.5)


@lru_cache(maxsize=4096)
def event_on(event: str, latitude: float, longitude: float, day: int) -> datetime | None:
    """When the event comes on a solar day (UTC, to the second), or None: the sun doesn't pass that height then."""
    height, rising, _ = EVENTS[event]
    place = _observer(latitude, longitude)
    mean_noon = day - longitude / 360
    highest = float(place.next_transit(ephem.Sun(), start=mean_noon - MARGIN_DAYS))
    if height is None:
        return _moment(highest)
    if abs(latitude) == 90:
        # The sun circles level at a pole: nothing there is an event of one day. ephem finds none either.
        return None
    midnight = mean_noon + (-0.5 if rising else 0.5)
    lowest = float(place.next_antitransit(ephem.Sun(), start=midnight - MARGIN_DAYS))
    crossing = _crossing(place, EVENTS[event], lowest, highest)
    return None if crossing is None else _moment(crossing)


def comes_on(event: str, latitude: float, longitude: float, day: int) -> bool:
    """Whether the event comes on a solar day. Reckoned like `event_on` only where the sun just passes its height or just
    does not: of most days a rough height of the sun tells it."""
    height, _, upper_limb = EVENTS[event]
    if height is None:
        return True
    days = day - _J2000
    if abs(latitude) < 90 and abs(days) < _ROUGH_DAYS:
        declination = _declination(days)
        height -= _RADIUS if upper_limb else 0.0
        highest, lowest = 90 - abs(latitude - declination), abs(latitude + declination) - 90
        if lowest < height - _ROUGH and highest > height + _ROUGH:
            return True
        if lowest > height + _ROUGH or highest < height - _ROUGH:
            return False
    return event_on(event, latitude, longitude, day) is not None


def _declination(days: float) -> float:
    """How far north of the equator the sun stands, degrees; off by less than a tenth. `days`: since J2000.

    The Astronomical Almanac's formulas of low precision for the sun.
    """
    anomaly = radians(357.528 + 0.9856003 * days)
    longitude = radians(280.460 + 0.9856474 * days + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    return degrees(asin(sin(radians(23.439)) * sin(longitude)))


def _crossing(place: ephem.Observer, event: Event, low: float, high: float) -> float | None:
    """When the sun, below the event's height at one time and not below it at the other, passes it; None: it doesn't."""
    if not _above(place, event, low) < 0 <= _above(place, event, high):
        return None
    while abs(high - low) > EXACT_DAYS:
        middle = (low + high) / 2
        if _above(place, event, middle) < 0:
            low = middle
        else:
            high = middle
    return high


def _above(place: ephem.Observer, event: Event, when: float) -> float:
    """How far the sun is above the event's height, in degrees."""
    place.date = when
    sun = ephem.Sun(place)
    return degrees(sun.alt + (sun.radius if event.upper_limb else 0)) - (event.height or 0)


def _observer(latitude: float, longitude: float) -> ephem.Observer:
    place = ephem.Observer()
    # ephem takes a float as radians and a text as degrees.
    place.lat, place.lon = str(latitude), str(longitude)
    # No air: the refraction is in the heights already.
    place.pressure = 0
    return place


def _moment(days: float) -> datetime:
    return ORIGIN + timedelta(seconds=round(days * 86_400))
