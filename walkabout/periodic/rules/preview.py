"""Shows what a schedule will do, before people rely on it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import TypedDict

from walkabout.periodic.rules.schedule import Schedule

SOON = timedelta(days=731)
MOST_WARNINGS = 10  # a thousand fires may cross hundreds of clock changes


class Preview(TypedDict):
    """The rule in words, its zone, its next fires (ISO 8601 with the zone's offset), and what may surprise."""

    text: str
    timezone: str
    next: list[str]
    warnings: list[str]


def preview(rule: Schedule, after: datetime, count: int) -> Preview:
    """The first `count` fires later than `after`, fewer when it ends. Raises ValueError for a time without offset."""
    fires = list(islice(rule.fires_after(after), count))
    return {
        "text": rule.describe(),
        "timezone": rule.zone.key,
        "next": [fire.astimezone(rule.zone).isoformat() for fire in fires],
        "warnings": _few([*_rareness(rule, after, fires), *_remarks(rule, after, fires)]),
    }


def _rareness(rule: Schedule, after: datetime, fires: Sequence[datetime]) -> list[str]:
    start = max(after, rule.start_time or after)
    if fires:
        late = fires[0] - start > SOON
        return [f"Does not fire within two years: the first time is {rule.local_text(fires[0])}"] if late else []
    missed = rule.next_without_end(after)
    if missed is None:
        return [f"Never fires: none of its times is later than {rule.local_text(start)}"]
    return [f"Never fires: it expires before the first time, which would be {rule.local_text(missed)}"]


def _remarks(rule: Schedule, after: datetime, fires: Sequence[datetime]) -> list[str]:
    # Without a fire because it expires: what the kind would say of its end is not true.
    expired = not fires and rule.next_without_end(after) is not None
    return [] if expired else rule.kind.remarks(after, fires)


def _few(warnings: list[str]) -> list[str]:
    more = len(warnings) - MOST_WARNINGS
    return warnings if more <= 0 else [*warnings[:MOST_WARNINGS], f"And {more} more like this"]
