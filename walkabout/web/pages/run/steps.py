"""The steps of a run on its page: which of them the address selects, and the links to the others."""

from dataclasses import dataclass
from typing import Any

from flask import abort, request, url_for

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.states import STARTED
from walkabout.sequences import record_summaries
from walkabout.sequences.progress import SHOWN_MOST
from walkabout.web.pages.numbers import number
from walkabout.web.pages.run.ahead import steps_ahead
from walkabout.web.pages.run.waterfall import ROWS_MOST, Waterfall, WaterfallRange, waterfall


@dataclass(frozen=True)
class Steps:
    """The waterfall, with the addresses of what else there is (None: there is nothing). `mark` changes with it;
    `paths` are those of all steps that could be shown."""

    uid: str
    fall: Waterfall
    mark: int
    older: str | None
    is_older: bool
    before: str | None
    after: str | None
    paths: frozenset[str]
    kept: int = SHOWN_MOST

    @property
    def is_part(self) -> bool:
        """Whether it is less than the beginning of the whole run."""
        return self.fall.view != WaterfallRange() or self.is_older

    def loop(self, path: str, only: str | None = None) -> str:
        """The address of the items of a loop."""
        return _address(self.uid, WaterfallRange(path, only == "failed"), _number("before"))


def steps(db: Database, run: WholeJob, now: float, argument: Any) -> Steps:
    """The steps of a run that the request asks for; 404 for those that are not there. `argument`: its sequence, masked."""
    before = _number("before")
    found = record_summaries.heads(db, run.uid, before)
    view = WaterfallRange(request.args.get("in", ""), request.args.get("only") == "failed", _number("from") or 0)
    is_going = run.state == STARTED and before is None
    ahead = steps_ahead(argument, _progress_text(run), found.heads, now) if is_going else []
    fall = waterfall([*found.heads, *ahead], view, now if is_going else None)
    if fall is None:
        abort(404)
    last = view.first + len(fall.rows)
    earlier = WaterfallRange(view.path, view.only_failed, max(view.first - ROWS_MOST, 0))
    later = WaterfallRange(view.path, view.only_failed, last)
    return Steps(
        uid=run.uid,
        fall=fall,
        mark=found.mark,
        older=None if found.older is None else _address(run.uid, WaterfallRange(), found.older),
        is_older=before is not None,
        before=_address(run.uid, earlier, before) if view.first else None,
        after=_address(run.uid, later, before) if last < fall.total else None,
        paths=frozenset(head.path for head in found.heads),
    )


def _progress_text(run: WholeJob) -> str:
    told = json_text.load(run.progress) if run.progress else {}
    return str(told.get("text") or "")


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    if not text:
        return None
    found = number(text)
    if found is None:
        abort(404)
    return found


def _address(uid: str, view: WaterfallRange, before: int | None) -> str:
    asked = {"in": view.path, "only": "failed" if view.only_failed else "", "from": view.first, "before": before}
    return url_for("pages.run", uid=uid, **{name: value for name, value in asked.items() if value})  # type: ignore[arg-type]
