"""Runs a JAC step: calls an API of this service in a person's name."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import sequence
from walkabout.jobs.hooks import sent_text
from walkabout.jobs.specs import LeaseLost, Upload
from walkabout.jobs.worker.scoreboard import CANCEL, Interrupted
from walkabout.sequences.named import Find

Guard = Callable[[], AbstractContextManager[Any]]
_ENDING = re.compile(r"(^|\.)(on_error|finally)\.")  # in the path of a step that is done at the end


@dataclass(frozen=True)
class ApiCall:
    """An API that a step asks, by its name, with these parameters, as this master (None: as the public).

    `owner`: in whose name the sequence runs, a uid (None: nobody's). `within`: how a walker runs that the API runs.
    """

    owner: str | None
    api: str
    body: Any
    master: str | None
    within: "StepHooks"


AskApi = Callable[[ApiCall], sequence.StepResponse | sequence.Nested]
"""Asks an API; raises nothing for what a step may do wrong. The dispatcher is above this room: it is handed in."""


def nobody_to_ask(_call: ApiCall) -> sequence.StepResponse | sequence.Nested:
    """The AskApi of a process without APIs."""
    return sequence.StepResponse(status=503, reason="JAC is not available here")


class InFlight(threading.local):
    """What the step of a thread sends just now."""

    request: sequence.StepRequest | None = None


class CallWaits:
    """What JAC calls of one run wait for: nobody waits any more once they are to end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gone: list[Callable[[], object]] = []
        self._is_over = False

    def end(self) -> None:
        """End what is waited for, and what will be; from another thread."""
        with self._lock:
            self._is_over = True
            gone = list(self._gone)
        for call in gone:
            call()

    @contextmanager
    def watched(self, gone: Callable[[], object]) -> Iterator[None]:
        """See jobs.waiting.WhoWaits."""
        with self._lock:
            self._gone.append(gone)
            is_over = self._is_over
        if is_over:
            gone()
        try:
            yield
        finally:
            with self._lock:
                self._gone.remove(gone)


class RunWaits:
    """The waits of all JAC calls of one run: those of its steps, and those of what it does at its end."""

    def __init__(self) -> None:
        self._steps = CallWaits()
        self._endings = CallWaits()

    def of(self, path: str) -> CallWaits:
        """Where the call at a path belongs."""
        return self._endings if _ENDING.search(path) else self._steps

    def cancel(self) -> None:
        """Somebody cancelled the run: what it does at its end may still wait."""
        self._steps.end()

    def cut(self) -> None:
        """The run is interrupted."""
        self._steps.end()
        self._endings.end()


class StepHooks:
    """The hooks of a walker that runs within a step of a sequence: in the step's thread, and in no time but the run's
    (see jobs.hooks.Hooks). `note_sent` notes that the step has sent what may not be sent twice. `left_s`: the step waited
    when a process was told to stop, and so many seconds of its wait are left. `find_saved`: the saved sequences as the run has
    them. `waits`: who waits, where a call does nothing else."""

    def __init__(
        self,
        guard: Guard,
        note_sent: Callable[[], None],
        left_s: float | None = None,
        find_saved: Find | None = None,
        waits: CallWaits | None = None,
    ) -> None:
        self.waits = waits
        self.final: str | None = None
        self.in_request = False
        self.left_s = left_s
        self.find_saved = find_saved
        self._guard = guard
        self._note_sent = note_sent

    def guard(self) -> AbstractContextManager[Any]:
        """Hold interrupts off."""
        return self._guard()

    def tell(self, done: float, total: float | None, text: str) -> None:
        """Nobody looks: the run tells how far it is."""

    def about_to_send(self, request: str) -> None:
        """Note it; a run that is not ours any more ends here."""
        try:
            self._note_sent()
        except LeaseLost:
            raise Interrupted(CANCEL) from None
        self.final = self.final or sent_text(request)

    def uploads(self) -> list[Upload]:
        """There are none."""
        return []

    def lengthen(self, seconds: float) -> None:
        """It has no time but the run's."""

    def cut_with(self, cut: Callable[[], None]) -> None:
        """A walker's own request ends by its own time limit."""


def only_here(guard: Guard) -> Guard:
    """A guard for the thread that makes it, to which interrupts come; a run's other threads need none."""
    here = threading.get_ident()

    def guard_here() -> AbstractContextManager[Any]:
        return guard() if threading.get_ident() == here else nullcontext()

    return guard_here
