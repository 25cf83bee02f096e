"""Texts of the page are compressed for those who take it; the rest is left as it is."""

import gzip

from flask import Flask
from flask.testing import FlaskClient

from walkabout.web.pages.frame import asset

TAKES = {"Accept-Encoding": "gzip, br"}


def test_a_page_and_its_files_are_compressed(app: Flask) -> None:
    client: FlaskClient = app.test_client()
    with app.test_request_context():
        sheet = asset("page.css")
    for path in ("/admin/sign-in", sheet):
        plain, packed = client.get(path, buffered=True), client.get(path, headers=TAKES, buffered=True)
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert len(packed.data) < len(plain.data) * 0.7
        assert len(gzip.decompress(packed.data)) == len(plain.data)


def test_a_file_that_the_browser_has_is_not_sent_again(app: Flask) -> None:
    client = app.test_client()
    with app.test_request_context():
        sheet = asset("page.css")
    tag = client.get(sheet, headers=TAKES, buffered=True).headers["ETag"]
    assert client.get(sheet, headers={**TAKES, "If-None-Match": tag}, buffered=True).status_code == 304


def test_the_length_tells_nothing_exact(app: Flask) -> None:
    client = app.test_client()
    with app.test_request_context():
        sheet = asset("page.css")
    assert len({len(client.get(sheet, headers=TAKES, buffered=True).data) for _ in range(20)}) > 1


def test_answers_of_the_apis_are_left_as_they_are(app: Flask) -> None:
    answer = app.test_client().get("/openapi.json", headers=TAKES)
    assert "Content-Encoding" not in answer.headers
