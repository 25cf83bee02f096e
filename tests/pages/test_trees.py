"""JSON as a tree: what was cut when it was recorded is counted as what it was, and its mark as nothing."""

from typing import Any

import pytest

from walkabout.masking import Masker
from walkabout.web.pages.run.tree import Branch, Budget, tree


def _recorded(value: Any, budget: int) -> Branch:
    return tree(Masker({}).for_people(value, budget), Budget(1000, 100_000, is_record=True))


def test_a_list_that_was_cut_says_its_whole_length_and_how_much_is_kept() -> None:
    branch = _recorded(list(range(200)), 330)
    assert branch.note == "200 items, 55 kept"
    assert [leaf.text for leaf in branch.children] == [str(number) for number in range(55)]


def test_so_does_an_object() -> None:
    branch = _recorded({f"k{number:03}": 1 for number in range(100)}, 140)
    assert branch.note == "100 keys, 10 kept"
    assert [leaf.key for leaf in branch.children][-1] == "k009"


def test_and_what_lies_within() -> None:
    branch = _recorded({"first": list(range(9)), "rows": [list(range(300)), [1, 2]]}, 200)
    rows = branch.children[1]
    assert [rows.note, rows.children[0].note[:10]] == ["2 items, 1 kept", "300 items,"]


@pytest.mark.parametrize("value", [["a", "... 3 more"], {"a": 1, "...": "3 more keys"}])
def test_what_only_looks_like_a_mark_is_an_item_where_nothing_was_recorded(value: Any) -> None:
    assert tree(value, Budget(1000, 100_000)).note in ("2 items", "2 keys")


@pytest.mark.parametrize("value", [["a", "... many more"], {"...": 3}, ["...", 1], []])
def test_other_dots_are_no_mark(value: Any) -> None:
    branch = _recorded(value, 1000)
    assert "kept" not in branch.note
    assert len(branch.children) == len(value)
