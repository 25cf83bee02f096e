"""Runs that are not jobs: inside a request, or as part of a step of a sequence.

They run as often as it takes to save what they change (see jobs.run.run_until_saved), and leave nothing else behind.
"""

from collections.abc import Callable
from dataclasses import dataclass

from walkabout.database.connections import Database
from walkabout.jobs.foreground import Foreground, RequestHooks
from walkabout.jobs.run import Hooks, Outcome, run_until_saved
from walkabout.jobs.thread_place import ThreadPlace
from walkabout.jobs.turns import Turn

Work = Callable[[Hooks], Outcome]
"""Runs once, from the beginning; what it wants to change comes with the Outcome."""


@dataclass(frozen=True)
class DirectRuns:
    """Runs work, and saves what it changed in one transaction. `tries`: after so many conflicts the last one is raised."""

    db: Database
    foreground: Foreground
    tries: int

    def in_request(self, work: Work, limit_s: float, person: str, kind: str) -> Outcome:
        """Run for a request, at most `limit_s` seconds, in one of the places of a person (a uid). `kind`: as jobs have it.

        Raises Conflict, what Foreground.run raises, and what the work raises.
        """
        return self.foreground.run(lambda place: self._run_in_thread(work, place), limit_s, person, kind)

    def in_step(self, work: Work, hooks: Hooks) -> Outcome:
        """Run in this thread, which is a step's of a sequence: interrupts are the sequence's. Raises Conflict, and what
        the work raises."""

        def once(turn: Turn) -> Outcome:
            turn.come()
            return work(hooks)

        def save(outcome: Outcome) -> None:
            if outcome.apply is not None:
                with hooks.guard(), self.db.transaction():
                    outcome.apply()

        return run_until_saved(once, save, hooks, self.tries, self.db)

    def _run_in_thread(self, work: Work, place: ThreadPlace) -> Outcome:
        hooks = RequestHooks(place)

        def once(turn: Turn) -> Outcome:
            try:
                place.release()
                turn.come()
                return work(hooks)
            finally:
                place.hold()

        def save(outcome: Outcome) -> None:
            place.keep()
            if outcome.apply is not None:
                with self.db.transaction():
                    outcome.apply()

        return run_until_saved(once, save, hooks, self.tries, self.db)
