"""What this installation is set to, for admins: each setting, where its value comes from, and what would be right."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass
from typing import Any

from walkabout.actions.rights import check_admin
from walkabout.masking import MASK, Masker, is_telling
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.setting_rules import SettingRule, allowed
from walkabout.settings import GROUPS, rules_of, words_of

FROM_VARIABLE, FROM_DEFAULT, FROM_START = "environment", "default", "start"
"""Where a value comes from: its variable, nowhere, or whoever started the service (such as a host that it found)."""


@dataclass(frozen=True)
class ShownSetting:
    """A setting for people. `variable`: of the environment; `value`, masked, and `default`: as texts; `origin`: see above;
    `right`: what would be allowed."""

    variable: str
    value: str
    default: str
    origin: str
    doc: str
    right: str


@dataclass(frozen=True)
class ShownGroup:
    """The settings of a part of the service. `sentence`: what they are about."""

    name: str
    sentence: str
    settings: list[ShownSetting]


def settings_of(service: Service, by: Master) -> list[ShownGroup]:
    """All settings of the process that answers, group by group. Raises AdminsOnly."""
    check_admin(by)
    settings, masker = service.settings, service.masker
    return [
        ShownGroup(
            *words_of(group),
            [
                _shown(entry, rule, getattr(settings, entry.name), settings.environ, masker)
                for entry, rule in rules_of(group)
            ],
        )
        for group in GROUPS
    ]


def _shown(
    entry: "Field[Any]", rule: SettingRule, value: Any, environ: Mapping[str, str], masker: Masker
) -> ShownSetting:
    default = None if entry.default is MISSING else entry.default
    origin = FROM_DEFAULT if value == default else FROM_START
    if environ.get(rule.env, "").strip():
        origin = FROM_VARIABLE
    # What does not stand in the text of all settings is secret; an address may hold a password.
    is_secret = not entry.repr or is_telling(rule.env)
    shown = MASK if is_secret and value else masker.text(_text(value))
    return ShownSetting(rule.env, shown, _text(default), origin, rule.doc, allowed(rule, default))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) and value < 1e15 else "" if value is None else str(value)
