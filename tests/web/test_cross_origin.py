"""Pages of other origins: what browsers are told."""

import dataclasses

import pytest
from flask.testing import FlaskClient

from walkabout.service import Service
from walkabout.web.application import create_app
from walkabout.web.cross_origin import CrossOrigin

HERE, THERE = "https://app.example.com", "https://evil.example.com"
PATHS = ["/js/alias_list", "/js_public/info", "/js_admin/master_allusers", "/user/token/", "/js/nothing"]


def client(service: Service, origins: str) -> FlaskClient:
    service.settings = dataclasses.replace(service.settings, cors_origins=origins)
    return create_app(service).test_client()


@pytest.mark.parametrize("origins", [HERE, f"http://localhost:3000, {HERE}/", "*"])
@pytest.mark.parametrize("path", PATHS)
def test_a_browser_may_ask_and_read(service: Service, origins: str, path: str) -> None:
    asked = client(service, origins).options(path, headers={"Origin": HERE, "Access-Control-Request-Method": "POST"})
    assert (asked.status_code, asked.data) == (204, b"")
    allowed = {name.strip() for name in asked.headers["Access-Control-Allow-Headers"].split(",")}
    assert allowed == {"authorization", "content-type", "idempotency-key", "traceparent"}
    answer = client(service, origins).post(path, headers={"Origin": HERE})
    for one in (asked, answer):
        assert one.headers["Access-Control-Allow-Origin"] == ("*" if origins == "*" else HERE)
        assert "Origin" in one.headers["Vary"]
        assert "Retry-After" in one.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in one.headers


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", [THERE, "null", "", HERE + ".evil.example.com", None])
def test_other_origins_are_told_nothing(service: Service, path: str, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    for answer in (
        client(service, HERE).options(path, headers=headers),
        client(service, HERE).post(path, headers=headers),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Origin" in answer.headers["Vary"]


def test_nobody_is_told_anything_by_default(service: Service) -> None:
    answer = client(service, "").options("/js/alias_list", headers={"Origin": HERE})
    assert answer.status_code == 405
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("path", ["/admin/", "/healthz", "/openapi.json"])
def test_the_page_is_not_opened(service: Service, path: str) -> None:
    answer = client(service, "*").get(path, headers={"Origin": HERE})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_body_that_is_refused_unread_says_so_too(service: Service) -> None:
    headers = CrossOrigin(HERE).headers("/js/walker_run", HERE)
    assert headers["Access-Control-Allow-Origin"] == HERE
