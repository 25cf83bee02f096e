"""Being told, in a real browser: an address is added and tried by keyboard and mouse, and the page is fit for everybody."""

import re

from tests.pages.browsing import Browser, Page, a_browser, a_page, expect, inside_as_admin, trouble  # noqa: F401
from tests.support.house import House
from tests.support.scripted_server import Server


def test_somebody_adds_an_address_tries_it_and_sees_what_was_told(inside: Page, house: House, server: Server) -> None:
    server.begin({"POST /hook": {"status": 200}})
    inside.get_by_text("ana@example.com").click()
    inside.get_by_role("link", name="Notices").click()
    expect(inside.get_by_role("heading", name="Notices", exact=True)).to_be_visible()
    address = inside.get_by_role("textbox", name=re.compile("^Address"))
    address.fill(f"{server.base}/hook")
    address.press("Enter")
    expect(inside.get_by_text("The webhook was added")).to_be_visible()
    expect(inside.locator("code.secret")).to_have_text(re.compile(r"whsec_[0-9a-f]{32}"))
    assert trouble(inside) == []
    inside.get_by_role("button", name=re.compile("^Send a test to")).click()
    expect(inside.get_by_text("The test was sent.")).to_be_visible()
    assert server.seen[0].body["event"] == "test"

    never = {"type": "interval", "conf": {"every": 300, "period": "days"}}
    client = house.client()
    made = client.js("add_scheduled_walker", name="told in a browser", schedule=never, body={"name": "fail"}).json()
    client.js("schedule_run_now", id=made["id"]).raise_for_status()
    row = inside.locator("#told tr", has_text="told in a browser failed")
    expect(row).to_contain_text("sent", timeout=40_000)
    assert trouble(inside) == []
    inside.set_viewport_size({"width": 390, "height": 800})
    assert inside.evaluate("document.documentElement.scrollWidth <= 390")

    inside.get_by_text("Remove…").first.click()
    inside.get_by_role("button", name="Remove", exact=True).click()
    expect(inside.get_by_text("It is told nothing more.")).to_be_visible()
    client.js("delete_scheduled_queue", scheduled_queue_id=made["id"])
