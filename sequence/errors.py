"""The errors of the language and the engine: invalid arguments, failed steps, and what ends a run at once."""

from dataclasses import dataclass, field

CANCELLED = "cancelled"
"""The kind of the error of a run that was cancelled."""


@dataclass(frozen=True, slots=True)
class RunError:
    """Why a run is no success.

    `path` is a step's (`1.loop[3].0`), or a key's (`requests[1].methd`) when `kind` is "refused". The other kinds:
    "step" (an error that nobody ignored), "limit", "unknown" (a request of unknown outcome), "replay" (a request
    differs from the journal's, or the journal is incomplete), "cancelled". `status` is that of the answer, if one came.
    `paths` are the steps that "again" would send again; none unless `kind` is "step", as everything that was answered
    still counts then.
    """

    path: str
    message: str
    kind: str = "step"
    paths: tuple[str, ...] = field(default=(), compare=False)
    status: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class StepError(Exception):
    """This step has failed; `ignore_error` may go on. The text says what, what was given, what would be right."""


class RunEnded(Exception):
    """The run can't go on at `path`, whatever `ignore_error` says. `path` may be filled in by who knows it."""

    kind = "step"
    leaves_all = False
    """Whether nothing more is done, not even what a sequence does at its end."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class RunCut(RunEnded):
    """The run was interrupted, or cancelled: then it still does what it does at its end."""

    def __init__(self, path: str = "", *, is_cancelled: bool = False) -> None:
        super().__init__("the run was cancelled" if is_cancelled else "the run was interrupted", path)
        self.kind = CANCELLED if is_cancelled else "step"
        self.leaves_all = not is_cancelled


class CutOff(RunCut):
    """The same while this step's request was in flight."""


class Halted(RunEnded):
    """The run was told to go no further: what it has begun is answered and journaled, and another goes on from there.

    `left_s`: how long the wait at `path` would have gone on, seconds; None: it waited for nothing.
    """

    leaves_all = True

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
