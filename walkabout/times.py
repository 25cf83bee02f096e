"""Times as people and clients write them: ISO 8601 with an offset. Internally a time is UTC seconds."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]
"""Tells the time: UTC seconds."""

LONGEST = 40  # characters: the reader of times takes any number of digits behind a second


def iso(seconds: float) -> str:
    """The moment as ISO text in UTC, to the microsecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def seconds_of(text: str) -> float:
    """UTC seconds of an ISO text; one without an offset is taken as UTC. Raises ValueError."""
    if len(text) > LONGEST:
        raise ValueError("not a date with a time in ISO 8601")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()
