"""What hypothesis draws for schedules: crontab fields with their meaning, zones, and moments near clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume
from hypothesis import strategies as st

from tests.periodic.cron_brute_force import Times
from walkabout.jids import jid
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import SEQUENCE, WALKER
from walkabout.periodic.rules.clock import first_change
from walkabout.periodic.rules.kinds.sun import EVENTS
from walkabout.periodic.rules.schedule import read_schedule
from walkabout.periodic.rules.zones import zone_names
from walkabout.problems import Invalid

NAMES = {
    "day_of_week": ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
    "month_of_year": ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
}
BOUNDS = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day_of_week": (0, 7),
    "day_of_month": (1, 31),
    "month_of_year": (1, 12),
}
CHANGING_ZONES = (
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "America/Nuuk",
    "America/Havana",
    "America/Scoresbysund",
    "Atlantic/Azores",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Auckland",
    "Antarctica/Troll",
)
zones = st.sampled_from(sorted(zone_names())).map(ZoneInfo)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))

intervals = st.fixed_dictionaries(
    {
        "every": st.integers(1, 30_000),
        "period": st.sampled_from(["days", "hours", "minutes", "seconds", "microseconds"]),
    }
)
suns = st.fixed_dictionaries(
    {"event": st.sampled_from(sorted(EVENTS)), "latitude": st.floats(-90, 90), "longitude": st.floats(-180, 180)}
)


@st.composite
def changes(draw):
    """A zone and a moment within two days of a change of its clock."""
    zone = ZoneInfo(draw(st.sampled_from(CHANGING_ZONES)))
    start = draw(st.datetimes(datetime(2024, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)))
    change = first_change(zone, start, start + timedelta(days=400))
    assert change
    off = draw(st.timedeltas(timedelta(days=-2), timedelta(days=1)))
    return zone, draw(st.sampled_from([change.at + off, change.at, change.at - timedelta(microseconds=1)]))


@st.composite
def items(draw, field):
    """One item of a field's list, and the numbers it stands for (Sunday 0 or 7)."""
    least, most = BOUNDS[field]
    low = draw(st.integers(least, most))
    high = draw(st.integers(low, most))
    step = draw(st.integers(1, most))
    number = low - least
    word = NAMES[field][number] if field in NAMES and number < len(NAMES[field]) and draw(st.booleans()) else str(low)
    return draw(
        st.sampled_from(
            [
                (word, {low}),
                (f"{word}-{high}", set(range(low, high + 1))),
                (f"{word}-{high}/{step}", set(range(low, high + 1, step))),
                (f"*/{step}", set(range(least, most + 1, step))),
                ("*", set(range(least, most + 1))),
            ]
        )
    )


@st.composite
def fields(draw, field):
    """A field's text and the numbers it stands for; Sunday is 0."""
    drawn = draw(st.lists(items(field), min_size=1, max_size=3))
    numbers = set().union(*(numbers for _, numbers in drawn))
    text = ",".join(text for text, _ in drawn)
    return text, frozenset(number % 7 for number in numbers) if field == "day_of_week" else frozenset(numbers)


@st.composite
def crontabs(draw, every_day=False):
    """A crontab's conf and its meaning; every_day: a walk of two days meets some fires."""
    drawn = {field: draw(fields(field)) for field in BOUNDS}
    if every_day:
        drawn |= {field: ("*", frozenset(range(32))) for field in ("day_of_week", "day_of_month", "month_of_year")}
    conf = {field: text for field, (text, _) in drawn.items()}
    follows = conf["minute"].startswith("*") or conf["hour"].startswith("*")
    return conf, Times(*(numbers for _, numbers in drawn.values()), follows=follows)


def rule(schedule, zone="UTC"):
    return read_schedule(schedule, zone, anchor=datetime(2026, 1, 1, tzinfo=UTC))


@st.composite
def rules(draw):
    """A rule of any kind in any zone, mostly without bounds."""
    conf = draw(
        st.one_of(
            st.tuples(st.just("crontab"), crontabs().map(lambda crontab: crontab[0])),
            st.tuples(st.just("crontab"), crontabs(every_day=True).map(lambda crontab: crontab[0])),
            st.tuples(st.just("interval"), intervals),
            st.tuples(st.just("solar"), suns),
            st.tuples(st.just("clocked"), st.fixed_dictionaries({"clocked_time": moments.map(datetime.isoformat)})),
        )
    )
    schedule = {"type": conf[0], "conf": conf[1]}
    if draw(st.integers(0, 3)) == 0:
        schedule["start_time"] = draw(moments).isoformat()
    try:
        return rule(schedule, draw(zones).key)
    except Invalid as refused:
        # Well written, but it can't be: nothing to look at.
        assume("is a day that no month of the schedule has" not in str(refused))
        raise


texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)
seconds = st.floats(1, 1e6) | st.integers(1, 2_000_000)
policies = st.fixed_dictionaries(
    {},
    optional={
        "description": texts | st.just("one\r\ntwo\n\n three "),
        "tags": st.lists(st.sampled_from(["night", "Ärger", "a-b", "x"]), max_size=3),
        "priority": st.integers(-9, 9),
        "overlap": st.sampled_from(["skip", "allow", "queue", "replace"]),
        "catch_up": st.sampled_from(["once", "all", "none"]),
        "grace": st.none() | seconds,
        "jitter": st.floats(0, 86_400),
        "max_attempts": st.integers(1, 100),
        "backoff": st.floats(0, 1e6),
        "time_limit": st.none() | st.floats(0.1, 1e6),
    },
)
walkers = st.sampled_from(
    [
        {"name": "echo"},
        {"wlk": "echo", "ctx": {"value": [1, {"ü": None, "n": 1.0, "big": 10**30}]}},
        {"name": "echo", "ctx": {}, "nd": "active:graph", "snt": "global"},
        {"name": "count", "ctx": {"by": 2}},
        {"name": "fetch", "ctx": {"url": "http://x\nhttp://y", "method": " "}},
    ]
)
sequences = st.sampled_from(
    [
        {"requests": [{"method": "GET", "api": "http://x"}]},
        {
            "persistence": {"n": 1.0, "none": None},
            "requests": [{"method": "POST", "api": "http://x/{{$.n}}", "body": {"big": 10**20, "t": "a\r\n\tb"}}],
        },
    ]
)


@st.composite
def bounded(draw):
    """A schedule of any kind as JSON, with all that may stand around it, and its zone."""
    drawn = draw(rules())
    schedule = drawn.as_json()
    if not drawn.kind.always_one_off:
        schedule["one_off"] = draw(st.booleans())
    if draw(st.booleans()):
        start = max(drawn.start_time or datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 15, 8, tzinfo=UTC))
        expires = start + draw(st.timedeltas(timedelta(seconds=1), timedelta(days=4000)))
        schedule["expires"] = expires.isoformat()
    return schedule, drawn.zone.key


@st.composite
def drafts(draw, owner):
    """A task of somebody (a uid) with every option that there is, and the note with which it is disabled, or None."""
    schedule, zone = draw(bounded())
    kind = draw(st.sampled_from([WALKER, SEQUENCE]))
    argument = draw(walkers if kind == WALKER else sequences)
    if kind == WALKER:
        argument = {**argument, "mst": draw(st.sampled_from([owner, jid(owner), owner.upper()]))}
    name = draw(texts.filter(str.strip))
    return Draft(name, kind, argument, schedule, zone, draw(policies), owner), draw(st.none() | texts)
