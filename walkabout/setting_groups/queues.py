"""Queues: what they may be called, and which workers serve which of them, as QUEUES says."""

import re
from dataclasses import dataclass

DEFAULT_QUEUE = "default"
ANY_QUEUE = "*"
QUEUE_NAME = "1 to 64 small letters, digits, - and _"
QUEUES_FORM = "names with commas between them, like default:2,reports:1 or mail+sms:1,*"
_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_MOST = 1000  # workers of one consumer


@dataclass(frozen=True)
class WorkerGroup:
    """Workers of one consumer that serve the same queues. `queues`: their names; None: all that there are."""

    workers: int
    queues: tuple[str, ...] | None = None

    def serves(self, queue: str) -> bool:
        """Whether its workers take jobs of a queue."""
        return self.queues is None or queue in self.queues

    def __str__(self) -> str:
        return f"{'+'.join(self.queues or (ANY_QUEUE,))}:{self.workers}"


def is_queue_name(text: str) -> bool:
    """Whether a queue may be called so."""
    return _NAME.fullmatch(text) is not None


def read_groups(text: str, workers: int) -> tuple[WorkerGroup, ...]:
    """The groups of workers that a text of QUEUES means. Entries without a number share `workers`.

    Raises ValueError with what would be right.
    """
    groups: list[WorkerGroup] = []
    shared: list[str] = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        names, colon, number = entry.partition(":")
        queues = [name.strip() for name in names.split("+")]
        for name in queues:
            if name != ANY_QUEUE and not is_queue_name(name):
                raise ValueError(f'"{name}" is not the name of a queue; use {QUEUE_NAME}, or * for all')
        if not colon:
            shared += queues
        elif not number.strip().isdecimal() or not 1 <= int(number) <= _MOST:
            raise ValueError(f'"{entry}": behind the colon stands a number of workers, 1 to {_MOST}')
        else:
            groups.append(_group(queues, int(number)))
    if (shared or not groups) and workers:
        groups.append(_group(shared or [ANY_QUEUE], workers))
    return tuple(groups)


def _group(queues: list[str], workers: int) -> WorkerGroup:
    return WorkerGroup(workers, None if ANY_QUEUE in queues else tuple(dict.fromkeys(queues)))
