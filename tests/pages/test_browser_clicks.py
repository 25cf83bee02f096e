"""What somebody asks at night, in a real browser: by mouse, each with its number of clicks, and by keyboard."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import WALKERS
from tests.pages.browsing import Browser, Page, a_browser, a_page, expect, inside_as_admin  # noqa: F401
from tests.support.house import House
from walkabout.jobs.specs import Unfired

DAILY = {"type": "crontab", "conf": {"minute": "0", "hour": "3"}}
SOLAR = {"type": "solar", "conf": {"event": "sunset", "latitude": 52.5, "longitude": 13.4}}
LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"  # as a tab does that comes to the front


@pytest.fixture(scope="module", name="house")
def a_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service of its own: what is done here to all that fit is done to nothing else."""
    running = House(tmp_path_factory.mktemp("clicks"), WALKERS_DIR=f"walkers:{WALKERS}").start()
    yield running
    assert running.stop() == 0


def _add(house: House, name: str, schedule: dict[str, object] = DAILY, walker: str = "echo") -> int:
    made = house.client().js("add_scheduled_walker", name=name, schedule=schedule, body={"name": walker})
    return int(made.json()["id"])


def _run(house: House, id: int) -> str:
    ana = house.client()
    run = str(ana.js("schedule_run_now", id=id).json()["task_id"])
    ana.wait(run)
    return run


@pytest.fixture(scope="module")
def failing(house: House) -> str:
    """A task that fails whenever it runs."""
    _run(house, _add(house, "backup", walker="fail"))
    return "backup"


@pytest.fixture(scope="module")
def missed(house: House) -> str:
    """A task that nobody ran at its due time last night."""
    id = _add(house, "report")
    with house.rooms() as service:
        now = datetime.fromtimestamp(service.clock(), UTC)
        due = now.replace(hour=3, minute=0, second=0, microsecond=0)
        at = (due if due <= now else due - timedelta(days=1)).timestamp()
        service.ledger.miss(Unfired(id, "walker", "report", _owner(house), at, at, 1, at, "no worker was running"))
    return "report"


def _owner(house: House) -> str:
    with house.rooms() as service:
        master = service.masters.by_email("ana@example.com")
        assert master is not None
        return master.uid


class Mouse:
    """Clicks, and counts them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, role: str, name: str | re.Pattern[str], within: str = "body") -> None:
        self.clicks += 1
        self.page.locator(within).get_by_role(role, name=name, exact=isinstance(name, str)).first.click()  # type: ignore[arg-type]


@pytest.fixture
def mouse(inside: Page) -> Mouse:
    return Mouse(inside)


def _tab_to(page: Page, text: str) -> None:
    """Press Tab until something with this text, or of this name, has the focus."""
    here = "[document.activeElement.innerText, document.activeElement.ariaLabel, document.activeElement.name].join('|')"
    for _ in range(80):
        page.keyboard.press("Tab")
        if text in page.evaluate(here):
            return
    raise AssertionError(f"Tab never came to {text}")


def _start(page: Page, path: str = "/admin/") -> None:
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("data-keys", "ready")


def test_which_are_ill_and_since_when_is_there_without_a_click(inside: Page, failing: str, missed: str) -> None:
    _start(inside)
    ill = inside.get_by_role("region", name="Needs attention")
    rows = ill.get_by_role("listitem")
    expect(rows.filter(has_text=failing)).to_contain_text(re.compile(r"failing.*1 failure in a row, the first .*ago"))
    expect(rows.filter(has_text=failing)).to_contain_text("ValueError")
    expect(rows.filter(has_text=missed)).to_contain_text("no worker was running")
    inside.keyboard.press("Tab")
    _tab_to(inside, failing)
    inside.keyboard.press("Enter")
    expect(inside.get_by_role("heading", level=1)).to_contain_text(failing)


def test_why_did_it_not_run_last_night_without_typing(inside: Page, mouse: Mouse, missed: str) -> None:
    _start(inside)
    mouse.click("link", missed, ".ill")
    answer = inside.locator("#why + p")
    expect(answer).to_contain_text("MISSED, no worker was running")
    assert mouse.clicks == 1
    _start(inside)
    inside.keyboard.press("j")
    while missed not in inside.evaluate("document.activeElement.closest('tr').innerText"):
        inside.keyboard.press("j")
    inside.keyboard.press(".")
    _tab_to(inside, "Why?")
    inside.keyboard.press("Enter")
    expect(answer).to_contain_text("MISSED, no worker was running")


def test_the_slowest_run_of_a_task(inside: Page, house: House, mouse: Mouse) -> None:
    id = _add(house, "measured")
    runs = [_run(house, id) for _ in range(3)]
    with house.rooms() as service:
        service.db.change("UPDATE job SET ended_at = started_at + 90 WHERE uid = ?", (runs[1],))
    for go in (lambda: mouse.click("link", "1 m 30 s", ".figures"), lambda: _by_keys(inside, "1 m 30 s")):
        _start(inside, f"/admin/tasks/{id}")
        go()
        expect(inside).to_have_url(re.compile(runs[1]))
    assert mouse.clicks == 1


def _by_keys(page: Page, text: str) -> None:
    _tab_to(page, text)
    page.keyboard.press("Enter")


def test_what_failed_in_the_last_hour_over_all(inside: Page, mouse: Mouse, failing: str) -> None:
    _start(inside)
    mouse.click("link", "Runs", "header")
    mouse.click("link", "Failed in the last hour")
    expect(inside.locator("#runs tbody tr")).not_to_have_count(0)
    expect(inside.locator("#runs tbody tr").first).to_contain_text(failing)
    expect(inside.locator("#runs .state:not(.bad)")).to_have_count(0)
    assert mouse.clicks == 2


def _by_mouse(mouse: Mouse, page: Page) -> None:
    mouse.click("link", "Runs", "header")
    mouse.click("link", "Failed today")
    mouse.click("checkbox", "All that fit")
    mouse.click("button", "Run again…")
    expect(page.get_by_role("heading", name=re.compile("^Run .* again\\?$"))).to_be_visible()
    mouse.click("button", "Run again")


def _by_keyboard(page: Page) -> None:
    for text in ("Runs", "Failed today"):
        _by_keys(page, text)
        expect(page.locator("html")).to_have_attribute("data-keys", "ready")
        expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
    expect(page.get_by_role("link", name="Failed today")).to_have_attribute("aria-current", "true")
    _tab_to(page, "all")
    while page.evaluate("document.activeElement.name") != "all":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    _by_keys(page, "Run again…")
    expect(page.get_by_role("heading", name=re.compile("^Run .* again\\?$"))).to_be_visible()
    _by_keys(page, "Run again")


def test_all_failed_ones_of_today_run_again_after_one_question(
    inside: Page, house: House, mouse: Mouse, failing: str
) -> None:
    for go in (lambda: _by_mouse(mouse, inside), lambda: _by_keyboard(inside)):
        with house.rooms() as service:
            before = service.db.rows("SELECT count(*) FROM job WHERE name = 'fail'")[0][0]
        _start(inside)
        go()
        expect(inside.locator(".message")).to_contain_text(re.compile(r"\d+ runs?: run again\."))
        with house.rooms() as service:
            assert service.db.rows("SELECT count(*) FROM job WHERE name = 'fail'")[0][0] > before
            left = [row[0] for row in service.db.rows("SELECT uid FROM job WHERE name = 'fail' AND ended_at IS NULL")]
        for run in left:
            house.client().wait(run)
    assert mouse.clicks == 5


@pytest.fixture(scope="module")
def solar(house: House) -> Callable[[], list[str]]:
    """Two tasks that fire at sunset; it gives how they stand."""
    for name, schedule in (("sun: one", SOLAR), ("sun: two", SOLAR), ("the moon", DAILY)):
        _add(house, name, schedule)

    def states() -> list[str]:
        with house.rooms() as service:
            return [
                row[0] for row in service.db.rows("SELECT state FROM schedule WHERE name LIKE 'sun: %' ORDER BY id")
            ]

    return states


def test_all_solar_tasks_are_paused_with_a_note_and_that_is_undone(
    inside: Page, mouse: Mouse, solar: Callable[[], list[str]]
) -> None:
    _start(inside)
    inside.get_by_label("Schedule", exact=True).select_option("solar")
    mouse.click("button", "Filter")
    mouse.click("checkbox", "All that fit")
    inside.locator("#many").get_by_label("Note for the pause").fill("winter")
    mouse.click("button", "Pause", "#many")
    expect(inside.get_by_role("heading", level=1)).to_have_text("Pause 2 tasks?")
    mouse.click("button", "Pause")
    expect(inside.locator(".message")).to_contain_text("2 tasks: paused.")
    expect(inside.locator("#tasks")).to_contain_text("winter")
    assert solar() == ["disabled", "disabled"]
    mouse.click("button", "Undo")
    expect(inside.locator(".message")).to_contain_text("2 tasks: as before.")
    assert solar() == ["active", "active"]
    assert mouse.clicks == 5


def test_the_same_by_keyboard(inside: Page, solar: Callable[[], list[str]]) -> None:
    _start(inside)
    _tab_to(inside, "kind")
    inside.keyboard.type("solar")
    _by_keys(inside, "Filter")
    expect(inside).to_have_url(re.compile("kind=solar"))
    expect(inside.locator("html")).to_have_attribute("data-keys", "ready")
    while inside.evaluate("document.activeElement.name") != "all":
        inside.keyboard.press("Tab")
    inside.keyboard.press("Space")
    _tab_to(inside, "note")
    inside.keyboard.type("winter")
    inside.keyboard.press("Shift+Tab")
    expect(inside.locator(":focus")).to_have_text("Pause")
    inside.keyboard.press("Enter")
    expect(inside.get_by_role("heading", level=1)).to_have_text("Pause 2 tasks?")
    _by_keys(inside, "Pause")
    expect(inside.locator(".message")).to_contain_text("2 tasks: paused.")
    _by_keys(inside, "Undo")
    expect(inside.locator(".message")).to_contain_text("2 tasks: as before.")
    assert solar() == ["active", "active"]


def test_what_runs_tonight_from_two_to_four_on_my_clock(inside: Page, house: House, mouse: Mouse) -> None:
    """Somebody in Tokyo, where it is noon at 03:00 UTC."""
    emulated = inside.context.new_cdp_session(inside)
    emulated.send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    at_three = {"type": "crontab", "conf": {"minute": "0", "hour": "18"}}  # 03:00 in Tokyo
    _add(house, "at three there", at_three)
    _start(inside)  # here the page learns the zone
    _start(inside)
    mouse.click("link", "Calendar", "header")
    night = datetime.now(UTC) + timedelta(days=1)
    inside.get_by_label("From (Asia/Tokyo)").fill(f"{night:%Y-%m-%d}T02:00")
    inside.get_by_label("To (Asia/Tokyo)").fill(f"{night:%Y-%m-%d}T04:00")
    mouse.click("button", "Show")
    hour = inside.get_by_role("region", name=re.compile("03:00"))
    expect(hour.get_by_role("link", name="at three there")).to_be_visible()
    expect(inside.get_by_role("link", name="report")).to_have_count(0)
    assert mouse.clicks == 2
    inside.context.clear_cookies(name="zone")


def test_the_service_goes_away_and_comes_back(inside: Page, house: House) -> None:
    _start(inside)
    assert house.stop() == 0
    inside.evaluate(LOOK_AGAIN)
    expect(inside.locator("#away")).to_contain_text("No answer from the service since", timeout=40_000)
    house.start()
    inside.evaluate(LOOK_AGAIN)
    expect(inside.locator("#away")).to_be_hidden(timeout=40_000)
    expect(inside.locator("#pulse")).to_contain_text("2 workers", timeout=40_000)
