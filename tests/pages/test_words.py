"""The page's words, trees and pictures, as functions of plain data."""

import itertools
import math

import pytest

from walkabout.graph.picture import SPACE, spots
from walkabout.jobs.queries import ListedJob
from walkabout.web.pages.run.differences import differences
from walkabout.web.pages.run.tree import Budget, tree
from walkabout.web.pages.runs import rows
from walkabout.web.pages.words import ago, count, cut, length

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "\u2013"),
        (0.0, "0 s"),
        (0.0004, "0 ms"),
        (0.34, "340 ms"),
        (0.9996, "1.0 s"),
        (2.1, "2.1 s"),
        (12.0, "12 s"),
        (59.97, "1 m"),
        (252.0, "4 m 12 s"),
        (3600.0, "1 h"),
        (11100.0, "3 h 5 m"),
        (187_200.0, "2 d 4 h"),
    ],
)
def test_lengths(seconds: float | None, words: str) -> None:
    assert length(seconds) == words


@pytest.mark.parametrize(
    ("apart", "words"),
    [
        (0.4, "now"),
        (-12, "12 s ago"),
        (250, "in 4 m 10 s"),
        (-86_400, "Thu 14 Jan 08:00"),
        (86_400, "Sat 16 Jan 08:00"),
    ],
)
def test_moments_are_relative_up_to_a_day(apart: float, words: str) -> None:
    assert ago(NOW + apart, NOW) == words


def test_counts_and_cuts() -> None:
    assert (count(1, "worker"), count(1200, "worker")) == ("1 worker", "1,200 workers")
    assert cut("abcdef", 4) == "abc…"


def _run(**changes: object) -> ListedJob:
    fixed = {
        "id": 1, "uid": "u", "kind": "walker",
        "name": "n", "owner": "o", "email": None, "state": "SUCCESS", "queued_at": NOW, "eta": None,
        "wait_until": None, "started_at": NOW + 2, "ended_at": NOW + 5, "attempt": 1, "max_attempts": 1, "worker": None,
        "progress": None, "error": None, "reason": None, "schedule": None, "scheduled_for": None,
        "first_for": None, "fire_at": None, "fires": 0, "missed": 0, "task_name": None, "task_id": None,
        "queue": "default", "lane": None, "at_most": None, "rate": None, "gate": None,
    }  # fmt: skip
    return ListedJob(**{**fixed, **changes})  # type: ignore[arg-type]


def test_waiting_counts_from_when_it_could_have_run() -> None:
    assert rows.waited_s(_run()) == 2
    assert rows.waited_s(_run(eta=NOW + 1.5)) == 0.5
    assert rows.waited_s(_run(attempt=2)) is None


def test_length_is_the_last_attempt_s() -> None:
    assert rows.ran_s(_run(), NOW + 100) == 3
    assert rows.ran_s(_run(state="STARTED", ended_at=None), NOW + 4) == 2
    assert rows.ran_s(_run(state="RETRY", ended_at=None), NOW + 4) is None


def test_a_tree_stays_within_its_budget_and_says_what_it_leaves_out() -> None:
    made = tree(list(range(100)), Budget(items=11, chars=1000))
    assert (len(made.children), made.left_out) == (10, "90 more")
    made = tree(["x" * 50] * 3, Budget(items=100, chars=60))
    assert [len(child.text) for child in made.children] == [50, 8]
    assert made.left_out == "1 more"


def test_differences_tell_true_from_one() -> None:
    found = differences({"a": True, "b": [1]}, {"a": 1, "b": [1]}, 10)
    assert [(d.path, d.left, d.right) for d in found.rows] == [("a", "true", "1")]
    assert found.same == 1


def test_no_two_nodes_of_a_picture_stand_in_one_place() -> None:
    nodes = [str(number) for number in range(300)]
    edges = [(str((number - 1) // 3), str(number)) for number in range(1, 300)]
    placed = sorted((spot.x, spot.y) for spot in spots("0", nodes, edges).values())
    assert len(placed) == 300
    nearest = min(math.dist(a, b) for a, b in itertools.pairwise(placed))
    assert nearest > SPACE / 4


def test_a_star_stands_on_several_rings_and_nodes_without_an_edge_stand_outside() -> None:
    nodes = ["s", *(str(number) for number in range(200)), "alone"]
    placed = spots("s", nodes, [("s", str(number)) for number in range(200)])
    radii = {round(math.hypot(spot.x, spot.y)) for spot in placed.values()}
    assert len(radii) > 3
    assert math.hypot(placed["alone"].x, placed["alone"].y) >= max(radii) - 1
