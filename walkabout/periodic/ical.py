"""Writes fires to come as a calendar that other programs subscribe to: iCalendar (RFC 5545)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

KIND = "text/calendar; charset=utf-8"
LINE_MOST = 75  # bytes of a line, without its end (RFC 5545, 3.1)
_ESCAPES = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


@dataclass(frozen=True)
class CalendarEvent:
    """One entry. `uid`: the same for the same fire, so that an entry is changed and not doubled; `at`: UTC seconds, or the
    whole day. `url`: "" for none."""

    uid: str
    at: float | date
    title: str
    text: str
    url: str = ""


def write_calendar(events: Iterable[CalendarEvent], now: float) -> str:
    """The calendar of these entries, as it is now (UTC seconds)."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Walkabout//Periodic tasks//EN", "METHOD:PUBLISH",
             "X-WR-CALNAME:Walkabout"]  # fmt: skip
    for event in events:
        lines += _event(event, now)
    return "".join(f"{part}\r\n" for line in (*lines, "END:VCALENDAR") for part in _folded(line))


def _event(event: CalendarEvent, now: float) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{_moment(now)}"
    if isinstance(event.at, date):
        yield f"DTSTART;VALUE=DATE:{event.at:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{event.at + timedelta(days=1):%Y%m%d}"
    else:
        yield f"DTSTART:{_moment(event.at)}"
    yield f"SUMMARY:{_escaped(event.title)}"
    yield f"DESCRIPTION:{_escaped(event.text)}"
    if event.url:
        yield f"URL:{event.url}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_ESCAPES.get(char, char) for char in text if char >= " " or char in "\n\t")


def _folded(line: str) -> Iterator[str]:
    """A line as several: one that goes on begins with a blank. No character is cut in two."""
    part, size = "", 0
    for char in line:
        length = len(char.encode("utf-8", "replace"))
        if size + length > LINE_MOST:
            yield part
            part, size = " ", 1
        part, size = part + char, size + length
    yield part
