"""Time zones by their IANA names."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from walkabout.nearest import suggest
from walkabout.periodic.rules.wording import excerpt, wrong
from walkabout.problems import refuse

# Names that mean another place on every machine, or none.
_NO_PLACE = {"localtime", "Factory"}


@cache
def zone_names() -> frozenset[str]:
    """Every zone that can be asked for. Walks the zone files once in a process."""
    return frozenset(available_timezones() - _NO_PLACE)


def read_zone(name: object) -> ZoneInfo:
    """The zone of that IANA name. Raises Invalid, field `timezone`."""
    if isinstance(name, str) and name in zone_names():
        return ZoneInfo(name)
    near = suggest(name, zone_names()) if isinstance(name, str) else ""
    raise refuse("timezone", wrong(excerpt(name), "a time zone", "an IANA name like Europe/Berlin or UTC", near))
