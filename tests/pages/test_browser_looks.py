"""Each page in a real browser as everybody may see it: light, dark, on a phone, at 200 %, in forced colours, with menus
open; among names that are long, written from right to left, or turn the direction of what is around them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.conftest import WALKERS
from tests.pages.browsing import Browser, Page, a_browser, a_page, expect, inside_as_admin, trouble  # noqa: F401
from tests.support.house import House
from tests.support.sequence_runs import started

LONG = "\u202e" + "many-words-in-one-" * 9 + "\u05e9\u05dc\u05d5\u05dd \U0001f319"
YEARLY = {"type": "crontab", "conf": {"minute": "0", "hour": "3", "day_of_month": "1", "month_of_year": "1"}}
PAGES = (
    *("", "?search=many", "tasks/new", "tasks/new?example=loop", "tasks/{task}", "tasks/{task}/edit"),
    *(
        "tasks/{task}/changes",
        "tasks/deleted",
        "tasks/files",
        "calendar",
        "runs",
        "runs/{failed}",
        "runs/{ended}",
        "runs/{later}",
    ),
    *("runs/{sequence}", "runs/{sequence}/steps/0", "runs/compare?a={ended}", "runs/compare?a={ended}&b={failed}"),
    *("sequences", *(f"sequences/{'s' * 100}{more}" for more in ("", "/edit", "/versions", "/curl"))),
    *("new-sequence", "import-sequence", "walkers/chosen", "runs/{saved}", "runs/{going}"),
    *("queue", "walkers", "walkers/typed", "graph", "people", "notices", "account", "settings", "nothing"),
)
# Texts that stick out of the box that is theirs, where nothing cuts or scrolls them.
OUTSIDE = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    if (!text.data.trim() || text.parentElement.closest("option, script, .unseen, .skip, dialog:not([open]), svg")) continue;
    const place = text.parentElement.closest("td, th, dd, dt, li, button, .button, label, legend, h1, h2, h3, p, summary, div");
    let cut = false;
    for (let box = text.parentElement; box && !cut; box = box.parentElement) cut = getComputedStyle(box).overflowX !== "visible";
    if (!place || cut) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const room = place.getBoundingClientRect();
    for (const rect of range.getClientRects()) {
      if (rect.width && (rect.left < room.left - 1.5 || rect.right > room.right + 1.5)) {
        found.push(`${place.tagName}.${place.className}: ${text.data.trim().slice(0, 60)}`);
        break;
      }
    }
  }
  return found;
}"""
OPEN_ALL = "for (const one of document.querySelectorAll('details:not(.ask, .row-menu, [data-step])')) one.open = true"


@dataclass(frozen=True)
class Things:
    """What the pages are about: a task, and runs by how they stand; `saved` is that of a saved sequence, which failed."""

    task: int
    failed: str
    ended: str
    later: str
    sequence: str
    saved: str
    going: str


@pytest.fixture(scope="module", name="house")
def a_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service of its own, whose lists hold nothing else."""
    running = House(
        tmp_path_factory.mktemp("looks"), WALKERS_DIR=f"walkers:{WALKERS}", PRIVATE_HOSTS="everyone"
    ).start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def things(house: House) -> Things:
    ana = house.client()
    house.person(f"{'long-' * 12}@example.com")
    body = {"name": "fail", "ctx": {"message": LONG}}
    task = ana.js("add_scheduled_walker", name=LONG, schedule=YEARLY, body=body, description=LONG).json()["id"]
    ana.js("schedule_update", id=task, tags="night shop", timezone="America/Argentina/Buenos_Aires")
    failed = ana.js("schedule_run_now", id=task).json()["task_id"]
    ended, later = ana.start("echo", value=[1, {LONG: None}, LONG]), ana.start("count", {"delay": 3600})
    asked = {"requests": [{"method": "GET", "api": f"{house.url}/nothing?{LONG[1:40]}", "name": LONG}]}
    sequence = ana.post("/js_admin/sequence_run", sequence=asked, is_async=True).json()["result"]
    step = {"method": "GET", "api": f"{house.url}/nothing?{LONG[1:40]}", "name": LONG}
    for steps in ([step], [{"set": {"rows": [1, 2], LONG: LONG}}, {**step, "name": f"2 {LONG}"}, {"delay": 3600}]):
        asked = {"requests": steps, "finally": [step]}
        given = {"name": "s" * 100, "sequence": asked, "description": LONG, "tags": ["night", LONG[:60]]}
        assert ana.post("/js_admin/saved_sequence_save", **given).status_code == 200
    body = {"name": "s" * 100}
    ana.post("/js_admin/add_scheduled_sequence", name=f"2 {LONG}", schedule=YEARLY, body=body)
    saved = ana.post("/js_admin/sequence_run", name="s" * 100, is_async=True).json()["result"]
    going = started(ana, {"requests": [{"set": {"a": 1}}, {"delay": 3600, "name": LONG}, step]})
    for run in (failed, ended, sequence, saved):
        ana.wait(run)
    return Things(int(task), failed, ended, later, sequence, saved, going)


@pytest.fixture
def seen(inside: Page, things: Things) -> Callable[[str], Page]:
    def see(path: str) -> Page:
        inside.goto("/admin/" + path.format(**vars(things)))
        return inside

    return see


def _fits(page: Page) -> None:
    """Nothing is wider than the window, and no text leaves its place."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("path", PAGES)
def test_light_with_all_that_folds_open_then_at_200_per_cent_and_in_forced_colours(
    seen: Callable[[str], Page], path: str
) -> None:
    page = seen(path)
    page.evaluate(OPEN_ALL)
    assert trouble(page) == []
    _fits(page)
    page.set_viewport_size({"width": 640, "height": 400})  # what is left of 1280 by 800 at 200 %
    _fits(page)
    page.emulate_media(forced_colors="active")
    assert trouble(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_dark_on_a_phone(seen: Callable[[str], Page], path: str, inside: Page) -> None:
    inside.emulate_media(color_scheme="dark")
    inside.set_viewport_size({"width": 390, "height": 800})
    page = seen(path)
    assert trouble(page) == []
    _fits(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_menus_questions_and_the_list_of_keys(seen: Callable[[str], Page], width: int, inside: Page) -> None:
    inside.set_viewport_size({"width": width, "height": 800})
    for path, summary in (
        ("", ".menu summary"), ("", ".row-menu summary"), ("tasks/{task}", ".ask summary"), ("runs/{later}", ".ask summary"),
        ("people", ".ask summary"), ("account", ".ask summary"),
    ):  # fmt: skip
        page = seen(path)
        page.locator(summary).first.click()
        assert trouble(page) == [], (path, summary)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, summary)
    page = seen("")
    expect(page.locator("html")).to_have_attribute("data-keys", "ready")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert trouble(page) == []


def test_a_chosen_look_is_there_before_any_script(browser: Browser, inside: Page, house: House) -> None:
    """Against what the system says, with the first paint, and without scripts."""
    paper = "getComputedStyle(document.body).backgroundColor"
    inside.emulate_media(color_scheme="light")
    light = inside.evaluate(paper)
    inside.locator(".menu summary").click()
    inside.get_by_role("button", name="dark").click()
    expect(inside.locator("html")).to_have_attribute("data-keys", "ready")
    dark = inside.evaluate(paper)
    assert dark != light
    plain = browser.new_context(base_url=house.url, java_script_enabled=False, color_scheme="light")
    plain.add_cookies(inside.context.cookies())
    page = plain.new_page()
    page.goto("/admin/runs")
    assert page.evaluate(paper) == dark
    page.locator(".menu summary").click()
    page.get_by_role("button", name="light").click()
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(paper) == light
    plain.close()
