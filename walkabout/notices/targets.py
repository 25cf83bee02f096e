"""The targets of notices: addresses, each with what it is told; the queries on the table `notice_target`."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from walkabout.database.connections import Database
from walkabout.notices.addresses import OF_TASKS_ONLY, PINGS, SEQUENCE, WALKER, is_for_admins, label, read_address
from walkabout.notices.occasions import FAILED, LATE, LONG, SKIPPING, SUCCEEDED, USUAL, Occasion
from walkabout.notices.tables import NoticeTargetTable
from walkabout.people.masters import Masters
from walkabout.problems import Invalid
from walkabout.settings import SettingsError

ALL, TAG, TASK = "all", "tag", "task"
LATE_S, SKIPPING_S, REMIND_S = 300.0, 3600.0, 86_400.0
"""How long something lasts until it is told, unless its target says otherwise; and until one is reminded, by NOTIFY."""
OF_SETTING = ""
"""Instead of an owner: the setting NOTIFY."""

ANYBODY_SQL = "EXISTS (SELECT 1 FROM notice_target)"
"""SQL text: whether anybody is ever told of anything."""
IS_PINGED_SQL = (
    f"EXISTS (SELECT 1 FROM notice_target WHERE notice_target.task = schedule.id AND notice_target.kind IN {PINGS})"
)
"""SQL text: whether each run of a row of `schedule` is told."""


@dataclass(frozen=True)
class NoticeTarget:
    """An address and what it is told. `owner`: a uid, or OF_SETTING; `place`: ALL, TAG (of `tag`) or TASK (`task`, an id);
    `events`: words with a blank between them; `after`: failures in a row; `long_s` None: longer than usual; `remind_s`
    None: never; `quiet`: see quiet.py; `told_at`: when it was told last (UTC seconds)."""

    id: int
    owner: str
    place: str
    task: int | None
    tag: str
    kind: str
    address: str = field(repr=False)
    events: str = " ".join(USUAL)
    after: int = 1
    late_s: float = LATE_S
    skipping_s: float = SKIPPING_S
    long_s: float | None = None
    remind_s: float | None = None
    quiet: str = ""
    created_at: float = 0.0
    told_at: float | None = None

    @property
    def label(self) -> str:
        """What is shown of its address."""
        return label(self.address)

    @property
    def is_pinged(self) -> bool:
        """Whether it is told of each run."""
        return self.kind in PINGS

    def is_same(self, other: "NoticeTarget") -> bool:
        """Whether another one is this address for the same."""
        return (self.owner, self.place, self.task, self.tag, self.address) == (
            *(other.owner, other.place, other.task, other.tag, other.address),
        )

    def wants(self, occasion: Occasion) -> bool:
        """Whether it is told of an occasion that concerns it."""
        if self.is_pinged:
            return occasion.event in (SUCCEEDED, FAILED)
        if occasion.event not in self.events.split():
            return False
        least = {LATE: self.late_s, SKIPPING: self.skipping_s, LONG: self.long_s or 0.0}
        return (
            occasion.count >= self.after
            if occasion.event == FAILED
            else (occasion.lasted_s >= least.get(occasion.event, 0.0))
        )


@dataclass
class NoticeTargets:
    """What is asked and changed about targets. `clock`: UTC seconds."""

    db: Database
    masters: Masters
    clock: Callable[[], float]

    def add(self, target: NoticeTarget) -> NoticeTarget:
        """Save a target; the same address for the same is changed. Index: notice_target_same."""
        values = [getattr(target, name) for name in _SAVED]
        digest = hashlib.sha256(target.address.encode()).hexdigest()
        id = self.db.rows(_SAVE, (*values, digest))[0][0]
        return replace(target, id=id)

    def remove(self, ids: Sequence[int]) -> None:
        """Forget targets."""
        self.db.change(_Table.delete().where(self.db.is_among(_Table.id, list(ids))))

    def by_id(self, id: int) -> NoticeTarget | None:
        """A target, or None."""
        return self.db.record(NoticeTarget, _targets().where(_Table.id == id))

    def list_of(self, owner: str | None, *, task: int | None = None) -> list[NoticeTarget]:
        """The targets of an owner (a uid) or of all, or those of a task alone, in the order in which they were made."""
        query = _targets()
        if owner is not None:
            query = query.where(_Table.owner == owner)
        if task is not None:
            query = query.where(_Table.place == TASK, _Table.task == task)
        return self.db.records(NoticeTarget, query.order_by(_Table.id))

    def told_of(self, occasion: Occasion) -> list[NoticeTarget]:
        """Whom an occasion concerns and who wants it told, as far as they may see it now."""
        places = _Table.place == ALL
        if occasion.task is not None:
            places |= (_Table.place == TASK) & (_Table.task == occasion.task)
            if occasion.tags:
                places |= (_Table.place == TAG) & _Table.tag.in_(list(occasion.tags))
        found = self.db.records(NoticeTarget, _targets().where(places).order_by(_Table.id))
        return [target for target in found if target.wants(occasion) and self.may_be_told(target, occasion)]

    def may_be_told(self, target: NoticeTarget, occasion: Occasion) -> bool:
        """Whether the owner of a target is somebody who may see what an occasion is about, and use the target, as of now."""
        if not self.is_usable(target):
            return False
        if target.owner in (OF_SETTING, occasion.owner):
            return True
        owner = self.masters.by_uid(target.owner)
        return owner is not None and owner.is_superuser

    def is_usable(self, target: NoticeTarget) -> bool:
        """Whether the owner of a target may still use it."""
        if target.owner == OF_SETTING:
            return True
        owner = self.masters.by_uid(target.owner)
        if owner is None or not owner.is_activated:
            return False
        return owner.is_superuser or not is_for_admins(read_address(target.address), owner.email)

    def note_told(self, id: int, now: float) -> None:
        """Note that a target is told something now (UTC seconds)."""
        self.db.change(_Table.update(told_at=now).where(_Table.id == id))

    def obey_setting(self, text: str, *, may_end: bool) -> None:
        """Let the targets of NOTIFY be those of its text. Raises SettingsError.

        `may_end`: without a text there are none; else who asks may only lack the service's variables.
        """
        wanted = dict.fromkeys(text.split())
        if not wanted and not may_end:
            return
        for number, address in enumerate(wanted, 1):
            try:
                if read_address(address).kind in (*OF_TASKS_ONLY, WALKER, SEQUENCE):
                    raise SettingsError(
                        f"NOTIFY, address number {number}: it needs a task, or somebody to run it; use the page"
                    )
            except Invalid as error:
                raise SettingsError(f"NOTIFY, address number {number}: {error.problems[0].message}") from None
        known = {target.address: target.id for target in self.list_of(OF_SETTING)}
        if set(wanted) == set(known):
            return
        self.remove([id for address, id in known.items() if address not in wanted])
        for address in wanted:
            if address not in known:
                self.add(
                    NoticeTarget(
                        id=0, owner=OF_SETTING, place=ALL, task=None, tag="", kind=read_address(address).kind,
                        address=address, remind_s=REMIND_S, created_at=self.clock(),
                    )
                )  # fmt: skip


_Table = NoticeTargetTable


def _targets() -> Any:
    return _Table.select(*_Table.fields_of(NoticeTarget))


_SAVED = tuple(one.name for one in fields(NoticeTarget) if one.name not in ("id", "told_at"))
_SAVE = (
    f"INSERT INTO notice_target ({', '.join(_SAVED)}, digest) VALUES ({', '.join('?' * len(_SAVED))}, ?)"
    " ON CONFLICT (owner, place, coalesce(task, 0), tag, digest) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _SAVED if name != "created_at")
    + " RETURNING id"
)
