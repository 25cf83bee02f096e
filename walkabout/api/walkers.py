"""APIs of walkers: run them now or as jobs, and list them."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from walkabout.api.answers import Answer, Refusal, error_body
from walkabout.api.dispatch import Call
from walkabout.api.inline import NOT_KEPT, handed_back, run_inside
from walkabout.api.references import Resolver
from walkabout.api.registry import GENERAL, PUBLIC, Ctx, Nd, Snt, api
from walkabout.api.timing import RunOptions, timing_of
from walkabout.jids import jid
from walkabout.jobs.losses import limit_text
from walkabout.jobs.run import Hooks, Outcome, until_kept
from walkabout.jobs.specs import JobSpec
from walkabout.jobs.turns import Turn
from walkabout.people.masters import Master
from walkabout.problems import Problem
from walkabout.service import Service
from walkabout.walking.call import KIND as WALKER
from walkabout.walking.call import WalkerCall
from walkabout.walking.calls import Gone
from walkabout.walking.fields import read_context
from walkabout.walking.foreground import RequestHooks, ThreadPlace, TimeIsUp
from walkabout.walking.sentinel import walker_jid
from walkabout.walking.values import plain
from walkabout.walking.walker import Walker


@api(GENERAL, conflicts=True)
def walker_run(call: Call, name: str, nd: Nd, ctx: Ctx, snt: Snt, when: RunOptions) -> Answer:
    """Run a walker from a node: now, or with `is_async` in the background.

    `delay` (seconds) or `eta` (ISO) and `priority` (-9 to 9, larger first) go with `is_async`.
    """
    walker = call.service.sentinel.walker(name)
    return run_walker(call, walker, call.master, nd, ctx, {}, when)


@api(GENERAL, methods=("GET", "POST"), path="wapi/{name}", conflicts=True)
def wapi(call: Call, name: str, nd: Nd, ctx: Ctx, snt: Snt, when: RunOptions) -> Answer:
    """The same as walker_run, with the walker's name in the path."""
    return walker_run(call, name, nd, ctx, snt, when)


@api(PUBLIC, methods=("GET", "POST"), path="walker_callback/{nd}/{wlk}", loose=True, conflicts=True)
def walker_callback(call: Call, nd: str, wlk: str, ctx: Ctx, when: RunOptions, key: str = "") -> Answer:
    """Run a public walker with a key, as the master who owns the key. On GET its fields may stand in the query.

    The key may also come in the header `X-Walkabout-Key`. A body over 64 KiB is read only with a good key in the query, that
    header, or the first 64 KiB of the body.
    """
    walker = call.service.sentinel.walker(wlk)
    owner = _key_owner(call.service, walker, key)
    node = Resolver(call.service, owner).resolve("node", nd, "nd")
    return run_walker(call, walker, owner, node, ctx, call.loose, when)


@api(PUBLIC, conflicts=True)
def walker_summon(call: Call, wlk: str, nd: str, ctx: Ctx, when: RunOptions, key: str = "") -> Answer:
    """Run a public walker with a key, as the master who owns the key."""
    return walker_callback(call, nd, wlk, ctx, when, key)


@api(GENERAL)
def walker_list(call: Call, snt: Snt, detailed: bool = False) -> list[dict[str, Any]]:
    """The walkers of a sentinel, with their fields and docs."""
    return [_described(walker) for _, walker in sorted(call.service.sentinel.walkers().items())]


@api(GENERAL)
def walker_get(call: Call, wlk: str, snt: Snt, mode: str = "default", detailed: bool = False) -> dict[str, Any]:
    """One walker; with mode "keys" the caller's key for a public walker, with "new_key" another one."""
    walker = call.service.sentinel.walker(wlk)
    if mode == "default":
        return _described(walker)
    if mode not in ("keys", "new_key"):
        raise Refusal(400, Problem("mode", f'"{mode[:40]}" is unknown; use default, keys or new_key'))
    if not walker.walker_options.public:
        raise Refusal(400, Problem("wlk", f"{walker.walker_name} is not a public walker, so there is no key for it"))
    keys = call.service.keys
    make = keys.key if mode == "keys" else keys.new_key
    return {"anyone": make(call.master.uid, walker.walker_name)}


def run_walker(
    call: Call,
    walker: type[Walker],
    master: Master,
    nd: str,
    ctx: Mapping[str, Any],
    texts: Mapping[str, str],
    when: RunOptions,
) -> Answer:
    """Run a walker in a master's name from a node (a uid), now or as `when` says.

    `texts`: fields of ctx that came as text. Raises BadContext, Refusal, ShareFull, AllTaken, Unavailable.
    """
    planned = timing_of(when, call.service.clock(), is_async=walker.walker_options.is_async)
    errand = _errand(call, walker, master, nd, ctx, texts)
    if not planned.background:
        return _answer_now(call, walker, errand)
    spec = errand.as_spec(walker, call.service.settings.job_limit_s, eta=planned.eta, priority=planned.priority)
    if planned.eta is None and not call.service.consumers.alive():
        if call.within is not None:
            result = _answer_now(call, walker, errand)
            return Answer(200, text=f'{{"is_queued":false,"result":{result.as_text()}}}')
        return _inline(call.service, spec, nd)
    call.service.ledger.enqueue(spec)
    return Answer(200, {"is_queued": True, "result": spec.uid})


def _errand(
    call: Call, walker: type[Walker], master: Master, nd: str, ctx: Mapping[str, Any], texts: Mapping[str, str]
) -> WalkerCall:
    files = dict(call.asked.files)
    fields = walker.walker_fields
    given = read_context(fields, texts, texts=True, partial=True)
    given |= read_context(fields, {**ctx, **files}, partial=True)
    if any(field.required and name not in given for name, field in fields.items()):
        # A walk that rests has them already.
        resting = call.service.runs.resting.read(master.uid, walker.walker_name)
        read_context(fields, given, partial=resting is not None)
    kept = {name: plain(value) for name, value in given.items() if name not in files}
    return WalkerCall(walker.walker_name, master.uid, nd, kept, files, call.asked.seen)


def _kept(service: Service, errand: WalkerCall, hooks: Hooks, place: ThreadPlace | None) -> Outcome:
    """Run, and keep what it changed. `place`: where interrupts are let in; without one, somebody sees to that."""

    def once(turn: Turn) -> Outcome:
        try:
            if place is not None:
                place.release()
            turn.come()
            return service.runs.once(errand, hooks)
        finally:
            if place is not None:
                place.hold()

    def keep(outcome: Outcome) -> None:
        if place is not None:
            place.keep()
        if outcome.apply is not None:
            with nullcontext() if place is not None else hooks.guard(), service.db.transaction():
                outcome.apply()

    return until_kept(once, keep, hooks, service.settings.conflict_tries, service.db)


def _answer_now(call: Call, walker: type[Walker], errand: WalkerCall) -> Answer:
    service, within = call.service, call.within
    limit_s = service.settings.foreground_limit_s
    try:
        if within is None:
            outcome = service.foreground.run(
                lambda place: _kept(service, errand, RequestHooks(place), place), limit_s, errand.master, WALKER
            )
        else:
            if not walker.walker_options.repeatable:
                within.about_to_send(f"the walker {errand.walker}")
            outcome = _kept(service, errand, within, None)
    except TimeIsUp:
        return Answer(200, _time_is_up(limit_s, errand.node))
    except Gone as error:
        raise Refusal(404, str(error)) from None
    return Answer(outcome.status, text=outcome.result)


def _inline(service: Service, spec: JobSpec, nd: str) -> Answer:
    """No worker is alive: run in this request, as a row of the ledger that is ours."""
    limit_s = service.settings.foreground_limit_s
    try:
        outcome = run_inside(service, spec, limit_s)
    except TimeIsUp:
        return Answer(200, {"is_queued": False, "result": _time_is_up(limit_s, nd)})
    if outcome is not None:
        return Answer(200, text=f'{{"is_queued":false,"result":{outcome.result}}}')
    if handed_back(service, spec.uid):
        return Answer(200, {"is_queued": True, "result": spec.uid})
    return Answer(409, {"is_queued": False, "result": error_body(409, [NOT_KEPT])})


def _time_is_up(limit_s: float, nd: str) -> dict[str, Any]:
    advice = f"TimeLimit: {limit_text(limit_s, WALKER)}; use is_async for longer walks"
    return {"success": False, "report": [], "final_node": jid(nd), "yielded": False, "errors": [advice]}


def _key_owner(service: Service, walker: type[Walker], key: str) -> Master:
    if not walker.walker_options.public:
        raise Refusal(403, f"the walker {walker.walker_name} is not public")
    owner = service.keys.owner(key, walker.walker_name) if key else None
    master = service.masters.by_uid(owner) if owner else None
    if master is None:
        given = "is missing" if not key else "is wrong for this walker"
        raise Refusal(403, Problem("key", f"{given}; its owner finds it by walker_get with mode keys"))
    return master


def _described(walker: type[Walker]) -> dict[str, Any]:
    options = walker.walker_options
    return {
        "name": walker.walker_name,
        "kind": "walker",
        "jid": walker_jid(walker.walker_name),
        "doc": (walker.__doc__ or "").strip(),
        "public": options.public,
        "is_async": options.is_async,
        "fields": {field.name: field.described() for field in walker.walker_fields.values()},
    }
