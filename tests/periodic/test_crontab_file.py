"""Crontab files: each line that is one curl call becomes a sequence of one request."""

import pytest

from walkabout.periodic.importing.crontab_file import CrontabFile, read_crontab, text_of
from walkabout.periodic.importing.entries import ImportEntry


def only(text: str) -> ImportEntry:
    (entry,) = read_crontab(text, CrontabFile())
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
    assert read_crontab("# nothing\n\nMAILTO=me@example.com\nSHELL = /bin/sh\n", CrontabFile()) == []


def test_a_zone_counts_for_the_lines_after_it() -> None:
    text = "0 3 * * * curl http://a\nCRON_TZ='Europe/Berlin'\n0 3 * * * curl http://b"
    assert [entry.draft.timezone for entry in read_crontab(text, CrontabFile()) if entry.draft] == [
        "UTC",
        "Europe/Berlin",
    ]


def test_names_that_meet_get_a_number() -> None:
    text = "0 3 * * * curl http://a\n0 4 * * * curl http://a"
    assert [entry.draft.name for entry in read_crontab(text, CrontabFile()) if entry.draft] == [
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
        ("@reboot curl http://a", "@reboot is when the machine starts"),
        ("0 3 * * curl", "five fields and a command are expected"),
        ("0 3 * * * date +%s", '"date" is not curl'),
        ("0 3 * * * curl -d @- http://a%a=1", "it reads what stands behind the %"),
        ("0 0 3 * * * curl http://a", "it has six fields, and cron has five"),
        ("0 3 * * * root curl http://a", "add --system"),
        ("0 3 * * * backup.sh", '"backup.sh" is not curl'),
    ],
)
def test_what_cannot_be_taken_over_says_why(line: str, why: str) -> None:
    entry = only(line)
    assert entry.draft is None
    assert why in entry.problems[0]


def test_the_zone_of_commands_moves_no_times_and_that_is_said() -> None:
    entry = only("TZ=America/New_York\n0 3 * * * curl http://a")
    assert entry.draft is not None
    assert entry.draft.timezone == "UTC"
    assert entry.remarks == (
        "TZ=America/New_York is for the command and moves no times: for that use CRON_TZ= or --timezone",
    )


def test_names_of_variables_may_be_quoted_and_have_blanks() -> None:
    text = "\"MY VAR\" = a b\n'OTHER VAR'=1\n'CRON_TZ' = Europe/Berlin\n0 3 * * * curl http://a"
    draft = only(text).draft
    assert draft is not None
    assert draft.timezone == "Europe/Berlin"


@pytest.mark.parametrize(
    "line",
    [
        "0 3 * * * curl -L http://a/b # what it is for",
        "0 3 * * * curl -L http://a/b%behind it",
        "\t0 3 * * *\tcurl -L http://a/b\r",
    ],
)
def test_what_is_no_part_of_the_command_is_left_out(line: str) -> None:
    draft = only(line).draft
    assert draft is not None
    assert draft.argument == {"requests": [{"method": "GET", "api": "http://a/b"}]}


def test_a_column_of_users_is_passed_over() -> None:
    text = "0 3 * * * root curl http://a\n@daily www-data curl http://b"
    named = [entry.draft.name for entry in read_crontab(text, CrontabFile(has_users=True)) if entry.draft]
    assert named == ["GET http://a", "GET http://b"]


def test_a_password_of_an_address_is_in_no_name() -> None:
    draft = only("0 3 * * * curl -L 'http://me:hunter2@a/b'").draft
    assert draft is not None
    assert draft.name == "GET http://a/b"


@pytest.mark.parametrize("raw", ["# größer\n".encode(), b"\xef\xbb\xbf# gr\xc3\xb6\xc3\x9fer\n", b"# gr\xf6\xdfer\n"])
def test_a_crontab_is_utf_8_with_or_without_a_mark_or_latin_1(raw: bytes) -> None:
    assert text_of(raw) == "# größer\n"
