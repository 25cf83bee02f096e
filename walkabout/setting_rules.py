"""How a setting is declared, and how its environment variable is parsed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MB = 1024 * 1024


@dataclass(frozen=True)
class SettingRule:
    """How one setting is read: its variable, its meaning (with the unit), and what is allowed.

    `limit`: the limit of the language of sequences that it is.
    """

    env: str
    doc: str
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    limit: str = ""


def setting(
    env: str,
    default: Any,
    doc: str,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
    aliases: Mapping[str, str] | None = None,
    limit: str = "",
    secret: bool = False,
) -> Any:
    """Declare a setting of `Settings`: a dataclass field that carries its `SettingRule`. `aliases`: other words for
    choices; `secret`: its value does not stand in the text of all settings."""
    rule = SettingRule(env, doc, least, most, choices, aliases=aliases or {}, limit=limit)
    return field(default=default, repr=not secret, metadata={"rule": rule})


def allowed(rule: SettingRule, default: Any) -> str:
    """What would be right for a setting, in words: `a whole number, 2 to 100`."""
    if rule.choices:
        return f"one of {', '.join(choice or '(empty)' for choice in rule.choices)}"
    if isinstance(default, bool):
        return "true or false"
    if not isinstance(default, int | float):
        return "a text"
    kind = "a number" if isinstance(default, float) else "a whole number"
    if rule.least is not None and rule.most is not None:
        return f"{kind}, {rule.least:g} to {rule.most:g}"
    if rule.least is not None:
        return f"{kind}, {rule.least:g} or more"
    return kind if rule.most is None else f"{kind}, {rule.most:g} or less"


def read_setting(text: str, rule: SettingRule, default: Any) -> Any:
    """The value of a variable's text, of the type of its default. Raises ValueError with what would be right."""
    if isinstance(default, bool):
        # DYNO carries a name ("web.1"): that it is there is what counts.
        if rule.env == "DYNO":
            return True
        if text.lower() not in ("true", "false", "1", "0", "yes", "no"):
            raise ValueError("not true or false")
        return text.lower() in ("true", "1", "yes")
    if isinstance(default, int | float):
        return _number(text, rule, type(default))
    if rule.aliases:
        text = rule.aliases.get(text.lower(), text.lower())
    if rule.choices and text not in rule.choices:
        raise ValueError(f"not one of {', '.join(c for c in rule.choices if c)}")
    return text


def _number(text: str, rule: SettingRule, kind: type[int] | type[float]) -> int | float:
    try:
        number = kind(text)
    except ValueError:
        raise ValueError("not a whole number" if kind is int else "not a number") from None
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    if rule.least is not None and number < rule.least:
        raise ValueError(f"must be {rule.least:g} or more")
    if rule.most is not None and number > rule.most:
        raise ValueError(f"must be {rule.most:g} or less")
    return number
