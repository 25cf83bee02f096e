"""The page in a real browser, against the real service with a real worker, as somebody new would use it."""

import re

from tests.pages.browsing import Browser, Page, a_browser, a_page, expect, inside_as_admin, sign_in, trouble  # noqa: F401
from tests.support.house import ADMIN, House

HTML = '<img src="/x" onerror="document.title=1">'


def test_signs_in_and_comes_to_what_was_asked_for(page: Page) -> None:
    page.goto("/admin/queue")
    sign_in(page, password="wrong-password")
    expect(page.get_by_role("alert")).to_contain_text("The email or the password is wrong")
    sign_in(page)
    expect(page.get_by_role("heading", name="Queue", exact=True)).to_be_visible()
    expect(page.locator("#pulse")).to_have_text(re.compile("2 workers"))


def test_signs_out(inside: Page) -> None:
    inside.get_by_text(ADMIN[0]).click()
    inside.get_by_role("button", name="Sign out").click()
    expect(inside.get_by_role("heading", name="Sign in")).to_be_visible()


def test_runs_a_walker_by_keyboard_alone_and_sees_it_end(inside: Page) -> None:
    inside.goto("/admin/walkers/slow")
    inside.get_by_label("seconds").focus()
    inside.keyboard.press("Control+a")
    inside.keyboard.type("6")
    inside.keyboard.press("Tab")
    expect(inside.get_by_label("steps")).to_be_focused()
    inside.keyboard.press("Tab")
    expect(inside.get_by_label("At node")).to_be_focused()
    inside.keyboard.press("Tab")
    inside.keyboard.press("ArrowDown")
    expect(inside.get_by_label("in the background")).to_be_checked()
    inside.keyboard.press("Tab")
    inside.keyboard.press("Enter")
    expect(inside.get_by_role("heading", name="slow")).to_contain_text(re.compile("running|waiting"))
    expect(inside.get_by_role("progressbar")).to_be_visible(timeout=15_000)
    expect(inside.get_by_role("heading", name="slow")).to_contain_text("ok", timeout=15_000)
    expect(inside.locator(".tree").last).to_contain_text("done")


def test_adds_a_task_by_keyboard_sees_what_it_means_and_watches_it_fire(inside: Page, house: House) -> None:
    inside.keyboard.press("n")
    inside.get_by_label("Name", exact=True).fill("each second")
    inside.get_by_label("Walker", exact=True).fill("count")
    inside.get_by_label("interval").focus()
    inside.keyboard.press("Space")
    inside.get_by_label("Every").fill("3")
    inside.get_by_label("Period").select_option("seconds")
    expect(inside.locator("#meaning")).to_contain_text("Every 3 seconds")
    inside.get_by_label("Every").fill("1")
    expect(inside.locator("#meaning")).to_contain_text("Every second")
    inside.keyboard.press("Enter")
    expect(inside.get_by_role("heading", name="each second")).to_be_visible()
    expect(inside.locator("#runs .state.ok").first).to_be_visible(timeout=30_000)
    assert trouble(inside) == []
    inside.get_by_text("Delete…").click()
    inside.get_by_role("button", name="Delete", exact=True).click()
    expect(inside.get_by_text("each second: deleted")).to_be_visible()


def test_a_mistake_in_a_task_is_said_at_its_field(inside: Page) -> None:
    inside.goto("/admin/tasks/new?example=night")
    inside.get_by_label("Minute").fill("61")
    expect(inside.locator("#meaning")).to_contain_text("is not a minute")
    inside.get_by_role("button", name="Add the task").click()
    expect(inside.get_by_label("Minute")).to_be_focused()
    expect(inside.get_by_label("Minute")).to_have_value("61")


def test_a_pasted_crontab_line_fills_all_five_boxes(inside: Page) -> None:
    inside.goto("/admin/tasks/new")
    inside.evaluate(
        "() => { const data = new DataTransfer(); data.setData('text', '*/5 3 1 2 *');"
        " const box = document.getElementsByName('schedule.conf.crontab.minute')[0];"
        " box.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})) }"
    )
    expect(inside.get_by_label("Minute")).to_have_value("*/5")
    expect(inside.get_by_label("Hour")).to_have_value("3")
    expect(inside.get_by_label("Month of year")).to_have_value("2")


def test_cancels_a_run_that_is_on_its_way(inside: Page, house: House) -> None:
    task = house.client().start("slow", seconds=60)
    house.wait("job.started", job=task)
    inside.goto(f"/admin/runs/{task}")
    inside.get_by_text("Cancel…").click()
    inside.get_by_role("button", name="Cancel the run").click()
    expect(inside.get_by_role("heading", name="slow")).to_contain_text("cancelled")
    assert house.client().task(task)["state"] == "REVOKED"


def test_an_open_question_stays_open_while_the_page_moves(inside: Page, house: House) -> None:
    ana = house.client()
    task = ana.start("slow", seconds=60, steps=200)
    house.wait("job.started", job=task)
    inside.goto(f"/admin/runs/{task}")
    inside.get_by_text("Cancel…").click()
    first = inside.get_by_text(re.compile(r"step \d+ of 200"))
    before = first.inner_text() if first.count() else ""
    expect(first).not_to_have_text(before or "none", timeout=15_000)
    expect(inside.get_by_role("button", name="Cancel the run")).to_be_visible()
    ana.js("walker_queue_cancel", task_id=task)


def test_a_wrong_field_is_said_at_its_place_and_has_the_focus(inside: Page) -> None:
    inside.goto("/admin/walkers/typed")
    inside.get_by_label("number").fill("many")
    inside.get_by_label("ratio").fill("0.75")
    inside.get_by_role("button", name="Run typed").click()
    wrong = inside.get_by_label("number")
    expect(wrong).to_be_focused()
    expect(wrong).to_have_value("many")
    expect(wrong).to_have_accessible_description(re.compile("expected int"))
    expect(inside.get_by_label("ratio")).to_have_value("0.75")


def test_adds_somebody_who_sees_their_own_runs_only(inside: Page, house: House, browser: Browser) -> None:
    inside.goto("/admin/people")
    inside.get_by_label("Email", exact=True).fill("new@example.com")
    inside.get_by_label("Name", exact=True).fill(HTML)
    inside.locator("#new_password").fill("long-enough")
    inside.get_by_role("button", name="Add").click()
    expect(inside.get_by_role("status")).to_contain_text("new@example.com can sign in now")
    expect(inside.get_by_role("cell", name=HTML)).to_be_visible()
    other = browser.new_context(base_url=house.url).new_page()
    other.goto("/admin/runs")
    sign_in(other, "new@example.com", "long-enough")
    # A password that an admin gave is changed before anything else.
    for label in ("New password", "New password again"):
        other.get_by_label(label, exact=label == "New password again").first.fill("of-my-own-choice")
    other.get_by_role("button", name="Change the password").click()
    expect(other.get_by_role("status")).to_contain_text("Your password was changed")
    other.goto("/admin/runs")
    expect(other.get_by_text("Nothing has run in the background yet")).to_be_visible()
    inside.get_by_role("button", name="Disable: new@example.com").click()
    other.reload()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    other.context.close()


def test_a_token_is_shown_and_ended(inside: Page) -> None:
    inside.goto("/admin/account")
    inside.get_by_label("Name what it is for").fill("ci")
    inside.get_by_role("button", name="Create token").click()
    expect(inside.get_by_role("heading", name="Your new token")).to_be_focused()
    inside.get_by_label("End ci").click()
    inside.get_by_role("button", name="End it").click()
    expect(inside.get_by_role("status")).to_contain_text("It has ended")


def test_keys_lead_to_the_search_and_show_themselves(inside: Page) -> None:
    inside.goto("/admin/runs")
    expect(inside.locator("html")).to_have_attribute("data-keys", "ready")
    inside.keyboard.press("/")
    expect(inside.get_by_label("State")).to_be_focused()
    inside.locator("h1").click()
    inside.keyboard.press("?")
    expect(inside.get_by_role("dialog")).to_be_visible()
    inside.keyboard.press("Escape")
    expect(inside.get_by_role("dialog")).to_be_hidden()


def test_html_is_text_everywhere(inside: Page, house: House) -> None:
    ana = house.client()
    failed, ended, other = (
        ana.start("fail", message=HTML),
        ana.start("echo", value={HTML: HTML}),
        ana.start("echo", value=HTML),
    )
    for run in (failed, ended, other):
        ana.wait(run)
    for path in (
        f"/admin/runs/{failed}",
        f"/admin/runs/{ended}",
        "/admin/runs",
        f"/admin/runs/compare?a={ended}&b={other}",
    ):
        inside.goto(path)
        expect(inside.get_by_text(HTML).first).to_be_attached()
        assert inside.locator("main img").count() == 0


def test_the_sign_in_can_be_used_by_everybody(page: Page) -> None:
    page.goto("/admin/")
    assert trouble(page) == []


def _hide(page: Page, hidden: bool) -> None:
    page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')) }",
        hidden,
    )


def test_a_hidden_tab_asks_for_nothing_until_it_is_seen_again(inside: Page) -> None:
    inside.clock.install()
    inside.goto("/admin/queue")
    asked: list[str] = []
    inside.on("request", lambda request: asked.append(request.url) if "live" in request.headers else None)
    _hide(inside, True)
    inside.clock.run_for(120_000)
    assert asked == []
    with inside.expect_request(lambda request: request.headers.get("live") == "queue"):
        _hide(inside, False)


def test_works_without_script(browser: Browser, house: House) -> None:
    page = browser.new_context(base_url=house.url, java_script_enabled=False).new_page()
    page.goto("/admin/walkers/echo")
    sign_in(page)
    page.get_by_label("value").fill("[1, 2]")
    page.get_by_label("in the background").check()
    page.get_by_role("button", name="Run echo").click()
    expect(page.get_by_role("heading", name="echo")).to_be_visible()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("echo runs again")).to_be_visible()
    page.context.close()


def test_a_password_is_shown_on_demand(page: Page) -> None:
    page.goto("/admin/")
    password = page.get_by_role("textbox", name="Password")
    page.get_by_label("Email").fill(ADMIN[0])
    page.get_by_label("Password", exact=True).fill(ADMIN[1])
    page.get_by_role("button", name="Show password").click()
    expect(password).to_have_attribute("type", "text")
    expect(password).to_have_value(ADMIN[1])
    assert trouble(page) == []
    page.get_by_role("button", name="Hide password").click()
    expect(page.locator("#password")).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show password").click()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()


def test_an_admin_gives_somebody_a_new_password(inside: Page, house: House, browser: Browser) -> None:
    house.person("forgot@example.com")
    inside.goto("/admin/people?search=forgot")
    inside.get_by_label("Set a password: forgot@example.com").click()
    given = inside.get_by_role("textbox", name="New password")
    given.fill("given-by-ana")
    inside.get_by_role("button", name="Show new password").click()
    expect(given).to_have_attribute("type", "text")
    inside.get_by_role("button", name="Set the password", exact=True).click()
    expect(inside.get_by_role("status")).to_contain_text("forgot@example.com has a new password")
    other = browser.new_context(base_url=house.url).new_page()
    other.goto("/admin/")
    sign_in(other, "forgot@example.com", "given-by-ana")
    expect(other.get_by_role("heading", name="Choose a password")).to_be_visible()
    other.context.close()
