"""The `/user/` routes at the door: too many tries, too many accounts, all places for hashes taken."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.cast import person
from walkabout.people import audit
from walkabout.people.masters import Master
from walkabout.people.passwords import HashesBusy, Passwords
from walkabout.service import Service
from walkabout.web.application import create_app

RIGHT = "correct-horse"
FROM = {"REMOTE_ADDR": "203.0.113.5"}
Post = Callable[..., TestResponse]


@pytest.fixture
def client(service: Service) -> FlaskClient:
    service.settings = dataclasses.replace(service.settings, signup="open")
    return create_app(service).test_client()


@pytest.fixture
def ana(service: Service) -> Master:
    return service.new_master("ana@example.com", RIGHT, "Ana")


def token(client: FlaskClient, password: str, email: str = "ana@example.com", **how: Any) -> TestResponse:
    body = {"email": email, "password": password}
    return client.post("/user/token/", json=body, **{"environ_base": FROM, **how})


def make(client: FlaskClient, email: str, **body: Any) -> TestResponse:
    headers = body.pop("headers", None)
    return client.post(
        "/user/create/", json={"email": email, "password": RIGHT, **body}, environ_base=FROM, headers=headers
    )


def changes(client: FlaskClient, service: Service, master: Master, **body: str) -> TestResponse:
    given, _ = service.tokens.give(master.uid, 1)
    return client.patch("/user/manage/", json=body, headers={"Authorization": f"token {given}"})


def fields(answer: TestResponse) -> tuple[int, list[str], bool]:
    return answer.status_code, list(answer.json or {}), "Retry-After" in answer.headers


def test_too_many_tries_are_told_in_the_original_s_form(client: FlaskClient, ana: Master) -> None:
    answers = [fields(token(client, f"guess {number}")) for number in range(12)]
    assert answers == [(400, ["non_field_errors"], False)] * 10 + [(429, ["non_field_errors"], True)] * 2
    assert token(client, RIGHT).headers["Retry-After"] == "60"


def test_a_program_that_signed_in_from_an_address_gets_in_from_there(client: FlaskClient, ana: Master) -> None:
    own = {"REMOTE_ADDR": "192.0.2.1"}
    assert token(client, RIGHT, environ_base=own).status_code == 200
    for number in range(11):
        token(client, f"guess {number}")
    assert token(client, RIGHT).status_code == 429
    assert token(client, RIGHT, environ_base=own).status_code == 200


@pytest.mark.parametrize("addresses", [["2001:db8:0:1::1", "2001:db8:0:1::2"], ["::ffff:192.0.2.1", "192.0.2.1"]])
def test_an_address_counts_as_what_one_customer_has(client: FlaskClient, ana: Master, addresses: list[str]) -> None:
    for number in range(50):
        base = {"REMOTE_ADDR": addresses[number % 2]}
        assert token(client, "guess", f"{number}@example.com", environ_base=base).status_code == 400
    for address in addresses:
        assert token(client, RIGHT, environ_base={"REMOTE_ADDR": address}).status_code == 429


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_a_proxy_that_nobody_told_of_locks_nobody_out(client: FlaskClient, ana: Master, header: str) -> None:
    how = {"environ_base": {"REMOTE_ADDR": "127.0.0.1"}, "headers": {header: "203.0.113.5"}}
    for number in range(60):
        assert token(client, "guess", f"{number}@example.com", **how).status_code == 400
    assert token(client, RIGHT, **how).status_code == 200


def test_nobody_is_told_who_has_an_account(client: FlaskClient, ana: Master, service: Service) -> None:
    service.new_master("off@example.com", RIGHT, "Off")
    service.db.change("UPDATE master SET is_activated = 0 WHERE email = 'off@example.com'")
    asked = [
        token(client, "wrong-one"),
        token(client, RIGHT, "off@example.com"),
        token(client, RIGHT, "no@example.com"),
    ]
    assert len({(answer.status_code, answer.text) for answer in asked}) == 1


def test_who_would_wait_too_long_for_a_hash_asks_again(
    client: FlaskClient, ana: Master, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> bool:
        raise HashesBusy(7)

    for name in ("hash", "is_right"):
        monkeypatch.setattr(Passwords, name, busy)
    asked = (
        token(client, RIGHT),
        make(client, "new@example.com"),
        changes(client, service, ana, password="battery-staple", old_password=RIGHT),
    )
    for answer in asked:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")


@pytest.mark.sqlite
def test_a_database_that_can_not_be_written_is_503(client: FlaskClient, ana: Master, service: Service) -> None:
    service.db.change("PRAGMA query_only = 1")
    for password in (RIGHT, "wrong-one"):
        answer = token(client, password)
        assert answer.status_code == 503
        assert "token" not in answer.json


def test_strangers_make_ten_accounts_an_hour_from_an_address(client: FlaskClient, service: Service) -> None:
    for number in range(10):
        assert make(client, f"{number}@example.com").status_code == 201
    assert fields(make(client, "more@example.com")) == (429, ["non_field_errors"], True)
    boss = person(service, "boss", superuser=True)
    given, _ = service.tokens.give(boss.uid, 1)
    assert make(client, "more@example.com", headers={"Authorization": f"token {given}"}).status_code == 201


def test_what_is_refused_for_its_fields_is_no_account(client: FlaskClient) -> None:
    for number in range(20):
        assert make(client, f"{number}@example.com", password="short").status_code == 400
    assert make(client, "ok@example.com").status_code == 201


def test_guesses_at_the_old_password_are_counted(client: FlaskClient, ana: Master, service: Service) -> None:
    answers = [
        fields(changes(client, service, ana, password="battery-staple", old_password=f"guess {number}"))
        for number in range(11)
    ]
    assert answers == [(400, ["old_password"], False)] * 10 + [(429, ["non_field_errors"], True)]


def test_what_people_do_is_kept(client: FlaskClient, ana: Master, service: Service) -> None:
    bob = person(service, "bob")
    given = token(client, RIGHT).json["token"]
    headers = {"Authorization": f"token {given}"}
    graph = client.post("/js/graph_active_get", headers=headers).json["jid"]
    share = {"obj": graph, "mast": f"urn:uuid:{bob.uid}"}
    assert client.post("/js/object_perms_grant", json=share, headers=headers).status_code == 200
    assert client.post("/js/object_perms_revoke", json=share, headers=headers).status_code == 200
    assert (
        client.post("/js/object_perms_set", json={"obj": graph, "mode": "public"}, headers=headers).status_code == 200
    )
    body = {"password": "battery-staple", "old_password": RIGHT}
    assert client.patch("/user/manage/", json=body, headers=headers).status_code == 200
    assert client.post("/user/logout/", headers=headers).status_code == 204
    kept = [(entry.event, entry.actor, entry.about) for entry in reversed(service.audit.newest(50))]
    assert kept == [
        (audit.PERSON_MADE, "", ana.email),
        (audit.SIGNED_IN, ana.email, ana.email),
        (audit.TOKEN_MADE, ana.email, ana.email),
        (audit.GRANTED, ana.email, bob.email),
        (audit.REVOKED, ana.email, bob.email),
        (audit.ACCESS_SET, ana.email, ana.email),
        (audit.PASSWORD_CHANGED, ana.email, ana.email),
        (audit.TOKEN_ENDED, ana.email, ana.email),
    ]
