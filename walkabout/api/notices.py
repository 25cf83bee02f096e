"""APIs of notices: who is told what at which address, and what was told."""

from typing import Annotated, Any

from walkabout.actions import notices as actions
from walkabout.actions.notices import TargetInput
from walkabout.api.dispatch import Call
from walkabout.api.graphs import check_page
from walkabout.api.registry import GENERAL, GivenParams, Param, api
from walkabout.notices.addresses import WEBHOOK
from walkabout.notices.listing import ListedNotice
from walkabout.notices.targets import ALL, TASK, NoticeTarget
from walkabout.times import iso

# `for` is no name in Python.
For = Annotated[dict[str, Any], GivenParams((Param("for", int | str, required=False, default=ALL),))]


@api(GENERAL)
def notice_targets_set(
    call: Call,
    target: str,
    place: For,
    on: list[str] | str = "",
    after: int = 1,
    late_s: float = 300.0,
    skipping_s: float = 3600.0,
    long_s: float | None = None,
    remind_s: float | None = None,
    quiet: str = "",
) -> dict[str, Any]:
    """Be told at an address: `target` is https://... (a signed webhook), mailto:..., ping+https://..., kuma+https://..., or
    an admin's address of a service in Apprise's form. `for`: `all`, the id of a task, or a tag; `on`: the events (the usual
    ones when empty): failed (`after` times in a row), recovered, missed, skipping (for `skipping_s`), late (by `late_s`),
    long (than `long_s`, or than usual), ended, no_worker, clock, disk. `remind_s`: told again after so long; `quiet`: like
    22:00-07:00 Europe/Berlin. The answer of a webhook has the `signing_key`."""
    words = on.replace(",", " ").split() if isinstance(on, str) else on
    wanted = TargetInput(
        target, place.get("for", ALL), words, after, late_s, skipping_s, long_s=long_s, remind_s=remind_s, quiet=quiet
    )
    saved = actions.set_target(call.service, call.master, wanted)
    key = {"signing_key": actions.signing_key(call.service, call.master, saved)} if saved.kind == WEBHOOK else {}
    return target_view(saved) | key


@api(GENERAL)
def notice_targets_get(call: Call) -> list[dict[str, Any]]:
    """The caller's addresses for notices (an admin's: everybody's), masked, and what each is told."""
    return [target_view(target) for target in actions.targets(call.service, call.master)]


@api(GENERAL)
def notice_targets_delete(call: Call, id: int) -> dict[str, Any]:
    """Tell an address no more."""
    actions.remove_target(call.service, call.master, id)
    return {"success": True}


@api(GENERAL)
def notice_targets_test(call: Call, id: int) -> dict[str, Any]:
    """Send an address a test now; `error` says why it did not arrive."""
    error = actions.test(call.service, call.master, id)
    return {"success": not error, "error": error or None}


@api(GENERAL)
def notices(call: Call, limit: int = 50, after: str = "", state: str = "") -> list[dict[str, Any]]:
    """What the caller was told or is to be (an admin: everybody), the newest first. `after`: the id of the last one of the
    page before; `state`: waiting, sending, sent, failed or dropped."""
    check_page(limit, 0)
    found = actions.notices(call.service, call.master, limit, after=after, state=state)
    return [notice_view(notice) for notice in found]


def target_view(target: NoticeTarget) -> dict[str, Any]:
    """A target; of its address what may be shown."""
    return {
        "id": target.id,
        "target": target.label,
        "kind": target.kind,
        "for": target.task if target.place == TASK else target.tag or ALL,
        "on": target.events.split(),
        "after": target.after,
        "late_s": target.late_s,
        "skipping_s": target.skipping_s,
        "long_s": target.long_s,
        "remind_s": target.remind_s,
        "quiet": target.quiet,
    }


def notice_view(notice: ListedNotice) -> dict[str, Any]:
    """A notice and its outcome."""
    return {
        "id": notice.uid,
        "event": notice.event,
        "task": notice.task_name or None,
        "task_id": notice.task,
        "run": notice.run,
        "text": notice.title + (f": {notice.why}" if notice.why else ""),
        "target": notice.to,
        "state": notice.state,
        "attempts": notice.tries,
        "error": notice.error or None,
        "created": iso(notice.at),
        "sent": None if notice.sent_at is None else iso(notice.sent_at),
    }
