"""Runs a list of steps: evaluates `when`, resolves, sends, judges, saves and loops, until the end or a `break`."""

from dataclasses import replace
from enum import Enum

from sequence.engine.blocks import run_block
from sequence.engine.failure import Failure
from sequence.engine.loops import run_loop
from sequence.engine.nested import run_nested
from sequence.engine.oauth2 import TokenRefused, TokenSigner
from sequence.engine.outgoing import request_of
from sequence.engine.paging import WHOLE_RECORDS, Pages, follow
from sequence.engine.records import FAILED, IGNORED, OK, RETRIED, SKIPPED, UNKNOWN, plain_record, record_of
from sequence.engine.refreshing import Refresher
from sequence.engine.resolving import StepKeys
from sequence.engine.retries import (
    ONCE,
    UNAUTHORIZED,
    Retry,
    Verdict,
    at_attempt,
    failure_of,
    judge,
    no_answer,
    retry_after,
    retry_of,
)
from sequence.engine.saves import Saves
from sequence.engine.scope import Scope
from sequence.errors import CutOff, RunEnded, StepError
from sequence.json_values import Json, as_text
from sequence.language import keys
from sequence.language.filters import first_that_fails
from sequence.language.plan import StepPlan
from sequence.senders.base import Nested, Rest, StepRequest, StepResponse

NO_ANSWER = StepResponse(status=None)
"""In place of the answer of a step that sends nothing."""


def run_steps(steps: tuple[StepPlan, ...], scope: Scope, prefix: str) -> Failure | None:
    """Runs the steps in order; their paths begin with `prefix`. The failure that ended the list, or None.

    Raises RunEnded for what ends the run whatever `ignore_error` says.
    """
    scope.context.check_level(prefix)
    for step in steps:
        running = _Running(step, scope, f"{prefix}{step.index}")
        if running.run() is Next.END:
            return running.failure
    return None


class Next(Enum):
    """What comes after a step: the step behind it, or the end of the list (by `break`, or by a failure)."""

    STEP = "step"
    END = "end"


class _Running:
    """One step on its way. `failure` is set when it ends its list of steps."""

    def __init__(self, plan: StepPlan, scope: Scope, path: str) -> None:
        self.plan = plan
        self.scope = scope
        self.context = scope.context
        self.path = path
        self.failure: Failure | None = None
        self.saves = Saves(plan, scope)
        self.keys = StepKeys(plan, scope, path, self.saves)
        self.answer_saved: Verdict | None = None
        self.at = path
        self.pages: Pages | None = None
        self.request: StepRequest | None = None
        self.retry = ONCE
        self.rest = Rest()
        self.inner: Failure | None = None
        self.refresher: Refresher | None = None

    def run(self) -> Next:
        """The whole cycle of a step (docs/sequences.md, "The cycle of a step", has the numbers)."""
        self.scope.enter(self.path)
        try:
            self.context.tally.step()
            try:
                if not self._is_wanted():  # 1
                    self._say_plain(SKIPPED, "")
                    return Next.STEP
                self._resolve()  # 2
            except StepError as error:
                verdict = self._fail_unresolved(error)
            else:
                verdict = self._act()  # 3
            self._save_and_record(verdict)  # 4
            if self.plan.loop is not None and not verdict.error:
                self._loop()  # 5
            return Next.END if self.failure is not None or self._breaks() else Next.STEP  # 6
        except RunEnded as end:
            if not end.path:
                end.path = self.at
                self._say_plain(FAILED, end.message)
            raise

    @property
    def data(self) -> dict[str, Json]:
        """The keys of the step, resolved."""
        return self.keys.data

    def _is_wanted(self) -> bool:
        when = self.plan.when
        return when is None or when.bind(self.scope).holds(self.scope)

    def _fail_unresolved(self, error: StepError) -> Verdict:
        self.keys.resolve_what_can_be()
        return failure_of(no_answer(error), str(error))

    def _resolve(self) -> None:
        plan = self.plan
        self.keys.resolve()
        if plan.pages is not None:
            self.pages = Pages(plan.pages, self.data, self.scope)
        if plan.refresh is not None and not self.context.is_refreshing:
            self.refresher = Refresher(plan.refresh, self.scope)
        if plan.sends:
            self.request = self._request()
            is_refreshed = self.refresher is not None
            self.retry = retry_of(self.data.get("retry"), self.request.repeatable, refreshes=is_refreshed)
        elif unfit := keys.unfit(keys.STEP, self.data):
            raise StepError(str(unfit))

    def _request(self) -> StepRequest:
        """The request of the step, or of its next page."""
        limits, seed = self.context.settings.limits, self.context.channel.seed
        if self.pages is None:
            return request_of(self.data, self.path, seed, limits)
        # Their bytes don't depend on which page it is, so that the same request is seen to be the same.
        request = request_of({**self.data, **self.pages.changes}, self.path, seed, limits)
        self.at = f"{self.path}.page[{self.pages.count}]"
        return self.pages.admit(replace(request, path=self.at), self.context.reporter.masker.has_secret)

    def _act(self) -> Verdict:
        """What the step is there for: its request, or its block, or nothing but a pause."""
        if self.pages is not None:
            return self._follow(self.pages)
        if self.request is not None:
            return self._send_with_retries(self.request, self.retry)
        self._pause()
        failure = None
        if self.plan.block is not None:
            failure = run_block(self.plan.block, self.data.get("with"), self.scope, self.path, run_steps)
        if failure is not None:
            self.inner = failure
            return self._see(Verdict(NO_ANSWER, failure.value, failure.message))
        verdict = Verdict(NO_ANSWER, self.scope.own(self.scope.current))
        return self._check_expect(self._save_answer(verdict) if self.keys.filters.expect else verdict)

    def _follow(self, pages: Pages) -> Verdict:
        verdict, self.inner = follow(pages, self)
        self.at, self.request = self.path, None
        self.scope.enter(self.path)
        self.scope.current = verdict.value
        if not verdict.error and self.keys.filters.expect:
            verdict = self._save_answer(verdict)
        return self._check_expect(verdict)

    def send_page(self, number: int) -> Verdict:
        """See PagedStep."""
        assert self.request is not None
        self.scope.enter(self.at)
        verdict = self._send_with_retries(self.request, self.retry)
        state = OK if not verdict.error else IGNORED if self._ignores else FAILED
        self._say(verdict.answer, state, verdict.error, (), keeps_bodies=number < WHOLE_RECORDS)
        return verdict

    def turn(self) -> None:
        """See PagedStep."""
        self.request = self._request()

    def _pause(self) -> None:
        delay_s = float(self.data.get("delay") or 0)
        if delay_s > 0:
            self.rest = self.context.channel.rest(self.path, delay_s)
        else:
            self.context.channel.check_time(self.path)

    def _send_with_retries(self, request: StepRequest, retry: Retry) -> Verdict:
        # `tries` are those that `attempts` counts: one that only had an old token is none of them.
        attempt, tries, pause = 1, 1, float(self.data.get("delay") or 0)
        signer = self._signer(request)
        while True:
            self.context.tally.request()
            self.context.channel.wait(self.at, attempt, pause)
            request = self.request = at_attempt(request, attempt)
            try:
                if self.refresher:
                    request = self.request = self._refreshed(request, self.refresher)
                request = self.request = signer.sign(request) if signer else request
                answer = self._exchange(request)
                verdict = self._see(judge(answer, self.data.get("ok"), is_jac=request.is_jac))
            except StepError as error:
                answer = error.answer if isinstance(error, TokenRefused) else no_answer(error)
                verdict = self._see(failure_of(answer, str(error)))
            if signer and signer.wants_new(request, answer):
                self._say(answer, RETRIED, f"status {answer.status}: once more, with a new access token", ())
                attempt, pause = attempt + 1, 0.0
                continue
            if not verdict.error and not self.pages and (self.keys.filters.until or self.keys.filters.expect):
                verdict = self._save_answer(verdict)  # they see it
            waits_for = "" if verdict.error else self._waits_for()
            if not retry.wants_again(answer, tries, verdict.error, not waits_for):
                if waits_for:
                    return self._see(failure_of(answer, f"retry.until does not hold after {tries} tries: {waits_for}"))
                return verdict if self.pages else self._check_expect(verdict)
            pause = retry.pause(answer, tries, self.context.channel.seed, self.at)
            has_left = self.pages is not None and self.pages.has_left
            if self.refresher and verdict.error and answer.status == UNAUTHORIZED and not has_left:
                run = self.refresher.refresh(self.at, verdict.value, run_steps)
                if run.error:
                    self.inner = Failure(run.at, "", None, (self.at,))
                    return self._see(replace(verdict, error=f"{verdict.error}; retry.use: {run.at}: {run.error}"))
                pause = pause if retry_after(answer) else 0.0  # what was wanting is here
            self._say(answer, RETRIED, verdict.error or waits_for, ())
            attempt, tries = attempt + 1, tries + 1

    def _refreshed(self, request: StepRequest, refresher: Refresher) -> StepRequest:
        """The request of this try, with what the block of `retry.use` has brought up to now."""
        attempt = request.attempt
        if refresher.begin(self.at, attempt) or attempt > 1:
            self.keys.resolve_again()
            if self.pages is not None:
                self.pages.data = self.data
            request = at_attempt(self._request(), attempt)
        return replace(request, uses=refresher.uses)

    def _signer(self, request: StepRequest) -> TokenSigner | None:
        auth = self.data.get("auth") or {}
        has_left = self.pages is not None and self.pages.has_left
        return TokenSigner(auth["oauth2"], self.context, request.verify) if "oauth2" in auth and not has_left else None

    def _waits_for(self) -> str:
        """What `retry.until` still waits for; empty when it holds. A regex that takes too long waits, too."""
        until = self.keys.filters.until
        try:
            return "" if until is None or until.holds(self.scope) else until.describe(self.scope)
        except StepError as error:
            return str(error)

    def _exchange(self, request: StepRequest) -> StepResponse:
        with self.context.reporter.in_flight(self.at, self._say_unknown):
            try:
                answer = self.context.channel.send(request)
            except BaseException as error:
                # Said while it counts as in flight: what no longer does, nobody else says when the run ends meanwhile.
                if isinstance(error, CutOff) or not isinstance(error, RunEnded):
                    self._say_unknown()
                raise
        if not isinstance(answer, Nested):
            return answer
        response, failures = run_nested(answer, self.scope, self.at, run_steps)
        # Going on from here means going on from the steps within.
        paths = (self.at, *(path for failure in failures for path in failure.paths))
        self.inner = Failure(self.path, "", None, paths)
        return response

    def _say_unknown(self) -> None:
        self._say_plain(UNKNOWN, "ended while it was in flight: it is not known whether it was answered")

    def _see(self, verdict: Verdict) -> Verdict:
        answer = verdict.answer
        self.scope.current = verdict.value
        if answer is NO_ANSWER:
            return verdict
        self.scope.last = {
            "status": answer.status,
            "header": dict(answer.header),
            "cookies": dict(answer.set_cookies),
            "url": answer.url,
            "ms": answer.ms,
            "body": answer.body,
        }
        if self.pages is not None:
            self.scope.last["page"] = self.pages.count + 1
        return verdict

    def _check_expect(self, verdict: Verdict) -> Verdict:
        if verdict.error or self.keys.filters.expect is None:
            return verdict
        try:
            found = first_that_fails(self.keys.filters.expect, self.scope)
        except StepError as error:
            return self._see(failure_of(verdict.answer, f"expect: {error}"))
        return verdict if found is None else self._see(failure_of(verdict.answer, f"expect{found[0]}: {found[1]}"))

    def _save_and_record(self, verdict: Verdict) -> None:
        """Saves what came, says it, and decides whether an error ends the list."""
        if self.request is None and verdict.error and self.pages is None:
            self._see(verdict)
        verdict = self._save_answer(verdict)
        state = OK if not verdict.error else IGNORED if self._ignores else FAILED
        self._say(verdict.answer, state, verdict.error, tuple(self.saves.keys))
        if state == FAILED:
            at = self.inner or Failure.of(self.path, "")
            self._end_with(Failure(at.path, verdict.error, verdict.value, at.paths))

    def _end_with(self, failure: Failure) -> None:
        """An error that nobody ignores ends the list of steps; that of a soft step only counts at the run's end."""
        if self.data.get("soft") is True:
            self.context.soft.append(failure)
        else:
            self.failure = failure

    def _loop(self) -> None:
        assert self.plan.loop is not None
        response, last = self.scope.current, self.scope.last
        try:
            failure = run_loop(self.plan.loop, self.scope, self.path, run_steps)
        except StepError as error:
            failure = Failure.of(self.path, str(error))
        self.scope.current, self.scope.last = response, last
        self.scope.path = self.path
        if failure is not None:
            self._fail(failure, f"{self.path}.loop")

    def _fail(self, failure: Failure, path: str) -> None:
        self.scope.current = failure.value
        self._save("save_to", failure.value)
        self._say_plain(IGNORED if self._ignores else FAILED, failure.message, path)
        if not self._ignores:
            self._end_with(failure)

    def _breaks(self) -> bool:
        stop = self.keys.filters.stop
        try:
            return stop is not None and stop.holds(self.scope)
        except StepError as error:
            self._fail(Failure.of(self.path, f"break: {error}"), self.path)
            return self.failure is not None

    @property
    def _ignores(self) -> bool:
        return self.data.get("ignore_error") is True

    def _save_answer(self, verdict: Verdict) -> Verdict:
        """Saves what came under `save_to`, and `set`. The verdict; an error when something can't be saved."""
        if verdict is self.answer_saved:
            return verdict
        try:
            self._save("save_to", verdict.value)
        except StepError as error:
            self.data["save_to"] = None
            return self._see(failure_of(verdict.answer, f"save_to: {error}"))
        self.answer_saved = verdict
        if verdict.error or not self.plan.saves:
            return verdict
        try:
            self.saves.put_set()
        except StepError as error:
            return self._save_answer(self._see(failure_of(verdict.answer, str(error))))
        return verdict

    def _save(self, name: str, value: Json) -> None:
        self.saves.put(self.data.get(name), value)

    def _say(
        self, answer: StepResponse, state: str, error: str, saved: tuple[str, ...], *, keeps_bodies: bool = True
    ) -> None:
        if self.request is None:
            self._say_plain(state, error, saved=saved)
            return
        reporter = self.context.reporter
        name = as_text(self.data.get("name"))
        record = record_of(
            reporter.masker, reporter.budget, self.request, answer, state=state, name=name, saved=saved, error=error
        )
        reporter.say(record, keeps_bodies=keeps_bodies)

    def _say_plain(self, state: str, error: str, path: str = "", saved: tuple[str, ...] = ()) -> None:
        """A record of a step that got no answer: there is nothing but what the step says of itself."""
        reporter, attempt = self.context.reporter, self.request.attempt if self.request else 1
        fields = {**self.plan.fields, **self.data}
        reporter.say(
            plain_record(
                reporter.masker,
                path or self.at,
                fields,
                self.rest,
                state=state,
                attempt=attempt,
                saved=saved,
                error=error,
            )
        )
