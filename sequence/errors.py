"""The errors of the language and the engine: invalid arguments, failed steps, and what ends a run at once."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RunError:
    """Why a run is no success.

    `path` is a step's (`1.loop[3].0`), or a key's (`requests[1].methd`) when `kind` is "refused". The other kinds:
    "step" (an error that nobody ignored), "limit", "unknown" (a request of unknown outcome), "replay" (a request
    differs from the journal's, or the journal is incomplete). `paths` are the steps that "again" would send again; none
    unless `kind` is "step", as everything that was answered still counts then.
    """

    path: str
    message: str
    kind: str = "step"
    paths: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class StepError(Exception):
    """This step has failed; `ignore_error` may go on. The text says what, what was given, what would be right."""


class RunEnded(Exception):
    """The run can't go on at `path`, whatever `ignore_error` says. `path` may be filled in by who knows it."""

    kind = "step"

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class CutOff(RunEnded):
    """The run was interrupted while this step's request was in flight."""


class Halted(RunEnded):
    """The run was told to go no further: what it has begun is answered and journaled, and another goes on from there.

    `left_s`: how long the wait at `path` would have gone on, seconds; None: it waited for nothing.
    """

    def __init__(self, path: str, left_s: float | None = None) -> None:
        super().__init__("the run stops here; another worker continues it", path)
        self.left_s = left_s


class LimitReached(RunEnded):
    """One of the limits of `Limits` is reached."""

    kind = "limit"


class UnknownOutcome(RunEnded):
    """A request that may not be repeated was sent, and nobody knows whether it was answered."""

    kind = "unknown"


class ReplayStopped(RunEnded):
    """The journal can't be followed: a request differs from the one that it has, or it is incomplete."""

    kind = "replay"
