"""What a sequence's run has no records of yet: the step whose request is in flight, and the steps to come."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from walkabout.sequences.record_summaries import RecordSummary
from walkabout.web.pages.task_form.step_list import loop_of, what

IN_FLIGHT, TO_COME = "sending", "coming"
"""States that no record has."""
TO_COME_MOST = 100
_ITEM = re.compile(r"loop\[\d+\]")
_ENDS = ("on_error", "finally")


def steps_ahead(argument: Any, progress: str, heads: Sequence[RecordSummary], now: float) -> list[RecordSummary]:
    """The step in flight, as the run's progress tells it (`1.loop[3].0 GET`), and the steps of the sequence after it.

    `argument`: the sequence; `heads`: the records that there are, in their order; `now`: UTC seconds.
    """
    sent = _in_flight(argument, progress, heads, now)
    begun = {head.path.partition(".")[0] for head in (*heads, *([sent] if sent else []))}
    if begun & set(_ENDS):
        return [sent] if sent else []
    first = max((int(key) for key in begun if key.isdecimal()), default=-1) + 1
    given = argument.get("requests") if isinstance(argument, dict) else None
    coming = list(enumerate(given if isinstance(given, list) else []))[first : first + TO_COME_MOST]
    return [*([sent] if sent else []), *(_summary(str(place), TO_COME, step) for place, step in coming)]


def _in_flight(argument: Any, progress: str, heads: Sequence[RecordSummary], now: float) -> RecordSummary | None:
    """None: it has a record already, or nothing is sent. It began when the step before it ended, as far as can be seen."""
    path, _, method = progress.partition(" ")
    tries = [head for head in heads if head.path == path]
    if not method or (tries and tries[-1].state != "retried"):
        return None
    begin = max((head.start + head.ms / 1000 for head in heads if head.start and not head.replayed), default=now)
    ms = max(now - begin, 0.0) * 1000
    attempt = tries[-1].attempt + 1 if tries else 1
    sent = _summary(path, IN_FLIGHT, _step_at(argument, path), attempt=attempt, start=min(begin, now), ms=ms)
    return msgspec.structs.replace(sent, method=sent.method or method)


def _summary(path: str, state: str, step: Any, **more: Any) -> RecordSummary:
    method, url = what(step) if isinstance(step, dict) else ("", "")
    name = step.get("name") if isinstance(step, dict) else None
    return RecordSummary(path, state, name if isinstance(name, str) else "", method, url, **more)


def _step_at(argument: Any, path: str) -> Any:
    """The step of a path, as it is written; None for one of a block or of another sequence."""
    here, keys = argument, path.split(".")
    if keys[0] in _ENDS:
        here = {"requests": argument.get(keys.pop(0)) if isinstance(argument, dict) else None}
    for key in keys:
        if _ITEM.fullmatch(key):
            here = loop_of(here) if isinstance(here, dict) else None
            continue
        steps = here.get("requests") if isinstance(here, dict) else None
        place = int(key) if key.isdecimal() and len(key) < 10 else -1
        here = steps[place] if isinstance(steps, list) and 0 <= place < len(steps) else None
    return here
