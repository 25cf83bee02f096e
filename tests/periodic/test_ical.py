"""A calendar as other programs read it: lines, their ends and folds, and what stands for itself (RFC 5545)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.calendars import events_of, unfolded
from tests.support.examples import examples
from walkabout.periodic.ical import LINE_MOST, CalendarEvent, write_calendar

NOW = 1_800_000_000.0  # 2027-01-15 08:00:00 UTC


def one(**fields: str) -> str:
    event = {"uid": "u@walkabout", "at": NOW + 60, "title": "t", "text": "x"} | fields
    return write_calendar([CalendarEvent(**event)], NOW)  # type: ignore[arg-type]


def test_a_calendar_is_written_as_the_standard_says() -> None:
    events = [
        CalendarEvent("a@walkabout", NOW + 60, "night, and; day", "one\r\ntwo\\", "https://jobs.example/admin/tasks/1"),
        CalendarEvent("b@walkabout", date(2027, 12, 31), "often", ""),
    ]
    assert write_calendar(events, NOW).split("\r\n") == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Walkabout//Periodic tasks//EN", "METHOD:PUBLISH",
        "X-WR-CALNAME:Walkabout",
        "BEGIN:VEVENT", "UID:a@walkabout", "DTSTAMP:20270115T080000Z", "DTSTART:20270115T080100Z",
        r"SUMMARY:night\, and\; day", r"DESCRIPTION:one\ntwo" + "\\\\", "URL:https://jobs.example/admin/tasks/1",
        "TRANSP:TRANSPARENT", "END:VEVENT",
        "BEGIN:VEVENT", "UID:b@walkabout", "DTSTAMP:20270115T080000Z", "DTSTART;VALUE=DATE:20271231",
        "DTEND;VALUE=DATE:20280101", "SUMMARY:often", "DESCRIPTION:", "TRANSP:TRANSPARENT", "END:VEVENT",
        "END:VCALENDAR", "",
    ]  # fmt: skip


@examples(200)
@given(st.text(), st.text())
def test_any_title_and_text_comes_back_and_breaks_no_line(title: str, text: str) -> None:
    written = one(title=title, text=text).encode("utf-8", "replace")
    assert all(len(line) <= LINE_MOST and b"\n" not in line for line in written.split(b"\r\n"))
    [event] = events_of(written.decode())
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    shown = "".join(char for char in lines if char >= " " or char in "\n\t").encode("utf-8", "replace").decode()
    assert event["DESCRIPTION"] == shown
    assert len(unfolded(written.decode())) == 14


@pytest.mark.parametrize("line", ["BEGIN:VEVENT", "END:VCALENDAR\r\nX", "x\nATTACH:http://evil/"])
def test_a_name_can_add_no_line(line: str) -> None:
    names = [text.partition(":")[0] for text in unfolded(one(title=line, text=line))]
    assert names.count("BEGIN") == names.count("END") == 2
    assert "ATTACH" not in names
