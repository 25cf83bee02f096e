"""One saved sequence: what it does, what uses it, and its runs; run it now, or delete it."""

from typing import Any

from flask import Response, request, url_for

from walkabout.actions import saved_sequences
from walkabout.actions.saved_sequences import SavedInUse
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.template import CannotRun
from walkabout.sequences.saved import SavedSequence
from walkabout.web.pages.frame import live_page, say, see
from walkabout.web.pages.numbers import number
from walkabout.web.pages.run.tree import Budget, tree
from walkabout.web.pages.runs.rows import row
from walkabout.web.pages.sequences.list import saved_of_name
from walkabout.web.pages.sequences.shown import shown_argument
from walkabout.web.pages.task_form.step_list import count, steps
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import MOVING, moment
from walkabout.web.session import me

USERS_SHOWN = 50


class SequenceView(View):
    """A saved sequence by its name."""

    @route("/sequences/<name>", admin=True)
    def sequence(self, name: str) -> Response:
        """All about it; its runs are live."""
        saved = saved_of_name(self, name)
        key = number(request.args.get("before", ""))
        most = self.service.settings.page_rows
        found = saved_sequences.runs(self.service, me(), name, most + 1, key)
        newest = url_for("pages.sequence", name=name)
        return live_page(
            "sequences/page.html",
            "runs/_rows.html",
            name,
            "sequences",
            seen=(found, saved.revision),
            moving=any(run.state in MOVING for run in found),
            values=lambda: (
                self._about(saved)
                | {
                    "live": key is None,
                    "all_owners": True,
                    "rows": [row(run, self.now) for run in found[:most]],
                    "filters": None,
                    "newer": "" if key is None else newest,
                    "newest": newest,
                    "older": url_for("pages.sequence", name=name, before=found[most - 1].id)
                    if len(found) > most
                    else "",
                }
            ),
        )

    @route("/sequences/<name>/run", "POST", admin=True)
    def run_sequence(self, name: str) -> Response:
        """Run it now, in the background."""
        saved_of_name(self, name)
        try:
            uid = saved_sequences.run_now(self.service, me(), name)
        except (CannotRun, QueueFull) as no:
            say(f"It can't run now: {no}")
            return see(url_for("pages.sequence", name=name))
        say(f"{name} is queued. This is the run.")
        return see(url_for("pages.run", uid=uid))

    @route("/sequences/<name>/delete", "POST", admin=True)
    def delete_sequence(self, name: str) -> Response:
        """Delete it with its versions, unless something uses it."""
        saved_of_name(self, name)
        try:
            saved_sequences.delete(self.service, me(), name)
        except SavedInUse as no:
            say(f"It was not deleted: {no}")
            return see(url_for("pages.sequence", name=name))
        say(f"{name} is deleted.")
        return see(url_for("pages.sequences"))

    def _about(self, saved: SavedSequence) -> dict[str, Any]:
        settings = self.service.settings
        users = saved_sequences.users_of(self.service, saved.name)
        by = self.service.masters.by_uid(saved.by) if saved.by else None
        shown = shown_argument(self.service, saved)
        listed = steps(shown)
        return {
            "saved": saved,
            "updated": moment(saved.updated_at, self.now),
            "by": by.email if by else "a deleted person" if saved.by else "the command line",
            "users": users,
            "users_shown": USERS_SHOWN,
            "steps": listed,
            "more": count(shown) - len(listed),
            "argument": tree(shown, Budget(settings.tree_items, settings.tree_chars)),
        }
