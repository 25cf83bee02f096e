"""Notices: who is told what. Everybody lets themselves be told of what they may see, by ways that are theirs.

A target belongs to who made it, and only they and admins see it. Webhooks, pings and mail to one's own address are for
everybody; services of Apprise, mail to others and sequences are for admins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from walkabout.actions import tasks
from walkabout.actions.rights import may_see, only_of
from walkabout.jobs.template import NotAllowed
from walkabout.notices import listing
from walkabout.notices.addresses import (
    FIELD,
    OF_TASKS_ONLY,
    SEQUENCE,
    SERVICE,
    WALKER,
    Address,
    is_for_admins,
    label,
    read_address,
)
from walkabout.notices.listing import ListedNotice
from walkabout.notices.occasions import EVENTS, OF_INSTALLATION, USUAL
from walkabout.notices.quiet import check_quiet
from walkabout.notices.targets import ALL, LATE_S, SKIPPING_S, TAG, TASK, NoticeTarget
from walkabout.notices.telling import DROPPED, GIVEN_UP, SENDING, SENT, WAITING
from walkabout.people.masters import Master
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.periodic.policies import tags_of
from walkabout.problems import Invalid, Problem, gather, refuse
from walkabout.service import Service

STATES = (WAITING, SENDING, SENT, GIVEN_UP, DROPPED)
LONGEST_S = 366 * 86_400.0
AFTER_MOST = 1000
TASK_MOST = 20  # addresses of one task


class NoSuchTarget(LookupError):
    """There is no such target, or it is somebody else's."""

    def __init__(self, id: int) -> None:
        super().__init__(f"id: you have no address for notices {id}; notice_targets_get lists them")


class NotYourAddress(NotAllowed):
    """Who asks may not let notices go to this address."""


@dataclass(frozen=True)
class TargetInput:
    """A target that somebody wants. `target`: an address, or what is shown of one that they have; `place`: `all`, the id of
    a task, or a tag; `on`: events, () for the usual ones; the others as in NoticeTarget."""

    target: str
    place: int | str = ALL
    on: Sequence[str] = field(default=())
    after: int = 1
    late_s: float = LATE_S
    skipping_s: float = SKIPPING_S
    long_s: float | None = None
    remind_s: float | None = None
    quiet: str = ""


def undelivered(service: Service, by: Master, since: float) -> int:
    """How many notices to a person's addresses (an admin: to all) could not be delivered since a moment (UTC seconds)."""
    return listing.given_up_since(service.db, only_of(by), since)


def targets(service: Service, by: Master, task: PeriodicTask | None = None) -> list[NoticeTarget]:
    """The targets that a person sees, or those of a task among them."""
    return service.notice_targets.list_of(only_of(by), task=None if task is None else task.id)


def set_target(service: Service, by: Master, given: TargetInput) -> NoticeTarget:
    """Let a person be told at an address; the same address for the same is changed.

    Raises Invalid with every field that is wrong, NotAllowed and NoSuchTask.
    """
    place, task, tag = _place(service, by, given.place)
    problems: list[Problem] = []
    target = NoticeTarget(id=0, owner=by.uid, place=place, task=task, tag=tag, kind="", address="")
    with gather(problems):
        address = _address(service, by, given.target, target)
        target = replace(target, kind=address.kind, address=address.text)
        if address.kind in OF_TASKS_ONLY and place != TASK:
            raise refuse(FIELD, "a ping stands for one task; name the task in for")
    with gather(problems):
        target = replace(target, events=" ".join(_events(given.on, is_task=place != ALL)))
    with gather(problems):
        target = replace(target, quiet=check_quiet(given.quiet))
    problems += _out_of_range(given)
    if problems:
        raise Invalid(problems)
    _check_room(service, by, target)
    return service.notice_targets.add(
        replace(
            target,
            after=given.after,
            late_s=given.late_s,
            skipping_s=given.skipping_s,
            long_s=given.long_s,
            remind_s=given.remind_s,
            created_at=service.clock(),
        )
    )


def set_of_task(service: Service, by: Master, task: PeriodicTask, addresses: Sequence[str]) -> None:
    """Let a person be told of a task at these addresses, and at no others of theirs. What is shown of an address that they
    have stands for it. Raises Invalid, field `notify`, and NotAllowed."""
    tasks.check_owner(by, task)
    if len(addresses) > TASK_MOST:
        raise refuse("notify", f"{len(addresses)} addresses are too many; use at most {TASK_MOST}")
    known = {one.label: one for one in targets(service, by, task)}
    wanted = list(dict.fromkeys(text.strip() for text in addresses if text.strip()))
    try:
        with service.db.transaction():
            kept = {text for text in wanted if text in known}
            service.notice_targets.remove([one.id for text, one in known.items() if text not in kept])
            for text in wanted:
                if text not in kept:
                    set_target(service, by, TargetInput(text, task.id))
    except Invalid as error:
        raise Invalid([Problem("notify", problem.message) for problem in error.problems]) from None


def add_task(service: Service, by: Master, draft: Draft, addresses: Sequence[str]) -> PeriodicTask:
    """A new task, of which a person is told at these addresses; all of it or nothing. Raises what `tasks.add` and
    `set_of_task` raise."""
    with service.db.transaction():
        task = tasks.add(service, by, draft)
        set_of_task(service, by, task, addresses)
    return task


def edit_task(
    service: Service,
    by: Master,
    task: PeriodicTask,
    edits: Mapping[str, Any],
    addresses: Sequence[str] | None,
    *,
    revision: int | None = None,
    path: str = "body",
) -> PeriodicTask:
    """Change a task, and at which addresses a person is told of it (None: as before); all of it or nothing. Raises what
    `tasks.edit` and `set_of_task` raise."""
    with service.db.transaction():
        edited = tasks.edit(service, by, task, edits, revision=revision, path=path)
        if addresses is not None:
            set_of_task(service, by, edited, addresses)
    return edited


def find(service: Service, by: Master, id: int) -> NoticeTarget:
    """A target by its id. Raises NoSuchTarget."""
    found = service.notice_targets.by_id(id)
    if found is None or not may_see(by, found.owner):
        raise NoSuchTarget(id)
    return found


def remove_target(service: Service, by: Master, id: int) -> None:
    """Tell an address no more; what waits for it is dropped. Raises NoSuchTarget."""
    service.notice_targets.remove([find(service, by, id).id])


def test(service: Service, by: Master, id: int) -> str:
    """Send a target a test now; why it did not arrive, empty when it did. Raises NoSuchTarget."""
    return service.deliveries.test(find(service, by, id))


def signing_key(service: Service, by: Master, target: NoticeTarget) -> str:
    """The key by which the webhooks of a target are signed. Raises NoSuchTarget."""
    return service.deliveries.web.signing_key(find(service, by, target.id))


def notices(
    service: Service,
    by: Master,
    limit: int,
    *,
    after: str = "",
    state: str = "",
    task: PeriodicTask | None = None,
) -> list[ListedNotice]:
    """What a person was told or is to be, the newest first; an admin sees everybody's. `after`: the id of the last one of the
    page before; `state`: one of STATES. Raises Invalid."""
    if state and state not in STATES:
        raise refuse("state", f"“{state[:40]}” is unknown; use one of {', '.join(STATES)}")
    before = listing.row_of(service.db, after) if after else None
    if after and before is None:
        raise refuse("after", "that is no notice; use the id of the last one of the page before")
    number = None if task is None else task.id
    return listing.notices(service.db, only_of(by), limit, before=before, state=state, task=number)


def _place(service: Service, by: Master, place: int | str) -> tuple[str, int | None, str]:
    if place in ("", ALL):
        return ALL, None, ""
    if isinstance(place, int) or place.isdigit():
        return TASK, tasks.find(service, by, id=place, field="for").id, ""
    words = tags_of(place)
    if len(words) != 1:
        raise refuse("for", "that is neither all, the id of a task, nor one tag")
    return TAG, None, words[0]


def _address(service: Service, by: Master, text: str, like: NoticeTarget) -> Address:
    """The address of a text that a person may use; what is shown of one of theirs means that one."""
    for known in service.notice_targets.list_of(by.uid):
        if known.label == text.strip() and (known.place, known.task, known.tag) == (like.place, like.task, like.tag):
            return read_address(known.address)
    address = read_address(text)
    if not by.is_superuser and is_for_admins(address, by.email):
        may = "use a webhook, a ping, a walker of yours or mail to yourself"
        raise NotYourAddress(f"{FIELD}: {label(address.text)} is for admins; {may}, {by.email}")
    if address.kind == SERVICE:
        service.deliveries.services.check(address.text)
    if address.kind in (WALKER, SEQUENCE):
        service.deliveries.runs.check(by.uid, address)
    return address


def _events(on: Sequence[str], *, is_task: bool) -> list[str]:
    known = [event for event in EVENTS if not (is_task and event in OF_INSTALLATION)]
    wanted = list(dict.fromkeys(on)) or [event for event in USUAL if event in known]
    if unknown := [event for event in wanted if event not in known]:
        raise refuse("on", f"“{unknown[0][:40]}” is unknown; use {', '.join(known)}")
    return wanted


def _out_of_range(given: TargetInput) -> list[Problem]:
    problems = (
        [] if 1 <= given.after <= AFTER_MOST else [Problem("after", f"use a whole number from 1 to {AFTER_MOST}")]
    )
    for name in ("late_s", "skipping_s", "long_s", "remind_s"):
        value = getattr(given, name)
        if value is not None and not 1 <= value <= LONGEST_S:
            problems.append(Problem(name, f"{value:g} is out of range; use seconds, from 1 to {LONGEST_S:.0f}"))
    return problems


def _check_room(service: Service, by: Master, new: NoticeTarget) -> None:
    most = service.settings.notify_targets
    others = [one for one in service.notice_targets.list_of(by.uid) if not one.is_same(new)]
    if len(others) >= most:
        raise refuse(FIELD, f"you have {most} addresses for notices, the most one person may have (NOTIFY_TARGETS)")
