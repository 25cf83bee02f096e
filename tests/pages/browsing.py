"""The page in a real browser: what tests of it share. A module that imports it is skipped where there is no browser.

Its fixtures `browser`, `page` and `inside` are there for a module that imports `a_browser`, `a_page`, `inside_as_admin`.
"""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.house import ADMIN, House

if not os.environ.get("CI"):
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")
if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip("chromium is not installed", allow_module_level=True)

from axe_playwright_python.sync_playwright import Axe  # noqa: E402
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright  # noqa: E402

__all__ = ["Browser", "Page", "a_browser", "a_page", "expect", "inside_as_admin", "sign_in", "trouble"]
_signed_in: dict[str, Any] = {}  # the cookies of a sign-in, by the house: signing in takes a second
expect.set_options(timeout=20_000)  # only a test that fails waits so long; a busy machine may be slow
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module", name="browser")
def a_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(name="page")
def a_page(browser: Browser, house: House) -> Iterator[Page]:
    """A tab of a browser that knows nothing yet; whatever it asks elsewhere, or logs as an error, fails the test."""
    context = browser.new_context(base_url=house.url, reduced_motion="reduce")
    wrong: list[str] = []

    def only_here(route: Route) -> None:
        if route.request.url.startswith(house.url):
            route.continue_()
        else:
            wrong.append(route.request.url)
            route.abort()

    context.route("**/*", only_here)
    tab = context.new_page()
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield tab
    context.close()
    assert wrong == [], wrong


@pytest.fixture(name="inside")
def inside_as_admin(page: Page, house: House) -> Page:
    """The start page, signed in as the admin: as before, if that sign-in has not ended."""
    page.context.add_cookies(_signed_in.get(house.url, []))
    page.goto("/admin/")
    if "/sign-in" in page.url:
        sign_in(page)
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-keys", "ready")
    _signed_in[house.url] = page.context.cookies()
    return page


def sign_in(page: Page, email: str = ADMIN[0], password: str = ADMIN[1]) -> None:
    """Fill in the sign-in, and send it."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def trouble(page: Page) -> list[str]:
    """What keeps somebody from using the page: all findings of axe-core, targets of less than 24 px among them.

    What lies below an open menu is no target while that is open.
    """
    page.wait_for_load_state("load")  # without its styles every link is small
    found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response["violations"]
    return [
        f"{one['id']}: {node['html'][:300]}"
        for one in found
        for node in one["nodes"]
        if "partially obscured" not in node.get("failureSummary", "")
    ]
