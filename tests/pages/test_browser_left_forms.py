"""A form in a real browser that somebody leaves, or whose task somebody else has changed meanwhile: nothing is lost."""

import re
from collections.abc import Iterator

import pytest

from tests.pages.browsing import Browser, Page, a_browser, a_page, expect, inside_as_admin, trouble  # noqa: F401
from tests.support.house import House
from tests.support.until import until

YEARLY = {"type": "crontab", "conf": {"minute": "0", "hour": "3", "day_of_month": "1", "month_of_year": "1"}}


@pytest.fixture
def task(house: House) -> Iterator[int]:
    """A task that does not fire."""
    ana = house.client()
    body = {"name": "count", "ctx": {"by": 1}}
    made = int(ana.js("add_scheduled_walker", name="left: one", schedule=YEARLY, body=body).json()["id"])
    yield made
    ana.js("delete_scheduled_queue", scheduled_queue_id=made)


def _go(page: Page, address: str) -> None:
    """Open a page, and wait until its scripts run."""
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-keys", "ready")


def _kept(page: Page) -> str:
    return str(page.evaluate("Object.values(sessionStorage).join()"))


def test_a_form_left_with_back_has_what_was_typed(inside: Page) -> None:
    _go(inside, "/admin/tasks/new?example=crontab")
    inside.get_by_label("Name", exact=True).fill("half a form")
    inside.get_by_label("Walker", exact=True).fill("echo")
    inside.get_by_label("Walker", exact=True).blur()
    expect(inside.get_by_label(re.compile("^value "))).to_be_visible()
    inside.get_by_label(re.compile("^value ")).fill("42")
    inside.locator("#kind-interval").check()
    inside.get_by_label("Every").fill("9")
    inside.get_by_role("link", name="Runs", exact=True).click()
    expect(inside.get_by_role("heading", name="Runs")).to_be_visible()
    inside.go_back()
    expect(inside.locator(".kept")).to_contain_text("is back")
    expect(inside.get_by_label("Name", exact=True)).to_have_value("half a form")
    expect(inside.get_by_label("Walker", exact=True)).to_have_value("echo")
    expect(inside.get_by_label(re.compile("^value "))).to_have_value("42")
    expect(inside.get_by_label("Every")).to_have_value("9")
    expect(inside.locator("#meaning")).to_contain_text("Every 9")
    assert trouble(inside) == []
    inside.get_by_role("button", name="Start over").click()
    expect(inside.get_by_label("Name", exact=True)).not_to_have_value("half a form")
    expect(inside.locator(".kept")).to_have_count(0)


def test_another_visit_offers_it_and_json_comes_without_its_secrets(inside: Page) -> None:
    _go(inside, "/admin/tasks/new?example=sequence")
    text = (
        '{"requests": [{"method": "GET", "api": "http://x", "header": {"Authorization": "token abc", "X": "{{$.t}}"}}]}'
    )
    inside.get_by_label("The sequence").fill(text)
    until(lambda: "requests" in _kept(inside))
    _go(inside, "/admin/tasks/new?example=sequence")
    expect(inside.get_by_label("The sequence")).not_to_have_value(re.compile("http://x"))
    inside.get_by_role("button", name="Bring them back").click()
    expect(inside.get_by_label("The sequence")).to_have_value(text.replace("token abc", ""))
    expect(inside.locator(".kept")).to_contain_text("type them again")
    assert "abc" not in _kept(inside)
    _go(inside, "/admin/tasks/new?example=sequence")
    inside.get_by_role("button", name="Forget them").click()
    assert "requests" not in _kept(inside)


def test_a_form_that_was_sent_is_not_offered_again(inside: Page) -> None:
    _go(inside, "/admin/people")
    inside.get_by_label("Email", exact=True).fill("sent@example.com")
    inside.locator("#new_password").fill("long-enough")
    inside.get_by_role("button", name="Add").click()
    expect(inside.get_by_role("status")).to_contain_text("sent@example.com can sign in now")


def test_nothing_of_it_is_left_after_the_sign_out(page: Page, inside: Page, house: House) -> None:
    _go(inside, "/admin/people")
    inside.get_by_label("Name", exact=True).fill("Somebody")
    inside.locator("#new_password").fill("a-password-typed")
    until(lambda: "Somebody" in _kept(inside))
    assert "a-password-typed" not in _kept(inside)
    # A sign-in of its own is ended, not the one that other tests share.
    house.person("left@example.com", superuser=True)
    inside.context.clear_cookies()
    inside.goto("/admin/people")
    inside.get_by_label("Email").fill("left@example.com")
    inside.get_by_label("Password", exact=True).fill("long-enough")
    inside.get_by_role("button", name="Sign in").click()
    expect(inside.get_by_role("heading", name="People")).to_be_visible()
    expect(inside.locator("html")).to_have_attribute("data-keys", "ready")
    assert "Somebody" not in _kept(inside)  # it was Ana's
    inside.get_by_label("Name", exact=True).fill("Somebody else")
    until(lambda: "Somebody else" in _kept(inside))
    inside.get_by_text("left@example.com").first.click()
    inside.get_by_role("button", name="Sign out").click()
    expect(inside.get_by_role("heading", name="Sign in")).to_be_visible()
    assert _kept(inside) == ""


def _types_while_another_saves(page: Page, house: House, task: int) -> None:
    _go(page, f"/admin/tasks/{task}/edit")
    house.client().js("schedule_update", id=task, description="theirs", body={"name": "count", "ctx": {"by": 7}})
    page.get_by_label("Description").fill("mine")
    page.get_by_label("Name", exact=True).fill("left: renamed")


def test_the_second_of_two_editors_chooses_by_mouse(inside: Page, house: House, task: int) -> None:
    _types_while_another_saves(inside, house, task)
    inside.get_by_role("button", name="Save", exact=True).click()
    expect(inside.get_by_role("heading", name="Not saved yet")).to_be_focused()
    assert trouble(inside) == []
    conflict = inside.locator(".conflict")
    expect(conflict.get_by_role("listitem")).to_contain_text("ana@example.com")
    inside.set_viewport_size({"width": 390, "height": 800})
    assert inside.evaluate("document.documentElement.scrollWidth") == 390
    conflict.get_by_role("group", name="Description").get_by_label("Take theirs").check()
    inside.get_by_role("button", name="Save as chosen").click()
    expect(inside.get_by_role("heading", level=1)).to_contain_text("left: renamed")
    expect(inside.locator(".doc")).to_have_text("theirs")


def test_the_second_of_two_editors_chooses_by_keyboard(inside: Page, house: House, task: int) -> None:
    _types_while_another_saves(inside, house, task)
    inside.keyboard.press("Enter")  # in the field of the name
    expect(inside.get_by_role("heading", name="Not saved yet")).to_be_focused()
    while inside.evaluate("document.activeElement.value") != "mine":
        inside.keyboard.press("Tab")
    inside.keyboard.press("ArrowDown")
    expect(inside.locator(":focus")).to_have_value("theirs")
    inside.keyboard.press("Enter")
    expect(inside.get_by_role("heading", level=1)).to_contain_text("left: renamed")
    expect(inside.locator(".doc")).to_have_text("theirs")
