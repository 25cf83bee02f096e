"""The SQL that finds the next run for a worker, by the queues that it serves.

What is ready stands in one of two indexes: `job_ready` has the runs of the default queue, where `queue` is NULL, and
`job_named` those of the others; a third one, `job_named_ready`, has the latter in the order of all. So a worker reads the
head of an index, however many runs wait elsewhere, for their time, or for the limits of their walkers.
"""

import time
from collections.abc import Callable
from functools import cache

from walkabout.database.connections import Database
from walkabout.setting_groups.queues import DEFAULT_QUEUE, is_queue_name

LOOK_AGAIN_S = 1.0  # a job of another queue may be overlooked for so long while there is enough to do
READY = "state = 'PENDING' AND wait_until IS NULL AND gate IS NULL"
GATED = "state = 'PENDING' AND wait_until IS NULL AND gate IS NOT NULL"
IN_ORDER = "ORDER BY priority DESC, id"
_DEFAULT, _NAMED = "queue IS NULL", "queue IS NOT NULL"
SIDES = (_DEFAULT, _NAMED)
"""What is ready, in two parts, each of which an index has in order."""


def column_of(queue: str) -> str | None:
    """A queue as its column holds it."""
    return None if queue == DEFAULT_QUEUE else queue


@cache
def sides_of(queues: tuple[str, ...] | None) -> tuple[str, ...]:
    """What a worker of these queues (None: of all) looks for: conditions that an index has in order each.

    Literals stand for the names of queues: with parameters a plan may not know which index is meant.
    """
    return SIDES if queues is None else tuple(dict.fromkeys(map(_side, queues)))


@cache
def heads_of(sides: tuple[str, ...]) -> str:
    """The question for the ids of the next ready runs, one of each side, NULL where there is none."""
    return f"SELECT {', '.join(map(_head, sides))}"


@cache
def next_run(held: str, sides: tuple[str, ...]) -> str:
    """The id of the next ready run of these sides, by priority, then by age: an expression of SQL.

    `held`: the database's `Wording.skip_locked`, by which it is held where several may write at a time.
    """
    return _head(sides[0], held) if len(sides) == 1 else _best(held, sides)


@cache
def named_run(held: str) -> str:
    """The id of the run of a uid (the parameter), if it is ready: an expression of SQL, as `next_run`."""
    return f"(SELECT id FROM job WHERE uid = ? AND {READY}{held})"


def named_queues(db: Database) -> list[str]:
    """The queues beside the default one in which something is ready: one look into the index for each."""
    following = f"(SELECT queue FROM job WHERE {READY} AND queue > {{}} ORDER BY queue LIMIT 1)"
    return db.values(
        f"WITH RECURSIVE named (queue) AS (SELECT {following.format('?')} UNION ALL"
        f" SELECT {following.format('named.queue')} FROM named WHERE queue IS NOT NULL)"
        " SELECT queue FROM named WHERE queue IS NOT NULL",
        ("",),
    )


class SideLooks:
    """Looks in which of several sides something is ready: a claim that chooses between them costs half as much again, and
    mostly it is one of them. What was seen counts for LOOK_AGAIN_S, as long as there is enough to do."""

    def __init__(self, db: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.db = db
        self.monotonic = monotonic
        self._seen: dict[tuple[str, ...], tuple[float, tuple[str, ...]]] = {}

    def sides(self, queues: tuple[str, ...] | None) -> tuple[tuple[str, ...], bool]:
        """The sides of these queues (None: of all) that are worth a claim; and whether no other one is, as of now."""
        sides = sides_of(queues)
        if len(sides) == 1:
            return sides, True
        looked_at, seen = self._seen.get(sides, _NEVER)
        if seen and self.monotonic() - looked_at < LOOK_AGAIN_S:
            return seen, False
        return self.look(queues), True

    def look(self, queues: tuple[str, ...] | None) -> tuple[str, ...]:
        """The sides in which something is ready now. Index: job_ready, job_named, job_named_ready."""
        sides = sides_of(queues)
        (heads,) = self.db.rows(heads_of(sides))
        found = tuple(side for side, head in zip(sides, heads, strict=True) if head is not None)
        self._seen[sides] = (self.monotonic(), found)
        return found

    def has_some(self, sides: tuple[str, ...]) -> bool:
        """Whether something is ready in one of these sides."""
        (heads,) = self.db.rows(heads_of(sides))
        return heads[0] is not None or heads.count(None) < len(heads)


_NEVER: tuple[float, tuple[str, ...]] = (float("-inf"), ())


def _side(queue: str) -> str:
    if queue == DEFAULT_QUEUE:
        return _DEFAULT
    assert is_queue_name(queue)
    return f"queue = '{queue}'"


def _head(side: str, held: str = "") -> str:
    return f"(SELECT id FROM job WHERE {READY} AND {side} {IN_ORDER} LIMIT 1{held})"


def _best(held: str, sides: tuple[str, ...]) -> str:
    """The head of the side whose head comes first. Which that is, is found without holding any of them; when somebody is
    about to take all of that side, what another one has is better than nothing."""
    heads = " UNION ALL ".join(
        f"SELECT * FROM (SELECT {number} AS side, priority, id FROM job WHERE {READY} AND {side} {IN_ORDER} LIMIT 1)"
        f" AS side_{number}"
        for number, side in enumerate(sides)
    )
    first = f"(SELECT {{}} FROM ({heads}) AS heads {IN_ORDER} LIMIT 1)"
    if not held:
        return first.format("id")
    each = [_head(side, held) for side in sides]
    cases = " ".join(f"WHEN {number} THEN {head}" for number, head in enumerate(each))
    return f"coalesce(CASE {first.format('side')} {cases} END, {', '.join(each)})"
