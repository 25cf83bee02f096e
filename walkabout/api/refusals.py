"""Maps the rooms' errors to answers: the one table of error types, statuses and Retry-After times."""

from collections.abc import Sequence
from types import TracebackType

from walkabout import json_text
from walkabout.actions.inline import NotKept
from walkabout.actions.jobs import AlreadyEnded, NoSuchJob
from walkabout.actions.notices import NoSuchTarget
from walkabout.actions.people import NoSuchSignIn
from walkabout.actions.walkers import NotPublic, WrongKey
from walkabout.api.answers import Refusal
from walkabout.database.connections import Collision, Conflict, FileTrouble, OutcomeUnknown, Unavailable
from walkabout.graph.limits import LimitExceeded
from walkabout.graph.rights import NotYours
from walkabout.graph.view import NotFound
from walkabout.jids import BadJid
from walkabout.jobs.foreground import OwnerLostRights, Stops
from walkabout.jobs.places import AllTaken, ShareFull
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.request_keys import OtherRequest, StillRunning
from walkabout.jobs.template import CannotRun, NotAllowed
from walkabout.people.aliases import TooMany
from walkabout.people.passwords import HashesBusy
from walkabout.periodic.errors import NoSuchTask, TaskConflict
from walkabout.problems import Invalid, Problem
from walkabout.sequences.journal import CannotResume
from walkabout.sequences.resuming import NotASequence
from walkabout.sequences.saved import NoSuchSaved, SavedConflict
from walkabout.walking.calls import Gone
from walkabout.walking.names import NotNamed
from walkabout.walking.sentinel import UnknownWalker

PARTLY = "The database can't do this just now ({error}). Part of the request was done: check before you try again"

# The status, and when to ask again (seconds).
_MEANINGS: dict[type[Exception], tuple[int, int | None]] = {
    Invalid: (400, None),
    BadJid: (400, None),
    NotASequence: (400, None),
    json_text.BadJson: (400, None),
    LimitExceeded: (400, None),
    TooMany: (400, None),
    NotYours: (403, None),
    NotAllowed: (403, None),
    NotPublic: (403, None),
    WrongKey: (403, None),
    OwnerLostRights: (403, None),
    UnknownWalker: (404, None),
    NotFound: (404, None),
    NotNamed: (404, None),
    NoSuchTask: (404, None),
    NoSuchJob: (404, None),
    NoSuchSignIn: (404, None),
    NoSuchTarget: (404, None),
    Gone: (404, None),
    NoSuchSaved: (404, None),
    Collision: (503, 1),
    Conflict: (409, None),
    TaskConflict: (409, None),
    SavedConflict: (409, None),
    CannotRun: (409, None),
    AlreadyEnded: (409, None),
    CannotResume: (409, None),
    NotKept: (409, None),
    StillRunning: (409, None),
    OtherRequest: (422, None),
    ShareFull: (429, 1),
    QueueFull: (429, 5),
    AllTaken: (503, 1),
    Stops: (503, 2),
    Unavailable: (503, 2),
    HashesBusy: (503, 5),
}
MEANT = tuple(_MEANINGS)


def refusal_of(error: Exception) -> Refusal:
    """The refusal that an error of the rooms (one of MEANT) stands for."""
    status, retry_after_s = next(meaning for kind, meaning in _MEANINGS.items() if isinstance(error, kind))
    if isinstance(error, HashesBusy):
        retry_after_s = error.retry_after_s
    return Refusal(status, *_problems(error), retry_after_s=retry_after_s)


class Naming:
    """`with Naming("id", BadJid)`: errors of these kinds that are raised in here are about a parameter; they become
    refusals that name it. (A class, since every request enters some: a generator takes twice as many calls.)"""

    def __init__(self, param: str, *kinds: type[Exception]) -> None:
        self.param = param
        self.kinds = kinds

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, Exception) and isinstance(error, self.kinds):
            raise Refusal(refusal_of(error).status, Problem(self.param, str(error))) from None


def _problems(error: Exception) -> Sequence[Problem | str]:
    if isinstance(error, Invalid):
        return error.problems
    if isinstance(error, TaskConflict):
        return [error.problem]
    if isinstance(error, Unavailable) and not isinstance(error, OutcomeUnknown | FileTrouble):
        return [f"The database can't do this just now ({error}); nothing was saved, try again"]
    return [str(error)]
