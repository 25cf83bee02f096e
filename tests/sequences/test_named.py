"""Saved sequences are put in where a sequence names them."""

from typing import Any

import pytest

from walkabout.problems import Invalid
from walkabout.sequences.named import names_in, whole

GET = {"method": "GET", "api": "http://x/"}
USE: dict[str, Any] = {"use": "login"}
SAVED: dict[str, Any] = {
    "login": {
        "requests": [GET, {"use": "ping"}],
        "defaults": {"timeout": 5},
        "persistence": {"a": 1},
        "finally": [GET],
    },
    "ping": {"requests": [GET]},
    "a": {"requests": [{"use": "b"}]},
    "b": {"requests": [{"use": "a"}]},
}


def test_a_block_has_its_steps_defaults_and_blocks_and_nothing_else() -> None:
    filled = whole({"requests": [USE]}, SAVED.get)
    login = {
        "requests": SAVED["login"]["requests"],
        "defaults": {"timeout": 5},
        "blocks": {"ping": {"requests": [GET]}},
    }
    assert filled == {"requests": [USE], "blocks": {"login": login}}


def test_what_is_written_here_goes_before_what_is_saved() -> None:
    argument = {"requests": [USE], "blocks": {"login": [{"use": "ping"}]}}
    assert whole(argument, SAVED.get)["blocks"] == {"login": [{"use": "ping"}], "ping": {"requests": [GET]}}


def test_the_whole_of_one_may_begin_with_another_memory() -> None:
    filled = whole({"name": "login", "persistence": {"b": 2}, "timeout": 3}, SAVED.get)
    assert (filled["persistence"], filled["timeout"], filled["finally"]) == ({"a": 1, "b": 2}, 3, [GET])
    assert set(filled["blocks"]) == {"ping"}


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ({"name": "logn"}, "did you mean login?"),
        ({"name": 7}, "name: no sequence"),
        ({"name": "login", "defaults": {}}, "defaults: can't stand beside"),
        ({"requests": [{"use": "a"}]}, "circle: a -> b -> a"),
        ({"name": "a"}, "circle: a -> b -> a"),
    ],
)
def test_what_can_not_be_put_in_is_named(argument: Any, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        whole(argument, SAVED.get, lambda: list(SAVED))


def test_many_that_use_many_end() -> None:
    many = {f"s{n}": {"requests": [{"use": f"s{m}"} for m in range(n)]} for n in range(30)}
    with pytest.raises(Invalid, match="more than 200"):
        whole({"requests": [{"use": "s29"}]}, many.get)


@pytest.mark.parametrize(
    ("argument", "names"),
    [
        ({"name": "x"}, {"x"}),
        (
            {"requests": [{**GET, "retry": {"use": "x"}, "__def_loop__": {"by": "$", "requests": [{"use": "y"}]}}]},
            {"x", "y"},
        ),
        ({"requests": [USE], "finally": [{"use": "z"}], "blocks": {"login": {"requests": [{"use": "y"}]}}}, {"y", "z"}),
        ({"requests": [{"method": "JAC", "api": "sequence_run", "body": {"name": "x"}}]}, {"x"}),
        ({"requests": [{"method": "POST", "api": "http://x", "body": {"use": "no", "name": "no"}}, 5, None]}, set()),
        (5, set()),
    ],
)
def test_the_names_of_an_argument_are_found(argument: Any, names: set[str]) -> None:
    assert names_in(argument) == names
