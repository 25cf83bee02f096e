"""The sequence of a periodic task: its argument, checked when it is saved.

The language itself is a library of its own; what it says of an argument is handed in.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from walkabout.jobs.specs import JobSpec
from walkabout.jobs.template import CannotRun
from walkabout.problems import Problem
from walkabout.sequences.rights import SequenceRights

KIND = "sequence"
Check = Callable[[Mapping[str, Any]], Iterable[Problem]]


@dataclass(frozen=True)
class SequenceTemplate:
    """The standing arguments of sequences (see jobs.template.JobTemplate).

    `problems`: gives each problem of an argument; `limit_s`: how long a run may take,
    seconds.
    """

    problems: Check
    rights: SequenceRights
    limit_s: float
    kind: str = KIND

    def normal(self, argument: Mapping[str, Any]) -> dict[str, Any]:
        """As it is."""
        return dict(argument)

    def owner(self, argument: Mapping[str, Any], asker: str | None) -> str | None:  # noqa: ARG002 - names nobody
        """Who asks."""
        return asker

    def check(self, owner: str | None, argument: Mapping[str, Any]) -> list[Problem]:  # noqa: ARG002 - the same for all
        """What is wrong with it, as the language says."""
        return list(self.problems(argument))

    def why_not(self, master: str) -> str:
        """Why a master may not have one."""
        return self.rights.why_not(master)

    def why_not_for(self, owner: str) -> str:
        """Why it does not run in the name of its owner."""
        return self.rights.why_not_for(owner)

    def spec(self, owner: str, name: str, argument: Mapping[str, Any]) -> JobSpec:
        """The run. Raises CannotRun."""
        if why := self.why_not_for(owner):
            raise CannotRun(why)
        return JobSpec(KIND, name, owner, dict(argument), limit_s=self.limit_s)
