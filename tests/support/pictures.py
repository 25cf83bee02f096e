"""The picture of the README: the real page of a demonstration, light and dark. `python -m tests.support.pictures`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.pages.browsing import ARGUMENTS, CHROMIUM, sign_in
from tests.support.house import ADMIN, House
from tests.support.house_map import ROOT
from walkabout.demo.filling import fill
from walkabout.settings import Settings

FOLDER = ROOT / "docs" / "pictures"
WIDE, HIGH = 1200, 760  # pixels
LOOKS = ("light", "dark")


def main() -> None:
    """Start a service with three days behind it, and take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), prepared=False, WALKERS_DIR="walkers:walkabout/demo/walkers")
        names = ("DATA_DIR", "WALKERS_DIR", "ADMIN_EMAIL", "ADMIN_PASSWORD")
        fill(Settings.from_env({name: house.environment[name] for name in names}))
        house.start()
        try:
            _take(house)
        finally:
            house.stop()


def _take(house: House) -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for look in LOOKS:
            context = browser.new_context(
                base_url=house.url, color_scheme=look, viewport={"width": WIDE, "height": HIGH},
                timezone_id="Europe/Berlin", reduced_motion="reduce",
            )  # fmt: skip
            page: Page = context.new_page()
            page.goto("/admin/")
            sign_in(page, *ADMIN)
            page.get_by_role("heading", level=1).wait_for()
            page.screenshot(path=FOLDER / f"tasks-{look}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
