"""Aliases: one's own names for jids."""

from walkabout.jids import is_jid, jid
from walkabout.people.masters import Master
from walkabout.problems import refuse
from walkabout.service import Service
from walkabout.walking.names import ALWAYS_THERE, SELF


def register(service: Service, by: Master, name: str, value: str) -> None:
    """Let a name stand for a value from now on. Raises Invalid, TooMany."""
    if not name.strip() or not value.strip():
        raise refuse("name, value", "an alias needs both; neither may be empty")
    if name in (*ALWAYS_THERE, SELF) or is_jid(name):
        raise refuse("name", f'"{name[:80]}" has a meaning of its own; choose another')
    service.aliases.register(by.uid, name, value)


def list_all(service: Service, by: Master) -> dict[str, str]:
    """What one's aliases stand for, by name, and before them the names that are always there."""
    always = {name: jid(service.names.uid(by, name)) for name in ALWAYS_THERE}
    return always | service.aliases.all(by.uid)


def delete(service: Service, by: Master, name: str) -> bool:
    """Take an alias away. False: there was none."""
    return service.aliases.delete(by.uid, name)


def clear(service: Service, by: Master) -> int:
    """Take all of one's aliases away; how many there were."""
    return service.aliases.clear(by.uid)
