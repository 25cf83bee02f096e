"""Makes a sequence of an HTTP archive (.har), as browsers save what they have sent."""

from collections.abc import Mapping
from typing import Any

from walkabout.sequences.importing.draft import ImportedSequence, SequenceDraft

_OWN = ("host", "connection", "content-length", "accept-encoding", "cookie", "transfer-encoding", "upgrade", "trailer")


def is_archive(value: object) -> bool:
    """Whether this is an archive."""
    log = value.get("log") if isinstance(value, Mapping) else None
    return isinstance(log, Mapping) and isinstance(log.get("entries"), list)


def read_archive(archive: Mapping[str, Any]) -> ImportedSequence:
    """A step for each request, in its order; cookies go on by themselves. Raises NotImportable."""
    draft = SequenceDraft(dynamic_prefix="")
    for number, entry in enumerate(archive["log"]["entries"]):
        request = entry.get("request") if isinstance(entry, Mapping) else None
        if isinstance(request, Mapping):
            draft.add(_step(draft, request, f"entries[{number}]"), f"entries[{number}]")
    return draft.done(cookies=True)


def _step(draft: SequenceDraft, request: Mapping[str, Any], place: str) -> dict[str, Any]:
    method = str(request.get("method") or "GET").upper()
    step: dict[str, Any] = {"method": method, "api": str(request.get("url") or "")}
    header = {}
    for one in request.get("headers") or []:
        name = str(one.get("name", "")) if isinstance(one, Mapping) else ""
        if name and not name.startswith((":", "sec-", "Sec-")) and name.lower() not in _OWN:
            header[name] = draft.guarded(name, str(one.get("value", "")), place)
    data = request.get("postData")
    text = data.get("text") if isinstance(data, Mapping) else None
    if isinstance(text, str) and text and method not in ("GET", "HEAD"):
        step["text"] = text
        draft.leave_out(place, "the body is taken over as it stands: look for passwords and tokens in it")
    elif method == "POST":
        step["text"] = ""
    return step | ({"header": header} if header else {})
