"""When something runs: now, or in the background with a delay and a priority."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Whether something runs in the background, and then when (UTC seconds; None: at once) and how urgently."""

    background: bool = False
    eta: float | None = None
    priority: int = 0


@dataclass(frozen=True)
class Queued:
    """It runs in the background: the uid of its job."""

    uid: str


NOW = Timing()
