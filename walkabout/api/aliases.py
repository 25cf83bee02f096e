"""APIs of aliases: set, list and delete one's own names for jids."""

from typing import Any

from walkabout.actions import aliases
from walkabout.api.answers import Refusal
from walkabout.api.dispatch import Call
from walkabout.api.registry import GENERAL, api
from walkabout.problems import Problem


@api(GENERAL)
def alias_register(call: Call, name: str, value: str) -> dict[str, str]:
    """Define a name for a value (usually a jid) in the caller's requests."""
    aliases.register(call.service, call.master, name, value)
    return {"response": f"Alias from '{name}' to '{value}' set!"}


@api(GENERAL)
def alias_list(call: Call) -> dict[str, str]:
    """The caller's aliases."""
    return aliases.list_all(call.service, call.master)


@api(GENERAL)
def alias_delete(call: Call, name: str) -> dict[str, Any]:
    """Delete an alias."""
    if not aliases.delete(call.service, call.master, name):
        raise Refusal(404, Problem("name", f"no alias '{name[:200]}'"))
    return {"response": f"Alias '{name}' deleted", "success": True}


@api(GENERAL)
def alias_clear(call: Call) -> dict[str, Any]:
    """Delete all of the caller's aliases."""
    removed = aliases.clear(call.service, call.master)
    return {"response": f"All {removed} aliases deleted", "removed": removed}
