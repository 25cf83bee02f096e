"""What `pages` of a step says, compiled: how its pages go on, what they hold, and when they end."""

import re
from collections.abc import Mapping

from sequence.json_values import Json, wire
from sequence.language import paths
from sequence.language.filters import Group, Truth, read_operand
from sequence.language.plan import PagesPlan
from sequence.language.templates import Refuse, compile_template

LINK = "link"
"""The word of `next` for the address that the Link header gives (RFC 8288)."""

# `%.page`, also as a pointer, and the same in an expression.
_COUNTS = re.compile(r"%\s*[./]\s*page(?![A-Za-z0-9_])|\$last\s*\.\s*page(?![A-Za-z0-9_])")


def compile_pages(given: Mapping[str, Json], path: str, stop: Group | Truth | None, refuse: Refuse) -> PagesPlan:
    """The plan of a step's `pages`, whose keys were checked. What can't work goes to `refuse` with its path."""
    following = given.get("next")
    items = given.get("items")
    return PagesPlan(
        following=compile_template(following, paths.child(path, "next"), refuse),
        by_link=following == LINK,
        counts=following is not None and _COUNTS.search(wire(following)) is not None,
        items=read_operand(items, paths.child(path, "items"), refuse) if isinstance(items, str) else None,
        most=compile_template(given.get("max"), paths.child(path, "max"), refuse),
        into=given.get("into") or "",
        stop=stop,
    )
