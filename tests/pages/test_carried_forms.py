"""What is carried through a sign-in that ran out: signed for this browser, named, and never an admin's action."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.pages.conftest import EVE
from tests.support.clock import Clock
from tests.support.reader import PageReader
from tests.support.visitor import Visitor, signed_in
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.web.pages.signing.carried import ACTIONS, way_back

EMAIL, PASSWORD = EVE
OURS = {"Sec-Fetch-Site": "same-origin"}
DAY_S = 86_400.0

SignedOut = Callable[..., Visitor]


@pytest.fixture
def signed_out(app: Flask, service: Service, clock: Clock) -> SignedOut:
    """Somebody whose sign-in has run out, with the token of a form that still stands open."""

    def make(master: Master) -> Visitor:
        visitor = signed_in(app, service, master)
        visitor.old_token = visitor.token()
        clock.pass_(service.settings.session_days * DAY_S + 1)
        return visitor

    return make


def _door(visitor: Visitor, path: str, **form: str) -> str:
    """What the sign-in carries after a form was sent too late."""
    answer = visitor.post(path, token=visitor.old_token, headers=OURS, **form)
    assert answer.status_code == 401
    return "".join(PageReader(answer.text).attributes('[name="carried"]', "value"))


def test_what_was_typed_is_named_and_sent_by_one_click(signed_out: SignedOut, service: Service, eve: Master) -> None:
    visitor = signed_out(eve)
    carried = _door(visitor, "/account/name", name="Eve <i>")
    again = visitor.sign_in(EMAIL, PASSWORD, carried=carried)
    assert again.status_code == 200
    page = PageReader(again.text)
    assert page.texts("form button.main") == ["Change your name"]
    form = 'form[action="/admin/account/name"]'
    assert page.form(form) == {"name": "Eve <i>"}
    token = page.attributes(f'{form} [name="csrf_token"]', "value")[0]
    visitor.post("/account/name", token=token, **page.form(form))
    found = service.masters.by_uid(eve.uid)
    assert found is not None and found.name == "Eve <i>"


def test_it_is_carried_past_a_wrong_password(signed_out: SignedOut, eve: Master) -> None:
    visitor = signed_out(eve)
    answer = visitor.sign_in(EMAIL, "wrong-password", carried=_door(visitor, "/account/name", name="Eva"))
    carried = PageReader(answer.text).value("carried")
    assert "Change your name" in visitor.sign_in(EMAIL, PASSWORD, carried=carried).text


def test_what_was_signed_for_another_browser_is_not_taken_up(app: Flask, signed_out: SignedOut, eve: Master) -> None:
    carried = _door(signed_out(eve), "/account/name", name="Mallory")
    assert carried
    answer = Visitor(app).sign_in(EMAIL, PASSWORD, carried=carried)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")


@pytest.mark.parametrize("form", [{"carried": "made.up.text"}, {"kept_name": "name", "kept_value": "Mallory"}])
def test_what_is_not_signed_is_not_taken_up(stranger: Visitor, eve: Master, form: dict[str, str]) -> None:
    answer = stranger.sign_in(EMAIL, PASSWORD, back="/admin/account/name", **form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/account/name")


@pytest.mark.parametrize("what", ["enable", "disable", "promote", "demote"])
def test_an_admins_action_is_not_carried(signed_out: SignedOut, ana: Master, bob: Master, what: str) -> None:
    assert _door(signed_out(ana), f"/people/{bob.uid}/{what}") == ""


def test_what_an_admin_typed_is_shown_and_not_sent(
    app: Flask, service: Service, signed_out: SignedOut, eve: Master
) -> None:
    service.masters.promote(eve.uid)
    visitor = signed_out(eve)
    answer = visitor.sign_in(EMAIL, PASSWORD, carried=_door(visitor, "/account/name", name="kept text"))
    assert "kept text" in answer.text
    assert PageReader(answer.text).texts("form button.main") == []


def test_no_action_of_admins_is_among_those_that_are_carried(app: Flask) -> None:
    rules = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
    assert {name for name in ACTIONS if name not in rules} == set()
    assert {name for name in ACTIONS if "/people" in rules[name]} == set()


@pytest.mark.parametrize("path", ["/admin", "/admin/", "/admin/runs?state=failed&q=%0d", "/admin/tasks/7"])
def test_leads_back_to_our_own_pages(path: str) -> None:
    assert way_back(path) == path


@pytest.mark.parametrize(
    "path",
    ["/admin/x\r\nSet-Cookie: a=b", "/admin/\n", "//elsewhere", "/admin//elsewhere", "/admin/\\elsewhere", "/adminx",
     "https://elsewhere/admin/", "/admin/\u00e9", "javascript:alert(1)", "/js/x", "", "/admin/a b"],
)  # fmt: skip
def test_leads_nowhere_else(path: str) -> None:
    assert way_back(path) == ""


def test_line_ends_in_the_way_back_are_no_error(stranger: Visitor, eve: Master) -> None:
    answer = stranger.sign_in(EMAIL, PASSWORD, back="/admin/x\r\nA: b")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")
