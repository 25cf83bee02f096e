"""Tokens: given, and ended."""

from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.service.contract.answers import good, refusal
from tests.support.house import ADMIN, Client, House


def ask(house: House, **body: Any) -> requests.Response:
    return requests.post(f"{house.url}/user/token/", json=body, timeout=30)


def test_a_token_comes_with_its_expiry(house: House, ben: Client) -> None:
    given = good(ask(house, email="ben@example.com", password="long-enough"))
    assert set(given) == {"expiry", "token"}
    assert datetime.fromisoformat(given["expiry"]) > datetime.now(UTC)


def test_each_token_is_another(house: House, ben: Client) -> None:
    assert house.sign_in("ben@example.com", "long-enough").token != ben.token


@pytest.mark.parametrize(
    ("email", "password"), [("ben@example.com", "wrong-wrong"), ("nobody@example.com", "long-enough")]
)
def test_wrong_credentials_look_the_same(house: House, ben: Client, email: str, password: str) -> None:
    errors = good(ask(house, email=email, password=password), 400)
    assert set(errors) == {"non_field_errors"}
    assert errors == good(ask(house, email="x@example.com", password="y"), 400)


@pytest.mark.parametrize(
    ("body", "fields"),
    [({"email": "ben@example.com"}, {"password"}), ({"password": "long-enough"}, {"email"}), ({}, {"email", "password"}),
     ({"email": "ben@example.com", "password": 5}, {"password"}), ],
)  # fmt: skip
def test_missing_credentials_are_named(house: House, body: dict[str, Any], fields: set[str]) -> None:
    assert set(good(ask(house, **body), 400)) == fields


def test_a_token_is_asked_for_with_a_form(house: House, ben: Client) -> None:
    data = {"email": "ben@example.com", "password": "long-enough"}
    assert "token" in good(requests.post(f"{house.url}/user/token/", data=data, timeout=30))


def test_logging_out_ends_this_token_alone(house: House, newcomer: Client) -> None:
    other = house.sign_in(good(newcomer.get("/user/manage/"))["email"], "long-enough")
    answer = newcomer.post("/user/logout/")
    assert (answer.status_code, answer.content) == (204, b"")
    refusal(newcomer.js("alias_list"), 401)
    good(other.js("alias_list"))


def test_logging_out_of_all_ends_the_callers_tokens(house: House, ben: Client, newcomer: Client) -> None:
    other = house.sign_in(good(newcomer.get("/user/manage/"))["email"], "long-enough")
    assert newcomer.post("/user/logout_all/").status_code == 204
    refusal(newcomer.js("alias_list"), 401)
    refusal(other.js("alias_list"), 401)
    good(ben.js("alias_list"))


def test_admins_end_everybodys_tokens(idle_house: House) -> None:
    dora = idle_house.person("dora@example.com")
    ana = idle_house.client()
    assert ana.post("/user/logout_everyone/").status_code == 204
    refusal(dora.js("alias_list"), 401)
    refusal(ana.js("alias_list"), 401)


def test_people_do_not_end_everybodys_tokens(ben: Client) -> None:
    refusal(ben.post("/user/logout_everyone/"), 403)
    good(ben.js("alias_list"))


@pytest.mark.parametrize("path", ["/user/logout/", "/user/logout_all/", "/user/logout_everyone/"])
def test_nobody_logs_out_without_a_token(house: House, path: str) -> None:
    refusal(requests.post(house.url + path, timeout=30), 401)


def test_no_secret_is_in_the_log(house: House, ana: Client, ben: Client) -> None:
    key = good(ben.js("walker_get", wlk="echo", mode="keys"))["anyone"]
    requests.get(f"{house.url}/js_public/walker_callback/active:graph/echo?key={key}&unknown=1", timeout=30)
    requests.post(f"{house.url}/js/alias_list?token={ben.token}", timeout=30)
    requests.post(f"{house.url}/user/token/", json={"email": "a", "password": "hush-hush"}, timeout=30)
    log = "\n".join(house.lines)
    assert [
        secret for secret in (ana.token, ben.token, ADMIN[1], "long-enough", "hush-hush", key) if secret in log
    ] == []
