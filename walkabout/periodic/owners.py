"""What happens to a person's periodic tasks and jobs when they are disabled, and enabled again.

One place, whoever changes a person. Disabled: nothing of theirs goes on. What runs is ended, what waits is revoked, and
their active tasks are disabled with a note. Enabled again: the tasks that this has disabled are active again, from now
on; jobs that were ended stay ended, since nobody knows whether they are still wanted. Demoted: their sequences end, and
the tasks that run sequences are disabled.
"""

from collections.abc import Callable
from dataclasses import dataclass

from walkabout.database.connections import Database
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.template import OWNER_DISABLED, CannotRun
from walkabout.people import audit
from walkabout.people.audit import Audit
from walkabout.people.masters import Master, Masters
from walkabout.periodic import task_queries
from walkabout.periodic.errors import NoSuchTask, TaskConflict
from walkabout.periodic.periodic_task import ACTIVE, DISABLED
from walkabout.periodic.tasks import PeriodicTasks
from walkabout.problems import Invalid
from walkabout.sequences.rights import NO_ADMIN
from walkabout.sequences.runs import KIND as SEQUENCE

AT_ONCE = 100  # tasks that are changed by one transaction: others write, too


@dataclass
class Owners:
    """Changes what people may do. Each change and its entry in the audit are one transaction.

    `end_runs(uid, kind)` ends what this process runs for somebody (None: of every kind), after the change is committed.
    In the methods, `by` is who makes the change (None: the service itself), and `address` is where they ask from.
    """

    db: Database
    masters: Masters
    ledger: Ledger
    tasks: PeriodicTasks
    audit: Audit
    end_runs: Callable[[str, str | None], object]

    def disable(self, uid: str, *, by: Master | None = None, address: str = "") -> None:
        """Let a person do nothing from now on. Raises LastAdmin."""
        with self.db.transaction():
            before = self.masters.by_uid(uid)
            self.masters.deactivate(uid)
            self._record(audit.DISABLED, before, by, address)
            self.ledger.end_all_of(uid, OWNER_DISABLED)
        self.end_runs(uid, None)
        # Apart: there may be many. One that comes due before its turn is disabled by the tick in the same way.
        self._each(uid, ACTIVE, "", lambda id: self.tasks.disable(id, OWNER_DISABLED, by=_uid(by)))

    def promote(self, uid: str, *, by: Master | None = None, address: str = "") -> None:
        """Make a person an admin."""
        with self.db.transaction():
            before = self.masters.by_uid(uid)
            self.masters.promote(uid)
            self._record(audit.PROMOTED, before, by, address)

    def demote(self, uid: str, *, by: Master | None = None, address: str = "") -> None:
        """Make an admin a user again, and end what runs in an admin's name alone. Raises LastAdmin."""
        with self.db.transaction():
            before = self.masters.by_uid(uid)
            self.masters.demote(uid)
            self._record(audit.DEMOTED, before, by, address)
            self.ledger.end_running_of(uid, SEQUENCE, NO_ADMIN)
            self.tasks.disable_what_may_not_run(uid, by=_uid(by))
        self.end_runs(uid, SEQUENCE)

    def enable(self, uid: str, *, by: Master | None = None, address: str = "") -> None:
        """Let a person sign in and run things again."""
        with self.db.transaction():
            before = self.masters.by_uid(uid)
            self.masters.activate(uid)
            self._record(audit.ENABLED, before, by, address)
        self._each(uid, DISABLED, OWNER_DISABLED, lambda id: self.tasks.enable(id, by=_uid(by)))

    def _record(self, event: str, before: Master | None, by: Master | None, address: str) -> None:
        if before is not None and self.masters.by_uid(before.uid) != before:
            self.audit.record(event, by.email if by else "", before.email, address)

    def _each(self, owner: str, state: str, note: str, change: Callable[[int], object]) -> None:
        last = 0
        while ids := task_queries.ids_of(self.db, owner, state, note, beyond=last, limit=AT_ONCE):
            with self.db.transaction():
                for id in ids:
                    try:
                        change(id)
                    except (Invalid, TaskConflict, NoSuchTask, CannotRun):
                        continue  # no time is to come, it can't be read, or somebody deleted it: it stays as it is
            last = ids[-1]


def _uid(master: Master | None) -> str | None:
    return master.uid if master else None
