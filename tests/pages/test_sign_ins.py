"""People see where they are signed in, and end what they do not know."""

from flask import Flask

from tests.support.clock import Clock
from tests.support.reader import PageReader
from tests.support.visitor import Visitor, signed_in
from walkabout.people.clients import client_name
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.web.session import PREFIX

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def _asks(service: Service, master: Master, agent: str = "curl/8.0") -> dict[str, str]:
    token, _ = service.tokens.give(master.uid, 1, address="192.0.2.7", agent=agent)
    return {"Authorization": f"token {token}"}


def test_lists_sign_ins_and_tokens_with_where_they_come_from(service: Service, user: Visitor, bob: Master) -> None:
    service.tokens.give(bob.uid, 1, "nightly", address="192.0.2.9", agent=FIREFOX)
    _asks(service, bob)
    rows = PageReader(user.get("/account").text).texts("table.rows tbody tr")
    assert len(rows) == 3
    assert any("curl" in row and "192.0.2.7" in row for row in rows)
    assert any("nightly" in row for row in rows)
    assert ["(this one)" in row for row in rows].count(True) == 1


def test_another_sign_in_is_ended_at_once(app: Flask, service: Service, user: Visitor, bob: Master) -> None:
    elsewhere = signed_in(app, service, bob)
    page = PageReader(user.get("/account").text)
    (other,) = page.attributes('tr:not(:-soup-contains("(this one)")) form', "action")
    user.post(other.removeprefix(PREFIX))
    assert elsewhere.get("/runs").status_code == 303
    assert user.get("/runs").status_code == 200


def test_the_api_lists_and_ends_them(app: Flask, service: Service, bob: Master, clock: Clock) -> None:
    headers = _asks(service, bob)
    other = _asks(service, bob, FIREFOX)
    client = app.test_client()
    clock.pass_(120)
    listed = client.post("/js/sign_ins", headers=headers).get_json()
    assert {(each["device"], each["this"]) for each in listed} == {("curl", True), ("Firefox on Linux", False)}
    assert all(each["kind"] == "client" and each["address"] == "192.0.2.7" for each in listed)
    id = next(each["id"] for each in listed if not each["this"])
    assert client.post("/js/sign_in_end", headers=headers, json={"id": id}).get_json()["success"] is True
    assert client.post("/js/alias_list", headers=other).status_code == 401
    assert client.post("/js/sign_in_end", headers=headers, json={"id": id}).status_code == 404


def test_the_last_use_of_a_token_is_known_to_the_minute(
    app: Flask, service: Service, bob: Master, clock: Clock
) -> None:
    headers = _asks(service, bob)
    client = app.test_client()
    assert client.post("/js/sign_ins", headers=headers).get_json()[0]["last_use"] is None
    clock.pass_(61)
    client.post("/js/alias_list", headers=headers)
    (used,) = service.tokens.list_of(bob.uid, 9)
    assert used.used_at == clock.now


def test_nobody_sees_or_ends_what_is_anothers(app: Flask, service: Service, ana: Master, bob: Master) -> None:
    headers, hers = _asks(service, bob), service.tokens.give(ana.uid, 1)[0]
    client = app.test_client()
    handle = service.tokens.handle_of(hers)
    assert handle not in client.post("/js/sign_ins", headers=headers).text
    assert client.post("/js/sign_in_end", headers=headers, json={"id": handle}).status_code == 404
    assert service.tokens.owner(hers) == ana


def test_what_a_client_says_is_shown_in_words() -> None:
    assert client_name(FIREFOX) == "Firefox on Linux"
    assert client_name("curl/8.5.0") == "curl"
    assert client_name("My Own\x1b[31m Client " + "x" * 100) == ("My Own?[31m Client " + "x" * 100)[:40]
    assert client_name("") == ""


def test_a_form_that_is_sent_twice_makes_one_token(user: Visitor, service: Service, bob: Master) -> None:
    before = len(service.tokens.list_of(bob.uid, 99))
    for _ in range(2):
        user.post("/account/tokens", token_name="robot", days="30", once="1234abcd")
    assert len(service.tokens.list_of(bob.uid, 99)) == before + 1
    assert "sent before" in user.get("/account").text
