"""What notices watch of periodic tasks: which are late, and which runs take longer than they should."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from walkabout.database.connections import Database
from walkabout.jobs import queries
from walkabout.jobs.usual_length import MOST, nearly_all_below, usual_lengths
from walkabout.notices.occasions import LATE, LONG, Occasion
from walkabout.periodic.periodic_task import DISABLED

AT_ONCE = 200  # tasks, or runs, that one look tells of


@dataclass
class TaskWatch:
    """Asks the tables. `clock`: UTC seconds."""

    db: Database
    clock: Callable[[], float]

    def late(self, least_s: float) -> list[Occasion]:
        """The active tasks that should have fired so many seconds ago, the latest first. Index: schedule_due."""
        now = self.clock()
        rows = self.db.rows(
            "SELECT id, name, owner, tags, fire_at FROM schedule WHERE state = 'active' AND fire_at <= ?"
            " ORDER BY fire_at LIMIT ?",
            (now - least_s, AT_ONCE),
        )
        return [
            Occasion(
                event=LATE,
                key=f"{id} {LATE} {fire_at}",
                at=now,
                why=f"It should have fired {now - fire_at:.0f} s ago.",
                task=id,
                task_name=name,
                owner=owner,
                tags=tuple(tags.split()),
                lasted_s=now - fire_at,
            )
            for id, name, owner, tags, fire_at in rows
        ]

    def long(self, least_s: float | None) -> list[Occasion]:
        """The runs of tasks that have taken longer than so many seconds, or (None) than is usual for their task.

        Index: job_started, job_schedule.
        """
        now = self.clock()
        rows = self.db.rows(
            "SELECT job.uid, job.started_at, schedule.id, schedule.name, schedule.owner, schedule.tags FROM job"
            " JOIN schedule ON schedule.id = job.schedule WHERE job.state = 'STARTED' AND job.started_at <= ? LIMIT ?",
            (now - (least_s or 1.0), AT_ONCE),
        )
        usually = {} if least_s is not None else self._usual([row[2] for row in rows])
        found = []
        for uid, started_at, id, name, owner, tags in rows:
            most_s = least_s if least_s is not None else usually.get(id)
            if most_s is None or now - started_at <= most_s:
                continue
            why = f"It has run for {now - started_at:.0f} s" + (
                "." if least_s is not None else f"; 95 % of its runs take less than {most_s:.1f} s."
            )
            found.append(
                Occasion(
                    event=LONG,
                    key=f"{id} {LONG} {uid}",
                    at=now,
                    why=why,
                    task=id,
                    task_name=name,
                    owner=owner,
                    tags=tuple(tags.split()),
                    run=uid,
                    lasted_s=now - started_at,
                )
            )
        return found

    def muted(self, ids: Sequence[int]) -> set[int]:
        """Those of these tasks that are paused, or gone. Index: schedule.id."""
        among, params = self.db.among("id", list(set(ids)))
        rows = self.db.rows(f"SELECT id FROM schedule WHERE {among} AND state <> ?", (*params, DISABLED))
        return set(ids) - {row[0] for row in rows}

    def gone(self, ids: Sequence[int]) -> set[int]:
        """Those of these tasks that can't be restored any more. Index: schedule.id, schedule_version_of."""
        unique = sorted(set(ids))
        among, params = self.db.among("id", unique)
        there = {row[0] for row in self.db.rows(f"SELECT id FROM schedule WHERE {among}", params)}
        among, params = self.db.among("schedule", unique)
        kept = self.db.rows(f"SELECT DISTINCT schedule FROM schedule_version WHERE {among}", params)
        return set(ids) - there - {row[0] for row in kept}

    def _usual(self, ids: Sequence[int]) -> dict[int, float]:
        found = queries.recent(self.db, sorted(set(ids)), MOST) if ids else {}
        return {id: nearly_all_below(lengths) for id, marks in found.items() if (lengths := usual_lengths(marks))}
