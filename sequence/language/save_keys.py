"""The persistence keys under which steps save."""

import re

from sequence.json_values import Json, as_text

_OUTSIDE = re.compile(r"[^a-zA-Z0-9_]")


def save_key(value: Json) -> str:
    """The key that a `save_to` means: every character outside `[a-zA-Z0-9_]` becomes `_` (the original's rule)."""
    return _OUTSIDE.sub("_", as_text(value))
