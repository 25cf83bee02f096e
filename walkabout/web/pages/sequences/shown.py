"""A saved sequence as somebody may see it on the page."""

from typing import Any

from walkabout.masking import with_references
from walkabout.people.masters import Master
from walkabout.sequences.saved import SavedSequence
from walkabout.service import Service


def shown_argument(service: Service, saved: SavedSequence) -> Any:
    """The sequence with its secrets masked; references to secrets stand as they are."""
    argument = saved.argument
    return with_references(service.masker.masked(argument), argument)


def editable_argument(service: Service, saved: SavedSequence, master: Master) -> Any:
    """The sequence as its form shows it: as it is to whoever saved it, masked to others (see masking.put_back)."""
    return saved.argument if saved.by == master.uid else shown_argument(service, saved)
