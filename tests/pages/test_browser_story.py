"""The page as somebody new uses it from the first sign-in to the last deletion, with the sequence of the seed."""

import re
from collections.abc import Iterator

import pytest

from tests.pages.browsing import Browser, Page, a_browser, a_page, expect, inside_as_admin, trouble  # noqa: F401
from tests.support.house import House
from tests.support.scripted_server import Server
from tests.support.sequence_runs import add_seeds_people, seeds

NAME = "The seed's <i>example</i>"


@pytest.fixture(scope="module", name="house")
def a_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service of its own with the seed's people: the seed's filter goes over everybody."""
    house = House(tmp_path_factory.mktemp("story")).start()
    add_seeds_people(house)
    yield house
    assert house.stop() == 0


@pytest.fixture
def server(server: Server) -> Server:
    """The public API that the seed asks."""
    server.begin({"GET /todos/100": {"json": {"id": 100, "title": "<b>excepturi</b>"}}})
    return server


def _states(page: Page, path: str) -> list[str]:
    """The states of the steps whose path begins so."""
    return page.locator(f'details[id^="s-{path}"] > summary .state').all_inner_texts()


def test_from_the_first_task_to_the_last(inside: Page, house: House, server: Server) -> None:
    me = house.client().js("master_self").json()["jid"]
    text = seeds(house, server).replace('"persistence": {', f'"persistence": {{ "master": "{me}",', 1)
    follows_the_example_of_the_empty_list(inside)
    writes_it_with_a_mistake_and_is_shown_the_line(inside, text)
    tries_it_before_anything_is_kept(inside)
    tries_one_step_alone(inside)
    adds_the_task_and_watches_it_fire(inside)
    reads_the_run(inside)
    pauses_it(inside)
    clones_it(inside)
    edits_the_clone_and_takes_the_edit_back(inside)
    deletes_all_of_it_and_undoes_that(inside)


def follows_the_example_of_the_empty_list(page: Page) -> None:
    page.get_by_role("link", name="A scheduled sequence").click()
    expect(page.get_by_label("The sequence")).to_have_value(re.compile("requests"))
    page.get_by_label("Name", exact=True).fill(NAME)


def writes_it_with_a_mistake_and_is_shown_the_line(page: Page, text: str) -> None:
    broken = text.replace('"by": "$.data"', '"bye": "$.data"', 1)
    line = broken[: broken.index('"bye"')].count("\n") + 1
    page.get_by_label("The sequence").fill(broken)
    expect(page.locator("#meaning")).to_contain_text(f"line {line}, column")
    expect(page.locator(".gutter .wrong", has_text=re.compile(f"^{line}$"))).to_be_visible()
    page.get_by_label("The sequence").fill(text)
    expect(page.locator("#meaning .troubles .error")).to_have_count(0)
    assert trouble(page) == []


def tries_it_before_anything_is_kept(page: Page) -> None:
    page.get_by_role("button", name="Try it", exact=True).click()
    tried = page.locator("#try")
    expect(tried.locator("h1 .state")).to_contain_text("ok", timeout=30_000)
    expect(tried.locator('details[id="s-0"]')).to_contain_text("/user/token/")
    tried.locator('details[id="s-0"] > summary').click()
    expect(tried.locator('details[id="s-0"]')).to_contain_text(re.compile("curl .*/user/token/"))
    assert "Bcstech123!" not in tried.inner_text()
    assert trouble(page) == []


def tries_one_step_alone(page: Page) -> None:
    page.get_by_role("button", name="Try step 1 alone").click()
    expect(page.locator("#try")).to_contain_text("Tried step 1 alone")
    expect(page.locator("#try h1 .state")).to_contain_text("ok", timeout=30_000)


def adds_the_task_and_watches_it_fire(page: Page) -> None:
    page.locator("#kind-interval").check()
    page.get_by_label("Every").fill("2")
    page.get_by_label("Period").select_option("seconds")
    expect(page.locator("#meaning")).to_contain_text("Every 2 seconds")
    page.get_by_role("button", name="Add the task").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)
    expect(page.locator("#runs .state.ok").first).to_be_visible(timeout=30_000)


def reads_the_run(page: Page) -> None:
    """A waterfall, and the body of an answer that is a text and nothing else."""
    # The newest may be one that was skipped: the run before was not over.
    page.locator("#runs tr", has=page.locator(".state.ok")).first.locator("a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ok", timeout=30_000)
    assert _states(page, "0")[0] == "✓ ok"
    opened = page.locator('details[id^="s-"]', has_text="/todos/100").last
    opened.locator("> summary").click()
    expect(opened).to_contain_text("<b>excepturi</b>")
    assert page.title().startswith(NAME)
    assert trouble(page) == []


def pauses_it(page: Page) -> None:
    page.get_by_role("link", name=NAME).first.click()
    page.get_by_text("Pause…").click()
    page.get_by_label("Why (a note for others)").fill("holidays")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("holidays")).to_be_visible()


def clones_it(page: Page) -> None:
    page.get_by_role("link", name="Clone").click()
    page.get_by_role("button", name="Add the task").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("(copy)")


def edits_the_clone_and_takes_the_edit_back(page: Page) -> None:
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Every").fill("9")
    page.get_by_label("Period").select_option("days")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Every 9 days").first).to_be_visible()
    page.get_by_role("link", name="Changes").click()
    expect(page.get_by_role("table")).to_contain_text("schedule")
    assert trouble(page) == []
    page.get_by_role("button", name="Restore this version, revision 1").click()
    expect(page.get_by_text("Every 2 seconds").first).to_be_visible()


def deletes_all_of_it_and_undoes_that(page: Page) -> None:
    page.goto("/admin/")
    for box in page.get_by_role("checkbox", name="Select").all():
        box.check()
    expect(page.locator("#many")).to_contain_text("2")
    page.get_by_role("button", name="Delete…").last.click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("There are none yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("td.name")).to_have_count(2)
