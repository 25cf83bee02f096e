"""Sentinels: the sets of walkers that an installation has."""

import pytest

from tests.service.contract.answers import NOWHERE, bare, good, refusal
from tests.support.house import Client


def test_the_installations_walkers_are_a_sentinel(ben: Client) -> None:
    [sentinel] = good(ben.js("sentinel_list"))
    assert set(sentinel) >= {"name", "kind", "jid", "j_type", "j_timestamp", "errors"}
    assert sentinel["kind"] == "sentinel"


def test_a_file_that_did_not_load_is_named_to_admins(ana: Client, ben: Client) -> None:
    assert good(ben.js("sentinel_list"))[0]["errors"] == []
    [sentinel] = good(ana.js("sentinel_list"))
    [error] = sentinel["errors"]
    assert set(error) == {"file", "error"}
    assert error["file"].endswith("broken.py")
    assert "no_such_module" in error["error"]


def test_a_files_error_has_no_stack_trace(ana: Client) -> None:
    assert "Traceback" not in ana.js("sentinel_list").text


def test_one_sentinel_is_active(ben: Client) -> None:
    assert good(ben.js("sentinel_active_get")) in good(ben.js("sentinel_list"))


@pytest.mark.parametrize("form", ["{}", "urn:uuid:{}"])
def test_a_sentinel_is_chosen(ben: Client, form: str) -> None:
    uuid = bare(good(ben.js("sentinel_active_get"))["jid"])
    assert good(ben.js("sentinel_active_set", snt=form.format(uuid))) == [f"Sentinel {uuid} set as default"]


def test_the_global_sentinel_is_chosen(ben: Client) -> None:
    [answer] = good(ben.js("sentinel_active_set", snt="global"))
    assert answer.endswith("set as default")


@pytest.mark.parametrize(("snt", "status"), [(NOWHERE, 404), ("nonsense", 404), ("urn:uuid:nonsense", 400)])
def test_a_sentinel_that_is_not_there_is_not_chosen(ben: Client, snt: str, status: int) -> None:
    refusal(ben.js("sentinel_active_set", snt=snt), status)


def test_a_node_is_no_sentinel(ben: Client) -> None:
    root = good(ben.js("graph_active_get"))["jid"]
    assert ben.js("sentinel_active_set", snt=root).status_code in (400, 404)


@pytest.mark.parametrize("snt", ["global", "active:sentinel"])
def test_walkers_are_found_in_a_named_sentinel(ben: Client, snt: str) -> None:
    assert good(ben.js("walker_list", snt=snt)) == good(ben.js("walker_list"))
    assert good(ben.js("walker_run", name="echo", snt=snt))["report"] == [None]


def test_a_sentinel_is_named_by_its_jid_or_an_alias(someone: Client) -> None:
    jid = good(someone.js("sentinel_active_get"))["jid"]
    someone.js("alias_register", name="walkers", value=jid)
    assert good(someone.js("walker_run", name="echo", snt=jid))["success"] is True
    assert good(someone.js("walker_run", name="echo", snt="walkers"))["success"] is True
