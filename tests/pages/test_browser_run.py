"""A sequence's run in a real browser: the waterfall, a step that is opened, going on from the one that failed."""

import re
from typing import Any

import pytest

from tests.pages.browsing import Page, a_browser, a_page, expect, inside_as_admin, sign_in, trouble  # noqa: F401
from tests.support.house import House
from tests.support.scripted_server import Seen, Server

HTML = '<img src="/x" onerror="document.title=1">'
PHONE = {"width": 390, "height": 800}


@pytest.fixture
def server(server: Server) -> Server:
    """Knows thirty people; a mail to number 17 fails once."""
    people = [{"id": number, "mail": f"u{number}@example.com"} for number in range(30)]
    first: list[str] = []

    def mail(seen: Seen) -> dict[str, Any]:
        first.append(seen.path)
        fails = seen.path == "/mail/17" and first.count(seen.path) == 1
        return {"status": 500, "json": {"why": HTML}} if fails else {"json": {"sent": True}}

    server.begin({"POST /login": {"json": {"token": "T0K-123456"}}, "GET /users": {"json": people}, "POST": mail})
    return server


def mails(server: Server) -> dict[str, Any]:
    header = {"Authorization": "token {{#.login.token}}"}
    send = {"method": "POST", "api": server.base + "/mail/{{!}}", "body": {"to": "{{$.mail}}"}, "header": header}
    loop = {"by": "$", "concurrency": 8, "tolerate": 0, "requests": [send]}
    return {
        "requests": [
            {"method": "POST", "api": server.base + "/login", "name": HTML, "save_to": "login"},
            {
                "method": "GET",
                "api": server.base + "/users",
                "header": header,
                "__def_loop__": loop,
                "save_to": "users",
            },
        ]
    }


def failed(house: House, server: Server) -> str:
    """The uid of a run of which one mail failed."""
    ana = house.client()
    uid = ana.post("/js_admin/sequence_run", sequence=mails(server), is_async=True).json()["result"]
    assert ana.wait(uid)["state"] == "FAILURE"
    return str(uid)


def step(page: Page, path: str) -> Any:
    return page.locator(f'[id="s-{path}"]')


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_opens_the_step_that_failed_and_goes_on_from_there(
    inside: Page, house: House, server: Server, scheme: str
) -> None:
    inside.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    uid = failed(house, server)
    inside.goto(f"/admin/runs/{uid}")
    expect(inside.get_by_text(re.compile(r"\d+ items · \d+ ok · 1 failed"))).to_be_visible()
    assert trouble(inside) == []
    opened = step(inside, "1.loop[17].0")
    opened.locator("summary").first.click()
    expect(opened.get_by_text("u17@example.com").first).to_be_visible()
    expect(opened.get_by_text(HTML)).to_be_visible()
    assert inside.locator("main img").count() == 0
    opened.get_by_text("2 headers").click()
    expect(opened.locator(".masked")).to_be_visible()
    assert trouble(inside) == []
    inside.get_by_role("button", name="Resume from the failed step").click()
    expect(inside.get_by_text("this is the new run")).to_be_visible()
    expect(inside.get_by_role("heading", name="sequence")).to_contain_text("ok", timeout=15_000)
    expect(inside.get_by_text("30 items · 30 ok")).to_be_visible()
    assert sorted(seen.path for seen in server.seen).count("/mail/16") == 1
    inside.get_by_role("link", name="an earlier run").click()
    expect(inside.get_by_role("link", name="a later run")).to_be_visible()


def test_an_opened_step_stays_while_the_run_goes_on(inside: Page, house: House, server: Server) -> None:
    slow = {"method": "GET", "api": server.base + "/users", "delay": 2.5}
    ana = house.client()
    first = {"method": "GET", "api": server.base + "/users"}
    uid = ana.post("/js_admin/sequence_run", sequence={"requests": [first, *[slow] * 20]}, is_async=True).json()[
        "result"
    ]
    inside.goto(f"/admin/runs/{uid}")
    step(inside, "0").locator("summary").first.click(timeout=15_000)
    expect(inside.get_by_text("step 2 GET", exact=True)).to_be_visible(timeout=15_000)
    shown = step(inside, "0").get_by_text("4 headers")
    shown.click()
    expect(step(inside, "1")).to_be_visible(timeout=15_000)
    expect(step(inside, "0").get_by_text("application/json")).to_be_visible()
    ana.js("walker_queue_cancel", task_id=uid)
    expect(inside.get_by_role("heading", name="sequence")).to_contain_text("cancelled", timeout=15_000)
    expect(step(inside, "0").get_by_text("application/json")).to_be_visible()


def test_a_run_can_be_read_on_a_phone(inside: Page, house: House, server: Server) -> None:
    uid = failed(house, server)
    inside.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for path in ("", "?in=1", "/steps/1.loop[17].0", "/on?edit=1"):
        inside.goto(f"/admin/runs/{uid}{path}")
        assert inside.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path
        assert trouble(inside) == [], path
    inside.goto(f"/admin/runs/{uid}")
    step(inside, "1.loop[17].0").locator("summary").first.click()
    expect(inside.locator(".step-view")).to_be_visible()
    assert inside.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_without_script_an_opened_step_leads_to_its_page(browser: Any, house: House, server: Server) -> None:
    uid = failed(house, server)
    page = browser.new_context(base_url=house.url, java_script_enabled=False).new_page()
    page.goto(f"/admin/runs/{uid}")
    sign_in(page)
    opened = step(page, "1.loop[17].0")
    opened.locator("summary").first.click()
    opened.get_by_role("link", name="Request and response").click()
    expect(page.get_by_role("heading", name="Step 2[18].1")).to_be_visible()
    expect(page.locator(".as-curl pre")).to_have_text(re.compile("^curl .*/mail/17"))
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    page.context.close()
