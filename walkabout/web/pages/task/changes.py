"""A task's changes: who made them, what they changed, and restoring an earlier version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, request, url_for

from walkabout.actions import task_versions
from walkabout.actions.task_versions import NoSuchVersion
from walkabout.jobs.template import NotAllowed
from walkabout.periodic import versions
from walkabout.periodic.errors import TaskConflict
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.periodic.policies import POLICIES
from walkabout.periodic.versions import Version
from walkabout.problems import Invalid
from walkabout.service import Service
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.numbers import number
from walkabout.web.pages.run.differences import Differences, differences
from walkabout.web.pages.tasks.list import task_of_mine
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import Moment, cut, moment
from walkabout.web.session import me

ROWS_MOST = 20  # each may have a large argument
FIELDS = {"argument": "input", "timezone": "time zone"} | {policy.name: policy.label.lower() for policy in POLICIES}
KINDS = {
    versions.EARLIER: "before changes were recorded",
    versions.CREATED: "created",
    versions.ENABLED: "resumed",
    versions.DISABLED: "paused",
    versions.DELETED: "deleted",
    versions.RESTORED: "restored",
}


@dataclass(frozen=True)
class ShownChange:
    """One change as the page shows it. `apart`: from the version before it, None when there is none to compare with."""

    revision: int
    at: Moment | None
    who: str
    words: str
    apart: Differences | None
    may_go_back: bool


class TaskChangesView(View):
    """The changes of one task."""

    @route("/tasks/<int:id>/changes")
    def task_changes(self, id: int) -> Response:
        """What was changed, the latest first."""
        task = task_of_mine(self, id)
        offset = number(request.args.get("offset", "")) or 0
        # One more than is shown: the last one on the page has one before it, too.
        total, found = task_versions.changes(self.service, me(), task, ROWS_MOST + 1, offset)
        following = offset + ROWS_MOST
        return page(
            "task/changes.html",
            f"Changes of {cut(task.name, 60)}",
            "tasks",
            task=task,
            changes=task_changes(self.service, task, found)[:ROWS_MOST],
            latest=task.revision,
            word="revision",
            back=lambda revision: url_for("pages.back_to_version", id=id, revision=revision),
            newest=url_for("pages.task_changes", id=id) if offset else "",
            older=url_for("pages.task_changes", id=id, offset=following) if following < total else "",
        )

    @route("/tasks/<int:id>/changes/<int:revision>/back", "POST")
    def back_to_version(self, id: int, revision: int) -> Response:
        """Make a task what it was: a new change, checked like every other. Whether it is paused stays."""
        task = task_of_mine(self, id)
        seen = number(request.form.get("revision", ""))
        try:
            version = task_versions.restore_version(self.service, me(), task, revision, seen=seen)
        except NoSuchVersion:
            abort(404)
        except (Invalid, NotAllowed, TaskConflict) as no:
            texts = no.errors if isinstance(no, Invalid) else [str(no)]
            say(f"It was not changed, because revision {revision} is not possible now: {'; '.join(texts)}")
            return see(url_for("pages.task_changes", id=id))
        say(f"{version.content['name']} is restored to revision {revision}.")
        return see(url_for("pages.task", id=id))


def task_changes(service: Service, task: PeriodicTask, found: Sequence[Version]) -> list[ShownChange]:
    """The changes that made these versions of a task, the latest first, each compared with the one before it."""
    uids = {one.by for one in found if one.by} | {one.owner for one in found}
    emails = service.masters.emails(sorted(uids))
    now = _essence(versions.current(task))
    essences = [_essence(one) for one in found]
    changes = []
    for place, one in enumerate(found):
        before = found[place + 1] if place + 1 < len(found) else None
        # To which earlier one it went back, if it did.
        same = [other for other, essence in zip(found, essences, strict=True) if essence == essences[place]]
        back = same[-1] if one.change == versions.CHANGED and same[-1].revision < one.revision - 1 else None
        who = "the service or the command line" if one.by is None else emails.get(one.by, "a deleted person")
        apart = _apart(service, before, one, emails) if before else None
        words = service.masker.text(_words(before, one, back))
        changes.append(
            ShownChange(one.revision, moment(one.at, service.clock()), who, words, apart, essences[place] != now)
        )
    return changes


def _apart(service: Service, before: Version, after: Version, emails: dict[str, str]) -> Differences:
    masked = service.masker.masked
    left, right = ({**masked(one.plain()), "owner": emails.get(one.owner, one.owner)} for one in (before, after))
    return differences(left, right, service.settings.tree_items)


def _essence(version: Version) -> dict[str, Any]:
    """What going back brings back."""
    return {name: value for name, value in version.content.items() if name not in ("state", "along")}


def _words(before: Version | None, version: Version, back: Version | None) -> str:
    if version.change != versions.CHANGED:
        return KINDS[version.change] + (f": {version.note}" if version.note and version.change == "disabled" else "")
    if back is not None:
        return f"restored revision {back.revision}"
    if before is None:
        return "changed"
    one, other = _essence(before), _essence(version)
    names = [FIELDS.get(name, name) for name in other if other[name] != one.get(name)]
    return f"changed: {', '.join(names)}" if names else "saved without changes"
