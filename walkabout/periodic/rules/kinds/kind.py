"""The base of a kind of schedule. Each kind is one class in a module of this folder; nothing else names it.

The form makes a kind's inputs from `conf_type`. A kind that wants others has a partial of its own, which brings its
styles and its script: templates/task_form/kinds/NAME.html.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar
from zoneinfo import ZoneInfo

import msgspec

ConfT = TypeVar("ConfT", bound=msgspec.Struct)


@dataclass(frozen=True)
class Around:
    """What a kind gets besides its own fields.

    zone: whose clock counts. anchor: the moment (UTC) from which intervals are counted. anchor_fires: the anchor is
    itself the first fire (it is a start_time).
    """

    zone: ZoneInfo
    anchor: datetime
    anchor_fires: bool = False


class ScheduleKind(ABC, Generic[ConfT]):
    """One schedule of one kind: its fields, of the types that `conf_type` declares, and what is around them.

    Raises Invalid on creation when the fields can't be together; the fields are named without the path before them.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    doc: ClassVar[str]
    conf_type: ClassVar[type[msgspec.Struct]]
    place: ClassVar[int] = 100  # among the kinds, as people see them; the same: by name
    is_usual: ClassVar[bool] = False  # the form begins with it
    input_order: ClassVar[tuple[str, ...]] = ()  # the fields as people write them, where that is not as declared
    always_one_off: ClassVar[bool] = False
    counts_from_anchor: ClassVar[bool] = False
    on_the_clock: ClassVar[bool] = False  # its times are read off the zone's clock, so the words name the zone

    def __init__(self, conf: ConfT, around: Around) -> None:
        self.conf = conf
        self.around = around

    @abstractmethod
    def next_after(self, moment: datetime) -> datetime | None:
        """The first fire later than the moment (both UTC), or None: none comes any more."""

    @abstractmethod
    def describe(self) -> str:
        """The schedule in words, beginning with a capital, without a full stop."""

    @abstractmethod
    def count(self, after: datetime, until: datetime) -> int:
        """How many fires are later than `after` and not later than `until`; those that one tick deals with are one.

        Exact, and never by going through them: a year of missed fires costs a tick no more than a minute of them.
        """

    @abstractmethod
    def latest(self, after: datetime, until: datetime, most: int) -> list[datetime]:
        """The last `most` of those that `count` counts, the oldest first; of those in one tick the last. As cheap."""

    def anchor_by(self, moment: datetime) -> datetime:  # noqa: ARG002
        """An anchor that is not later than a moment (UTC) and makes the same times, for a kind that has one."""
        return self.around.anchor

    @classmethod
    def meanings(cls, texts: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG003
        """What each text means by itself that is typed into a field, by the field's name, where that helps."""
        return {}

    def check_new(self, now: datetime) -> None:
        """Raises Invalid when a schedule that is new at `now` (UTC) makes no sense, though an old one may be so."""

    def remarks(self, after: datetime, fires: Sequence[datetime]) -> list[str]:  # noqa: ARG002
        """Sentences on what may surprise in these fires, the first ones after a moment (UTC)."""
        return []

    def pauses(self, after: datetime, fires: Sequence[datetime]) -> list[tuple[datetime, datetime]]:  # noqa: ARG002
        """Stretches between these fires, the first ones after a moment, in which days are skipped (all UTC)."""
        return []


KindType = type[ScheduleKind[Any]]
