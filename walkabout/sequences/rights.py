"""Who may create, change and run sequences: admins, and a sequence runs only in an admin's name.

Every door asks here: the APIs, the pages, imports, schedules when they fire, and jobs when they run. Who was an admin
once may still look at their own sequences, pause and delete them.
"""

from dataclasses import dataclass

from walkabout.jobs.template import OWNER_DELETED, OWNER_DISABLED
from walkabout.people.masters import Master, Masters

ONLY_ADMINS = "a sequence is for admins: nobody else makes, changes or runs one"
NO_ADMIN = "a sequence runs in the name of an admin, and its owner is none"


def may_have_sequences(master: Master | None) -> bool:
    """Whether a master may make, change and run sequences."""
    return master is not None and master.is_activated and master.is_superuser


@dataclass(frozen=True)
class SequenceRights:
    """Says it of masters as they are now. Raises Unavailable."""

    masters: Masters

    def why_not(self, master: str) -> str:
        """Why a master (a uid) may neither make nor change nor run a sequence; empty when they may."""
        return "" if may_have_sequences(self.masters.by_uid(master)) else ONLY_ADMINS

    def why_not_for(self, owner: str) -> str:
        """Why nothing runs in the name of an owner (a uid) of a sequence; empty when it may."""
        master = self.masters.by_uid(owner)
        if master is None:
            return OWNER_DELETED
        if not master.is_activated:
            return OWNER_DISABLED
        return "" if may_have_sequences(master) else NO_ADMIN
