"""What holds for every page, found from the application's own list of routes."""

import re

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.support.reader import PageReader
from tests.support.visitor import Visitor
from walkabout.front.front import SAFETY
from walkabout.jids import new_uid
from walkabout.web.pages.frame import HEADERS
from walkabout.web.pages.site import PLACES

NAMES = sorted({name for place in PLACES for name in dir(place) if hasattr(getattr(place, name), "__route__")})
OPEN = ["sign_in"]
# The same for everybody who is signed in, and as long as the version runs.
KEPT = {"sequence_schema": {"Cache-Control": "private, max-age=3600"}}


def _routes(app: Flask, name: str, method: str) -> list[str]:
    found = [rule for rule in app.url_map.iter_rules(f"pages.{name}") if method in (rule.methods or ())]
    return [_path(rule) for rule in found]


def _path(rule: Rule) -> str:
    return re.sub(r"<[^>]*>", new_uid(), re.sub(r"<int:[^>]*>", "7", rule.rule)).removeprefix("/admin")


def test_the_list_is_the_whole_page(app: Flask) -> None:
    assert {f"pages.{name}" for name in NAMES} == {e for e in app.view_functions if e.startswith("pages.")}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OPEN])
def test_nobody_sees_more_than_the_sign_in(app: Flask, stranger: Visitor, name: str) -> None:
    for path in _routes(app, name, "GET"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.headers["Location"][:14]) == (303, "/admin/sign-in")
    for path in _routes(app, name, "POST"):
        answer = stranger.post(path)
        assert answer.status_code == 401
        assert "<h1>Sign in</h1>" in answer.text


@pytest.mark.parametrize("name", NAMES)
def test_a_form_without_its_token_is_refused(app: Flask, admin: Visitor, name: str) -> None:
    for path in _routes(app, name, "POST"):
        for token in ("", "made-up"):
            assert admin.client.post(f"/admin{path}", data={"csrf_token": token}).status_code == 400


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("people", "account", "workers_pulse")])
def test_what_is_not_there_is_404_or_a_page(app: Flask, user: Visitor, name: str) -> None:
    for path in _routes(app, name, "GET"):
        assert user.get(path).status_code in (200, 303, 404)


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_guarded_by_its_headers(app: Flask, admin: Visitor, stranger: Visitor, name: str) -> None:
    for visitor in (admin, stranger):
        for path in _routes(app, name, "GET"):
            answer = visitor.get(path)
            every = HEADERS | SAFETY
            mine = every | (KEPT.get(name, {}) if answer.status_code == 200 else {})
            assert {header: answer.headers.get(header) for header in every} == mine


@pytest.mark.parametrize("name", NAMES)
def test_no_page_carries_a_script_or_a_style_inside(app: Flask, admin: Visitor, name: str) -> None:
    for path in _routes(app, name, "GET"):
        page = PageReader(admin.get(path).text)
        assert page.texts("style, script:not([src])") == []
        named = page.soup.find_all(lambda tag: any(name == "style" or name.startswith("on") for name in tag.attrs))
        assert named == []
        for name in ("src", "href", "action", "formaction"):
            assert [to for to in page.attributes(f"[{name}]", name) if to[:1] not in ("/", "?", "#")] == []


@pytest.mark.parametrize("path", ["/nowhere", "/runs/x/y/z"])
def test_an_unknown_address_is_a_page_behind_the_door(admin: Visitor, stranger: Visitor, path: str) -> None:
    assert stranger.get(path).status_code == 303
    answer = admin.get(path)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_the_root_leads_to_the_page(app: Flask) -> None:
    assert app.test_client().get("/").headers["Location"] == "/admin/"


def test_files_are_kept_for_ever_under_their_mark(app: Flask, admin: Visitor) -> None:
    (sheet,) = PageReader(admin.get("/runs").text).attributes('link[href^="/static/page.css?v="]', "href")
    with app.test_client().get(sheet) as answer:
        assert "max-age=31536000" in answer.headers["Cache-Control"]
