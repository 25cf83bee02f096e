"""Names of periodic tasks are unique for each owner, and a name means one's own task first."""

import re
from typing import Any

import pytest

from tests.api.test_schedules import YEARLY, added, asked, error_of
from tests.support.house import Client, House

BY_NAME = ("schedule_get", "schedule_update", "schedule_disable", "schedule_enable", "schedule_run_now", "schedule_runs",
           "schedule_changes")  # fmt: skip


@pytest.fixture(scope="module")
def ben(house: House) -> Client:
    """Somebody who is no admin."""
    return house.person("ben-names@example.com")


@pytest.fixture(scope="module")
def cleo(house: House) -> Client:
    """Somebody else."""
    return house.person("cleo-names@example.com")


@pytest.fixture(scope="module")
def ana(house: House) -> Client:
    """The admin."""
    return house.client()


@pytest.mark.parametrize("api", BY_NAME)
def test_a_name_means_one_s_own_task(ben: Client, cleo: Client, ana: Client, api: str) -> None:
    name = f"nightly {api}"
    ids = [added(who, name) for who in (ben, cleo)]
    for who, id in zip((ben, cleo), ids, strict=True):
        asked(who, api, name=name)
        assert asked(who, "schedule_get", name=name)["id"] == id
    assert (
        error_of(ana, api, 409, name=name)
        == f'name: "{name}" names several tasks; use one of the ids {ids[0]}, {ids[1]}'
    )
    asked(ben, "delete_scheduled_queue", scheduled_queue_id=name)
    asked(ana, api, name=name)
    assert asked(ana, "schedule_get", name=name)["id"] == ids[1]
    own = added(ana, name)
    assert asked(ana, "schedule_get", name=name)["id"] == own
    assert error_of(ben, api, 404, name=name).startswith("name: ")
    for id in (ids[1], own):
        asked(ana, "delete_scheduled_queue", scheduled_queue_id=id)


def test_an_owner_gives_a_name_once(ben: Client, cleo: Client) -> None:
    given: dict[str, Any] = {"name": "once", "schedule": YEARLY, "body": {"name": "echo"}}
    asked(ben, "add_scheduled_walker", **given)
    other = added(cleo, "other")
    assert error_of(ben, "add_scheduled_walker", 409, **given).startswith(
        'name: "once" is taken by another task of its owner'
    )
    assert asked(cleo, "schedule_update", id=other, name="once")["name"] == "once"
    assert error_of(cleo, "schedule_update", 409, id=added(cleo, "third"), name="once").startswith("name: ")


def test_a_task_that_goes_to_another_owner_needs_a_name_there(ana: Client, ben: Client, cleo: Client) -> None:
    added(cleo, "moved")
    id, jid = added(ben, "moved"), asked(cleo, "master_self")["jid"]
    assert error_of(ana, "schedule_update", 409, id=id, body={"name": "echo", "mst": jid}).startswith("name: ")
    moved = asked(ana, "schedule_update", id=id, name="moved on", body={"name": "echo", "mst": jid})
    assert (moved["owner"], moved["name"]) == (jid, "moved on")


def test_a_deletion_by_a_name_of_several_is_refused(ana: Client, ben: Client, cleo: Client) -> None:
    ids = [added(who, "gone") for who in (ben, cleo)]
    error = error_of(ana, "delete_scheduled_queue", 409, scheduled_queue_id="gone")
    assert re.findall(r"\d+", error) == list(map(str, ids))
