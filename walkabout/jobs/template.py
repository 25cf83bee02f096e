"""Job templates: checked once when saved, and turned into a JobSpec for each run."""

from collections.abc import Mapping
from typing import Any, Protocol

from walkabout.jobs.specs import JobSpec
from walkabout.problems import Problem

OWNER_DISABLED = "its owner was disabled"  # the note of a task, and the reason of a run, that ended for that
OWNER_DELETED = "its owner was deleted"


class CannotRun(Exception):
    """The run can't be asked for just now; the text names what is missing. Later it may be there again."""


class NotAllowed(PermissionError):
    """Who asks may not do this; the text says who may."""


class JobTemplate(Protocol):
    """One kind of thing that stands and is asked for by its argument (a JSON object) in somebody's name."""

    @property
    def kind(self) -> str:
        """The kind of its jobs."""

    def normal(self, argument: Mapping[str, Any]) -> dict[str, Any]:
        """The argument with its keys spelt in the one way that `check` knows."""

    def owner(self, argument: Mapping[str, Any], asker: str | None) -> str | None:
        """In whose name it runs, a uid: whom the argument names, or who asks. None: it names nobody that can be."""

    def check(self, owner: str | None, argument: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with an argument that is to be saved, each by its path in it; empty when nothing is."""

    def why_not(self, master: str) -> str:
        """Why a master (a uid) may not make, change or run such a thing, as of now; empty when they may."""

    def why_not_for(self, owner: str) -> str:
        """Why it does not run in the name of its owner (a uid), as of now; empty when it does."""

    def spec(self, owner: str, name: str, argument: Mapping[str, Any]) -> JobSpec:
        """The run as it is asked for now; `name` is what its owner calls it. Raises CannotRun."""
