"""Who gets in, how, and what becomes of it."""

import dataclasses

import pytest
from flask import Flask

from tests.support.cast import person
from tests.support.clock import Clock
from tests.support.visitor import Visitor, signed_in
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.web.application import create_app
from walkabout.web.session import COOKIE, PREFIX

EMAIL, PASSWORD = "eve@example.com", "long-enough"


@pytest.fixture
def eve(service: Service) -> Master:
    return service.new_master(EMAIL, PASSWORD, "Eve")


def test_signs_in_with_email_and_password(stranger: Visitor, eve: Master) -> None:
    answer = stranger.sign_in(EMAIL, PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")
    assert EMAIL in stranger.get("/account").text


def test_leads_back_to_where_one_was(stranger: Visitor, eve: Master) -> None:
    asked = stranger.get("/runs?state=failed")
    assert asked.headers["Location"] == "/admin/sign-in?back=/admin/runs?state%3Dfailed"
    page = stranger.client.get(asked.headers["Location"]).text
    assert 'name="back" value="/admin/runs?state=failed"' in page
    assert (
        stranger.sign_in(EMAIL, PASSWORD, back="/admin/runs?state=failed").headers["Location"]
        == "/admin/runs?state=failed"
    )


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "/admin/\\elsewhere", "/js/x", ""]
)
def test_leads_nowhere_else(stranger: Visitor, eve: Master, back: str) -> None:
    assert stranger.sign_in(EMAIL, PASSWORD, back=back).headers["Location"] == "/admin/"


def test_a_wrong_password_keeps_the_email_and_says_so(stranger: Visitor, eve: Master) -> None:
    answer = stranger.sign_in(EMAIL, "wrong-password")
    assert answer.status_code == 401
    assert f'value="{EMAIL}"' in answer.text
    assert "do not go together" in answer.text


def test_the_cookie_is_for_the_page_alone(stranger: Visitor, eve: Master) -> None:
    cookie = stranger.sign_in(EMAIL, PASSWORD).headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for mark in ("HttpOnly", "SameSite=Lax", "Path=/admin"):
        assert mark in cookie
    assert "Secure" not in cookie


def test_the_cookie_is_secure_behind_tls(stranger: Visitor, eve: Master) -> None:
    answer = stranger.post("/sign-in", headers={"X-Forwarded-Proto": "https"}, email=EMAIL, password=PASSWORD)
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["/js/master_self", "/js_admin/master_allusers", "/user/manage/"])
def test_the_named_apis_never_take_the_cookie(app: Flask, admin: Visitor, path: str) -> None:
    method = "GET" if path.startswith("/user") else "POST"
    answer = app.test_client().open(path, method=method, headers={"Cookie": f"{COOKIE}={admin.cookie()}"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "call",
    [
        ("/user/manage/", {"password": "another-one"}),
        ("/user/logout_all/", {}),
    ],
)
def test_what_ends_all_tokens_of_somebody_ends_the_sign_in(
    service: Service, user: Visitor, bob: Master, call: tuple[str, dict[str, str]]
) -> None:
    path, body = call
    token, _ = service.tokens.give(bob.uid, 1)
    method = user.client.patch if path == "/user/manage/" else user.client.post
    assert method(path, json=body, headers={"Authorization": f"token {token}"}).status_code in (200, 204)
    assert user.get("/runs").status_code == 303


def test_an_admin_ends_everybodys_sign_in(service: Service, user: Visitor, admin: Visitor, ana: Master) -> None:
    token, _ = service.tokens.give(ana.uid, 1)
    headers = {"Authorization": f"token {token}"}
    assert admin.client.post("/user/logout_everyone/", headers=headers).status_code == 204
    assert [who.get("/runs").status_code for who in (user, admin)] == [303, 303]


def test_a_sign_in_is_no_token_for_the_routes_and_a_token_is_no_sign_in(service: Service, bob: Master) -> None:
    token, _ = service.tokens.give(bob.uid, 1)
    sign_in, _ = service.tokens.give(bob.uid, 1, sign_in=True)
    assert [service.tokens.owner(each) for each in (token, sign_in)] == [bob, None]
    assert [service.tokens.owner(each, sign_in=True) for each in (token, sign_in)] == [None, bob]


def test_a_master_who_is_disabled_is_signed_out(service: Service, user: Visitor, bob: Master) -> None:
    service.masters.deactivate(bob.uid)
    assert user.get("/runs").status_code == 303


def test_a_sign_in_runs_out(service: Service, user: Visitor, clock: Clock) -> None:
    clock.pass_(service.settings.session_days * 86400 + 1)
    assert user.get("/runs").status_code == 303


def test_signs_out(user: Visitor) -> None:
    copied = user.cookie()
    assert user.post("/sign-out").headers["Location"] == "/admin/sign-in"
    assert user.get("/runs").status_code == 303
    user.client.set_cookie(COOKIE, copied, path=PREFIX)
    assert user.get("/runs").status_code == 303


def test_a_session_from_before_the_sign_in_is_not_kept(stranger: Visitor, eve: Master) -> None:
    before = stranger.token()
    stranger.sign_in(EMAIL, PASSWORD)
    assert stranger.post("/account/name", token=before, name="x").status_code == 400


def test_an_email_that_fails_too_often_has_to_wait(
    stranger: Visitor, service: Service, eve: Master, clock: Clock
) -> None:
    for _ in range(service.settings.sign_in_tries):
        service.sign_ins.failed(f"email {EMAIL}")
    refused = stranger.sign_in(EMAIL.upper(), PASSWORD)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    clock.pass_(900)
    assert stranger.sign_in(EMAIL, PASSWORD).status_code == 303


def test_an_address_that_fails_too_often_has_to_wait(service: Service, eve: Master) -> None:
    service.settings = dataclasses.replace(service.settings, sign_in_tries_address=2)
    stranger = Visitor(create_app(service))
    for number in range(2):
        assert stranger.sign_in(f"{number}@example.com", "wrong").status_code == 401
    assert stranger.sign_in(EMAIL, PASSWORD).status_code == 429


def test_proxies_that_are_believed_name_the_address(service: Service, eve: Master) -> None:
    service.settings = dataclasses.replace(service.settings, sign_in_tries_address=1, proxies=1)
    stranger = Visitor(create_app(service))
    for address in ("192.0.2.1", "192.0.2.2"):
        headers = {"X-Forwarded-For": address}
        assert stranger.post("/sign-in", headers=headers, email=EMAIL, password="wrong").status_code == 401


def test_what_was_typed_survives_a_sign_in_that_ran_out(
    app: Flask, service: Service, clock: Clock, eve: Master
) -> None:
    visitor = signed_in(app, service, eve)
    token = visitor.token()
    clock.pass_(service.settings.session_days * 86400 + 1)
    ours = {"Sec-Fetch-Site": "same-origin"}
    door = visitor.post("/account/name", token=token, headers=ours, name="Eve <i>")
    assert door.status_code == 401
    assert 'name="kept_value" value="Eve &lt;i&gt;"' in door.text
    again = visitor.sign_in(EMAIL, PASSWORD, back="/admin/account/name", kept_name="name", kept_value="Eve <i>")
    assert again.status_code == 200
    assert 'action="/admin/account/name"' in again.text
    assert 'name="name" value="Eve &lt;i&gt;"' in again.text


def test_what_another_site_sends_is_not_kept(stranger: Visitor) -> None:
    answer = stranger.post("/account/name", headers={"Sec-Fetch-Site": "cross-site"}, name="Mallory")
    assert answer.status_code == 401
    assert "Mallory" not in answer.text


def test_passwords_are_not_kept(app: Flask, service: Service) -> None:
    visitor = signed_in(app, service, person(service, "cleo"))
    ours = {"Sec-Fetch-Site": "same-origin"}
    answer = visitor.post("/account/password", token="wrong", headers=ours, new_password="my-secret-1", other="kept")
    assert answer.status_code == 400
    assert "kept" in answer.text
    assert "my-secret-1" not in answer.text


def test_the_live_parts_say_that_the_sign_in_has_ended(stranger: Visitor) -> None:
    assert stranger.get("/runs", Live="runs").status_code == 401
