"""Light, dark or as the system has it: chosen in the head, said by the server, kept in the browser."""

import pytest

from tests.support.reader import PageReader
from tests.support.visitor import Visitor

SHEETS = 'link[rel="stylesheet"][href*="dark.css"]'


def _look(visitor: Visitor, path: str) -> tuple[list[str], list[str]]:
    """The schemes that a page says it has, and for which media it takes the dark sheet ("all": always)."""
    page = PageReader(visitor.get(path).text)
    media = [str(sheet.get("media", "all")) for sheet in page.soup.select(SHEETS)]
    return page.attributes('meta[name="color-scheme"]', "content"), media


@pytest.mark.parametrize(
    ("chosen", "look"),
    [("light", (["light"], [])), ("dark", (["dark"], ["all"]))],
)
def test_a_choice_stays_also_before_the_sign_in(user: Visitor, chosen: str, look: tuple[list[str], list[str]]) -> None:
    by_system = (["light dark"], ["(prefers-color-scheme: dark)"])
    assert _look(user, "/runs") == by_system
    answer = user.post("/theme", theme=chosen, back="/admin/runs?state=failed")
    assert answer.headers["Location"] == "/admin/runs?state=failed"
    assert _look(user, "/runs") == look
    page = PageReader(user.get("/runs").text)
    assert page.texts('[name="theme"][aria-pressed="true"]') == [chosen]
    user.post("/sign-out")
    assert _look(user, "/sign-in") == look


def test_the_system_decides_again(user: Visitor) -> None:
    user.post("/theme", theme="dark")
    user.post("/theme", theme="system")
    assert _look(user, "/runs") == (["light dark"], ["(prefers-color-scheme: dark)"])


@pytest.mark.parametrize("chosen", ["", "pink", "dark;x", "DARK"])
def test_another_look_is_none(user: Visitor, chosen: str) -> None:
    assert "theme=" not in str(user.post("/theme", theme=chosen).headers)
    user.client.set_cookie("theme", chosen, path="/admin")
    assert _look(user, "/runs")[0] == ["light dark"]


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/admin/\\evil", "/other", ""])
def test_it_leads_back_to_pages_of_ours_alone(user: Visitor, back: str) -> None:
    assert user.post("/theme", theme="dark", back=back).headers["Location"] == "/admin/"
