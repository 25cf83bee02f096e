"""The list of tasks in a real browser: ticks and what is typed survive a live update; the bar, the menu, the undo."""

import re
from collections.abc import Iterator

import pytest

from tests.pages.browsing import Page, a_browser, a_page, expect, inside_as_admin, trouble
from tests.support.house import House

__all__ = ["a_browser", "a_page", "inside_as_admin"]
YEARLY = {"type": "crontab", "conf": {"minute": "0", "hour": "3", "day_of_month": "1", "month_of_year": "1"}}
NAMES = ("list: one", "list: two")


@pytest.fixture
def ids(house: House) -> Iterator[list[int]]:
    """Two tasks that don't fire."""
    ana = house.client()
    made = [
        int(ana.js("add_scheduled_walker", name=name, schedule=YEARLY, body={"name": "echo"}).json()["id"])
        for name in NAMES
    ]
    yield made
    for id in made:
        ana.js("delete_scheduled_queue", scheduled_queue_id=id)


@pytest.fixture
def listed(inside: Page, ids: list[int]) -> Page:
    inside.goto("/admin/?search=list:")
    return inside


def test_ticks_and_words_survive_a_live_update(listed: Page, house: House, ids: list[int]) -> None:
    listed.get_by_label("Select list: one").check()
    expect(listed.locator("#many")).to_contain_text("1 selected:")
    listed.locator(f"#menu-{ids[1]} summary").click()
    listed.locator(f"#note-{ids[1]}").fill("half a no")
    house.client().js("schedule_disable", id=ids[0], note="from elsewhere")
    # A tab that is looked at again asks at once.
    listed.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(listed.locator("#tasks")).to_contain_text("from elsewhere")
    expect(listed.get_by_label("Select list: one")).to_be_checked()
    expect(listed.get_by_label("Select list: two")).not_to_be_checked()
    expect(listed.locator("#many")).to_contain_text("1 selected:")
    expect(listed.locator(f"#note-{ids[1]}")).to_have_value("half a no")
    expect(listed.locator(f"#note-{ids[1]}")).to_be_focused()


def test_the_bar_does_nothing_until_something_is_ticked(listed: Page) -> None:
    bar = listed.locator("#many")
    expect(bar.get_by_role("button", name="Pause")).to_be_disabled()
    listed.get_by_label("Select list: one").check()
    listed.get_by_label("Select list: two").check()
    expect(bar).to_contain_text("2 selected:")
    expect(bar).to_be_in_viewport()
    expect(bar.get_by_role("button", name="Pause")).to_be_enabled()
    for name in NAMES:
        listed.get_by_label(f"Select {name}").uncheck()
    expect(bar.get_by_role("button", name="Pause")).to_be_disabled()


def test_the_menu_pauses_with_a_note_and_the_return_key(listed: Page, ids: list[int]) -> None:
    listed.locator(f"#menu-{ids[0]} summary").focus()
    listed.keyboard.press("Enter")
    listed.locator(f"#note-{ids[0]}").fill("holidays")
    listed.keyboard.press("Enter")
    expect(listed.get_by_text("list: one: paused.")).to_be_visible()
    expect(listed.locator("#tasks")).to_contain_text("holidays")


def test_a_deletion_is_undone(listed: Page, ids: list[int]) -> None:
    listed.locator(f"#menu-{ids[0]} summary").click()
    listed.locator(f"#menu-{ids[0]}").get_by_role("button", name="Delete").click()
    expect(listed.get_by_role("heading", name="Delete 1 task?")).to_be_visible()
    listed.get_by_role("button", name="Delete").click()
    listed.get_by_role("button", name="Undo").click()
    expect(listed.get_by_text("list: one: as before.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_can_be_used_by_everybody(listed: Page, ids: list[int], scheme: str, width: int) -> None:
    listed.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    listed.set_viewport_size({"width": width, "height": 800})
    listed.get_by_label("Select list: one").check()
    listed.locator(f"#menu-{ids[1]} summary").click()
    assert trouble(listed) == []
    for path in (f"/admin/tasks/{ids[0]}/changes", "/admin/tasks/deleted"):
        listed.goto(path)
        assert trouble(listed) == []
        assert listed.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_a_task_is_a_card_of_two_lines(listed: Page) -> None:
    listed.set_viewport_size({"width": 390, "height": 800})
    heights = listed.locator(".tasks tbody tr").evaluate_all("rows => rows.map((row) => row.offsetHeight)")
    assert heights and max(heights) <= 72
    expect(listed.locator(".filters")).to_be_visible()  # it filters
    listed.goto("/admin/")
    expect(listed.locator(".filters")).to_be_hidden()
    listed.get_by_text("Filters").click()
    expect(listed.locator(".filters")).to_be_visible()
    assert listed.evaluate("document.documentElement.scrollWidth") == 390


def test_a_row_is_36_pixels_high(listed: Page) -> None:
    heights = listed.locator(".tasks tbody tr").evaluate_all("rows => rows.map((row) => row.offsetHeight)")
    assert set(heights) == {36}


def test_hover_and_focus_tell_a_time_in_full(listed: Page) -> None:
    tip = listed.locator(".tip").first
    tip.focus()
    expect(tip.locator(".more-of-it")).to_be_visible()
    expect(tip.locator(".more-of-it")).to_have_text(re.compile(r"UTC.*UTC"))
