"""The sequence of a periodic task: its argument, checked when it is saved, and the job of each of its runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from walkabout.jobs.specs import JobSpec
from walkabout.jobs.template import CannotRun
from walkabout.problems import Problem
from walkabout.sequences.runs import KIND, Sequences


@dataclass(frozen=True)
class SequenceTemplate:
    """What a periodic task runs when it runs a sequence (see jobs.template.JobTemplate)."""

    sequences: Sequences
    kind: str = KIND

    def normal(self, argument: Mapping[str, Any]) -> dict[str, Any]:
        """As it is."""
        return dict(argument)

    def owner(self, argument: Mapping[str, Any], asker: str | None) -> str | None:  # noqa: ARG002 - names nobody
        """Who asks."""
        return asker

    def check(self, owner: str | None, argument: Mapping[str, Any]) -> list[Problem]:  # noqa: ARG002 - the same for all
        """What is wrong with it, as the language says."""
        return self.sequences.check(argument)

    def why_not(self, master: str) -> str:
        """Why a master may not have one."""
        return self.sequences.rights.why_not(master)

    def why_not_for(self, owner: str) -> str:
        """Why it does not run in the name of its owner."""
        return self.sequences.rights.why_not_for(owner)

    def spec(self, owner: str, name: str, argument: Mapping[str, Any]) -> JobSpec:
        """The run. Raises CannotRun."""
        if why := self.why_not_for(owner):
            raise CannotRun(why)
        return self.sequences.as_spec(dict(argument), owner, name=name)
