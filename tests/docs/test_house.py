"""docs/house.md shows every module, as its docstring says it."""

from tests.support import house_map


def test_the_map_is_the_tree() -> None:
    assert house_map.kept() == house_map.drawn(), "draw it anew: python -m tests.support.house_map"


def test_every_module_says_what_it_is() -> None:
    lines = house_map.drawn().splitlines()
    assert [line for line in lines if line.rstrip().endswith((":", "/**"))] == []
