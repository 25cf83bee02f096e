"""The headers that keep answers safe, on pages and APIs alike."""

import dataclasses

import pytest
from flask import Flask

from walkabout.service import Service
from walkabout.web.application import create_app

TLS = {"X-Forwarded-Proto": "https"}
PATHS = ["/js/walker_run", "/js_public/info", "/user/token/", "/nowhere", "/admin/sign-in", "/openapi.json", "/js/nope"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_type_is_guessed_and_nothing_is_kept(app: Flask, path: str, method: str) -> None:
    answer = app.test_client().open(path, method=method)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
def test_over_tls_a_browser_comes_back_over_tls(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, headers=TLS)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_that_can_be_left_to_the_proxy(service: Service) -> None:
    service.settings = dataclasses.replace(service.settings, hsts_days=0)
    answer = create_app(service).test_client().get("/admin/sign-in", headers=TLS)
    assert "Strict-Transport-Security" not in answer.headers


def test_styles_and_scripts_may_be_kept(app: Flask) -> None:
    with app.test_client().get("/static/page.css") as answer:
        assert "no-store" not in answer.headers["Cache-Control"]
