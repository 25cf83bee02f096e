"""The live sender: HTTP through guarded sessions, JAC through the function that the service passes in."""

from collections import deque
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4
from weakref import WeakSet

from requests.cookies import RequestsCookieJar, create_cookie

from sequence.errors import CutOff, Halted, LimitReached, RunCut
from sequence.json_values import Json
from sequence.senders.base import Nested, Opening, Rest, StepRequest, StepResponse, Stop, Unjournaled
from sequence.senders.clock import Clock, SystemClock
from sequence.senders.connections import WatchedSession
from sequence.senders.deadline import Deadline
from sequence.senders.exchange import exchange
from sequence.senders.jac import call_jac
from sequence.senders.network import Network


class Live:
    """Sends for real. One of these serves all runs of a process; `seed` is for tests, else each run gets its own.

    `sending(request)` is told of each request just before it goes out, in the thread that sends it; `more_headers()` gives
    what such a request says beside its own headers, where those don't say it.
    """

    def __init__(
        self,
        network: Network | None = None,
        clock: Clock | None = None,
        seed: str | None = None,
        sending: Callable[[StepRequest], None] | None = None,
        more_headers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self.network = network or Network()
        self.clock = clock or SystemClock()
        self.sending = sending
        self.more_headers = more_headers
        self._seed = seed
        self._halted = False
        self._cancelled = False
        self._open: WeakSet[LiveChannel] = WeakSet()

    def open(self, opening: Opening) -> "LiveChannel":
        """See Sender."""
        channel = LiveChannel(self, opening, self._seed or uuid4().hex)
        if self._cancelled:
            channel.cancel()
        self.enter(channel)
        return channel

    def enter(self, channel: "LiveChannel") -> None:
        """Takes a channel to those that are told what this sender is told."""
        self._open.add(channel)
        if self._halted:
            channel.halt()

    def cut(self) -> None:
        """Ends what its runs wait for, from another thread that interrupts them: answers, pauses. They send no more."""
        for channel in list(self._open):
            channel.cut()

    def cancel(self) -> None:
        """Ends its runs like `cut`, but lets them do what they do at their end; also those that begin from now on."""
        self._cancelled = True
        for channel in list(self._open):
            channel.cancel()

    def halt(self) -> None:
        """Lets its runs go no further, from another thread: what is in flight is answered, pauses end, nothing begins.

        Their `sequence.engine.run` raises Halted then. It makes sense with a journal to go on from.
        """
        self._halted = True
        for channel in list(self._open):
            channel.halt()


class LiveChannel(Unjournaled):
    """The live line of one run."""

    def __init__(self, sender: Live, opening: Opening, seed: str) -> None:
        self.seed = seed
        self.started = sender.clock.time()
        self._sender = sender
        self._opening = opening
        self._clock = sender.clock
        self._ends_at = sender.clock.monotonic() + opening.total_s
        self._idle: deque[WatchedSession] = deque()
        self._busy: set[WatchedSession] = set()
        self._jar = RequestsCookieJar() if opening.cookies else None
        self._of = "the run"
        self._is_ending = False

    def resume(self, seed: str, started: float | None = None) -> None:
        """Goes on with a run that began earlier (UTC seconds): its time counts from its first start. None: from now."""
        self.seed, self.started = seed, self.started if started is None else started
        gone = max(self._clock.time() - self.started, 0.0)
        self._ends_at = self._clock.monotonic() + self._opening.total_s - gone

    def now(self, path: str) -> str:
        """See Channel."""
        return datetime.fromtimestamp(self._clock.time(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def utc(self) -> float:
        """The clock, UTC seconds."""
        return self._clock.time()

    def check_halt(self, path: str, left_s: float | None = None) -> None:
        """Raises Halted when the run is to go no further."""
        if self._opening.stop.is_halted:
            raise Halted(path, left_s)

    def check_time(self, path: str) -> None:
        """See Channel."""
        self.check_halt(path)
        if self._left() <= 0:
            since = "its beginning" if self._is_ending else "its first start"
            raise LimitReached(f"the time of {self._of} is over, {self._opening.total_s:g} s from {since}")

    def wait(self, path: str, attempt: int, seconds: float) -> None:
        """See Channel."""
        ends_at = self._clock.monotonic() + seconds
        if seconds > 0:
            self._clock.wait(self._opening.stop.pauses, min(seconds, max(self._left(), 0.0)))
        self._check_stop()
        self.check_halt(path, max(ends_at - self._clock.monotonic(), 0.0) if seconds > 0 else None)
        self.check_time(path)

    def rest(self, path: str, seconds: float) -> Rest:
        """See Channel."""
        started, begun = self._clock.time(), self._clock.monotonic()
        self.wait(path, 1, seconds)
        return Rest(started, (self._clock.monotonic() - begun) * 1000)

    def send(self, request: StepRequest) -> StepResponse | Nested:
        """See Channel."""
        if self._sender.sending is not None:
            self._sender.sending(request)
        started, begun = self._clock.time(), self._clock.monotonic()
        if request.is_jac:
            return call_jac(self._opening.jac, request, self._opening.limits, started, begun, self._clock.monotonic)
        # Any idle session, not one per thread: threads of loops come and go, their connections can stay.
        session = self._idle.pop() if self._idle else self._session()
        session.deadline.begin(max(min(request.timeout_s, self._left()), 0.001))
        self._busy.add(session)
        try:
            self._check_stop()
            sent = self._with_more_headers(request)
            answer = exchange(session, sent, self._opening.limits, started, begun, self._clock.monotonic)
            if answer.failure and self._opening.stop.is_cut:
                raise CutOff(request.path, is_cancelled=self._opening.stop.is_cancelled)
        except BaseException:
            session.close()
            raise
        finally:
            self._busy.discard(session)
        self._idle.append(session)
        return answer

    def _with_more_headers(self, request: StepRequest) -> StepRequest:
        more = self._sender.more_headers()
        if not more:
            return request
        own = {name.lower() for name in request.header}
        return replace(
            request, header={name: text for name, text in more.items() if name not in own} | dict(request.header)
        )

    def cut(self) -> None:
        """See Live."""
        self._opening.stop.cut()
        for session in list(self._busy):
            session.cut()

    def cancel(self) -> None:
        """See Live."""
        if not self._is_ending:
            self._opening.stop.cancel()
            for session in list(self._busy):
                session.cut()

    def ending(self, name: str, seconds: float) -> "LiveChannel":
        """See Channel. It shares the connections and the cookies."""
        channel = copy(self)
        channel._opening = replace(self._opening, total_s=seconds, stop=Stop())
        channel._ends_at = self._clock.monotonic() + seconds
        channel._of, channel._is_ending, channel._busy = name, True, set()
        self._sender.enter(channel)
        return channel

    def halt(self) -> None:
        """See Live."""
        self._opening.stop.halt()

    def take_cookies(self, cookies: tuple[Mapping[str, Json], ...]) -> None:
        """Makes the jar what it was after an answer that is not sent for again."""
        if self._jar is not None:
            self._jar.clear()
            for cookie in cookies:
                self._jar.set_cookie(create_cookie(**cookie))  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """See Channel."""
        while self._idle:
            self._idle.pop().close()

    def _check_stop(self) -> None:
        if self._opening.stop.is_cut:
            # An item on another thread must not go on sending after its run was interrupted.
            raise RunCut(is_cancelled=self._opening.stop.is_cancelled)

    def _left(self) -> float:
        return self._ends_at - self._clock.monotonic()

    def _session(self) -> WatchedSession:
        deadline = Deadline(self._clock.monotonic)
        opening = self._opening
        return WatchedSession(self._sender.network, deadline, opening.limits.redirects, self._jar, opening.has_secret)
