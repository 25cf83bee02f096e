"""Tells: writes the notices of an occasion, in the transaction of what they tell. Each state is told once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from walkabout.database.connections import Database
from walkabout.jids import new_uid
from walkabout.notices.occasions import CLOCK, DISK, NO_WORKER, POINTS, RECOVERED, SUCCEEDED, Occasion
from walkabout.notices.quiet import end_of_quiet
from walkabout.notices.targets import NoticeTarget, NoticeTargets

WHY_MOST = 500  # characters
WAITING, SENDING, SENT, GIVEN_UP, DROPPED = "waiting", "sending", "sent", "failed", "dropped"
"""The states of a notice: not sent yet, on its way, taken, not taken after all tries, and no target is left for it."""
OPEN = (WAITING, SENDING)
_OVER = {NO_WORKER: "A worker is alive again.", DISK: "There is room again.", CLOCK: "The clocks agree again."}
"""What is told at the end of a state of the installation."""
_INSERT = (
    "INSERT INTO notice (uid, key, state_key, target, owner, event, task, task_name, run, count, why, at, due_at, over_at,"
    " remind_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
# Who was told that something goes on; all of a task, or one state.
_END = "UPDATE notice SET over_at = ?, remind_at = NULL WHERE {0} AND over_at IS NULL RETURNING id, target"
_END_OF_TASK, _END_OF_STATE = _END.format("task = ?"), _END.format("state_key = ?")


@dataclass
class Notices:
    """Writes notices."""

    db: Database
    targets: NoticeTargets

    def tell(self, occasion: Occasion) -> None:
        """Write an occasion's notices for all whom it concerns; nothing for those who were told of this state already.

        A task that succeeded is over whatever was told of it, and who was told that is told so. Index: notice.key,
        notice_target_task.
        """
        if occasion.event == SUCCEEDED:
            ended = self.db.rows(_END_OF_TASK, (occasion.at, occasion.task))
            self._tell_ended(ended, replace(occasion, event=RECOVERED, why=""))
        for target in self.targets.told_of(occasion):
            self._add(target, occasion)

    def going_on(self, events: Sequence[str], places: Sequence[str]) -> list[Occasion]:
        """The states of these events that were told and are not over: of tasks, and of the machines of these names ("": of
        all). Index: notice_lasts."""
        rows = self.db.rows(
            "SELECT state_key, min(event), min(task), min(task_name), max(at) FROM notice WHERE over_at IS NULL"
            f" AND event IN ({_marks(events)}) AND (task IS NOT NULL OR task_name IN ({_marks(places)})) GROUP BY state_key",
            (*events, *places),
        )
        return [
            Occasion(event, key, at, why=_OVER.get(event, ""), task=task, task_name=name)
            for key, event, task, name, at in rows
        ]

    def end(self, state: Occasion, at: float, *, is_muted: bool) -> None:
        """A state that was told is over; who was told of it is told so, unless its task is mute. Index: notice_lasts."""
        ended = self.db.rows(_END_OF_STATE, (at, state.key))
        if not is_muted:
            self._tell_ended(ended, replace(state, event=RECOVERED, at=at))

    def key_of(self, event: str, where: str) -> str:
        """The key of a state of the installation that goes on, or of the one that begins now. `where`: of which machine."""
        known = self.db.first(
            "SELECT state_key FROM notice WHERE over_at IS NULL AND event = ? AND task_name = ? LIMIT 1", (event, where)
        )
        if known:
            return str(known[0])
        last = self.db.value("SELECT max(id) FROM notice WHERE event = ? AND task_name = ?", (event, where))
        return f"{event} {where} after {last or 0}"

    def reminders_due(self, now: float) -> list[tuple[int, int | None]]:
        """The notices (their ids) of which somebody is to be reminded by now (UTC seconds), each with its task."""
        rows = self.db.rows("SELECT id, task FROM notice WHERE remind_at <= ? AND over_at IS NULL ORDER BY id", (now,))
        return [(id, task) for id, task in rows]

    def remind(self, id: int, now: float, *, is_muted: bool) -> None:
        """Remind of a notice that goes on, if that is due still; or, when its task is muted, let it wait for the next time."""
        with self.db.transaction():
            rows = self.db.rows(
                "SELECT target, event, state_key, task, task_name, run, count, why, remind_at FROM notice"
                " WHERE id = ? AND remind_at <= ? AND over_at IS NULL",
                (id, now),
            )
            if not rows:
                return
            target_id, event, key, task, name, run, count, why, due_at = rows[0]
            target = self.targets.by_id(target_id)
            again_s = None if target is None else target.remind_s
            again_at = None if again_s is None else now + again_s
            self.db.change("UPDATE notice SET remind_at = ? WHERE id = ?", (again_at, id))
            if target is not None and again_s is not None and not is_muted:
                again = Occasion(event, key, now, why=why, task=task, task_name=name, run=run, count=count)
                self._add(target, again, reminder=f" again {due_at}")

    def _tell_ended(self, ended: Sequence[tuple[Any, ...]], occasion: Occasion) -> None:
        """Tell each target of these notices (their ids and targets) once that what it was told is over."""
        latest: dict[int, int] = {}
        for id, target in ended:
            latest[target] = max(id, latest.get(target, 0))
        for target_id, id in latest.items():
            target = self.targets.by_id(target_id)
            if target is not None:
                self._add_recovered(target, replace(occasion, key=f"{RECOVERED} {id}"))

    def _add_recovered(self, target: NoticeTarget, occasion: Occasion) -> None:
        if target.wants(occasion) and self.targets.is_usable(target):
            self._add(target, occasion)

    def _add(self, target: NoticeTarget, occasion: Occasion, reminder: str = "") -> None:
        """Write the notice of a target, unless it has been told. `reminder`: what tells its key from the first one's."""
        is_over = target.is_pinged or occasion.event in POINTS or bool(reminder)
        key = occasion.key + reminder
        if target.is_pinged:
            key = f"{occasion.task} run {occasion.run}"
        now = occasion.at
        reminds = target.remind_s is not None and not is_over
        values: tuple[Any, ...] = (
            *(new_uid(), f"{target.id} {key}", occasion.key, target.id, target.owner, occasion.event, occasion.task),
            *(occasion.task_name, occasion.run, occasion.count, occasion.why[:WHY_MOST], now),
            end_of_quiet(target.quiet, now),
            now if is_over else None,
            now + (target.remind_s or 0.0) if reminds else None,
            WAITING,
        )
        self.db.change(_INSERT, values)


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
