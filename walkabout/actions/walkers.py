"""Walkers: run one, now or as a job, in the caller's name or a key owner's; and manage the keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from walkabout import json_text
from walkabout.actions.inline import TIME_LIMIT, NotKept, is_handed_back, run_inside
from walkabout.actions.timing import NOW, Queued, Timing, runs_here
from walkabout.jids import jid, uid_of
from walkabout.jobs.foreground import TimeIsUp
from walkabout.jobs.losses import limit_text
from walkabout.jobs.run import Outcome
from walkabout.jobs.specs import JobSpec
from walkabout.people.masters import Master
from walkabout.sequences.api_steps import StepHooks
from walkabout.service import Service
from walkabout.walking.call import KIND as WALKER
from walkabout.walking.call import WalkerCall
from walkabout.walking.fields import fitting_values, read_context
from walkabout.walking.files import File
from walkabout.walking.request import Request
from walkabout.walking.sentinel import UnknownWalker
from walkabout.walking.values import plain
from walkabout.walking.walker import Walker


class NotPublic(PermissionError):
    """The walker is not public: there is no key for it."""


class WrongKey(PermissionError):
    """The key runs no walker, or not this one."""


@dataclass(frozen=True)
class LooseInput:
    """JSON values, texts and files by names that somebody else chose: those that fit a walker's fields fill them."""

    values: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, list[File]] = field(default_factory=dict)


@dataclass(frozen=True)
class WalkerInput:
    """What a walker is given: its fields as JSON values (`ctx`), as texts and as files, what else was sent, and the
    request that it may see."""

    ctx: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, list[File]] = field(default_factory=dict)
    loose: LooseInput = LooseInput()
    request: Request | None = None


def find(service: Service, by: Master | None, text: str) -> type[Walker]:
    """The walker that a text names: by its name, its jid or bare uuid, `spawned:walker:NAME`, or an alias of who asks.

    Raises BadJid, UnknownWalker.
    """
    uid_of(text)
    try:
        return service.sentinel.walker(text)
    except UnknownWalker:
        value = None if by is None else service.aliases.value(by.uid, text)
        if value is None:
            raise
        return service.sentinel.walker(value)


def run(
    service: Service,
    by: Master,
    walker: type[Walker],
    node: str,
    given: WalkerInput,
    timing: Timing = NOW,
    *,
    within: StepHooks | None = None,
) -> Queued | Outcome:
    """Run a walker from a node (a uid that `by` may see): now, or as a job. Without a worker a job runs now, too.

    `within`: a step of a sequence asks, and runs it in its own thread. Raises BadContext, Gone, NotKept, Conflict,
    QueueFull, ShareFull, AllTaken, OwnerLostRights, Stops.
    """
    call = _checked_call(service, by, walker, node, given)
    if not timing.background:
        return _run_now(service, walker, call, within)
    spec = call.as_spec(
        walker,
        service.settings.job_limit_s,
        eta=timing.eta,
        priority=timing.priority,
        queue=timing.queue,
        uid=timing.uid,
    )
    if not runs_here(service, spec):
        return Queued(service.ledger.enqueue(spec))
    if within is not None:
        return _run_now(service, walker, call, within)
    return _run_as_own_job(service, spec, node)


def owner_of_key(service: Service, walker: type[Walker], key: str) -> Master:
    """In whose name a key runs a public walker. Raises NotPublic, WrongKey."""
    _check_public(walker)
    owner = service.keys.owner(key, walker.walker_name) if key else None
    master = service.masters.by_uid(owner) if owner else None
    if master is None:
        given = "is missing" if not key else "is wrong for this walker"
        raise WrongKey(f"{given}; its owner can get it by walker_get with mode keys")
    return master


def key_of(service: Service, by: Master, walker: type[Walker], *, new: bool = False) -> str:
    """One's own key of a public walker; `new`: another one, and the one before ends. Raises NotPublic."""
    _check_public(walker)
    make = service.keys.new_key if new else service.keys.key
    return make(by.uid, walker.walker_name)


def _checked_call(service: Service, by: Master, walker: type[Walker], node: str, given: WalkerInput) -> WalkerCall:
    fields, loose = walker.walker_fields, given.loose
    ctx = fitting_values(fields, loose.values) | fitting_values(fields, loose.texts, texts=True)
    loose_files = fitting_values(fields, loose.files)
    ctx |= loose_files
    files = {name: loose.files[name] for name in loose_files} | dict(given.files)
    ctx |= read_context(fields, given.texts, texts=True, partial=True)
    ctx |= read_context(fields, {**given.ctx, **files}, partial=True)
    if any(field.required and name not in ctx for name, field in fields.items()):
        # A walk that rests has them already.
        resting = service.runs.resting.read(by.uid, walker.walker_name)
        read_context(fields, ctx, partial=resting is not None)
    values = {name: plain(value) for name, value in ctx.items() if name not in files}
    return WalkerCall(walker.walker_name, by.uid, node, values, files, given.request)


def _run_now(service: Service, walker: type[Walker], call: WalkerCall, within: StepHooks | None) -> Outcome:
    if within is not None:
        if not walker.walker_options.repeatable:
            within.about_to_send(f"the walker {call.walker}")
        return service.runs.in_step(call, within)
    try:
        in_thread = partial(service.runs.in_request, call)
        return service.foreground.run(in_thread, service.settings.foreground_limit_s, call.master, WALKER)
    except TimeIsUp:
        return _outcome_at_limit(service, call.node)


def _run_as_own_job(service: Service, spec: JobSpec, node: str) -> Queued | Outcome:
    try:
        outcome = run_inside(service, spec, service.settings.foreground_limit_s)
    except TimeIsUp:
        return _outcome_at_limit(service, node)
    if outcome is not None:
        return outcome
    if is_handed_back(service, spec.uid):
        return Queued(spec.uid)
    raise NotKept


def _outcome_at_limit(service: Service, node: str) -> Outcome:
    advice = f"{limit_text(service.settings.foreground_limit_s, WALKER)}; use is_async for longer walks"
    errors = [f"{TIME_LIMIT}: {advice}"]
    body = {"success": False, "report": [], "final_node": jid(node), "yielded": False, "errors": errors}
    return Outcome(json_text.write(body), error=(TIME_LIMIT, advice))


def _check_public(walker: type[Walker]) -> None:
    if not walker.walker_options.public:
        raise NotPublic(f"the walker {walker.walker_name} is not public")
