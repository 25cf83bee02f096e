"""The place Settings: every setting with its value, masked, where it comes from, and what would be right."""

import dataclasses
from collections.abc import Callable

import pytest

from tests.support.cast import person
from tests.support.reader import PageReader
from tests.support.visitor import Visitor, signed_in
from walkabout.masking import MASK
from walkabout.service import Service
from walkabout.settings import GROUPS, rules_of
from walkabout.web.application import create_app

VARIABLES = {
    "PAGE_ROWS": "20",
    "SECRET_KEY": "a-key-that-nobody-may-see",
    "DATABASE_URL": "postgresql://me:hunter22@db/x",
    "SIGNUP": "open",
}


@pytest.fixture
def rows(make_service: Callable[..., Service]) -> Callable[[str], dict[str, list[str]]]:
    """The rows of the page of a service that was started with VARIABLES, by their variables."""
    service = make_service(environ=VARIABLES, page_rows=20, secret_key=VARIABLES["SECRET_KEY"], signup="open")
    service.settings = dataclasses.replace(service.settings, database_url=VARIABLES["DATABASE_URL"])
    admin = signed_in(create_app(service), service, person(service, "boss", superuser=True))

    def read(query: str = "") -> dict[str, list[str]]:
        page = PageReader(admin.get(f"/settings{query}").text)
        cells = [[cell.get_text(" ", strip=True) for cell in row.select("td")] for row in page.soup.select("tbody tr")]
        return {variable: rest for variable, *rest in cells}

    return read


def test_every_setting_is_there(rows: Callable[[str], dict[str, list[str]]]) -> None:
    assert set(rows("")) == {rule.env for group in GROUPS for _, rule in rules_of(group)}


def test_a_value_says_where_it_comes_from_and_what_would_be_right(
    rows: Callable[[str], dict[str, list[str]]],
) -> None:
    found = rows("")
    assert found["PAGE_ROWS"][:2] == ["20", "environment , else 50"]
    assert found["PAGE_ROWS"][2].endswith("(a whole number, 2 to 100)")
    assert found["TREE_ITEMS"][:2] == ["400", "default"]
    assert found["TREE_ITEMS"][2].endswith("(a whole number, 1 or more)")
    assert "(one of " in found["SIGNUP"][2]
    assert found["DATA_DIR"][1].startswith("found at the start")


def test_secrets_are_masked(rows: Callable[[str], dict[str, list[str]]]) -> None:
    found = rows("")
    assert found["SECRET_KEY"][0] == MASK
    assert "a-key-that" not in str(found)
    assert found["DATABASE_URL"][0]
    assert "hunter22" not in str(found)


def test_the_list_is_narrowed(rows: Callable[[str], dict[str, list[str]]]) -> None:
    assert set(rows("?search=TREE_")) == {"TREE_ITEMS", "TREE_CHARS"}
    assert {"PAGE_ROWS", "SIGNUP"} <= set(rows("?only=set"))
    assert "TREE_ITEMS" not in rows("?only=set")
    assert rows("?search=nothing-like-it") == {}


def test_others_find_their_account_instead(user: Visitor, admin: Visitor) -> None:
    assert user.get("/settings").headers["Location"] == "/admin/account"
    assert PageReader(user.get("/account").text).texts('nav[aria-label="Settings"] a') == ["Notices", "My account"]
    for path in ("/people", "/account", "/notices", "/settings"):
        page = PageReader(admin.get(path).text)
        assert page.texts('nav[aria-label="Settings"] a') == [
            "People",
            "Notices",
            "My account",
            "Import and export",
            "This installation",
        ]
        assert page.texts('nav[aria-label="Main"] [aria-current]') == ["Settings"]
