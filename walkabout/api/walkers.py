"""Running walkers: now, or as jobs; and looking at which walkers there are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from walkabout.api.answers import Answer, Refusal, error_body
from walkabout.api.dispatch import Call
from walkabout.api.references import Resolver
from walkabout.api.registry import GENERAL, PUBLIC, Ctx, Nd, On, Snt, api
from walkabout.jids import jid
from walkabout.jobs.ledger import LONGEST_DELAY_S, PRIORITIES, Ask, Claim
from walkabout.jobs.run import Outcome, limit_text, until_kept
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.times import seconds_of
from walkabout.walking.errand import Errand
from walkabout.walking.fields import read_context
from walkabout.walking.foreground import RequestHooks, ThreadPlace, TimeIsUp
from walkabout.walking.runs import Gone
from walkabout.walking.sentinel import walker_jid
from walkabout.walking.values import plain
from walkabout.walking.walker import Walker


@dataclass(frozen=True)
class When:
    """How a walker is run: the parameters that every route which runs one takes."""

    is_async: On = None
    delay: float | None = None
    eta: str | None = None
    priority: int = 0


@dataclass(frozen=True)
class Plan:
    """Whether a walker runs in the background, and then when (UTC seconds; None: at once) and how urgently."""

    background: bool
    eta: float | None = None
    priority: int = 0


@api(GENERAL, conflicts=True)
def walker_run(call: Call, name: str, nd: Nd, ctx: Ctx, snt: Snt, when: When) -> Answer:
    """Run a walker from a node: now, or with `is_async` in the background.

    `delay` (seconds) or `eta` (ISO) and `priority` (-9 to 9, larger first) go with `is_async`.
    """
    walker = call.service.sentinel.walker(name)
    return run_walker(call, walker, call.master, nd, ctx, {}, when)


@api(GENERAL, methods=("GET", "POST"), path="wapi/{name}", conflicts=True)
def wapi(call: Call, name: str, nd: Nd, ctx: Ctx, snt: Snt, when: When) -> Answer:
    """The same as walker_run, with the walker's name in the path."""
    return walker_run(call, name, nd, ctx, snt, when)


@api(PUBLIC, methods=("GET", "POST"), path="walker_callback/{nd}/{wlk}", loose=True, conflicts=True)
def walker_callback(call: Call, nd: str, wlk: str, ctx: Ctx, when: When, key: str = "") -> Answer:
    """Run a public walker with a key, as the master who owns the key. On GET its fields may stand in the query."""
    walker = call.service.sentinel.walker(wlk)
    owner = _key_owner(call.service, walker, key)
    node = Resolver(call.service, owner).resolve("node", nd, "nd")
    return run_walker(call, walker, owner, node, ctx, call.loose, when)


@api(PUBLIC, conflicts=True)
def walker_summon(call: Call, wlk: str, nd: str, ctx: Ctx, when: When, key: str = "") -> Answer:
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
        raise Refusal(400, f'mode: "{mode[:40]}" is unknown; use default, keys or new_key')
    if not walker.walker_options.public:
        raise Refusal(400, f"wlk: {walker.walker_name} is not a public walker, so there is no key for it")
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
    when: When,
) -> Answer:
    """Run a walker in a master's name from a node (a uid), now or as `when` says.

    `texts`: fields of ctx that came as text. Raises BadContext, Refusal, TooBusy, Unavailable.
    """
    plan = _plan(walker, when, call.service.clock())
    errand = _errand(call, walker, master, nd, ctx, texts)
    if not plan.background:
        return _answer_now(call.service, errand)
    ask = errand.as_ask(walker, call.service.settings.job_limit_s, eta=plan.eta, priority=plan.priority)
    if plan.eta is None and not call.service.consumers.alive():
        return _inline(call.service, ask, nd)
    call.service.ledger.ask(ask)
    return Answer(200, {"is_queued": True, "result": ask.uid})


def _errand(
    call: Call, walker: type[Walker], master: Master, nd: str, ctx: Mapping[str, Any], texts: Mapping[str, str]
) -> Errand:
    files = dict(call.asked.files)
    fields = walker.walker_fields
    given = read_context(fields, texts, texts=True, partial=True)
    given |= read_context(fields, {**ctx, **files}, partial=True)
    if any(field.required and name not in given for name, field in fields.items()):
        # A walk that rests has them already.
        resting = call.service.runs.resting.read(master.uid, walker.walker_name)
        read_context(fields, given, partial=resting is not None)
    kept = {name: plain(value) for name, value in given.items() if name not in files}
    return Errand(walker.walker_name, master.uid, nd, kept, files, call.asked.seen)


def _plan(walker: type[Walker], when: When, now: float) -> Plan:
    background = walker.walker_options.is_async if when.is_async is None else when.is_async
    least, most = PRIORITIES
    if not least <= when.priority <= most:
        raise Refusal(400, f"priority: {when.priority} is out of range; use {least} to {most}")
    if when.delay is not None and when.eta is not None:
        raise Refusal(400, "delay, eta: give one of the two")
    given = {"delay": when.delay is not None, "eta": when.eta is not None, "priority": when.priority != 0}
    if not background and any(given.values()):
        raise Refusal(400, *(f"{name}: goes with is_async" for name, is_given in given.items() if is_given))
    return Plan(background, _moment(now, when.delay, when.eta), when.priority)


def _moment(now: float, delay: float | None, eta: str | None) -> float | None:
    if delay is not None:
        if not 0 <= delay <= LONGEST_DELAY_S:
            raise Refusal(400, f"delay: {delay:g} is out of range; seconds, 0 or more, at most 100 years")
        return now + delay if delay else None
    if eta is None:
        return None
    try:
        moment = seconds_of(eta)
    except (ValueError, OverflowError):
        raise Refusal(
            400, f'eta: "{eta[:40]}" is no time; use ISO 8601 with an offset, 2030-01-31T09:00:00+01:00'
        ) from None
    if moment > now + LONGEST_DELAY_S:
        raise Refusal(400, f"eta: {eta[:40]} is more than 100 years away")
    return moment


def _now(service: Service, errand: Errand, place: ThreadPlace) -> Outcome:
    hooks = RequestHooks(place)

    def once() -> Outcome:
        try:
            place.release()
            return service.runs.once(errand, hooks)
        finally:
            place.hold()

    def keep(outcome: Outcome) -> None:
        place.keep()
        if outcome.apply is not None:
            with service.db.transaction():
                outcome.apply()

    return until_kept(once, keep, hooks, service.settings.conflict_tries)


def _answer_now(service: Service, errand: Errand) -> Answer:
    limit_s = service.settings.foreground_limit_s
    try:
        outcome = service.foreground.run(lambda place: _now(service, errand, place), limit_s)
    except TimeIsUp:
        return Answer(200, _time_is_up(limit_s, errand.node))
    except Gone as error:
        raise Refusal(404, str(error)) from None
    return Answer(outcome.status, text=outcome.result)


def _inline(service: Service, ask: Ask, nd: str) -> Answer:
    """No worker is alive: run in this request, as a row of the ledger that is ours."""
    limit_s = service.settings.foreground_limit_s
    ask = replace(ask, limit_s=min(ask.limit_s or limit_s, limit_s), max_attempts=1)
    claims: list[Claim] = []

    def run(place: ThreadPlace) -> Outcome | None:
        def work(claim: Claim) -> Outcome | None:
            claims.append(claim)
            return service.runner.run(claim, place)

        return service.inline.run(ask, work, place.cancel)

    try:
        outcome = service.foreground.run(run, limit_s)
    except TimeIsUp:
        for claim in claims:
            service.ledger.fail(claim.id, claim.attempt, "TimeLimit", limit_text(limit_s))
        return Answer(200, {"is_queued": False, "result": _time_is_up(limit_s, nd)})
    if outcome is None:
        text = "the run could not be kept: changed by other runs too often, or cancelled"
        return Answer(409, {"is_queued": False, "result": error_body(409, [text])})
    return Answer(200, text=f'{{"is_queued":false,"result":{outcome.result}}}')


def _time_is_up(limit_s: float, nd: str) -> dict[str, Any]:
    advice = f"TimeLimit: {limit_text(limit_s)}; use is_async for longer walks"
    return {"success": False, "report": [], "final_node": jid(nd), "yielded": False, "errors": [advice]}


def _key_owner(service: Service, walker: type[Walker], key: str) -> Master:
    if not walker.walker_options.public:
        raise Refusal(403, f"the walker {walker.walker_name} is not public")
    owner = service.keys.owner(key, walker.walker_name) if key else None
    master = service.masters.by_uid(owner) if owner else None
    if master is None:
        given = "is missing" if not key else "is wrong for this walker"
        raise Refusal(403, f"key: {given}; its owner finds it by walker_get with mode keys")
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
