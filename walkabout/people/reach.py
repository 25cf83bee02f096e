"""Whether a person's requests may reach loopback and private networks (the setting PRIVATE_HOSTS)."""

from dataclasses import dataclass

from walkabout.people.masters import Masters
from walkabout.settings import ADMINS, EVERYONE


@dataclass(frozen=True)
class Reach:
    """Says it of each person. `private_hosts`: who may, as the setting has it."""

    masters: Masters
    private_hosts: str

    def is_private(self, uid: str | None) -> bool:
        """Whether requests in the name of a master (a uid; None: nobody) may reach private networks, as of now.

        To be asked before each request: an admin who is one no more loses it at once. Raises Unavailable.
        """
        if self.private_hosts != ADMINS:
            return self.private_hosts == EVERYONE
        master = None if uid is None else self.masters.by_uid(uid)
        return master is not None and master.is_activated and master.is_superuser
