"""Aliases: short names that a master gives to values."""

import pytest

from tests.service.contract.answers import bare, good, refusal
from tests.support.house import Client

ALWAYS = {"active:graph", "active:sentinel", "global"}


def own(client: Client) -> dict[str, str]:
    """Somebody's own aliases, without the names that are always there."""
    listed = good(client.js("alias_list"))
    assert set(listed) >= ALWAYS
    return {name: value for name, value in listed.items() if name not in ALWAYS}


def test_the_names_that_are_always_there_are_listed(newcomer: Client) -> None:
    graph, sentinel = good(newcomer.js("graph_active_get"))["jid"], good(newcomer.js("sentinel_active_get"))["jid"]
    always = {"active:graph": graph, "active:sentinel": sentinel, "global": sentinel}
    assert good(newcomer.js("alias_list")) == always
    assert good(newcomer.js("master_self", detailed=True))["alias_map"] == always
    assert good(newcomer.js("alias_clear"))["removed"] == 0
    other = good(newcomer.js("graph_create"))["jid"]
    assert good(newcomer.js("alias_list"))["active:graph"] == other


def test_an_alias_is_registered(someone: Client) -> None:
    answer = good(someone.js("alias_register", name="a", value="b"))
    assert answer == {"response": "Alias from 'a' to 'b' set!"}


def test_aliases_are_listed(someone: Client) -> None:
    assert own(someone) == {}
    someone.js("alias_register", name="a", value="b")
    someone.js("alias_register", name="c", value="d")
    assert own(someone) == {"a": "b", "c": "d"}


@pytest.mark.parametrize(
    "value", [" as it stands ", "urn:uuid:nonsense", "\u00e4\u4f60\U0001f600", "'quoted'", "x" * 1000]
)
def test_a_value_is_kept_as_given(someone: Client, value: str) -> None:
    assert good(someone.js("alias_register", name="a", value=value)) == {
        "response": f"Alias from 'a' to '{value}' set!"
    }
    assert own(someone) == {"a": value}


def test_the_later_value_counts(someone: Client) -> None:
    someone.js("alias_register", name="a", value="b")
    good(someone.js("alias_register", name="a", value="c"))
    assert own(someone) == {"a": "c"}


def test_an_alias_is_deleted(someone: Client) -> None:
    someone.js("alias_register", name="a", value="b")
    assert good(someone.js("alias_delete", name="a")) == {"response": "Alias 'a' deleted", "success": True}
    assert own(someone) == {}


def test_an_alias_that_is_not_there_is_not_deleted(someone: Client) -> None:
    assert "nonsense" in refusal(someone.js("alias_delete", name="nonsense"), 404)


@pytest.mark.parametrize("number", [0, 3])
def test_all_aliases_are_cleared(someone: Client, number: int) -> None:
    for name in range(number):
        someone.js("alias_register", name=f"a{name}", value="b")
    assert good(someone.js("alias_clear")) == {"response": f"All {number} aliases deleted", "removed": number}
    assert own(someone) == {}


def test_aliases_are_their_masters_own(someone: Client, ben: Client) -> None:
    someone.js("alias_register", name="mine", value=good(someone.js("graph_active_get"))["jid"])
    good(someone.js("object_get", obj="mine"))
    refusal(ben.js("object_get", obj="mine"), 404)


@pytest.mark.parametrize(("api", "name"), [("object_get", "obj"), ("graph_get", "gph"), ("graph_active_set", "gph")])
def test_an_alias_stands_for_a_jid(someone: Client, api: str, name: str) -> None:
    someone.js("alias_register", name="here", value=good(someone.js("graph_active_get"))["jid"])
    good(someone.js(api, **{name: "here"}))


def test_an_alias_may_stand_for_a_bare_uuid(someone: Client) -> None:
    root = good(someone.js("graph_active_get"))
    someone.js("alias_register", name="here", value=bare(root["jid"]))
    assert good(someone.js("object_get", obj="here")) == root


def test_an_alias_to_somebody_elses_object_opens_nothing(someone: Client, ben: Client) -> None:
    someone.js("alias_register", name="there", value=good(ben.js("graph_active_get"))["jid"])
    refusal(someone.js("object_get", obj="there"), 404)


def test_an_alias_to_nothing_is_404(someone: Client) -> None:
    someone.js("alias_register", name="nothing", value="nonsense")
    refusal(someone.js("walker_run", name="echo", nd="nothing"), 404)


def test_aliases_in_a_circle_end(someone: Client) -> None:
    someone.js("alias_register", name="a", value="b")
    someone.js("alias_register", name="b", value="a")
    refusal(someone.js("object_get", obj="a"), 404)
