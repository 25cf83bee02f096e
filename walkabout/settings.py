"""Every setting of the service: one table for the code, the checks and the docs.

A room takes its own group: what is handed to it is all of the settings, but it sees those of its group alone.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, cast

from walkabout.setting_groups.jobs import PULSE_EVERY_S, JobSettings
from walkabout.setting_groups.notices import NoticeSettings
from walkabout.setting_groups.outbound import ADMINS, EVERYONE, NOBODY, OutboundSettings
from walkabout.setting_groups.page import PageSettings
from walkabout.setting_groups.people import PeopleSettings
from walkabout.setting_groups.process import ProcessSettings
from walkabout.setting_groups.queues import QUEUES_FORM, read_groups
from walkabout.setting_groups.sequences import SequenceRunSettings
from walkabout.setting_groups.server import HOSTED_MOST, WAITING_SHARE, JsonLimits, ServerSettings
from walkabout.setting_groups.storage import POSTGRES, SQLITE, StorageSettings, url_problem
from walkabout.setting_groups.walking import WalkingSettings
from walkabout.setting_rules import MB, SettingRule, read_setting

__all__ = ["ADMINS", "EVERYONE", "MB", "NOBODY", "PULSE_EVERY_S", "SQLITE", "JsonLimits", "Settings", "SettingsError"]

REDIS = ("redis://", "rediss://", "unix://")

GROUPS = (
    ServerSettings,
    PageSettings,
    PeopleSettings,
    JobSettings,
    WalkingSettings,
    SequenceRunSettings,
    OutboundSettings,
    NoticeSettings,
    StorageSettings,
    ProcessSettings,
)


class SettingsError(ValueError):
    """One or more variables of the environment can't be used; the text names each and says what would be right."""


@dataclass(frozen=True)
class Settings(
    ProcessSettings,
    StorageSettings,
    NoticeSettings,
    OutboundSettings,
    SequenceRunSettings,
    WalkingSettings,
    JobSettings,
    PeopleSettings,
    PageSettings,
    ServerSettings,
):
    """All settings with their working defaults; frozen, handed to `service.build`."""

    # No setting of its own: proxies, the CA bundle, and the variables that a sequence may read.
    environ: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """The settings of this process.

        `environ`: the variables (default: the process's own). Raises SettingsError with a line for each
        variable that can't be used.
        """
        source = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        problems: list[str] = []
        for entry, rule in rules_of(cls):
            text = source.get(rule.env, "").strip()
            if text:
                try:
                    values[entry.name] = read_setting(text, rule, entry.default)
                except ValueError as error:
                    problems.append(f'{rule.env}="{text}": {error}; {rule.doc}; default {entry.default!r}')
        threads = values.get("threads", cls.threads)
        for name in ("waiting_max", "foreground_max"):
            if (most := values.get(name, 0)) > threads * WAITING_SHARE:
                problems.append(
                    f'{name.upper()}="{most}": at most seven eighths of THREADS ({threads}), the others must be served'
                )
        url = values.get("database_url", "")
        if url and (problem := url_problem(url)):
            problems.append(f"DATABASE_URL: {problem}")
        redis = values.get("redis_url", "")
        if redis and not redis.startswith(REDIS):
            problems.append(f'REDIS_URL="{redis.partition(":")[0]}:...": use redis://..., rediss://... or nothing')
        elif redis and not url.startswith(POSTGRES):
            problems.append(
                "REDIS_URL goes with DATABASE_URL=postgresql://... only: on SQLite the ledger itself is the queue"
            )
        try:
            read_groups(values.get("queues", ""), 1)
        except ValueError as error:
            problems.append(f'QUEUES="{values["queues"]}": {error}; use {QUEUES_FORM}')
        if problems:
            raise SettingsError("\n".join(problems))
        if values.get("hosted"):
            values = {"host": "0.0.0.0", "proxies": 1, **values}
            values |= {name: min(values.get(name, getattr(cls, name)), most) for name, most in HOSTED_MOST.items()}
        return cls(**values, environ=dict(source))


def rules_of(group: type) -> list[tuple[Field[Any], SettingRule]]:
    """The settings of a group, in order: the field of the dataclass, and how its variable is read."""
    return [(entry, cast(SettingRule, entry.metadata["rule"])) for entry in fields(group) if "rule" in entry.metadata]


def entries(text: str) -> tuple[str, ...]:
    """The entries of a setting that has commas between them."""
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())


def words_of(group: type) -> tuple[str, str]:
    """The name of a group of settings, and what they are about, in a sentence."""
    name, sentence = re.split(r":\s", group.__doc__ or "", maxsplit=1)
    return name, sentence[:1].upper() + sentence[1:]


def table() -> str:
    """The settings in Markdown, a table for each group: variable, default, meaning. The README shows it."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for number, group in enumerate(GROUPS):
        name, sentence = words_of(group)
        yield from [""] * bool(number)
        yield from (f"### {name}", "", sentence, "")
        yield from ("| variable | default | meaning |", "|---|---|---|")
        for entry, rule in rules_of(group):
            default = f"`{entry.default}`" if entry.default not in ("", False) else ""
            yield f"| `{rule.env}` | {default} | {rule.doc} |"
