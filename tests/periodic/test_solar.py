"""Solar: the sun's events at a place, one a solar day, with polar days and nights."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import ephem
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import examples
from walkabout.periodic.rules.kinds.sun import EVENTS
from walkabout.periodic.rules.preview import preview
from walkabout.periodic.rules.schedule import read_schedule

TROMSO = (69.6492, 18.9553)
POLE = (90, 0)
HORIZONS = {"astronomical": "-18", "nautical": "-12", "civil": "-6", "sunrise": "-0:34", "sunset": "-0:34"}
moments = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))


def sun(event, latitude, longitude, zone="UTC", **around):
    conf = {"event": event, "latitude": latitude, "longitude": longitude}
    return read_schedule({"type": "solar", "conf": conf} | around, zone, anchor=datetime(2026, 1, 1, tzinfo=UTC))


def by_ephem(event, latitude, longitude, after):
    place = ephem.Observer()
    place.lat, place.lon, place.pressure = str(latitude), str(longitude), 0
    if event == "solar_noon":
        return place.next_transit(ephem.Sun(), start=after)
    place.horizon = HORIZONS[event.rpartition("_")[2]]
    find = place.next_rising if EVENTS[event].rising else place.next_setting
    return find(ephem.Sun(), start=after, use_center="_" in event)


@examples(80)
@given(st.sampled_from(sorted(EVENTS)), st.floats(-45, 45), st.floats(-180, 180), moments)
def test_ephem_agrees_within_two_minutes_where_every_day_has_its_events(event, latitude, longitude, after):
    fire = sun(event, latitude, longitude).next_after(after)
    # Within a second of an event the two may take different sides of it.
    expected = by_ephem(event, latitude, longitude, after + timedelta(seconds=1)).datetime().replace(tzinfo=UTC)
    assert abs(fire - expected) < timedelta(minutes=2) or fire - after < timedelta(seconds=2)


@examples(30)
@given(st.sampled_from(sorted(EVENTS)), st.floats(-89, 89), st.floats(-180, 180), moments)
def test_each_solar_day_has_its_event_once(event, latitude, longitude, after):
    fires = list(islice(sun(event, latitude, longitude).fires_after(after), 5))
    # The sun's event wanders by up to some hours from day to day where it grazes a height.
    assert all(later - fire > timedelta(hours=15) for fire, later in pairwise([after - timedelta(days=1), *fires]))


@examples(30)
@given(st.sampled_from(sorted(EVENTS)), st.floats(-90, 90), st.floats(-180, 180), moments)
def test_an_event_has_the_same_time_wherever_the_search_begins(event, latitude, longitude, after):
    rule = sun(event, latitude, longitude)
    fire = rule.next_after(after)
    if fire is not None:
        assert rule.next_after(fire - timedelta(microseconds=1)) == fire
        assert rule.next_after(fire) != fire


def test_the_polar_night_is_skipped_and_warned_of():
    answer = preview(sun("sunrise", *TROMSO, "Europe/Oslo"), datetime(2026, 11, 27, tzinfo=UTC), 2)
    assert [fire[:10] for fire in answer["next"]] == ["2026-11-27", "2027-01-15"]
    assert answer["warnings"] == ["No sunrise after 2026-11-27 until 2027-01-15: days without it are skipped"]


def test_the_polar_summer_is_skipped_when_the_preview_begins_in_it():
    answer = preview(sun("sunset", *TROMSO, "Europe/Oslo"), datetime(2026, 6, 21, tzinfo=UTC), 1)
    assert answer["next"][0].startswith("2026-07-2")
    assert answer["warnings"][0].startswith("No sunset after 2026-06-21 until 2026-07-2")


def test_noon_comes_in_the_polar_night_too():
    assert sun("solar_noon", *TROMSO).next_after(datetime(2026, 12, 21, tzinfo=UTC)).day == 21


@pytest.mark.parametrize("event", sorted(set(EVENTS) - {"solar_noon"}))
@pytest.mark.parametrize("latitude", [90, -90])
def test_an_event_that_never_comes_is_warned_of_and_not_refused(event, latitude):
    answer = preview(sun(event, latitude, 0), datetime(2026, 1, 1, tzinfo=UTC), 5)
    assert answer["next"] == []
    assert any("occurs at this place within two years" in warning for warning in answer["warnings"])


def test_an_end_before_the_next_event_is_not_called_a_lack_of_sun():
    rule = sun("sunrise", *TROMSO, expires="2026-07-01T00:00:00Z")
    warnings = preview(rule, datetime(2026, 6, 1, tzinfo=UTC), 5)["warnings"]
    assert len(warnings) == 1
    assert warnings[0].startswith("Never fires: it expires before the first time, which would be 2026-07-2")


@pytest.mark.parametrize("longitude", [180, -180, 179.99, -179.99])
def test_the_date_line_has_one_noon_a_day(longitude):
    fires = list(islice(sun("solar_noon", 0, longitude).fires_after(datetime(2026, 1, 1, tzinfo=UTC)), 400))
    assert all(timedelta(hours=23.9) < later - fire < timedelta(hours=24.1) for fire, later in pairwise(fires))


@pytest.mark.parametrize(
    ("event", "place", "text"),
    [
        ("sunset", TROMSO, "At sunset at 69.6492° N, 18.9553° E"),
        ("dawn_civil", (-33.9, -70.5), "At civil dawn at 33.9° S, 70.5° W"),
        ("solar_noon", (0, 0), "At solar noon at 0° N, 0° E"),
    ],
)
def test_says_in_words(event, place, text):
    assert sun(event, *place).describe() == text


def test_a_pause_is_warned_of_only_when_it_is_among_the_shown():
    rule = sun("sunrise", *TROMSO, "Europe/Oslo")
    last_before_the_night = datetime(2026, 11, 27, 10, 21, tzinfo=UTC)
    assert rule.next_after(last_before_the_night).year == 2027
    assert preview(rule, last_before_the_night, 1)["warnings"]
    assert preview(rule, datetime(2027, 1, 16, tzinfo=UTC), 5)["warnings"] == []
