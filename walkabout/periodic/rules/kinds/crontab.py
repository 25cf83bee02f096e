"""Crontab: fires whenever local time matches five fields, through all clock changes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from walkabout.periodic.rules.clock import (
    DAY,
    JUST_BEFORE,
    LAST_MOMENT,
    OffsetChange,
    changes,
    first_change,
    first_showing,
    showing,
)
from walkabout.periodic.rules.kinds import crontab_fields as fields
from walkabout.periodic.rules.kinds.crontab_calendar import read_calendar
from walkabout.periodic.rules.kinds.crontab_remarks import fixed_remarks, following_remarks
from walkabout.periodic.rules.kinds.crontab_words import field_words, words
from walkabout.periodic.rules.kinds.kind import Around, ScheduleKind
from walkabout.problems import Invalid

# Weekdays, leap days and the zones' yearly rules all come round after 400 years (zones write them only up to 2037).
CYCLE_YEARS = 400
LAST_IRREGULAR_YEAR = 2037
# More than two clocks can differ: a jump of that length never passes over a time that the clock shows again.
NEAR = timedelta(days=2)


def _meta(field: fields.CronField, doc: str) -> Meta:
    return Meta(title=field.noun, description=doc, extra={"use": field.use})


class CrontabConf(Struct, frozen=True, forbid_unknown_fields=True):
    """The five fields of a crontab."""

    minute: Annotated[str | int, _meta(fields.MINUTE, "Minutes of the hour.")] = "*"
    hour: Annotated[str | int, _meta(fields.HOUR, "Hours of the day.")] = "*"
    day_of_week: Annotated[str | int, _meta(fields.DAY_OF_WEEK, "Days of the week; Sunday is 0 or 7.")] = "*"
    day_of_month: Annotated[str | int, _meta(fields.DAY_OF_MONTH, "Days of the month; both days must match.")] = "*"
    month_of_year: Annotated[str | int, _meta(fields.MONTH_OF_YEAR, "Months of the year.")] = "*"


class Crontab(ScheduleKind[CrontabConf]):
    """Fires when all five fields match; day of the month AND day of the week, as in Celery, not as in cron.

    With a minute or hour that starts with `*` it follows real time: a time in a gap is left out, a doubled one comes
    twice. Any other is a fixed time: one in a gap fires at the gap's end, a doubled one fires the first time only.
    """

    name = "crontab"
    place = 2
    is_usual = True
    # As a crontab line has them, so that one can be read off the form.
    input_order = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    aliases = ("cron",)
    doc = "At times of day on calendar days: every day at 03:00, every 15 minutes on Mondays."
    conf_type = CrontabConf
    on_the_clock = True

    def __init__(self, conf: CrontabConf, around: Around) -> None:
        super().__init__(conf, around)
        self.texts = tuple(str(getattr(conf, field.name)).strip() for field in fields.FIELDS)
        self.calendar = read_calendar(*self.texts)
        self.follows = any(text.startswith("*") for text in self.texts[:2])

    @classmethod
    def meanings(cls, texts: Mapping[str, str]) -> dict[str, str]:
        """`at minute 0`, `Monday to Friday`; for a text that is none of a field `not a minute`."""
        return {field.name: _meaning(field, texts.get(field.name, "").strip() or "*") for field in fields.FIELDS}

    def next_after(self, moment: datetime) -> datetime | None:
        """The first fire later than the moment. None: not within the 400 years after which all calendars repeat."""
        return self._next_following(moment) if self.follows else self._next_fixed(moment)

    def count(self, after: datetime, until: datetime) -> int:
        """By the calendar, between one change of the clock and the next. Costs a look at the clock per day."""
        zone, fires = self.around.zone, 0
        # The furthest time that the clock has shown: a fixed time that comes again is none.
        start, furthest, change = after - NEAR, None, None
        for following in [*changes(zone, start, until), None]:
            end = following.at if following else until + JUST_BEFORE
            begin = max(start, after + JUST_BEFORE)
            if begin < end:
                low = showing(zone, begin)
                high = low + (end - begin)
                if not self.follows and furthest is not None:
                    fires += self._at_the_end_of(change, furthest) if change and begin == start else 0
                    low = max(low, furthest)
                fires += self.calendar.count(low, high)
            if following:
                furthest = max(furthest or following.leaves, following.leaves)
                start, change = following.at, following
        return fires

    def latest(self, after: datetime, until: datetime, most: int) -> list[datetime]:
        """Forward from where the calendar has so many times left before the end; from further back where the clock
        has left some of them out."""
        zone = self.around.zone
        end, earliest = showing(zone, until) + JUST_BEFORE, showing(zone, after) - NEAR
        wanted = most
        while True:
            local = self.calendar.from_which(end, wanted, earliest)
            start = max(after, first_showing(zone, local) - JUST_BEFORE)
            found = list(self._between(start, until))
            if len(found) >= most or start == after:
                return found[-most:]
            wanted *= 2

    def _between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        fire = self.next_after(after)
        while fire is not None and fire <= until:
            yield fire
            fire = self.next_after(fire)

    def _at_the_end_of(self, gap: OffsetChange, furthest: datetime) -> int:
        """The fire, if there is one, of the fixed times that a gap leaves out, unless one has its end as its own time."""
        is_own = self.calendar.count(gap.arrives, gap.arrives + JUST_BEFORE) > 0
        return int(self.calendar.count(furthest, gap.arrives) > 0 and not is_own)

    def describe(self) -> str:
        """`Every day at 03:00`; two day fields are joined by an "and"."""
        return words(*self.texts)

    def remarks(self, after: datetime, fires: Sequence[datetime]) -> list[str]:
        """What changes of the clock do to these fires."""
        about = following_remarks if self.follows else fixed_remarks
        return about(self.calendar, self.around.zone, after, fires)

    def _next_fixed(self, moment: datetime) -> datetime | None:
        local = self.calendar.first_after(showing(self.around.zone, moment))
        while local is not None:
            fire = first_showing(self.around.zone, local)
            # Not later: the clock was put back, and this time of it has been there before.
            if fire > moment:
                return fire
            local = self.calendar.first_after(local)
        return None

    def _next_following(self, moment: datetime) -> datetime | None:
        zone = self.around.zone
        end = _end_of_search(moment)
        local = self.calendar.first_after(showing(zone, moment))
        while local is not None and moment < end:
            # As long as the clock is not changed, it shows the local time then.
            fire = moment + (local - showing(zone, moment))
            if fire - moment <= DAY and showing(zone, fire) == local:
                return fire  # a look at both ends of a day is all that `first_change` does
            near = min(fire, moment + NEAR)
            change = first_change(zone, moment, near)
            if change is None and near == fire:
                return fire
            moment = change.at if change else max(near, fire - NEAR)
            local = self.calendar.first_from(showing(zone, moment))
        return None


def _meaning(field: fields.CronField, text: str) -> str:
    try:
        return field_words(field, text)
    except Invalid:
        return f"not {field.noun}"


def _end_of_search(moment: datetime) -> datetime:
    year = max(moment.year, LAST_IRREGULAR_YEAR) + CYCLE_YEARS + 1
    return LAST_MOMENT.replace(year=min(year, LAST_MOMENT.year))
