"""Whose things a person sees: their own, and an admin everybody's. Every action asks here."""

from walkabout.people.masters import Master


def may_see(by: Master, owner: str) -> bool:
    """Whether a person may see what belongs to an owner (a uid)."""
    return by.is_superuser or by.uid == owner


def only_of(by: Master) -> str | None:
    """Whose things a person sees, a uid; None: everybody's."""
    return None if by.is_superuser else by.uid
