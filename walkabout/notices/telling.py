"""Tells: writes the notices of an occasion, in the transaction of what they tell. Each state is told once."""

from dataclasses import dataclass, replace
from typing import Any

from walkabout.database.connections import Database
from walkabout.jids import new_uid
from walkabout.notices.occasions import FAILED, POINTS, RECOVERED, SUCCEEDED, Occasion
from walkabout.notices.quiet import end_of_quiet
from walkabout.notices.targets import NoticeTarget, NoticeTargets

WHY_MOST = 500  # characters
WAITING, SENDING, SENT, GIVEN_UP, DROPPED = "waiting", "sending", "sent", "failed", "dropped"
"""The states of a notice: not sent yet, on its way, taken, not taken after all tries, and no target is left for it."""
OPEN = (WAITING, SENDING)
_INSERT = (
    "INSERT INTO notice (uid, key, target, owner, event, task, task_name, run, count, why, at, due_at, over_at, remind_at,"
    " state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
# Who was told that something goes on.
_END = "UPDATE notice SET over_at = ?, remind_at = NULL WHERE task = ? AND over_at IS NULL RETURNING id, target, event"


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
            self._tell_recovered(occasion)
        for target in self.targets.told_of(occasion):
            self._add(target, occasion)

    def _tell_recovered(self, occasion: Occasion) -> None:
        ended = self.db.rows(_END, (occasion.at, occasion.task))
        latest: dict[int, int] = {}
        for id, target, _ in ended:
            latest[target] = max(id, latest.get(target, 0))
        for target_id, id in latest.items():
            target = self.targets.by_id(target_id)
            if target is not None:
                self._add_recovered(target, replace(occasion, event=RECOVERED, key=f"{occasion.task} recovered {id}"))

    def _add_recovered(self, target: NoticeTarget, occasion: Occasion) -> None:
        if target.wants(occasion) and self.targets.may_be_told(target, occasion):
            self._add(target, occasion)

    def _add(self, target: NoticeTarget, occasion: Occasion) -> bool:
        """Write the notice of a target; False: it has been told."""
        is_over = target.is_pinged or occasion.event in POINTS
        key = occasion.key
        if target.is_pinged and occasion.event == FAILED:
            key = f"{occasion.task} run {occasion.run}"
        now = occasion.at
        reminds = target.remind_s is not None and not is_over
        values: tuple[Any, ...] = (
            *(new_uid(), f"{target.id} {key}", target.id, target.owner, occasion.event, occasion.task),
            *(occasion.task_name, occasion.run, occasion.count, occasion.why[:WHY_MOST], now),
            end_of_quiet(target.quiet, now),
            now if is_over else None,
            now + (target.remind_s or 0.0) if reminds else None,
            WAITING,
        )
        return self.db.change(_INSERT, values) > 0
