"""What somebody needs at night: the page in a real browser, while things go wrong."""

import re

from tests.pages.browsing import Browser, Page, a_browser, a_page, expect, inside_as_admin  # noqa: F401
from tests.support.house import House

LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"  # as a tab does that comes to the front


def test_says_that_the_service_is_gone_stands_still_and_comes_back(inside: Page, house: House) -> None:
    client = house.client()
    task = client.post("/js/walker_run", name="slow", ctx={"seconds": 600}, is_async=True).json()["result"]
    inside.goto("/admin/queue")
    counter = inside.locator("[data-since]").first
    expect(counter).to_be_visible()
    inside.context.set_offline(True)
    inside.evaluate(LOOK_AGAIN)
    expect(inside.locator("#away")).to_have_text(
        re.compile(r"No answer from the service since \d\d:\d\d:\d\d, trying again")
    )
    stands = counter.text_content()
    inside.evaluate("document.dispatchEvent(new Event('shown'))")  # the clock of the page ticks
    assert counter.text_content() == stands
    inside.context.set_offline(False)
    inside.evaluate(LOOK_AGAIN)
    expect(inside.locator("#away")).to_be_hidden()
    expect(counter).not_to_have_text(stands or "")
    client.post("/js/walker_queue_cancel", task_id=task)


def test_a_preview_that_was_not_checked_says_so(inside: Page) -> None:
    inside.goto("/admin/tasks/new?example=crontab")
    meaning = inside.locator("#meaning")
    expect(meaning).to_contain_text("Every day")
    inside.context.set_offline(True)
    inside.get_by_label("Name", exact=True).fill("nightly")
    expect(meaning).to_contain_text("Not checked: no answer from the service.")
    inside.context.set_offline(False)
    expect(meaning).not_to_contain_text("Not checked")
