"""Quiet hours: when nobody wants to be told, as people write them: `22:00-07:00 Europe/Berlin`."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from walkabout.problems import refuse

_FORM = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)(?: (\S+))?")
USE = "use HH:MM-HH:MM and a time zone, like 22:00-07:00 Europe/Berlin"


def check_quiet(text: str) -> str:
    """The quiet hours of a text, in one form; empty stays empty. Raises Invalid, field `quiet`."""
    text = " ".join(text.split())
    if not text:
        return ""
    found = _FORM.fullmatch(text)
    if found is None:
        raise refuse("quiet", f"“{text[:40]}” are no quiet hours; {USE}")
    zone = found[5] or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refuse("quiet", f"“{zone[:40]}” is no time zone; {USE}") from None
    if found.group(1, 2) == found.group(3, 4):
        raise refuse("quiet", f"they would never end; {USE}")
    return f"{found[1]}:{found[2]}-{found[3]}:{found[4]} {zone}"


def end_of_quiet(text: str, now: float) -> float:
    """When somebody with these quiet hours may be told, now at the earliest (UTC seconds)."""
    found = _FORM.fullmatch(text)
    if found is None:
        return now
    zone = ZoneInfo(found[5] or "UTC")
    begin, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    here = datetime.fromtimestamp(now, zone)
    clock = here.time()
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not is_quiet:
        return now
    day = here.date() + timedelta(days=int(clock >= end))
    return max(datetime.combine(day, end, zone).timestamp(), now)
