"""Crontab files: each line that is one curl call becomes a sequence of one request."""

import pytest

from walkabout.periodic.importing.crontab_file import read_crontab
from walkabout.periodic.importing.import_plan import ImportEntry


def only(text: str) -> ImportEntry:
    (entry,) = read_crontab(text, "UTC")
    return entry


def test_a_line_is_a_sequence_of_one_request() -> None:
    draft = only("*/5 1 2 3 * curl -L http://a/b").draft
    assert draft is not None
    conf = {"minute": "*/5", "hour": "1", "day_of_month": "2", "month_of_year": "3", "day_of_week": "*"}
    assert (draft.name, draft.task, draft.schedule) == (
        "GET http://a/b",
        "ScheduledSequence",
        {"type": "cron", "conf": conf},
    )
    assert draft.argument == {"requests": [{"method": "GET", "api": "http://a/b"}]}


def test_comments_and_variables_are_no_tasks() -> None:
    assert read_crontab("# nothing\n\nMAILTO=me@example.com\nSHELL = /bin/sh\n", "UTC") == []


def test_a_zone_counts_for_the_lines_after_it() -> None:
    text = "0 3 * * * curl http://a\nCRON_TZ='Europe/Berlin'\n0 3 * * * curl http://b"
    assert [entry.draft.timezone for entry in read_crontab(text, "UTC") if entry.draft] == ["UTC", "Europe/Berlin"]


def test_names_that_meet_get_a_number() -> None:
    text = "0 3 * * * curl http://a\n0 4 * * * curl http://a"
    assert [entry.draft.name for entry in read_crontab(text, "UTC") if entry.draft] == [
        "GET http://a",
        "GET http://a (2)",
    ]


def test_an_escaped_percent_is_one() -> None:
    draft = only(r"@hourly curl -L http://a/\%20").draft
    assert draft is not None
    assert draft.argument["requests"][0]["api"] == "http://a/%20"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("0 3 1 * mon curl http://a", "but here both must match; write a line for each"),
        ("@reboot curl http://a", "@reboot is not supported"),
        ("0 3 * * curl", "five fields and a command are expected"),
        ("0 3 * * * date +%s", "cron turns into a new line"),
        ("0 3 * * * backup.sh", '"backup.sh" is not curl'),
    ],
)
def test_what_cannot_be_taken_over_says_why(line: str, why: str) -> None:
    entry = only(line)
    assert entry.draft is None
    assert why in entry.problems[0]
