"""The calendar that other programs subscribe to: whose fires it shows, which ones, and who may read it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.applications import application
from tests.support.calendars import events_of
from tests.support.cast import person
from tests.support.reader import PageReader
from tests.support.schedule_harness import ScheduleHarness, at, cron, every
from tests.support.visitor import signed_in
from walkabout.people.masters import Master
from walkabout.service import Service


@pytest.fixture
def web(harness: ScheduleHarness) -> Flask:
    return application(harness.service)


@pytest.fixture
def client(web: Flask) -> FlaskClient:
    return web.test_client()


def key_of(client: FlaskClient, service: Service, who: Master, **given: Any) -> dict[str, str]:
    token = service.tokens.give(who.uid, 1)[0]
    answer = client.post("/js/calendar_key", json=given, headers={"Authorization": f"token {token}"})
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def shown(client: FlaskClient, path: str) -> list[tuple[str, str]]:
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8")
    return [(event["DTSTART"], event["SUMMARY"]) for event in events_of(answer.text)]


def test_the_fires_to_come_are_shown(harness: ScheduleHarness, client: FlaskClient) -> None:
    harness.add(cron("30", hour="9", day_of_month="16,28,30"), "cron", timezone="Europe/Berlin")
    harness.add(at("2027-01-20T12:00:00Z"), "once")
    harness.add(cron("0", hour="6,7,8,10", day_of_month="17"), "four")
    harness.add(every(5, "minutes", expires="2027-01-16T00:10:00Z"), "many")
    harness.add(every(1, "hours", one_off=True), "one-off")
    harness.service.periodic_tasks.disable(harness.add(every(1, "days"), "off"))
    path = key_of(client, harness.service, harness.ana)["path"]
    assert shown(client, path) == [
        ("20270115", "many (often)"), ("20270116T000000Z", "many"), ("20270116T000500Z", "many"),
        ("20270115T090000Z", "one-off"),
        ("20270116T083000Z", "cron"), ("20270128T083000Z", "cron"),
        *((f"20270117T{hour}0000Z", "four") for hour in ("06", "07", "08", "10")),
        ("20270120T120000Z", "once"),
    ]  # fmt: skip


def test_an_entry_has_its_task_in_words_and_keeps_its_uid(
    make_service: Callable[..., Service], harness: ScheduleHarness
) -> None:
    service = make_service(public_url="https://jobs.example/")
    client = application(service).test_client()
    id = harness.add(at("2027-01-20T12:00:00Z"), "once", description="two\nlines")
    path = key_of(client, service, harness.ana)["path"]
    [event] = events_of(client.get(path).text)
    assert event["DESCRIPTION"] == "Once, on 2027-01-20 at 12:00 (UTC)\ntwo\nlines"
    assert event["URL"] == f"https://jobs.example/admin/tasks/{id}"
    harness.clock.pass_(3600)
    [later] = events_of(client.get(path).text)
    assert later | {"DTSTAMP": ""} == event | {"DTSTAMP": ""}


def test_everybody_sees_their_own_and_admins_all(harness: ScheduleHarness, client: FlaskClient, bob: Master) -> None:
    harness.add(at("2027-01-20T12:00:00Z"), "ana's")
    dan = person(harness.service, "dan-calendar", superuser=True)
    paths = {who.name: key_of(client, harness.service, who)["path"] for who in (harness.ana, bob, dan)}
    assert {name: len(shown(client, path)) for name, path in paths.items()} == {"ana": 1, "bob": 0, "dan-calendar": 1}


def refused(client: FlaskClient, path: str) -> TestResponse:
    answer = client.get(path)
    assert answer.status_code == 403
    return answer


def test_the_address_is_a_secret_that_can_be_replaced(
    harness: ScheduleHarness, client: FlaskClient, bob: Master
) -> None:
    first = key_of(client, harness.service, harness.ana)
    assert key_of(client, harness.service, harness.ana) == first
    second = key_of(client, harness.service, harness.ana, mode="new_key")
    assert first["key"] != second["key"]
    assert "has ended" in refused(client, first["path"]).text
    assert client.get(second["path"]).status_code == 200
    assert client.get("/calendar.ics", headers={"X-Walkabout-Key": second["key"]}).status_code == 200
    walker_key = harness.service.keys.key(harness.ana.uid, "echo")
    for path in ("/calendar.ics", "/calendar.ics?key=", f"/calendar.ics?key={walker_key}", "/calendar.ics?key=%FF"):
        assert client.get(path).status_code in (400, 403)
    callback = f"/js_public/walker_callback/active:graph/echo?key={second['key']}"
    assert client.post(callback).status_code == 403
    harness.service.db.change("UPDATE master SET is_activated = 0 WHERE uid = ?", (harness.ana.uid,))
    refused(client, second["path"])


def test_a_row_that_cannot_be_read_hides_no_other(harness: ScheduleHarness, client: FlaskClient) -> None:
    broken = harness.add(every(1, "days"), "broken")
    harness.add(at("2027-01-20T12:00:00Z"), "whole")
    harness.service.db.change(
        "UPDATE schedule SET schedule = ?, timezone = 'Mars' WHERE id = ?", (json.dumps({"type": 1}), broken)
    )
    path = key_of(client, harness.service, harness.ana)["path"]
    assert shown(client, path) == [("20270120T120000Z", "whole")]


def test_the_page_shows_the_address_and_makes_another(
    harness: ScheduleHarness, web: Flask, client: FlaskClient
) -> None:
    visitor = signed_in(web, harness.service, harness.ana)
    assert "/admin/calendar/feed" in visitor.get("/calendar").text
    [address] = PageReader(visitor.get("/calendar/feed").text).texts("code.secret")
    assert address.startswith("http://localhost/calendar.ics?key=")
    assert client.get(address.removeprefix("http://localhost")).status_code == 200
    assert visitor.post("/calendar/feed").status_code == 303
    [other] = PageReader(visitor.get("/calendar/feed").text).texts("code.secret")
    assert other != address
    refused(client, address.removeprefix("http://localhost"))
