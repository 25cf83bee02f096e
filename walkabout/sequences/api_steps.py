"""Runs a JAC step: calls an API of this service in a person's name."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import sequence
from walkabout.jobs.hooks import sent_text
from walkabout.jobs.specs import LeaseLost, Upload
from walkabout.jobs.worker.scoreboard import CANCEL, Interrupted
from walkabout.sequences.named import Find

Guard = Callable[[], AbstractContextManager[Any]]


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


class StepHooks:
    """The hooks of a walker that runs within a step of a sequence: in the step's thread, and in no time but the run's
    (see jobs.hooks.Hooks). `note_sent` notes that the step has sent what may not be sent twice. `left_s`: the step waited
    when a process was told to stop, and so many seconds of its wait are left. `find_saved`: the saved sequences as the run has
    them."""

    def __init__(
        self, guard: Guard, note_sent: Callable[[], None], left_s: float | None = None, find_saved: Find | None = None
    ) -> None:
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
