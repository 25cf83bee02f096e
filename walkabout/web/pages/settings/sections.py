"""The parts of the place Settings: what stands in the navigation below the head, by the endpoints of their pages."""

from dataclasses import dataclass

from flask import request, url_for

from walkabout.actions.rights import is_admin
from walkabout.web.session import me

SECTIONS = (
    ("people", "People", True),
    ("notices", "Notices", False),
    ("account", "My account", False),
    ("task_files", "Import and export", True),
    ("settings", "This installation", True),
)
"""Endpoint, name, and whether it is for admins alone. Whoever adds a part adds a line."""


@dataclass(frozen=True)
class Section:
    """A part as a link. `here`: it is the one that is shown."""

    name: str
    url: str
    here: bool


def sections() -> list[Section]:
    """The parts that the visitor may open."""
    return [
        Section(name, url_for(f"pages.{endpoint}"), request.endpoint == f"pages.{endpoint}")
        for endpoint, name, is_for_admins in SECTIONS
        if is_admin(me()) or not is_for_admins
    ]
