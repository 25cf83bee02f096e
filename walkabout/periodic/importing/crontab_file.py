"""Turns the curl lines of a crontab(5) into sequences of one request."""

import re
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
_VARIABLE = re.compile(r"""\s*["']?([A-Za-z_][A-Za-z0-9_]*)["']?\s*=\s*(.*)""")
_ZONES = ("CRON_TZ", "TZ")
_NAME_MOST = 190  # characters; a number may come behind it


def read_crontab(text: str, timezone: str) -> list[ImportEntry]:
    """The entries of a crontab. `timezone`: whose clock its times are on, until a line CRON_TZ= says otherwise."""
    entries: list[ImportEntry] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        variable = _VARIABLE.fullmatch(line)
        if not line or line.startswith("#"):
            continue
        if variable is None:
            entries.append(_entry(f"line {number}", line, timezone))
        elif variable[1] in _ZONES:
            timezone = variable[2].strip("\"'")
    return distinct(entries)


def _entry(where: str, line: str, timezone: str) -> ImportEntry:
    try:
        fields, command = _split(line)
        _check_days(fields)
        call = step_of(_without_percent(command))
        if call.piped_to:
            raise NotACall(
                f"what it prints goes to another program ({call.piped_to.split()[0]}), which a sequence has not"
            )
        step = call.step
    except NotACall as error:
        return ImportEntry(where, problems=(f"{error}: {line if len(line) <= 100 else line[:97] + '...'}",))
    schedule: dict[str, Any] = {"type": "cron", "conf": dict(zip(_FIELDS, fields, strict=True))}
    name = f"{step['method']} {step['api']}"[:_NAME_MOST]
    policies = {"description": f"from a crontab: {' '.join(fields)}"}
    return ImportEntry(where, Draft(name, SEQUENCE, {"requests": [step]}, schedule, timezone, policies))


def _split(line: str) -> tuple[list[str], str]:
    first, _, rest = line.replace("\t", " ").partition(" ")
    if first.startswith("@"):
        if first not in _MACROS:
            raise NotACall(f"{first} is not supported; use one of {', '.join(_MACROS)}, or five fields")
        return _MACROS[first].split(), rest.strip()
    parts = line.split(None, 5)
    if len(parts) < 6:
        raise NotACall("five fields and a command are expected")
    return parts[:5], parts[5]


def _check_days(fields: list[str]) -> None:
    day, weekday = fields[2], fields[4]
    if not day.startswith("*") and not weekday.startswith("*"):
        raise NotACall(
            f"cron runs it when the day of the month ({day}) or the weekday ({weekday}) matches, but here both must match; "
            "write a line for each"
        )


def _without_percent(command: str) -> str:
    if re.search(r"(?<!\\)%", command):
        raise NotACall(r"it has a % that is not written \%, which cron turns into a new line")
    return command.replace(r"\%", "%")
