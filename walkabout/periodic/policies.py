"""The policies of a periodic task: declared once for checks, tables, versions, files, forms and APIs.

A new policy is a field of `Policies`, a migration with its column, and the place that obeys it.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from walkabout.database.models import folded
from walkabout.jobs.specs import check_queue
from walkabout.periodic.rules.fields import FieldSpec, field_specs, read_fields
from walkabout.problems import refuse
from walkabout.setting_groups.queues import DEFAULT_QUEUE, QUEUE_NAME

LONGEST_S = 100 * 366 * 86_400  # a hundred years
DAY_S = 86_400
TAGS_MOST, TAG_MOST = 20, 40  # tags of a task; characters of a tag

NUL = "it contains a NUL character, which is not allowed"


@dataclass(frozen=True)
class Sentence:
    """A policy as a sentence with one blank: what stands before and behind it, and what its choices are called.

    `place`: the order in which people read them; `main`: seen at first glance.
    """

    before: str
    after: str = ""
    choices: dict[str, str] = field(default_factory=dict)
    place: int = 100
    main: bool = False


Description = Annotated[
    str,
    Meta(
        title="a text",
        description="What the task is for.",
        extra={"use": "a text", "lines": True, "sentence": Sentence("Description", place=0, main=True)},
    ),
]
Priority = Annotated[
    int,
    Meta(
        ge=-9,
        le=9,
        title="a priority",
        description="In the queue, runs with a larger number go first.",
        extra={
            "use": "a whole number from -9 to 9",
            "sentence": Sentence("Its priority in the queue is", "from -9 to 9. Larger numbers go first.", place=8),
        },
    ),
]
Overlap = Annotated[
    Literal["skip", "allow", "queue", "replace"],
    Meta(
        title="a rule for overlapping runs",
        description="When it is due and the run before is not over: skip it (noted as SKIPPED), allow both, let one "
        "wait, or replace the older run, which is cancelled.",
        extra={
            "sentence": Sentence(
                "If the previous run is not over",
                choices={
                    "skip": "skip this one",
                    "allow": "run both",
                    "queue": "let this one wait",
                    "replace": "cancel the older one",
                },
                place=1,
                main=True,
            )
        },
    ),
]
CatchUp = Annotated[
    Literal["once", "all", "none"],
    Meta(
        title="a rule for missed runs",
        description="After a pause of the service or the machine: one run for all missed ones, all of them (at most "
        "100, one after another), or none (noted as MISSED).",
        extra={
            "label": "Missed runs",
            "sentence": Sentence(
                "After downtime",
                choices={
                    "once": "run once for all missed runs",
                    "all": "run each missed run, at most 100",
                    "none": "run none of the missed runs",
                },
                place=2,
                main=True,
            ),
        },
    ),
]
Grace = Annotated[
    Annotated[float, Meta(ge=1, le=LONGEST_S)] | None,
    Meta(
        title="a number of seconds",
        description="A fire that is later than this is MISSED and never runs. Empty: no limit.",
        extra={
            "use": "seconds, 1 or more, or null for no limit",
            "unit": "s",
            "sentence": Sentence(
                "If a fire is later than", "seconds, do not run it. Empty: run it however late.", place=5
            ),
        },
    ),
]
Jitter = Annotated[
    float,
    Meta(
        ge=0,
        le=DAY_S,
        title="a number of seconds",
        description="Up to how many seconds after its due time it fires; each task's delay stays the same.",
        extra={
            "use": "seconds, 0 to 86400",
            "unit": "s",
            "sentence": Sentence("Delay each fire by up to", "seconds; each task's delay stays the same.", place=7),
        },
    ),
]
MaxAttempts = Annotated[
    int,
    Meta(
        ge=1,
        le=100,
        title="a number of attempts",
        description="How often a run that raises is tried in all. With 1, the walker's own setting applies.",
        extra={
            "label": "Attempts",
            "use": "a whole number from 1 to 100",
            "sentence": Sentence(
                "If it fails, try", "times in all. With 1, the walker's own number applies.", place=3, main=True
            ),
        },
    ),
]
Backoff = Annotated[
    float,
    Meta(
        ge=0,
        le=30 * DAY_S,
        title="a number of seconds",
        description="The wait before the second attempt; it doubles each time.",
        extra={
            "label": "Wait between attempts",
            "use": "seconds, 0 to 2592000",
            "unit": "s",
            "sentence": Sentence("Before the second try, wait", "seconds, doubled after each further try.", place=4),
        },
    ),
]
TimeLimit = Annotated[
    Annotated[float, Meta(ge=0.1, le=LONGEST_S)] | None,
    Meta(
        title="a number of seconds",
        description="How long a run may take. Empty: the walker's own limit, else JOB_LIMIT_S.",
        extra={
            "use": "seconds, 0.1 or more, or null for the usual limit",
            "unit": "s",
            "sentence": Sentence(
                "End a run after", "seconds. Empty: the walker's own limit, else JOB_LIMIT_S.", place=6
            ),
        },
    ),
]


Tags = Annotated[
    str,
    Meta(
        title="tags",
        description="Words by which tasks are found and handled together.",
        extra={
            "use": f"words with blanks between them, at most {TAGS_MOST} of at most {TAG_MOST} characters",
            "list": True,
            "sentence": Sentence("Tags:", "words by which tasks are found and handled together.", place=9),
        },
    ),
]
Queue = Annotated[
    str,
    Meta(
        title="a queue",
        description="The queue of its runs, which some workers may have for themselves (QUEUES). Empty: the walker's own,"
        " else default.",
        extra={
            "use": f"the name of a queue ({QUEUE_NAME}), or nothing for the walker's own",
            "sentence": Sentence("Its queue is", "Empty: the walker's own queue.", place=8),
        },
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
    tags: Tags = ""
    queue: Queue = ""

    def offset_s(self, share: float) -> float:
        """How much later than due a task fires that has this share (0 to 1) of the jitter: whole seconds, as ticks are."""
        return float(min(int(share * (int(self.jitter) + 1)), int(self.jitter)))

    def by_name(self) -> dict[str, Any]:
        """The value of each policy."""
        return msgspec.structs.asdict(self)


POLICIES = field_specs(Policies)
"""What is declared of each policy."""
DEFAULTS = Policies()
POLICY_NAMES = tuple(policy.name for policy in POLICIES)


def sentence(policy: FieldSpec) -> Sentence:
    """A policy as a sentence; for one that declares none, what its docs say."""
    declared_one = policy.extra.get("sentence")
    if isinstance(declared_one, Sentence):
        return declared_one
    return Sentence(policy.label, policy.doc)


def read_policies(given: dict[str, Any]) -> Policies:
    """The policies of an object, defaults filled in. Raises Invalid with every field that is wrong."""
    policies = Policies(**read_fields(Policies, {**given, **_one_text(given)}, ZoneInfo("UTC")))
    policies = msgspec.structs.replace(policies, tags=_read_tags(policies.tags))
    if "\0" in policies.description:
        raise refuse("description", NUL)
    check_queue("queue", policies.queue or DEFAULT_QUEUE)
    return policies


def _one_text(given: dict[str, Any]) -> dict[str, str]:
    """The tags of an object as one text, where they are a list of texts."""
    tags = given.get("tags")
    return {"tags": " ".join(tags)} if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags) else {}


def _read_tags(text: str) -> str:
    """Tags in order, each once, in small letters; commas may stand between them. Raises Invalid."""
    tags = sorted({folded(tag) for tag in text.replace(",", " ").split()})
    if "\0" in text:
        raise refuse("tags", NUL)
    if len(tags) > TAGS_MOST or any(len(tag) > TAG_MOST for tag in tags):
        raise refuse("tags", f"too many or too long; use at most {TAGS_MOST} words of at most {TAG_MOST} characters")
    return " ".join(tags)


def tags_of(given: list[str] | str) -> list[str]:
    """Tags as they are stored, of a list or of a text with blanks or commas between them. Raises Invalid."""
    return _read_tags(" ".join(given) if isinstance(given, list) else given).split()
