"""A crontab in words, by cron-descriptor, except for steps and for cron's "or" between the day fields.

It says "every 7 minutes" of `*/7` and "every 10 days" of `*/10`, which start again each hour and month: what it gets
here are the numbers themselves wherever "every" would be wrong.
"""

import calendar
from functools import lru_cache

from cron_descriptor import DescriptionTypeEnum, ExpressionDescriptor, Options

from walkabout.periodic.rules.kinds import crontab_fields as fields

FEW = 6  # so many times of the day are listed one by one
_NAMES = {
    "day_of_week": {str(number): calendar.day_name[number - 1] for number in range(7)},
    "month_of_year": {str(number): calendar.month_name[number] for number in range(1, 13)},
}
_OPTIONS = Options(locale_code="en_GB", use_24hour_time_format=True)


def words(minute: str, hour: str, day_of_week: str, day_of_month: str, month_of_year: str) -> str:
    """The sentence for five texts that are known to be good, in English and 24-hour time."""
    day_of_week = _plain(fields.DAY_OF_WEEK, day_of_week)
    day_of_month = _plain(fields.DAY_OF_MONTH, day_of_month)
    month = _plain(fields.MONTH_OF_YEAR, month_of_year)
    every_day = day_of_month == day_of_week == "*"
    time = _times(minute, hour, "Every day at" if every_day else "At")
    days = "" if day_of_month == "*" else _segment("DAYOFMONTH", f"0 0 {day_of_month} * *")
    weekdays = "" if day_of_week == "*" else _segment("DAYOFWEEK", f"0 0 * * {day_of_week}")
    if days and weekdays:
        weekdays = f", and only {weekdays.removeprefix(', ').removeprefix('only ')}"
    return time + days + weekdays + _segment("MONTH", f"0 0 * {month} *")


def field_words(field: fields.CronField, text: str) -> str:
    """What one of the five says by itself: `every 5 minutes`, `at minute 0`, `Monday to Friday`. Raises Invalid."""
    plain = _plain(field, text)
    unit = {"day_of_month": "day", "month_of_year": "month", "day_of_week": "day"}.get(field.name, field.name)
    if plain == "*":
        return f"every {unit}"
    if plain.startswith("*/"):
        return f"every {plain[2:]} {unit}s"
    runs = plain.split(",")
    parts = [" to ".join(_NAMES.get(field.name, {}).get(word, word) for word in run.split("-")) for run in runs]
    words = f"{', '.join(parts[:-1])} and {parts[-1]}" if parts[1:] else parts[0]
    before = {"minute": "at ", "hour": "at ", "day_of_month": "on "}.get(field.name)
    return words if before is None else f"{before}{unit}{'' if words.isdigit() else 's'} {words}"


def _times(minute: str, hour: str, at: str) -> str:
    minutes, hours = fields.numbers(fields.MINUTE, minute), fields.numbers(fields.HOUR, hour)
    if len(minutes) * len(hours) <= FEW:
        *times, last = [f"{each:02}:{past:02}" for each in sorted(hours) for past in sorted(minutes)]
        return f"{at} {', '.join(times)} and {last}" if times else f"{at} {last}"
    return _segment("FULL", f"{_plain(fields.MINUTE, minute)} {_plain(fields.HOUR, hour)} * * *")


# cron-descriptor reads its files of words each time, and most crontabs have the same segments.
@lru_cache(maxsize=1024)
def _segment(part: str, expression: str) -> str:
    return str(ExpressionDescriptor(expression, _OPTIONS).get_description(DescriptionTypeEnum[part]))


def _plain(field: fields.CronField, text: str) -> str:
    """The field as `*`, as a step that divides it evenly, or as numbers and ranges, which can't be misread."""
    found = sorted(fields.numbers(field, text))
    size = field.most - field.least + (0 if field is fields.DAY_OF_WEEK else 1)
    step = text.removeprefix("*/")
    if len(found) == size:
        return "*"
    if field in (fields.MINUTE, fields.HOUR) and step.isdigit() and text == f"*/{step}" and size % int(step) == 0:
        return text
    return ",".join(_run(run) for run in _runs(found))


def _runs(numbers: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _run(run: list[int]) -> str:
    return f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run))
