"""Quick filters of the list of runs: what one looks for at night."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import url_for

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class QuickFilter:
    """A link to a list that is often wanted. `here`: it is the one that is shown."""

    word: str
    url: str
    here: bool


def quick_filters(now: float, zone: str, typed: Mapping[str, str]) -> list[QuickFilter]:
    """The quick filters now (UTC seconds), on the clock of a zone."""
    there = datetime.fromtimestamp(now, ZoneInfo(zone)).replace(second=0, microsecond=0)
    midnight = there.replace(hour=0, minute=0)
    night = midnight - timedelta(days=1) + timedelta(hours=18)
    wanted: dict[str, dict[str, str]] = {
        "All": {},
        "Failed": {"state": "failed"},
        "Failed in the last hour": {"state": "failed", "since": _text(there - _HOUR)},
        "Failed today": {"state": "failed", "since": _text(midnight)},
        "Last night": {"since": _text(night), "until": _text(midnight + timedelta(hours=9))},
        "Missed": {"state": "missed"},
    }
    wanted = {word: query | ({"zone": zone} if "since" in query else {}) for word, query in wanted.items()}
    return [QuickFilter(word, _url(query), dict(typed) == query) for word, query in wanted.items()]


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"


def _url(query: Mapping[str, str]) -> str:
    return url_for("pages.runs") + (f"?{urlencode(query)}" if query else "")
