"""Who gets in, how, and what becomes of it."""

import dataclasses

import pytest
from flask import Flask

from tests.pages.conftest import EVE
from tests.support.cast import person
from tests.support.clock import Clock
from tests.support.reader import PageReader
from tests.support.visitor import Visitor, signed_in
from walkabout.people.cookies import DEVICE_COOKIE, SESSION_COOKIE
from walkabout.people.masters import Master
from walkabout.people.passwords import HashesBusy, Passwords
from walkabout.service import Service
from walkabout.web.application import create_app
from walkabout.web.session import PREFIX

EMAIL, PASSWORD = EVE


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
    assert "The email or the password is wrong" in answer.text


def test_the_cookie_is_for_the_page_alone(stranger: Visitor, eve: Master) -> None:
    cookies = stranger.sign_in(EMAIL, PASSWORD).headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {SESSION_COOKIE, DEVICE_COOKIE}
    for cookie in cookies:
        for mark in ("HttpOnly", "SameSite=Lax", "Path=/admin"):
            assert mark in cookie
        assert "Secure" not in cookie


def test_over_tls_no_neighbour_of_the_host_can_write_a_cookie(stranger: Visitor, eve: Master) -> None:
    tls = "https://localhost"
    form = PageReader(stranger.client.get(f"{PREFIX}/sign-in", base_url=tls).text).soup.select_one(
        '[name="csrf_token"]'
    )
    assert form is not None
    data = {"csrf_token": form["value"], "email": EMAIL, "password": PASSWORD}
    answer = stranger.client.post(f"{PREFIX}/sign-in", base_url=tls, data=data)
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {f"__Host-{SESSION_COOKIE}", f"__Host-{DEVICE_COOKIE}"}
    for cookie in cookies:
        for mark in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/;"):
            assert mark in f"{cookie};"
        assert "Domain" not in cookie
    assert EMAIL in stranger.client.get(f"{PREFIX}/account", base_url=tls).text


@pytest.mark.parametrize("path", ["/js/master_self", "/js_admin/master_allusers", "/user/manage/"])
def test_the_named_apis_never_take_the_cookie(app: Flask, admin: Visitor, path: str) -> None:
    method = "GET" if path.startswith("/user") else "POST"
    answer = app.test_client().open(path, method=method, headers={"Cookie": f"{SESSION_COOKIE}={admin.cookie()}"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "call",
    [
        ("/user/manage/", {"password": "another-one", "old_password": PASSWORD}),
        ("/user/logout_all/", {}),
    ],
)
def test_what_ends_all_tokens_of_somebody_ends_the_sign_in(
    service: Service, app: Flask, eve: Master, call: tuple[str, dict[str, str]]
) -> None:
    path, body = call
    user, bob = signed_in(app, service, eve), eve
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
    user.client.set_cookie(SESSION_COOKIE, copied, path=PREFIX)
    assert user.get("/runs").status_code == 303


def test_a_session_from_before_the_sign_in_is_not_kept(stranger: Visitor, eve: Master) -> None:
    before = stranger.token()
    stranger.sign_in(EMAIL, PASSWORD)
    assert stranger.post("/account/name", token=before, name="x").status_code == 400


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


OUTSIDE = {"REMOTE_ADDR": "203.0.113.5"}


def _guess(app: Flask, times: int, email: str = EMAIL) -> list[int]:
    thief = Visitor(app)
    thief.client.environ_base.update(OUTSIDE)
    return [thief.sign_in(email, f"guess {number}").status_code for number in range(times)]


def test_an_account_that_fails_too_often_has_to_wait(app: Flask, stranger: Visitor, eve: Master, clock: Clock) -> None:
    assert _guess(app, 11) == [401] * 10 + [429]
    refused = stranger.sign_in(EMAIL.upper(), PASSWORD)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "Try again in 1 m" in refused.text
    clock.pass_(60)
    assert stranger.sign_in(EMAIL, PASSWORD).status_code == 303


def test_a_browser_that_has_signed_in_before_gets_in_while_others_fail(
    app: Flask, stranger: Visitor, eve: Master
) -> None:
    stranger.sign_in(EMAIL, PASSWORD)
    stranger.post("/sign-out")
    assert _guess(app, 11)[-1] == 429
    stranger.client.environ_base.update({"REMOTE_ADDR": "198.51.100.1"})
    assert stranger.sign_in(EMAIL, PASSWORD).status_code == 303


def test_a_made_up_device_cookie_is_worth_nothing(app: Flask, stranger: Visitor, eve: Master) -> None:
    stranger.sign_in(EMAIL, PASSWORD)
    real = stranger.client.get_cookie(DEVICE_COOKIE, path=PREFIX)
    assert real is not None
    assert _guess(app, 11)[-1] == 429
    for value in (("a" if real.value[0] != "a" else "b") + real.value[1:], "x.y", "", "\xff", "a" * 3000):
        thief = Visitor(app)
        thief.client.environ_base.update(OUTSIDE)
        thief.client.set_cookie(DEVICE_COOKIE, value, path=PREFIX)
        assert thief.sign_in(EMAIL, PASSWORD).status_code == 429


def test_a_failed_sign_in_makes_no_device(stranger: Visitor, eve: Master) -> None:
    answer = stranger.sign_in(EMAIL, "wrong-password")
    assert DEVICE_COOKIE not in "".join(answer.headers.getlist("Set-Cookie"))


def test_page_and_routes_count_together(app: Flask, stranger: Visitor, eve: Master) -> None:
    assert _guess(app, 10) == [401] * 10
    body = {"email": EMAIL, "password": PASSWORD}
    assert stranger.client.post("/user/token/", json=body).status_code == 429


def test_proxies_that_are_believed_name_the_address(service: Service, eve: Master) -> None:
    service.settings = dataclasses.replace(service.settings, proxies=1)
    stranger = Visitor(create_app(service))
    for number in range(51):
        headers = {"X-Forwarded-For": f"198.51.100.7, 192.0.2.{number // 50}"}
        answer = stranger.post("/sign-in", headers=headers, email=f"{number}@example.com", password="wrong")
        assert answer.status_code == 401
    headers = {"X-Forwarded-For": "192.0.2.0"}
    assert stranger.post("/sign-in", headers=headers, email=EMAIL, password=PASSWORD).status_code == 429


def test_a_sign_in_that_finds_no_place_for_its_hash_is_told_so(
    stranger: Visitor, eve: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> bool:
        raise HashesBusy(7)

    monkeypatch.setattr(Passwords, "is_right", busy)
    answer = stranger.sign_in(EMAIL, PASSWORD)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert "Try again in a moment" in answer.text


def test_a_database_that_can_not_be_written_opens_no_door(service: Service, stranger: Visitor, eve: Master) -> None:
    token = stranger.token()
    service.db.change("PRAGMA query_only = 1")
    answer = stranger.post("/sign-in", token=token, email=EMAIL, password=PASSWORD)
    assert answer.status_code == 503
    assert stranger.get("/runs").status_code == 303


def test_a_sign_in_ends_when_it_is_not_used(service: Service, user: Visitor, clock: Clock) -> None:
    idle_s = service.settings.session_idle_hours * 3600
    for _ in range(3):
        clock.pass_(idle_s - 60)
        assert user.get("/runs").status_code == 200
    clock.pass_(idle_s)
    assert user.get("/runs").status_code == 303


def test_what_a_page_asks_by_itself_is_no_use_of_it(service: Service, user: Visitor, clock: Clock) -> None:
    idle_s = service.settings.session_idle_hours * 3600
    clock.pass_(idle_s - 60)
    assert user.get("/runs", Live="runs").status_code == 200
    clock.pass_(60)
    assert user.get("/runs").status_code == 303


def test_a_given_password_is_changed_before_anything_else(
    app: Flask, service: Service, admin: Visitor, stranger: Visitor
) -> None:
    admin.post("/people", email="new@example.com", name="New", new_password="given-to-you")
    first = stranger.sign_in("new@example.com", "given-to-you", back="/admin/runs")
    assert first.headers["Location"] == "/admin/new-password"
    for path in ("/", "/runs", "/account", "/people"):
        assert stranger.get(path).headers["Location"] == "/admin/new-password"
    assert stranger.post("/account/name", name="x").headers["Location"] == "/admin/new-password"
    assert stranger.get("/runs", Live="runs").status_code == 401
    body = {"email": "new@example.com", "password": "given-to-you"}
    assert stranger.client.post("/user/token/", json=body).status_code == 200
    assert "Choose a password" in stranger.get("/new-password").text
    for wrong, words in (
        ({"new_password": "short", "again_password": "short"}, "is too short"),
        ({"new_password": "password1", "again_password": "password1"}, "most common"),
        ({"new_password": "given-to-you", "again_password": "given-to-you"}, "that you were given"),
        ({"new_password": "my-own-one", "again_password": "other-one"}, "is different from the first one"),
    ):
        answer = stranger.post("/new-password", **wrong)
        assert answer.status_code == 400
        assert words in answer.text
    done = stranger.post("/new-password", new_password="my-own-one", again_password="my-own-one")
    assert done.headers["Location"] == "/admin/"
    assert stranger.get("/runs").status_code == 200
    assert Visitor(app).sign_in("new@example.com", "my-own-one").headers["Location"] == "/admin/"


def test_others_change_their_password_on_their_account(user: Visitor, bob: Master, service: Service) -> None:
    assert user.get("/new-password").headers["Location"] == "/admin/account"
    form = {"new_password": "my-own-one", "again_password": "my-own-one"}
    assert user.post("/new-password", **form).headers["Location"] == "/admin/account"
    assert not service.sign_ins.is_password(bob, "my-own-one")


def test_who_was_given_a_password_may_sign_out(app: Flask, service: Service, stranger: Visitor) -> None:
    service.new_master("new@example.com", "given-to-you", "New", must_change=True)
    stranger.sign_in("new@example.com", "given-to-you")
    assert stranger.post("/sign-out").headers["Location"] == "/admin/sign-in"


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_a_banner_tells_admins_of_a_proxy_that_nobody_told_of(admin: Visitor, user: Visitor, header: str) -> None:
    assert "PROXIES" in admin.get("/runs", **{header: "203.0.113.5"}).text
    assert "PROXIES" not in admin.get("/runs").text
    assert "PROXIES" not in user.get("/runs", **{header: "203.0.113.5"}).text
