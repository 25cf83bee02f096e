"""Turns the lines of a crontab(5) that are requests (curl, wget) into sequences, and says why the others are none."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from walkabout import json_text
from walkabout.masking import Masker
from walkabout.periodic.drafts import Draft
from walkabout.periodic.importing.crontab_command import until_percent, without_user
from walkabout.periodic.importing.entries import ImportEntry, LineOrigin, decoded, distinct
from walkabout.periodic.periodic_task import SEQUENCE
from walkabout.periodic.policies import POLICY_NAMES
from walkabout.periodic.rules.kinds.crontab_fields import FIELDS
from walkabout.sequences.curl.command_list import sequence_of
from walkabout.sequences.curl.refused import NotACall

SOURCE = "default"
"""What a crontab is called that nobody has named."""
NAMED = "# walkabout: "
"""Begins a comment that says of the next line what our export has beside it: JSON, the name and the policies."""
_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@every_minute": "* * * * *",
}
_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
_LARGEST = {field.name: field.most for field in FIELDS}
_SMALLEST = {field.name: field.least for field in FIELDS}
_VARIABLE = re.compile(r"""("[^"=]*"|'[^'=]*'|[^\s="'#@][^\s="']*)\s*=\s*(.*)""")
_ZONE, _ZONE_OF_COMMANDS, _SHELL, _DELAY = "CRON_TZ", "TZ", "SHELL", "RANDOM_DELAY"
_SHELLS = ("sh", "bash", "dash", "ash", "ksh", "zsh", "busybox")
_NAMES = "sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_SIXTH_FIELD = re.compile(rf"([\d*?][\d*?/,#LW-]*|({_NAMES})([,-]({_NAMES}))*)\s", re.IGNORECASE)
_FIELD = re.compile(r"(?!(curl|wget)$)[\w*?,#~-][\w*?/,#~-]*")
_STEP = re.compile(r"\*/(\d{1,9})")
_USER_INFO = re.compile(r"//[^/?#\s\"']*@")
_CUT = "cron ends it at the first %, and what follows is no part of it; write \\% for the sign itself"
_OF_OTHERS = re.compile(
    r"[?LW#]|\dL|\d+W", re.IGNORECASE
)  # in fields of the days: Quartz and others have them, cron has not
_NAME_MOST = 190  # characters; a number may come behind it
_SHOWN_MOST = 100  # characters of a line that is left out


@dataclass(frozen=True)
class CrontabFile:
    """How a crontab is to be read.

    `timezone`: whose clock its times are on, until a line CRON_TZ= says otherwise; `has_users`: a column behind the
    five fields names a user, as in /etc/crontab; `source`: what it is called; `path`: where it lies, "" when nobody knows.
    """

    timezone: str = "UTC"
    has_users: bool = False
    source: str = SOURCE
    path: str = ""


@dataclass
class _Settings:
    """What the variables of a crontab say of the lines behind them."""

    timezone: str
    values: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    jitter_s: float = 0.0

    def take(self, name: str, value: str, usual_zone: str) -> None:
        """A line NAME=value."""
        self.values[name] = value
        if name == _ZONE:
            self.timezone = value or usual_zone
        elif name == _ZONE_OF_COMMANDS:
            text = f"TZ={value} is for the command and moves no times: for that use CRON_TZ= or --timezone"
            self.remarks[name] = text if value else ""
        elif name == _DELAY:
            self.jitter_s = 60.0 * int(value) if value.isdecimal() and int(value) <= 1440 else 0.0
            self.remarks[name] = f"RANDOM_DELAY={value}: becomes a jitter of {self.jitter_s:g} s, the same for each run"


def text_of(raw: bytes) -> str:
    """The text of a crontab, which says nothing of its encoding: what its mark says, else UTF-8, else Latin-1."""
    try:
        return decoded(raw)
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def read_crontab(text: str, how: CrontabFile) -> list[ImportEntry]:
    """The entries of a crontab, one for each line that is no comment and sets no variable."""
    entries: list[ImportEntry] = []
    settings, beside = _Settings(how.timezone), dict[str, Any]()
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            beside = _beside(line) or beside
            continue
        variable = _VARIABLE.fullmatch(line)
        if variable is None:
            entries.append(_with(_entry(number, line, settings, how), beside))
            beside = {}
        else:
            settings.take(_unquoted(variable[1]), _unquoted(variable[2]), how.timezone)
    return distinct(entries)


def _beside(line: str) -> dict[str, Any]:
    """What a comment of our export says; nothing for any other comment."""
    try:
        said = json_text.read(line.removeprefix(NAMED)) if line.startswith(NAMED) else {}
    except json_text.BadJson:
        return {}
    return said if isinstance(said, dict) and isinstance(said.get("name"), str) else {}


def _with(entry: ImportEntry, beside: dict[str, Any]) -> ImportEntry:
    """An entry with the name and the policies that stand beside it."""
    if not beside or entry.draft is None:
        return entry
    policies = {"description": "", **{name: value for name, value in beside.items() if name in POLICY_NAMES}}
    return replace(entry, draft=replace(entry.draft, name=beside["name"], policies=policies))


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _entry(number: int, line: str, settings: _Settings, how: CrontabFile) -> ImportEntry:
    where, origin = f"line {number}", LineOrigin(how.source, how.path, number, line, "")
    try:
        fields, command = _split(line)
        origin = replace(origin, times=" ".join([*fields, settings.timezone]), command=command)
        _check_days(fields)
        _check_shell(settings.values.get(_SHELL, ""))
        whole, is_cut = until_percent(without_user(command, has_users=how.has_users))
        found = sequence_of(whole, settings.values)
    except NotACall as error:
        return ImportEntry(where, problems=(f"{error}: {_shown(line)}",), origin=origin)
    fitting = [_fitting(name, text) for name, text in zip(_FIELDS, fields, strict=True)]
    policies: dict[str, Any] = {"description": f"from a crontab: {' '.join(fields)}"}
    if settings.jitter_s:
        policies["jitter"] = settings.jitter_s
    draft = Draft(
        name=_name(found.steps),
        task=SEQUENCE,
        argument=found.argument,
        schedule={"type": "cron", "conf": dict(zip(_FIELDS, fitting, strict=True))},
        timezone=settings.timezone,
        policies=policies,
    )
    steps_too_large = [f"{text} is {fits}" for text, fits in zip(fields, fitting, strict=True) if text != fits]
    cut = [_CUT] if is_cut else []
    remarks = (*filter(None, settings.remarks.values()), *steps_too_large, *cut, *found.hints)
    return ImportEntry(where, draft, remarks=remarks, origin=origin)


def _split(line: str) -> tuple[list[str], str]:
    """The five fields, and all that stands behind them."""
    first, *rest = line.split(None, 1)
    if first.lower() == "@reboot":
        raise NotACall("@reboot is when the machine starts, which is no time of a schedule")
    if first.startswith("@"):
        if first.lower() not in _MACROS:
            raise NotACall(f"{first} is not supported; use one of {', '.join(_MACROS)}, or five fields")
        if not rest:
            raise NotACall("it has no command")
        return _MACROS[first.lower()].split(), rest[0]
    parts = line.split(None, 5)
    if len(parts) < 6 or not all(map(_FIELD.fullmatch, parts[:5])):
        raise NotACall("five fields and a command are expected")
    if _SIXTH_FIELD.match(parts[5]):
        raise NotACall("it has six fields, and cron has five; leave out the one of the seconds or of the year")
    # A minus before the minute keeps the line out of the log.
    return [parts[0].removeprefix("-"), *parts[1:5]], parts[5]


def _check_days(fields: list[str]) -> None:
    day, weekday = fields[2], fields[4]
    foreign = [field for field in (day, weekday) if _OF_OTHERS.fullmatch(field) or "#" in field]
    if foreign:
        raise NotACall(
            f"{foreign[0]} is a day of another scheduler (Quartz), which neither cron nor a schedule here has"
        )
    if not day.startswith("*") and not weekday.startswith("*"):
        raise NotACall(
            f"cron runs it when the day of the month ({day}) or the weekday ({weekday}) matches, but here both must match; "
            "write a line for each"
        )


def _check_shell(shell: str) -> None:
    if shell and shell.rsplit("/", 1)[-1] not in _SHELLS:
        raise NotACall(f"its SHELL is {shell}, which reads a command in another way than sh")


def _fitting(name: str, text: str) -> str:
    """The field with steps that are larger than it (`*/60`) as cron reads them: only the first one is left."""

    def fit(step: re.Match[str]) -> str:
        return step[0] if int(step[1]) <= _LARGEST[name] else str(_SMALLEST[name])

    return _STEP.sub(fit, text)


def _name(steps: list[dict[str, Any]]) -> str:
    """What is called, without what must stand in no list: passwords and keys."""
    more = f" and {len(steps) - 1} more" if steps[1:] else ""
    first = f"{steps[0]['method']} {Masker({}).text(_USER_INFO.sub('//', steps[0]['api']))}"
    return first[:_NAME_MOST] + more


def _shown(line: str) -> str:
    line = Masker({}).text(_USER_INFO.sub("//", line))
    return line if len(line) <= _SHOWN_MOST else line[: _SHOWN_MOST - 3] + "..."
