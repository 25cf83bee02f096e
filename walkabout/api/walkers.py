"""APIs of walkers: run them now or as jobs, and list them."""

from dataclasses import replace
from typing import Any

from walkabout.actions import walkers
from walkabout.actions.inline import NotKept
from walkabout.actions.timing import Queued, Timing
from walkabout.actions.walkers import NotPublic, WalkerInput, WrongKey
from walkabout.api.answers import Answer, Refusal
from walkabout.api.dispatch import Call
from walkabout.api.once import answer_once, queued_answer
from walkabout.api.references import Resolver
from walkabout.api.refusals import Naming, refusal_of
from walkabout.api.registry import GENERAL, PUBLIC, Ctx, Nd, Snt, api
from walkabout.api.timing import RunOptions, timing_of
from walkabout.jids import BadJid
from walkabout.people.masters import Master
from walkabout.problems import Problem
from walkabout.walking.sentinel import walker_jid
from walkabout.walking.walker import Walker


@api(GENERAL, conflicts=True)
def walker_run(call: Call, name: str, nd: Nd, ctx: Ctx, snt: Snt, when: RunOptions) -> Answer:
    """Run a walker from a node: now, or with `is_async` in the background.

    `delay` (seconds) or `eta` (ISO), `priority` (-9 to 9, larger first) and `queue` go with `is_async`.
    """
    walker = _walker(call, call.master, "name", name)
    return _run(call, call.master, walker, nd, WalkerInput(ctx, files=call.asked.files, request=call.asked.seen), when)


@api(GENERAL, methods=("GET", "POST"), path="wapi/{name}", conflicts=True)
def wapi(call: Call, name: str, nd: Nd, ctx: Ctx, snt: Snt, when: RunOptions) -> Answer:
    """The same as walker_run, with the walker's name in the path."""
    return walker_run(call, name, nd, ctx, snt, when)


@api(PUBLIC, methods=("GET", "POST"), path="walker_callback/{nd}/{wlk}", loose=True, conflicts=True)
def walker_callback(call: Call, nd: str, wlk: str, ctx: Ctx, when: RunOptions, key: str = "") -> Answer:
    """Run a public walker with a key, as the master who owns the key. Made for webhooks: any body is taken.

    What stands in the query, a JSON object or a form and fits the walker's fields fills them; the walker reads all of it as
    `self.request`. A parameter of this route that stands in the body counts only if it has its type.
    The key may also come in the header `X-Walkabout-Key`. A body over 64 KiB is read only with a good key in the query, that
    header, or the first 64 KiB of the body.
    """
    walker = _walker(call, None, "wlk", wlk)
    if when.is_async is None and not walker.walker_options.is_async:
        when = RunOptions()  # delay, eta, priority and queue are then names of who calls, and none of ours
    return _run_with_key(call, walker, nd, ctx, when, key)


@api(PUBLIC, conflicts=True)
def walker_summon(call: Call, wlk: str, nd: str, ctx: Ctx, when: RunOptions, key: str = "") -> Answer:
    """Run a public walker with a key, as the master who owns the key."""
    return _run_with_key(call, _walker(call, None, "wlk", wlk), nd, ctx, when, key)


@api(GENERAL)
def walker_list(call: Call, snt: Snt, detailed: bool = False) -> list[dict[str, Any]]:
    """The walkers of a sentinel, with their fields and docs."""
    return [_walker_view(walker) for _, walker in sorted(call.service.sentinel.walkers().items())]


@api(GENERAL)
def walker_get(call: Call, wlk: str, snt: Snt, mode: str = "default", detailed: bool = False) -> dict[str, Any]:
    """One walker; with mode "keys" the caller's key for a public walker, with "new_key" another one."""
    walker = _walker(call, call.master, "wlk", wlk)
    if mode == "default":
        return _walker_view(walker)
    if mode not in ("keys", "new_key"):
        raise Refusal(400, Problem("mode", f'"{mode[:40]}" is unknown; use default, keys or new_key'))
    try:
        return {"anyone": walkers.key_of(call.service, call.master, walker, new=mode == "new_key")}
    except NotPublic:
        problem = Problem("wlk", f"{walker.walker_name} is not a public walker, so it has no key")
        raise Refusal(400, problem) from None


def _walker(call: Call, by: Master | None, field: str, text: str) -> type[Walker]:
    with Naming(field, BadJid):
        return walkers.find(call.service, by, text)


def _run_with_key(call: Call, walker: type[Walker], nd: str, ctx: dict[str, Any], when: RunOptions, key: str) -> Answer:
    with Naming("key", WrongKey):
        owner = walkers.owner_of_key(call.service, walker, key)
    node = Resolver(call.service, owner).resolve("node", nd, "nd")
    given = WalkerInput(ctx, files=call.asked.files, loose=call.loose, request=call.asked.seen)
    return _run(call, owner, walker, node, given, when)


def _run(call: Call, by: Master, walker: type[Walker], node: str, given: WalkerInput, when: RunOptions) -> Answer:
    timing = timing_of(when, call.service.clock(), is_async=walker.walker_options.is_async)

    def work(uid: str) -> Answer:
        return _answer(call, by, walker, node, given, replace(timing, uid=uid))

    return answer_once(call, by, when.idempotency_key, work, lambda job: queued_answer(job.uid))


def _answer(call: Call, by: Master, walker: type[Walker], node: str, given: WalkerInput, timing: Timing) -> Answer:
    try:
        ran = walkers.run(call.service, by, walker, node, given, timing, within=call.within)
    except NotKept as error:
        # Only a job that ran here is not kept: who asked for it is told in the shape of jobs.
        return Answer(409, {"is_queued": False, "result": refusal_of(error).answer().body})
    if isinstance(ran, Queued):
        return queued_answer(ran.uid)
    if timing.background:
        return Answer(200, text=f'{{"is_queued":false,"result":{ran.result}}}')
    if ran.response is not None and ran.error is None:
        return Answer(ran.response.status, own=ran.response)
    return Answer(ran.status, text=ran.result)


def _walker_view(walker: type[Walker]) -> dict[str, Any]:
    options = walker.walker_options
    return {
        "name": walker.walker_name,
        "kind": "walker",
        "jid": walker_jid(walker.walker_name),
        "doc": (walker.__doc__ or "").strip(),
        "public": options.public,
        "is_async": options.is_async,
        **options.limits_view(),
        "fields": {field.name: field.describe() for field in walker.walker_fields.values()},
    }
