"""Turns: runs that change the same object run one after another instead of conflicting again and again.

A run that had a conflict draws a ticket for the object, waits until those before it are through, and runs again. While it
waits and runs, others that are short too and would commit a change of that object draw a ticket instead. So each runs
at most two or three times, whoever they are: jobs of any consumer, and runs inside of requests.

Nobody is stopped by it: a ticket whose holder is gone or slow is passed over, all tickets of a run are drawn at once, so
that no two runs wait for each other, and runs that take long or may not run again neither draw nor mind tickets.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any

from walkabout.database.connections import Conflict, Database, Unavailable
from walkabout.jids import new_uid

SHORT_S = 0.5  # a run that takes longer does not let others wait for it
FIRST_MOST_S = 2.0  # who is the first in line for longer is passed over
LOOK_EVERY_S = (0.001, 0.05)  # how often the next one looks, and the last of many


class NotItsTurn(Conflict):
    """Others have waited for their turn to change the object; `uid` names it."""


class Turn:
    """One run's tickets. `guard()` stands around each use of the database (see Hooks)."""

    def __init__(
        self,
        db: Database,
        guard: Callable[[], AbstractContextManager[Any]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.db = db
        self.guard = guard
        self.monotonic = monotonic
        self.ran_s = 0.0
        self._holder = ""
        self._objects: set[str] = set()
        self._first = 0  # the number of the first ticket; 0: there is none
        self._began_at = 0.0

    def come(self) -> None:
        """Before each run: wait until it is our turn, if we have tickets. Interrupts may come in meanwhile."""
        ahead, since = 0, self.monotonic()
        while self._first and (found := self._ahead()):
            count, first = found
            if first != ahead:
                ahead, since = first, self.monotonic()
            elif self.monotonic() - since > FIRST_MOST_S:
                with self.guard():
                    self.db.change("DELETE FROM turn WHERE id = ?", (first,))
            shortest, longest = LOOK_EVERY_S
            time.sleep(min(shortest * count**2, longest))
        self._began_at = self.monotonic()

    def behind(self, apply: Callable[[], None], objects: Sequence[str], *, minds: bool) -> Callable[[], None]:
        """`apply`, a commit that changes these objects, as it is done at our turn; else that raises NotItsTurn.

        `minds`: the run may run again; else it has to be kept now, whoever waits.
        """
        self.ran_s = self.monotonic() - self._began_at

        def write() -> None:
            if minds and self.ran_s <= SHORT_S and objects:
                self._check(objects)
            apply()
            if self._first:
                self._drop()

        return write

    def draw(self, uid: str) -> bool:
        """After a conflict about an object: draw tickets. False: this run is too long for that."""
        if self.ran_s > SHORT_S or self.db.in_unit:
            return False
        if not self._first or uid not in self._objects:
            self._objects.add(uid)
            with self.guard(), self.db.apart(), self.db.transaction(concurrent=True):
                self._holder = self._holder or new_uid()
                self._drop()
                self.db.change_many(
                    "INSERT INTO turn (object, holder) VALUES (?, ?)", [(one, self._holder) for one in self._objects]
                )
                self._first = self.db.rows("SELECT min(id) FROM turn WHERE holder = ?", (self._holder,))[0][0]
        return True

    def leave(self) -> None:
        """The run ends otherwise: let the next one come."""
        if self._first:
            with suppress(Unavailable, RuntimeError), self.guard(), self.db.apart():
                self._drop()  # else the next one passes us over

    def forget(self) -> None:
        """Our tickets went with our commit."""
        self._first = 0

    def _ahead(self) -> tuple[int, int] | None:
        which, params = self.db.among("object", sorted(self._objects))
        with self.guard():
            count, first = self.db.rows(
                f"SELECT count(*), min(id) FROM turn WHERE {which} AND id < ?", (*params, self._first)
            )[0]
        return (count, first) if count else None

    def _check(self, objects: Sequence[str]) -> None:
        which, params = self.db.among("object", objects)
        before = "" if not self._first else f" AND id < {self._first}"
        row = self.db.first(f"SELECT object FROM turn WHERE {which}{before} LIMIT 1", params)
        if row is not None:
            raise NotItsTurn(row[0])

    def _drop(self) -> None:
        self.db.change("DELETE FROM turn WHERE holder = ?", (self._holder,))
