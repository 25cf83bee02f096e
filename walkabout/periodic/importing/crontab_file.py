"""Turns the curl lines of a crontab(5) into sequences of one request."""

import re
from dataclasses import replace
from typing import Any

from walkabout.periodic.drafts import Draft
from walkabout.periodic.importing.import_plan import ImportEntry, distinct
from walkabout.periodic.periodic_task import SEQUENCE
from walkabout.sequences.curl.call import step_of
from walkabout.sequences.curl.refused import NotACall

_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
_VARIABLE = re.compile(r"""("[^"=]*"|'[^'=]*'|[A-Za-z_]\w*)\s*=\s*(.*)""")
_ZONE, _ZONE_OF_COMMANDS = "CRON_TZ", "TZ"
_USER_INFO = re.compile(r"//[^/?#]*@")
_NAME_MOST = 190  # characters; a number may come behind it


def text_of(raw: bytes) -> str:
    """The text of a crontab, which says nothing of its encoding: UTF-8, with or without a mark, else Latin-1."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def read_crontab(text: str, timezone: str, *, has_users: bool = False) -> list[ImportEntry]:
    """The entries of a crontab. `timezone`: whose clock its times are on, until a line CRON_TZ= says otherwise.

    `has_users`: a column behind the five fields names a user, as in /etc/crontab.
    """
    entries: list[ImportEntry] = []
    remarks: tuple[str, ...] = ()
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        variable = _VARIABLE.fullmatch(line)
        if not line or line.startswith("#"):
            continue
        if variable is None:
            entries.append(replace(_entry(f"line {number}", line, timezone, has_users), remarks=remarks))
            continue
        name, value = variable[1].strip("\"'"), variable[2].strip("\"'")
        if name == _ZONE:
            timezone = value
        elif name == _ZONE_OF_COMMANDS:
            remarks = (f"TZ={value} is for the command and moves no times: for that use CRON_TZ= or --timezone",)
    return distinct(entries)


def _entry(where: str, line: str, timezone: str, has_users: bool) -> ImportEntry:
    try:
        fields, command = _split(line, has_users)
        _check_days(fields)
        call = step_of(_until_percent(command))
        if call.piped_to:
            raise NotACall(
                f"what it prints goes to another program ({call.piped_to.split()[0]}), which a sequence has not"
            )
        step = call.step
    except NotACall as error:
        return ImportEntry(where, problems=(f"{error}: {line if len(line) <= 100 else line[:97] + '...'}",))
    schedule: dict[str, Any] = {"type": "cron", "conf": dict(zip(_FIELDS, fields, strict=True))}
    name = f"{step['method']} {_USER_INFO.sub('//', step['api'])}"[:_NAME_MOST]
    policies = {"description": f"from a crontab: {' '.join(fields)}"}
    return ImportEntry(where, Draft(name, SEQUENCE, {"requests": [step]}, schedule, timezone, policies))


def _split(line: str, has_users: bool) -> tuple[list[str], str]:
    first, _, rest = line.replace("\t", " ").partition(" ")
    if first == "@reboot":
        raise NotACall("@reboot is when the machine starts, which is no time of a schedule")
    if first.startswith("@"):
        if first not in _MACROS:
            raise NotACall(f"{first} is not supported; use one of {', '.join(_MACROS)}, or five fields")
        return _MACROS[first].split(), _without_user(rest.strip(), has_users)
    parts = line.split(None, 5)
    if len(parts) < 6:
        raise NotACall("five fields and a command are expected")
    if re.match(r"[\d*][\d*/,-]*\s", parts[5]):
        raise NotACall("it has six fields, and cron has five; leave out the one of the seconds or of the year")
    return parts[:5], _without_user(parts[5], has_users)


def _without_user(command: str, has_users: bool) -> str:
    user, _, rest = command.partition(" ")
    if has_users:
        return rest.strip()
    if re.match(r"curl\s", rest.lstrip()) and re.fullmatch(r"[a-z_][a-z0-9_-]*", user):
        raise NotACall(f'"{user}" stands before curl; if it is the column of the user, add --system')
    return command


def _check_days(fields: list[str]) -> None:
    day, weekday = fields[2], fields[4]
    if not day.startswith("*") and not weekday.startswith("*"):
        raise NotACall(
            f"cron runs it when the day of the month ({day}) or the weekday ({weekday}) matches, but here both must match; "
            "write a line for each"
        )


def _until_percent(command: str) -> str:
    """What cron runs: the first % that is not written \\% ends it, what follows is its standard input."""
    first = re.split(r"(?<!\\)%", command, maxsplit=1)
    if len(first) > 1 and re.search(r"@-(\s|$)", first[0]):
        raise NotACall("it reads what stands behind the %; write it into the command")
    return first[0].replace(r"\%", "%").strip()
