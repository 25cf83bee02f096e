"""The policies of a periodic task: declared once for checks, forms and docs."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from walkabout.periodic.rules.fields import read_fields
from walkabout.problems import refuse

LONGEST_S = 100 * 366 * 86_400  # a hundred years
DAY_S = 86_400

NUL = "it holds a NUL character, which no text may"

Description = Annotated[str, Meta(title="a text", description="What it is for, for people.", extra={"use": "a text"})]
Priority = Annotated[
    int,
    Meta(
        ge=-9,
        le=9,
        title="a priority",
        description="Among runs that wait for a worker, larger ones go first.",
        extra={"use": "a whole number from -9 to 9"},
    ),
]
Overlap = Annotated[
    Literal["skip", "allow", "queue", "replace"],
    Meta(
        title="a rule for runs that meet",
        description="When it is due and the run before is not over: skip it (noted as SKIPPED), allow both, let one "
        "wait, or replace the older run, which is cancelled.",
    ),
]
CatchUp = Annotated[
    Literal["once", "all", "none"],
    Meta(
        title="a rule for missed times",
        description="After a pause of the service or the machine: one run for all missed times, all of them (at most "
        "100, one after another), or none (noted as MISSED).",
    ),
]
Grace = Annotated[
    Annotated[float, Meta(ge=1, le=LONGEST_S)] | None,
    Meta(
        title="a number of seconds",
        description="A fire that is later than this is MISSED and never run. Empty: there is no such limit.",
        extra={"use": "seconds, 1 or more, or null for no limit"},
    ),
]
Jitter = Annotated[
    float,
    Meta(
        ge=0,
        le=DAY_S,
        title="a number of seconds",
        description="It fires up to so many seconds later than it is due, always by the same number.",
        extra={"use": "seconds, 0 to 86400"},
    ),
]
MaxAttempts = Annotated[
    int,
    Meta(
        ge=1,
        le=100,
        title="a number of attempts",
        description="So often a run that raises is tried in all. With 1, what the walker says of itself counts.",
        extra={"use": "a whole number from 1 to 100"},
    ),
]
Backoff = Annotated[
    float,
    Meta(
        ge=0,
        le=30 * DAY_S,
        title="a number of seconds",
        description="The wait before the second attempt; it doubles each time.",
        extra={"use": "seconds, 0 to 2592000"},
    ),
]
TimeLimit = Annotated[
    Annotated[float, Meta(ge=0.1, le=LONGEST_S)] | None,
    Meta(
        title="a number of seconds",
        description="So long a run may take. Empty: what the walker says of itself, else JOB_LIMIT_S.",
        extra={"use": "seconds, 0.1 or more, or null for the usual limit"},
    ),
]


class Policies(Struct, frozen=True, forbid_unknown_fields=True):
    """The policies of a task. Durations are seconds."""

    description: Description = ""
    priority: Priority = 0
    overlap: Overlap = "skip"
    catch_up: CatchUp = "once"
    grace: Grace = None
    jitter: Jitter = 0.0
    max_attempts: MaxAttempts = 1
    backoff: Backoff = 0.0
    time_limit: TimeLimit = None

    def offset_s(self, share: float) -> float:
        """How much later than due a task fires that has this share (0 to 1) of the jitter: whole seconds, as ticks are."""
        return float(min(int(share * (int(self.jitter) + 1)), int(self.jitter)))


def read_policies(given: dict[str, Any]) -> Policies:
    """The policies of an object, defaults filled in. Raises Invalid with every field that is wrong."""
    policies = Policies(**read_fields(Policies, given, ZoneInfo("UTC")))
    if "\0" in policies.description:
        raise refuse("description", NUL)
    return policies
