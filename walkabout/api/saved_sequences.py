"""APIs of saved sequences: save, read, list and delete them, and see their versions."""

from datetime import UTC, datetime
from typing import Any

from walkabout.actions import saved_sequences
from walkabout.actions.saved_sequences import SequenceEdit
from walkabout.api.dispatch import Call
from walkabout.api.registry import ADMIN, api
from walkabout.sequences import relaxed_json
from walkabout.sequences.saved import SavedSequence


@api(ADMIN)
def saved_sequence_save(
    call: Call,
    name: str,
    sequence: Any = None,
    *,
    description: str | None = None,
    tags: list[str] | None = None,
    revision: int | None = None,
) -> dict[str, Any]:
    """Save a sequence under a name (letters, digits, _ and -), as a new version.

    It runs by `sequence_run` with its name, in a periodic task whose argument is {"name": ...}, and as a block of other
    sequences, {"use": ...}. What is not given stays as it is. `revision`: the one that was edited (0: none), 409 when it is
    not the latest.
    """
    limits = call.service.settings.json_limits
    given = None if sequence is None else relaxed_json.value_of(sequence, limits, "sequence")
    edit = SequenceEdit(given, description, tags)
    return _view(call, saved_sequences.save(call.service, call.master, name, edit, revision))


@api(ADMIN)
def saved_sequence_get(call: Call, name: str, revision: int | None = None) -> dict[str, Any]:
    """A saved sequence as it is now, or as it was at a revision, and what uses it."""
    found = saved_sequences.find(call.service, call.master, name, revision)
    return {**_view(call, found), "used_by": saved_sequences.users_of(call.service, name).words}


@api(ADMIN)
def saved_sequence_list(call: Call, search: str = "", limit: int = 0, offset: int = 0) -> dict[str, Any]:
    """The saved sequences by name, without their steps; `search` in name, description and tags. `limit` 0 is all."""
    total, found = saved_sequences.page(call.service, call.master, search, limit, offset)
    return {"total": total, "data": [_view(call, one, whole=False) for one in found]}


@api(ADMIN)
def saved_sequence_delete(call: Call, name: str) -> dict[str, Any]:
    """Delete a saved sequence with its versions; 409 while a task or another saved sequence uses it."""
    saved_sequences.delete(call.service, call.master, name)
    return {"success": True, "response": f"{name} deleted"}


@api(ADMIN)
def saved_sequence_versions(call: Call, name: str, limit: int = 20, offset: int = 0) -> dict[str, Any]:
    """The versions of a saved sequence that are kept, the latest first. `limit` 0 is all."""
    found = saved_sequences.versions(call.service, call.master, name, limit, offset)
    return {"data": [_view(call, one) for one in found]}


def _view(call: Call, saved: SavedSequence, *, whole: bool = True) -> dict[str, Any]:
    by = call.service.masters.by_uid(saved.by) if saved.by else None
    view: dict[str, Any] = {"name": saved.name} | ({"sequence": saved.argument} if whole else {})
    return view | {
        "description": saved.description,
        "tags": saved.tag_list,
        "revision": saved.revision,
        "updated": datetime.fromtimestamp(saved.updated_at, UTC).isoformat(),
        "by": by.email if by else None,
    }
