"""A sequence that runs again and again: its argument, checked when it is saved.

The language itself is a library of its own; what it says of an argument is handed in.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from walkabout.jobs.ledger import Ask
from walkabout.jobs.standing import CannotRun, Fault
from walkabout.schedules.refusal import shown

KIND = "sequence"
Check = Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]]


@dataclass(frozen=True)
class StandingSequences:
    """The standing arguments of sequences (see jobs.standing.Standing).

    `library`: gives the path and the message of each problem of an argument; None while sequences can't be run here.
    `limit_s`: how long a run may take, seconds.
    """

    limit_s: float
    library: Check | None = None
    kind: str = KIND

    def normal(self, argument: Mapping[str, Any]) -> dict[str, Any]:
        """As it is."""
        return dict(argument)

    def owner(self, argument: Mapping[str, Any], asker: str | None) -> str | None:  # noqa: ARG002 - names nobody
        """Who asks."""
        return asker

    def check(self, owner: str | None, argument: Mapping[str, Any]) -> list[Fault]:  # noqa: ARG002 - the same for all
        """What is wrong with it. Without the library: whether there are requests, and each is an object."""
        if self.library is not None:
            return [Fault(path, message) for path, message in self.library(argument)]
        return _requests_are_there(argument)

    def ask(self, owner: str, name: str, argument: Mapping[str, Any]) -> Ask:
        """The run. Raises CannotRun while sequences can't be run here."""
        if self.library is None:
            raise CannotRun("sequences can't be run by this installation")
        return Ask(KIND, name, owner, dict(argument), limit_s=self.limit_s)


def _requests_are_there(argument: Mapping[str, Any]) -> list[Fault]:
    requests = argument.get("requests")
    if "requests" not in argument:
        return [Fault("requests", "requests (a list of steps) is required")]
    if not isinstance(requests, list):
        return [Fault("requests", f"{shown(requests)} is not a list of steps")]
    return [
        Fault(f"requests[{number}]", f"{shown(step)} is not a step; use an object with method and api")
        for number, step in enumerate(requests)
        if not isinstance(step, Mapping)
    ]
