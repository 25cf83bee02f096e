"""The APIs of notices: who may let what go where, what is shown of an address, and what was told."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.cast import person
from tests.support.scripted_server import Server
from walkabout.people.masters import Master
from walkabout.service import Service

HOOK = "https://hooks.example.org/services/T0p/S3cr3tPath"
DAILY = {"type": "interval", "conf": {"every": 1, "period": "days"}}


class Asker:
    """Somebody who calls APIs."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.token = token

    def js(self, api: str, status: int = 200, **body: Any) -> Any:
        answer = self.client.post(f"/js/{api}", json=body, headers={"Authorization": f"token {self.token}"})
        assert answer.status_code == status, answer.text
        return answer.json


@pytest.fixture
def asker(app: Flask, service: Service, ana: Master) -> Asker:
    return Asker(app.test_client(), service.tokens.give(ana.uid, 1)[0])


@pytest.fixture
def admin(app: Flask, service: Service) -> Asker:
    return Asker(app.test_client(), service.tokens.give(person(service, "eva", superuser=True).uid, 1)[0])


@pytest.fixture
def other(app: Flask, service: Service, bob: Master) -> Asker:
    return Asker(app.test_client(), service.tokens.give(bob.uid, 1)[0])


def a_task(asker: Asker, **more: Any) -> int:
    return int(asker.js("add_scheduled_walker", name="t", schedule=DAILY, body={"name": "echo"}, **more)["id"])


def test_an_address_is_shown_masked_and_its_key_once(asker: Asker) -> None:
    made = asker.js("notice_targets_set", target=HOOK)
    assert made["signing_key"].startswith("whsec_")
    (listed,) = asker.js("notice_targets_get")
    assert listed["target"].startswith("https://hooks.example.org… (") and "signing_key" not in listed
    assert listed["for"] == "all" and "failed" in listed["on"] and "ended" not in listed["on"]
    assert "S3cr3t" not in str(listed) + str(made)


def test_the_same_address_for_the_same_is_changed(asker: Asker) -> None:
    first = asker.js("notice_targets_set", target=HOOK)
    second = asker.js(
        "notice_targets_set", target=HOOK, on="failed, recovered", after=3, quiet="22:00-07:00 Europe/Berlin"
    )
    assert first["id"] == second["id"] and first["signing_key"] == second["signing_key"]
    (listed,) = asker.js("notice_targets_get")
    assert (listed["on"], listed["after"], listed["quiet"]) == (
        ["failed", "recovered"],
        3,
        "22:00-07:00 Europe/Berlin",
    )


def test_what_is_shown_of_an_address_stands_for_it(asker: Asker) -> None:
    made = asker.js("notice_targets_set", target=HOOK)
    again = asker.js("notice_targets_set", target=made["target"], on=["failed"])
    assert again["id"] == made["id"] and again["signing_key"] == made["signing_key"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"target": ""}, "target"),
        ({"target": "nonsense"}, "target"),
        ({"target": "https://"}, "target"),
        ({"target": "mailto:nobody"}, "target"),
        ({"target": "https://a b/S3cr3tPath"}, "target"),
        ({"target": "ping+https://hc-ping.com/S3cr3tPath"}, "target"),
        ({"target": HOOK, "on": ["fails"]}, "on"),
        ({"target": HOOK, "after": 0}, "after"),
        ({"target": HOOK, "remind_s": 0}, "remind_s"),
        ({"target": HOOK, "quiet": "at night"}, "quiet"),
        ({"target": HOOK, "quiet": "22:00-07:00 Nowhere"}, "quiet"),
        ({"target": HOOK, "for": "two words"}, "for"),
    ],
)
def test_what_is_wrong_is_named_without_the_address(asker: Asker, body: dict[str, Any], field: str) -> None:
    answer = asker.js("notice_targets_set", status=400, **body)
    assert answer["errors"][0].startswith(f"{field}: ")
    assert "S3cr3t" not in str(answer)


def test_of_the_service_itself_nobody_is_told_for_a_task(asker: Asker) -> None:
    task = a_task(asker)
    answer = asker.js("notice_targets_set", status=400, target=HOOK, on=["disk"], **{"for": task})
    assert answer["errors"][0].startswith("on: “disk” is unknown")


@pytest.mark.parametrize("address", ["mailto:boss@example.org", "slack://A/B/C", "sequence:nightly"])
def test_what_is_for_admins_is_refused_to_others(asker: Asker, address: str) -> None:
    assert "ana@example.com" in str(asker.js("notice_targets_set", status=403, target=address))
    asker.js("notice_targets_set", target="mailto:ANA@example.com")


def test_a_target_is_its_owners_and_the_admins(asker: Asker, other: Asker, admin: Asker) -> None:
    id = asker.js("notice_targets_set", target=HOOK)["id"]
    for api in ("notice_targets_test", "notice_targets_delete"):
        other.js(api, status=404, id=id)
    assert other.js("notice_targets_get") == []
    assert len(admin.js("notice_targets_get")) == 1
    other.js("notice_targets_set", status=404, target=HOOK, **{"for": a_task(asker)})
    admin.js("notice_targets_delete", id=id)
    assert asker.js("notice_targets_get") == []


def test_a_person_may_have_so_many(app: Flask, service: Service, asker: Asker) -> None:
    object.__setattr__(service.settings, "notify_targets", 2)
    asker.js("notice_targets_set", target=f"{HOOK}1")
    asker.js("notice_targets_set", target=f"{HOOK}2")
    assert "NOTIFY_TARGETS" in str(asker.js("notice_targets_set", status=400, target=f"{HOOK}3"))
    asker.js("notice_targets_set", target=f"{HOOK}2", after=2)


def test_a_task_has_its_addresses_among_its_fields(asker: Asker) -> None:
    id = a_task(asker, notify=[HOOK, "mailto:ana@example.com"])
    first, second = asker.js("schedule_get", id=id)["notify"]
    assert first.startswith("https://hooks.example.org… (") and second == "mailto:a…@example.com"
    # Without the field it is as before, and what is shown of an address stands for it.
    assert asker.js("schedule_update", id=id, description="x")["notify"] == [first, second]
    answer = asker.js("schedule_update", id=id, notify=[first, f"{HOOK}2"])["notify"]
    assert len(answer) == 2 and first in answer and second not in answer
    assert asker.js("schedule_update", id=id, notify=f"{first}, mailto:ana@example.com")["notify"] == [first, second]
    assert asker.js("schedule_update", id=id, notify=[])["notify"] == []


def test_a_task_with_a_wrong_address_is_not_added(asker: Asker) -> None:
    answer = asker.js(
        "add_scheduled_walker", status=400, name="t", schedule=DAILY, body={"name": "echo"}, notify="nonsense"
    )
    assert answer["errors"][0].startswith("notify: ")
    assert asker.js("get_scheduled_queues") == []


def test_addresses_are_in_no_version_and_in_no_export(asker: Asker, admin: Asker, service: Service) -> None:
    id = a_task(asker, notify=HOOK)
    asker.js("schedule_update", id=id, description="changed")
    assert "S3cr3t" not in str(asker.js("schedule_changes", id=id))
    texts = [
        str(row)
        for table in ("schedule", "schedule_version", "audit")
        for row in service.db.rows(f"SELECT * FROM {table}")
    ]
    assert "S3cr3t" not in str(texts)


def test_notices_are_listed_newest_first_by_pages(asker: Asker, other: Asker, service: Service) -> None:
    task = a_task(asker, notify=HOOK)
    for number in range(3):
        service.ledger.note_outcome(task, "FAILURE", f"E: {number}", 1_800_000_000.0 + number, None)  # type: ignore[misc]
        service.ledger.note_outcome(task, "SUCCESS", "", 1_800_000_000.5 + number, None)  # type: ignore[misc]
    page = asker.js("notices", limit=4)
    assert [one["event"] for one in page] == ["recovered", "failed"] * 2
    assert [one["text"] for one in page][:2] == ["t is well again", "t failed: E: 2"]
    rest = asker.js("notices", limit=4, after=page[-1]["id"])
    assert [one["event"] for one in rest] == ["recovered", "failed"]
    assert {one["state"] for one in page + rest} == {"waiting"}
    assert asker.js("notices", state="sent") == []
    assert other.js("notices") == []
    asker.js("notices", status=400, state="gone")
    asker.js("notices", status=400, after="nobody")


def test_a_test_says_why_it_did_not_arrive_without_the_address(asker: Asker) -> None:
    id = asker.js("notice_targets_set", target="http://127.0.0.1:9/S3cr3tPath")["id"]
    answer = asker.js("notice_targets_test", id=id)
    assert answer["success"] is False and "127.0.0.1" in answer["error"] and "S3cr3t" not in answer["error"]


def test_who_may_not_reach_private_networks_is_not_told_there(asker: Asker, server: Server) -> None:
    id = asker.js("notice_targets_set", target=f"{server.base}/hook")["id"]
    answer = asker.js("notice_targets_test", id=id)
    assert answer["success"] is False and "PRIVATE_HOSTS" in answer["error"]
    assert server.connections == 0
