"""What happens to a person's periodic tasks and jobs when they are disabled, and enabled again.

One place, whichever door disables them. Disabled: nothing of theirs goes on. What runs is ended, what waits is revoked,
and their active tasks are disabled with a note. Enabled again: the tasks that this has disabled are active again, from
now on; jobs that were ended stay ended, nobody knows whether they are still wanted.
"""

from collections.abc import Callable
from dataclasses import dataclass

from walkabout.database.connections import Database
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.template import OWNER_DISABLED, CannotRun
from walkabout.people.masters import Masters
from walkabout.periodic import table
from walkabout.periodic.periodic_task import ACTIVE, DISABLED
from walkabout.periodic.rules.problems import Invalid
from walkabout.periodic.tasks import NameTaken, NoSuchTask, PeriodicTasks

AT_ONCE = 100  # tasks that are changed by one transaction: others write, too


@dataclass
class Owners:
    """Disables and enables people. `end_runs(uid)` ends what this process runs for somebody, after it was noted."""

    db: Database
    masters: Masters
    ledger: Ledger
    tasks: PeriodicTasks
    end_runs: Callable[[str], object]

    def disable(self, uid: str, *, by: str | None = None) -> None:
        """Let a person do nothing from now on; `by`: who says so. Raises LastAdmin."""
        with self.db.transaction():
            self.masters.deactivate(uid)
            self.ledger.end_all_of(uid, OWNER_DISABLED)
        self.end_runs(uid)
        # Apart: there may be many. One that comes due before its turn is disabled by the tick in the same way.
        self._each(uid, ACTIVE, "", lambda id: self.tasks.disable(id, OWNER_DISABLED, by=by))

    def demote(self, uid: str, *, by: str | None = None) -> None:
        """Make a person an admin no more, and disable what runs in an admin's name alone; `by`: who says so.

        Raises LastAdmin.
        """
        with self.db.transaction():
            self.masters.demote(uid)
            self.tasks.disable_what_may_not_run(uid, by=by)

    def enable(self, uid: str, *, by: str | None = None) -> None:
        """Let a person come back; `by`: who says so."""
        self.masters.activate(uid)
        self._each(uid, DISABLED, OWNER_DISABLED, lambda id: self.tasks.enable(id, by=by))

    def _each(self, owner: str, state: str, note: str, change: Callable[[int], object]) -> None:
        last = 0
        while ids := table.ids_of(self.db, owner, state, note, beyond=last, limit=AT_ONCE):
            with self.db.transaction():
                for id in ids:
                    try:
                        change(id)
                    except (Invalid, NameTaken, NoSuchTask, CannotRun):
                        continue  # no time is to come, it can't be read, or somebody deleted it: it stays as it is
            last = ids[-1]
