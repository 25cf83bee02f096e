"""The list of saved sequences: what each is for, its tags, its last run, and how much uses it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, abort, request, url_for

from walkabout.actions import saved_sequences
from walkabout.actions.saved_sequences import SavedUsers
from walkabout.jobs.queries import Mark
from walkabout.sequences.saved import NoSuchSaved, SavedSequence
from walkabout.web.pages.frame import page
from walkabout.web.pages.numbers import number
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import STATES, Moment, State, count, cut, moment
from walkabout.web.session import me

SHOWN_MOST = 160  # characters of a description


@dataclass(frozen=True)
class ListedSequence:
    """A saved sequence in the list. `last`: how its last run went, `ran`: when that was queued, `uid`: its."""

    name: str
    description: str
    tags: list[str]
    last: State | None
    ran: Moment | None
    uid: str
    used_by: str
    updated: Moment | None


def saved_of_name(view: View, name: str) -> SavedSequence:
    """The saved sequence of a name; 404 when there is none."""
    try:
        return saved_sequences.find(view.service, me(), name)
    except NoSuchSaved:
        abort(404)


def used_words(users: SavedUsers | None) -> str:
    """`2 tasks, 1 sequence`; empty when nothing uses it."""
    if users is None:
        return ""
    found = ((users.tasks, "task"), (users.sequences, "sequence"))
    return ", ".join(count(len(these), noun) for these, noun in found if these)


class SequencesView(View):
    """All saved sequences."""

    @route("/sequences", admin=True)
    def sequences(self) -> Response:
        """A page of the list, by name."""
        search, tag = (request.args.get(name, "").replace("\0", "").strip() for name in ("search", "tag"))
        most, first = self.service.settings.page_rows, number(request.args.get("from", "")) or 0
        total, found = saved_sequences.page(self.service, me(), search, most, first, tag)
        typed = {name: text for name, text in (("search", search), ("tag", tag)) if text}

        def address(row: int) -> str:
            return url_for("pages.sequences", **typed, **({"from": row} if row else {}))  # type: ignore[arg-type]

        return page(
            "sequences/list.html",
            "Sequences",
            "sequences",
            rows=self._rows(found),
            total=total,
            typed=typed,
            tags=saved_sequences.tags(self.service, me()),
            before=address(max(first - most, 0)) if first else "",
            after=address(first + most) if first + most < total else "",
        )

    def _rows(self, found: Sequence[SavedSequence]) -> list[ListedSequence]:
        last = saved_sequences.last_runs(self.service, me(), [one.name for one in found])
        users = saved_sequences.users(self.service, me())
        return [self._row(one, last.get(one.name), used_words(users.get(one.name))) for one in found]

    def _row(self, saved: SavedSequence, last: Mark | None, used_by: str) -> ListedSequence:
        return ListedSequence(
            name=saved.name,
            description=cut(saved.description, SHOWN_MOST),
            tags=saved.tag_list,
            last=STATES[last.state] if last else None,
            ran=moment(last.queued_at, self.now) if last else None,
            uid=last.uid if last else "",
            used_by=used_by,
            updated=moment(saved.updated_at, self.now),
        )
