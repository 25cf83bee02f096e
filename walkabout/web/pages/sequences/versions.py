"""The versions of a saved sequence: who saved each, how it differs from the one before, and restoring one."""

from collections.abc import Sequence

from flask import Response, abort, request, url_for

from walkabout.actions import saved_sequences
from walkabout.problems import Invalid
from walkabout.sequences.saved import NoSuchSaved, SavedConflict, SavedSequence
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.numbers import number
from walkabout.web.pages.run.differences import Differences, differences
from walkabout.web.pages.sequences.list import saved_of_name
from walkabout.web.pages.sequences.shown import shown_argument
from walkabout.web.pages.task.changes import ShownChange
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import moment
from walkabout.web.session import me

ROWS_MOST = 20  # each may be large


class SequenceVersionsView(View):
    """The versions of one saved sequence."""

    @route("/sequences/<name>/versions", admin=True)
    def sequence_versions(self, name: str) -> Response:
        """What was changed, the latest first."""
        saved = saved_of_name(self, name)
        offset = number(request.args.get("offset", "")) or 0
        # One more than is shown: the last one on the page has one before it, too.
        found = saved_sequences.versions(self.service, me(), name, ROWS_MOST + 1, offset)
        address = url_for("pages.sequence_versions", name=name)
        return page(
            "sequences/versions.html",
            f"Versions of {name}",
            "sequences",
            saved=saved,
            changes=self._changes(saved, found)[:ROWS_MOST],
            latest=saved.revision,
            word="version",
            back=lambda revision: url_for("pages.back_to_sequence", name=name, revision=revision),
            newest=address if offset else "",
            older=f"{address}?offset={offset + ROWS_MOST}" if len(found) > ROWS_MOST else "",
        )

    @route("/sequences/<name>/versions/<int:revision>/back", "POST", admin=True)
    def back_to_sequence(self, name: str, revision: int) -> Response:
        """Make it what it was: a new version, checked like every other."""
        saved_of_name(self, name)
        seen = number(request.form.get("revision", ""))
        try:
            saved_sequences.restore(self.service, me(), name, revision, seen)
        except NoSuchSaved:
            abort(404)
        except (Invalid, SavedConflict) as no:
            texts = no.errors if isinstance(no, Invalid) else [str(no)]
            say(f"It was not changed, because version {revision} is not possible now: {'; '.join(texts)}")
            return see(url_for("pages.sequence_versions", name=name))
        say(f"{name} is restored to version {revision}.")
        return see(url_for("pages.sequence", name=name))

    def _changes(self, saved: SavedSequence, found: Sequence[SavedSequence]) -> list[ShownChange]:
        emails = self.service.masters.emails(sorted({one.by for one in found if one.by}))
        pairs = zip(found, [*found[1:], None], strict=True)
        return [self._change(saved, one, before, emails) for one, before in pairs]

    def _change(
        self, saved: SavedSequence, one: SavedSequence, before: SavedSequence | None, emails: dict[str, str]
    ) -> ShownChange:
        names = [] if before is None else [what for what, was, now in _parts(before, one) if was != now]
        first = "created" if one.revision == 1 else "saved"
        words = f"changed: {', '.join(names)}" if names else first if before is None else "saved without changes"
        return ShownChange(
            revision=one.revision,
            at=moment(one.updated_at, self.now),
            who="the command line" if one.by is None else emails.get(one.by, "a deleted person"),
            words=words,
            apart=self._apart(before, one) if before else None,
            may_go_back=any(was != now for _, was, now in _parts(one, saved)),
        )

    def _apart(self, before: SavedSequence, after: SavedSequence) -> Differences:
        left, right = (
            {"sequence": shown_argument(self.service, one), "description": one.description, "tags": one.tag_list}
            for one in (before, after)
        )
        return differences(left, right, self.service.settings.tree_items)


def _parts(one: SavedSequence, other: SavedSequence) -> list[tuple[str, object, object]]:
    """What a version has, on both sides."""
    return [
        ("sequence", one.sequence, other.sequence),
        ("description", one.description, other.description),
        ("tags", one.tags, other.tags),
    ]
