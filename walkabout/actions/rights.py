"""What a person may see: their own things, and for an admin everybody's. Every action asks here."""

from walkabout.jobs.template import NotAllowed
from walkabout.people.masters import Master


class AdminsOnly(NotAllowed):
    """Only an admin may do this."""

    def __init__(self) -> None:
        super().__init__("You do not have permission to perform this action: it is for admins")


def may_see(by: Master, owner: str) -> bool:
    """Whether a person may see what belongs to an owner (a uid)."""
    return by.is_superuser or by.uid == owner


def only_of(by: Master) -> str | None:
    """Whose things a person sees, a uid; None: everybody's."""
    return None if by.is_superuser else by.uid


def controls(by: Master, owner: str) -> bool:
    """Whether a person may delete and share what belongs to an owner (a uid)."""
    return by.is_superuser or by.uid == owner


def may_act_as(by: Master, other: str) -> bool:
    """Whether a person may run things in the name of a master (a uid): their own, and an admin in anybody's."""
    return by.is_superuser or by.uid == other


def sees_machine(by: Master) -> bool:
    """Whether a person is shown where the service runs: names of hosts, processes, files and their errors."""
    return by.is_superuser


def is_admin(by: Master) -> bool:
    """Whether a person is an admin."""
    return by.is_superuser


def check_admin(by: Master) -> None:
    """Raises AdminsOnly for anybody else."""
    if not is_admin(by):
        raise AdminsOnly
