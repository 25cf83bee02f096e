"""A checked schedule: a kind with its fields, the bounds within which it fires, and a zone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from walkabout.periodic.rules.clock import FIRST_MOMENT, JUST_BEFORE, LAST_MOMENT, in_utc, showing
from walkabout.periodic.rules.fields import check_fields, field_specs, read_fields
from walkabout.periodic.rules.kinds import KINDS, conf_schemas, kind_of
from walkabout.periodic.rules.kinds.kind import Around, KindType, ScheduleKind
from walkabout.periodic.rules.wording import either, excerpt
from walkabout.periodic.rules.zones import read_zone
from walkabout.problems import Invalid, Problem, gather, refuse

A_TIME = "a date with a time in ISO 8601, like 2030-12-24T18:00:00+01:00"
A_CONF = 'the fields of the kind, like {"every": 5, "period": "minutes"}'

TypeName = Annotated[str, Meta(title="a kind of schedule", description="The kind.", extra={"use": either(KINDS)})]
Conf = Annotated[dict[str, Any], Meta(title="an object", description="The fields of the kind.", extra={"use": A_CONF})]
OneOff = Annotated[
    bool,
    Meta(
        title="a boolean",
        description="Fires once and is then finished. Default: false, or true for a kind that always fires once.",
        extra={"use": "true or false"},
    ),
]
StartTime = Annotated[
    datetime | None,
    Meta(
        title="a moment",
        description="The first moment at which it may fire, inclusive.",
        extra={"use": A_TIME},
    ),
]
Expires = Annotated[
    datetime | None,
    Meta(title="a moment", description="The moment from which it no longer fires.", extra={"use": A_TIME}),
]


class ScheduleInput(Struct, frozen=True, forbid_unknown_fields=True):
    """The `schedule` parameter."""

    type: TypeName
    conf: Conf
    one_off: OneOff = False
    start_time: StartTime = None
    expires: Expires = None


@dataclass(frozen=True)
class Schedule:
    """When something fires. `start_time` is inclusive, `expires` exclusive; all moments are in UTC.

    one_off: it fires once; who fires it ends it, since a rule doesn't know what has fired already.
    """

    kind: ScheduleKind[Any]
    zone: ZoneInfo
    one_off: bool = False
    start_time: datetime | None = None
    expires: datetime | None = None

    def is_like(self, other: "Schedule") -> bool:
        """Whether the other one says the same, whatever its zone and its anchor."""
        bounds = (self.one_off, self.start_time, self.expires) == (other.one_off, other.start_time, other.expires)
        return bounds and self._values() == other._values()

    def _values(self) -> tuple[str, list[Any]]:
        conf = self.kind.conf
        values = [getattr(conf, name) for name in conf.__struct_fields__]
        # A crontab's 5 is its "5": the form has only texts.
        return self.kind.name, [value if isinstance(value, datetime) else str(value).strip() for value in values]

    def next_after(self, moment: datetime) -> datetime | None:
        """The first fire later than the moment, in UTC, or None: none comes any more.

        Raises ValueError for a moment without an offset.
        """
        fire = self.next_without_end(moment)
        over = fire is not None and self.expires is not None and fire >= self.expires
        return None if over else fire

    def next_without_end(self, moment: datetime) -> datetime | None:
        """As `next_after`, if it did not expire."""
        earliest = max(in_utc(moment), FIRST_MOMENT)
        if self.start_time is not None:
            earliest = max(earliest, self.start_time - JUST_BEFORE)
        return self.kind.next_after(earliest) if earliest < LAST_MOMENT else None

    def fires_after(self, moment: datetime) -> Iterator[datetime]:
        """One fire after the other, in UTC; a single one if it is one-off."""
        fire = self.next_after(moment)
        while fire is not None:
            yield fire
            fire = None if self.one_off else self.next_after(fire)

    def describe(self) -> str:
        """The rule in words: what its kind says, the zone where its clock counts, and the bounds."""
        words = self.kind.describe()
        if self.kind.on_the_clock:
            words += f" ({self.zone.key})"
        if self.start_time is not None:
            words += f", from {self.local_text(self.start_time)} on"
        if self.expires is not None:
            words += f", until {self.local_text(self.expires)}"
        return words + (", once" if self.one_off and not self.kind.always_one_off else "")

    def local_text(self, moment: datetime) -> str:
        """A moment as people in the zone write it: `2030-12-24 18:00`."""
        local = showing(self.zone, moment)
        return f"{local:%Y-%m-%d %H:%M:%S}".removesuffix(":00")

    def as_json(self) -> dict[str, Any]:
        """The schedule as an object that reads as this same rule: all fields, the kind's name, times with offset."""
        return {
            "type": self.kind.name,
            "conf": {name: self._plain(getattr(self.kind.conf, name)) for name in self.kind.conf.__struct_fields__},
            "one_off": self.one_off,
            "start_time": self._plain(self.start_time),
            "expires": self._plain(self.expires),
        }

    def _plain(self, value: Any) -> Any:
        return value.astimezone(self.zone).isoformat() if isinstance(value, datetime) else value


def schedule_schema() -> dict[str, Any]:
    """The JSON Schema of the `schedule` parameter: one form for each kind."""
    _, components = msgspec.json.schema_components([ScheduleInput])
    outer = components["ScheduleInput"]
    forms = [
        outer | {"properties": outer["properties"] | {"type": {"enum": [name, *KINDS[name].aliases]}, "conf": conf}}
        for name, conf in conf_schemas().items()
    ]
    return {"oneOf": forms}


def read_schedule(
    schedule: object, timezone: object = "UTC", *, anchor: datetime, now: datetime | None = None
) -> Schedule:
    """The rule of a `schedule` object and the name of a zone.

    anchor: the moment from which an interval without start_time counts: the second of creation, or a preview's `after`.
    now: given for a schedule that is new or changed: then what could never fire (a clocked time that is past) is
    refused.
    Raises Invalid with every field that is wrong, by its path (`schedule.conf.minute`, `timezone`).
    """
    problems: list[Problem] = []
    zone = ZoneInfo("UTC")
    with gather(problems):
        zone = read_zone(timezone)
    with gather(problems, "schedule"):
        rule = _read(schedule, zone, in_utc(anchor), now)
        if not problems:
            return rule
    raise Invalid(problems)


def _read(schedule: object, zone: ZoneInfo, anchor: datetime, now: datetime | None) -> Schedule:
    schedule = _with_conf(schedule)
    values, problems = check_fields(ScheduleInput, schedule, zone)
    start_time, expires = values.get("start_time"), values.get("expires")
    around = Around(zone, start_time or anchor, anchor_fires=start_time is not None)
    one_off = bool(values.get("one_off"))
    kind = None
    with gather(problems):
        kind_type = kind_of(values["type"]) if "type" in values else None
        if kind_type and "conf" in values:
            kind = _kind(kind_type, values["conf"], around, now)
        if kind_type and kind_type.always_one_off:
            _check_one_off(schedule)
            one_off = True
    if start_time and expires and expires <= start_time:
        problems.append(
            Problem("expires", f"{excerpt(expires.isoformat())} is not after start_time; use a later moment")
        )
    if kind is None or problems:
        raise Invalid(problems)
    return Schedule(kind, zone, one_off, start_time, expires)


def _with_conf(schedule: object) -> object:
    """The schedule with the fields of its kind in `conf`, where they may also stand beside `type`."""
    if not isinstance(schedule, Mapping) or not isinstance(schedule.get("conf", {}), Mapping):
        return schedule
    try:
        names = {field.name for field in field_specs(kind_of(schedule.get("type")).conf_type)}
    except Invalid:
        return schedule
    conf = schedule.get("conf", {})
    beside = {name: value for name, value in schedule.items() if name in names and name not in conf}
    if not beside:
        return schedule
    return {name: value for name, value in schedule.items() if name not in beside} | {"conf": {**conf, **beside}}


def _kind(kind_type: KindType, conf: object, around: Around, now: datetime | None) -> ScheduleKind[Any]:
    try:
        kind = kind_type(kind_type.conf_type(**read_fields(kind_type.conf_type, conf, around.zone)), around)
        if now is not None:
            kind.check_new(in_utc(now))
    except Invalid as refused:
        raise refused.within("conf") from None
    return kind


def _check_one_off(schedule: object) -> None:
    # Absent reads as false as well, so the object itself is asked.
    if isinstance(schedule, Mapping) and schedule.get("one_off") is False:
        raise refuse("one_off", "false is not possible, because this kind always fires once; leave it out or use true")
