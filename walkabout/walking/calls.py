"""Runs calls of walkers: a call becomes a walk, and the walk an outcome with its answer and its changes.

A job's worker saves the outcome (see jobs.run). What runs inside of a request, or as part of a step of a sequence, is no
job: it is saved here, and leaves nothing else behind.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.graph.changes import GraphChanges
from walkabout.graph.limits import GraphLimits, LimitExceeded
from walkabout.graph.objects import Node
from walkabout.graph.rights import Actor, NotYours
from walkabout.graph.summary import summary
from walkabout.graph.view import GraphView, NotFound
from walkabout.jids import jid, new_uid
from walkabout.jobs.foreground import RequestHooks
from walkabout.jobs.hooks import NOT_REPEATABLE, Hooks
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.output import log_line
from walkabout.jobs.run import CannotKeep, Outcome, run_until_saved
from walkabout.jobs.specs import LONGEST_DELAY_S, PRIORITIES, Claim, JobSpec, check_queue
from walkabout.jobs.thread_place import ThreadPlace
from walkabout.jobs.turns import Turn
from walkabout.masking import Masker
from walkabout.outbound import Outbound
from walkabout.people.masters import Master
from walkabout.people.reach import Reach
from walkabout.raised import TEXT_MOST, describe_error
from walkabout.walking.call import WalkerCall
from walkabout.walking.fields import BadContext
from walkabout.walking.responses import response_view
from walkabout.walking.resting import Resting, RestingWalks
from walkabout.walking.sentinel import Sentinel, UnknownWalker
from walkabout.walking.walk import Walk, WalkEnvironment, WalkResult, build_walker
from walkabout.walking.walker import Caller, StartOptions, Walker


@dataclass(frozen=True)
class WalkLimits:
    """What a walk may use: nodes visited, walkers that start walkers, seconds a job may run by default, the
    graph, bytes of an own response.

    `hidden`: folders of this machine whose paths its errors show to admins only.
    """

    steps: int
    depth: int
    job_s: float
    graph: GraphLimits
    respond_bytes: int
    hidden: tuple[str, ...] = ()


class Gone(LookupError):
    """What the call needs is not there any more: its master or its node."""


@dataclass
class WalkerCalls:
    """Runs calls. `tries`: after so many conflicts the last one is raised."""

    db: Database
    sentinel: Sentinel
    resting: RestingWalks
    ledger: Ledger
    outbound: Outbound
    reach: Reach
    masker: Masker
    limits: WalkLimits
    tries: int
    clock: Callable[[], float]

    def in_request(self, call: WalkerCall, place: ThreadPlace) -> Outcome:
        """Run a call for a request, in this thread, and save what it changed.

        Raises Conflict, what `place` raises when the run is told to end, and what `once` raises.
        """
        hooks = RequestHooks(place)

        def once(turn: Turn) -> Outcome:
            try:
                place.release()
                turn.come()
                return self.once(call, hooks)
            finally:
                place.hold()

        def save(outcome: Outcome) -> None:
            place.keep()
            if outcome.apply is not None:
                with self.db.transaction(concurrent=True):
                    outcome.apply()

        return run_until_saved(once, save, hooks, self.tries, self.db)

    def in_step(self, call: WalkerCall, hooks: Hooks) -> Outcome:
        """Run a call in this thread, which is a step's of a sequence: interrupts are the sequence's. Saves what it changed.

        Raises Conflict, and what `once` raises.
        """

        def once(turn: Turn) -> Outcome:
            turn.come()
            return self.once(call, hooks)

        def save(outcome: Outcome) -> None:
            if outcome.apply is not None:
                with hooks.guard(), self.db.transaction(concurrent=True):
                    outcome.apply()

        return run_until_saved(once, save, hooks, self.tries, self.db)

    def as_job(self, claim: Claim, hooks: Hooks) -> Outcome:
        """The target of jobs of the kind "walker"."""
        call = WalkerCall.from_argument(claim.owner, json_text.load(claim.argument), hooks.uploads)
        try:
            return self.once(call, hooks)
        except (UnknownWalker, BadContext, Gone) as error:
            # Its walker, its node or its master has changed since it was asked for.
            failed = self._failure(error, WalkResult(), None)
            return replace(failed, elsewhere=isinstance(error, UnknownWalker))

    def once(self, call: WalkerCall, hooks: Hooks) -> Outcome:
        """Run once, from the beginning, and save nothing: the caller applies what the Outcome carries.

        Raises UnknownWalker, BadContext, Gone.
        """
        walker = self.sentinel.walker(call.walker)
        if not walker.walker_options.repeatable:
            hooks.final = hooks.final or NOT_REPEATABLE
        with hooks.guard():
            master, resting = self.resting.read_with_master(call.master, walker.walker_name)
        if master is None or not master.is_activated:
            raise Gone(f"the master {jid(call.master)} is not there any more")
        walk, specs = self._walk(build_walker(walker, call.full_ctx(), resting), master, call, hooks)
        try:
            ran = walk.go(walk.environment.view.node(call.node), resting)
        except NotFound as error:
            raise Gone(str(error)) from None
        except LimitExceeded as error:
            return self._failure(error, walk.ran, master)
        if ran.error is not None:
            return self._failure(ran.error, ran, master)
        return self._outcome(walk, master, resting, specs)

    def _walk(self, walker: Walker, master: Master, call: WalkerCall, hooks: Hooks) -> tuple[Walk, list[JobSpec]]:
        specs: list[JobSpec] = []

        def start_job(other: type[Walker], node: Node, ctx: dict[str, Any], when: StartOptions) -> str:
            # What is wrong with it is the caller's error, now.
            other(**ctx)
            check_start(when)
            eta = self.clock() + when.delay if when.delay > 0 else None
            # The body stays here: a walker that starts many others would save it with each.
            request = replace(call.request, body=b"") if call.request else None
            further = WalkerCall(other.walker_name, call.master, node.uid, ctx, {}, request)
            specs.append(
                further.as_spec(
                    other, self.limits.job_s, eta=eta, priority=when.priority, queue=when.queue, uid=new_uid()
                )
            )
            return specs[-1].uid

        def may_reach_private() -> bool:
            with hooks.guard():
                return self.reach.is_private(master.uid)

        actor = Actor(master.uid, master.is_superuser)
        environment = WalkEnvironment(
            view=GraphView(self.db, actor, self.clock, hooks.guard, self.limits.graph),
            caller=Caller(jid(master.uid), master.email, master.is_superuser),
            http=self.outbound.client(hooks.about_to_send, may_reach_private),
            find=self.sentinel.walker,
            start_job=start_job,
            tell=hooks.tell,
            log=partial(self._log, call.walker),
            request=call.request,
            step_limit=self.limits.steps,
            depth_limit=self.limits.depth,
            respond_most=self.limits.respond_bytes,
        )
        return Walk(walker, environment), specs

    def _log(self, walker: str, level: str, text: str) -> None:
        if not log_line(level, text):
            # A request waits for its end, and has no log: its line is the service's alone.
            self.sentinel.events.say("walker.log", walker=walker, text=text)

    def _outcome(self, walk: Walk, master: Master, resting: Resting | None, specs: list[JobSpec]) -> Outcome:
        ran, name = walk.ran, walk.walker.walker_name
        try:
            changes = walk.environment.view.finish()
            state = walk.state() if ran.paused else None
            result = json_text.write(answer(ran))
        except (ValueError, TypeError, NotYours) as error:
            return self._failure(error, replace(ran, report=[]), master)
        if changes.empty() and resting is None and state is None and not specs:
            return Outcome(result, ran.status_code or 200, response=ran.response)

        def apply() -> None:
            try:
                self._apply(changes, master.uid, name, resting, state, specs)
            except (LimitExceeded, NotYours) as error:
                raise CannotKeep(self._failure(error, replace(ran, report=[]), master)) from None

        brief = summary(changes)
        told = json_text.write(brief) if brief else None
        objects = (*changes.existing(), *([master.uid] if resting is not None or state is not None else ()))
        return Outcome(result, ran.status_code or 200, apply, changes=told, objects=objects, response=ran.response)

    def _apply(
        self,
        changes: GraphChanges,
        master: str,
        walker: str,
        resting: Resting | None,
        state: dict[str, Any] | None,
        specs: list[JobSpec],
    ) -> None:
        changes.apply(self.db)
        self.resting.replace(master, walker, resting, state)
        for spec in specs:
            self.ledger.enqueue(spec)

    def _failure(self, error: BaseException, ran: WalkResult, master: Master | None) -> Outcome:
        # Masked before it is cut to its length: half of a secret is no secret that the masker knows.
        kind, message = describe_error(error, 2 * TEXT_MOST)
        message = self.masker.text(message)[:TEXT_MOST]
        if master is None or not master.is_superuser:
            # Where the service lies on this machine is for admins.
            for folder in self.limits.hidden:
                message = message.replace(f"{folder}/", ".../")
        body = {**answer(ran), "success": False, "errors": [f"{kind}: {message}"]}
        try:
            text = json_text.write(body)
        except (ValueError, TypeError):
            # What it reported can't be written (a NaN, say): the error still can.
            text = json_text.write({**body, "report": [], "errors": [ascii(f"{kind}: {message}")[1:-1]]})
        return Outcome(text, ran.status_code or 200, error=(kind, message))


def check_start(when: StartOptions) -> None:
    """Raises ValueError for what a walker can't say of a job that it starts."""
    least, most = PRIORITIES
    if not least <= when.priority <= most:
        raise ValueError(f"start: priority {when.priority} is out of range; use {least} to {most}")
    if not 0 <= when.delay <= LONGEST_DELAY_S:
        raise ValueError(f"start: delay {when.delay} is out of range; seconds, 0 or more, at most 100 years")
    if when.queue is not None:
        check_queue("start: queue", when.queue)


def answer(ran: WalkResult) -> dict[str, Any]:
    """What a walker that ran answers, now or as a task's result."""
    body: dict[str, Any] = {
        "success": ran.error is None,
        "report": ran.report,
        "final_node": ran.final.jid if ran.final else None,
        "yielded": ran.paused,
    }
    if ran.status_code is not None:
        body["status_code"] = ran.status_code
    if ran.response is not None and ran.error is None:
        body["response"] = response_view(ran.response)
    return body
