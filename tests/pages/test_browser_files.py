"""Import, export and the calendar's address in a real browser: by mouse, on a phone, and without a finding of axe."""

import pytest

from tests.pages.browsing import Page, a_browser, a_page, expect, inside_as_admin, trouble
from tests.support.house import House

__all__ = ["a_browser", "a_page", "inside_as_admin"]
CRONTAB = b"0 3 * * * curl -fsS http://127.0.0.1:9/browser-files\n0 4 * * * /usr/local/bin/backup\n"


def test_a_crontab_is_chosen_looked_at_and_imported(inside: Page, house: House) -> None:
    inside.goto("/admin/tasks/files")
    assert trouble(inside) == []
    inside.get_by_label("Kind of file").select_option("crontab")
    inside.locator("#upload").set_input_files({"name": "crontab", "mimeType": "text/plain", "buffer": CRONTAB})
    inside.get_by_label("Name of the crontab").fill("browser")
    inside.get_by_role("button", name="Show what it would do").click()
    expect(inside.locator("#plan-title + p")).to_contain_text("2 tasks: 1 new, 1 left out.")
    expect(inside.locator("table.rows")).to_contain_text("Every day at 03:00 (UTC)")
    assert trouble(inside) == []
    inside.get_by_role("button", name="Import", exact=True).click()
    expect(inside.locator(".message")).to_contain_text("Imported: 2 tasks: 1 new, 1 left out.")
    house.client().js("delete_scheduled_queue", scheduled_queue_id="GET http://127.0.0.1:9/browser-files")


def test_all_tasks_are_downloaded(inside: Page) -> None:
    inside.goto("/admin/tasks/files")
    for link, name in (("All tasks as JSON", "tasks.json"), ("Crontab", "tasks.crontab")):
        with inside.expect_download() as download:
            inside.get_by_role("link", name=link, exact=True).click()
        assert download.value.suggested_filename == name


@pytest.mark.parametrize("width", [1280, 390])
def test_the_calendar_gets_another_address(inside: Page, width: int) -> None:
    inside.set_viewport_size({"width": width, "height": 800})
    inside.goto("/admin/calendar")
    inside.get_by_role("link", name="Subscribe").click()
    shown = inside.locator("code.secret")
    before = shown.inner_text()
    inside.get_by_text("New address…").click()
    assert trouble(inside) == []
    inside.get_by_role("button", name="Make it").click()
    expect(inside.locator(".message")).to_contain_text("This is the new address.")
    expect(shown).not_to_have_text(before)
    assert inside.evaluate("document.documentElement.scrollWidth") <= width
