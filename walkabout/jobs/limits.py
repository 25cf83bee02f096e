"""The limits of a walker: how many of its runs go on at once, and how many start within a time. Plain data and rules."""

import re
from dataclasses import dataclass

AT_MOST, RATE = "at_most", "rate"
"""What a run may wait for (its `gate`): a slot among those that run at once, or a start within the rate."""
AT_MOST_MOST = 10_000  # what `at_most` may be
RATE_FORM = "a number of starts in a time: 10/m, 5/s, 100/h or 3/30s"
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_WORDS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
_RATE = re.compile(r"([1-9]\d{0,6})/([1-9]\d{0,6})?([smhd])")


@dataclass(frozen=True)
class Rate:
    """At most so many starts within any stretch of so many seconds."""

    starts: int
    seconds: float
    words: str


@dataclass(frozen=True)
class JobLimits:
    """The limits that a job obeys. `lane`: what its `at_most` counts, a walker or a walker with a value of a field;
    `rate`: as it was written, for all jobs of its name."""

    lane: str | None = None
    at_most: int | None = None
    rate: str | None = None

    @property
    def gate(self) -> str | None:
        """What a job with these limits waits for first, once it is ready otherwise."""
        return AT_MOST if self.lane is not None else RATE if self.rate is not None else None


def read_rate(text: str) -> Rate:
    """What a text like `10/m` means. Raises ValueError."""
    found = _RATE.fullmatch(text.replace(" ", "")) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"rate: {str(text)[:40]!r} is no rate; use {RATE_FORM}")
    starts, times, unit = int(found[1]), int(found[2] or 1), found[3]
    stretch = _WORDS[unit] if times == 1 else f"{times} {_WORDS[unit]}s"
    return Rate(
        starts, times * _UNITS[unit], f"{starts:,} in a {stretch}" if times == 1 else f"{starts:,} in {stretch}"
    )
