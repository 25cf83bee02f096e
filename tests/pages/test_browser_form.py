"""The form of a task in a real browser: each kind of schedule by mouse and by keyboard, and the editor of its argument."""

import re
from collections.abc import Iterator

import pytest

from tests.pages.browsing import Browser, Page, a_browser, a_page, expect, inside_as_admin, sign_in, trouble  # noqa: F401
from tests.support.house import House

WRONG = '{\n  "requests": [\n    {\n      "methd": "GET", "method": "GET",\n      "api": "http://x"\n    }\n  ]\n}'
CURL = "curl -X PUT http://localhost:8000/things/7 --json '{\"a\": 1}'"


@pytest.fixture
def new(inside: Page, house: House) -> Iterator[Page]:
    """The empty form; the tasks that a test made are deleted afterwards."""
    inside.goto("/admin/tasks/new")
    yield inside
    ana = house.client()
    for task in ana.js("get_scheduled_queues", limit=0).json():
        ana.js("delete_scheduled_queue", scheduled_queue_id=task["id"])


@pytest.fixture
def editor(new: Page) -> Page:
    """The form of a sequence, its editor empty."""
    new.get_by_label("a sequence of requests").check()
    new.get_by_label("The sequence").fill("")
    return new


def _kept(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name)).to_contain_text("never ran")


def _shows(page: Page, text: str) -> None:
    expect(page.locator("#meaning")).to_contain_text(text)


def _paste(page: Page, text: str) -> None:
    page.evaluate(
        "text => { const data = new DataTransfer(); data.setData('text', text);"
        " document.activeElement.dispatchEvent(new ClipboardEvent('paste',"
        " {clipboardData: data, bubbles: true, cancelable: true})) }",
        text,
    )


FILLED = {
    "interval": ({"Every": "90"}, "Every 90 minutes"),
    "crontab": ({"Minute": "*/15", "Day of week": "mon-fri"}, "Every 15 minutes"),
    "solar": ({"Latitude": "69.65", "Longitude": "18.95"}, "69.65° N"),
    "clocked": ({"Clocked time": "2030-12-24T18:00"}, "Once, on 2030-12-24"),
}
CHOSEN = {"interval": ("Period", "minutes"), "solar": ("Event", "sunset")}


@pytest.mark.parametrize("kind", FILLED)
def test_adds_a_task_of_each_kind_by_mouse(new: Page, kind: str) -> None:
    new.get_by_label("Name", exact=True).fill(f"by mouse {kind}")
    new.get_by_label("Walker", exact=True).fill("count")
    new.locator(f"#kind-{kind}").click()
    boxes, words = FILLED[kind]
    if kind in CHOSEN:
        new.get_by_label(CHOSEN[kind][0]).select_option(CHOSEN[kind][1])
    if kind == "crontab":
        new.get_by_label("Hour").fill("*")
    for label, text in boxes.items():
        new.get_by_label(label).fill(text)
    _shows(new, words)
    expect(new.locator("#meaning circle").first).to_be_attached()
    new.get_by_role("button", name="Add the task").click()
    _kept(new, f"by mouse {kind}")


TYPED = {"interval": ["7"], "crontab": ["5", "4"], "solar": ["", "52.5", "13.4"], "clocked": ["2031-01-01T00:00"]}
ARROWS = {"interval": "ArrowLeft", "crontab": "", "solar": "ArrowRight", "clocked": "ArrowRight ArrowRight"}


@pytest.mark.parametrize("kind", TYPED)
def test_adds_a_task_of_each_kind_by_keyboard_alone(inside: Page, new: Page, kind: str) -> None:
    keys = new.keyboard
    new.get_by_label("Name", exact=True).focus()
    keys.type(f"by keys {kind}")
    _tab_to(new, "#body-name")
    keys.type("count")
    _tab_to(new, "#kind-crontab")
    for arrow in ARROWS[kind].split():
        keys.press(arrow)
    expect(new.locator(f"#kind-{kind}")).to_be_checked()
    for text in TYPED[kind]:
        keys.press("Tab")
        if text:
            keys.press("Control+a")
            keys.type(text)
    if kind == "interval":
        keys.press("Tab")
        keys.type("hours")
        _shows(new, "Every 7 hours")
    keys.press("Enter")
    if kind == "interval":  # a list of choices takes Enter for itself
        _tab_to(new, "button.main")
        keys.press("Enter")
    _kept(new, f"by keys {kind}")


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not come to {selector}")


def test_a_mistake_is_marked_at_its_line_and_the_way_leads_there(editor: Page) -> None:
    editor.get_by_label("The sequence").fill(WRONG)
    expect(editor.locator(".gutter .wrong")).to_have_text("4")
    _shows(editor, "did you mean method?")
    editor.get_by_role("link", name=re.compile("line 4, column 7")).click()
    expect(editor.locator("#body-state")).to_contain_text("Line 4")
    assert editor.evaluate("document.getElementById('body').selectionStart") == WRONG.index('"methd"')
    expect(editor.get_by_label("The sequence")).to_have_accessible_description(re.compile("methd: unknown key"))
    assert trouble(editor) == []


def test_saving_a_mistake_jumps_to_it_and_loses_nothing(editor: Page) -> None:
    written = WRONG.replace("{", "{ // a comment", 1)
    editor.get_by_label("Name", exact=True).fill("wrong")
    editor.get_by_label("The sequence").fill(written)
    editor.get_by_role("button", name="Add the task").click()
    expect(editor.get_by_role("alert").first).to_contain_text("Nothing was saved")
    expect(editor.get_by_label("The sequence")).to_be_focused()
    expect(editor.get_by_label("The sequence")).to_have_value(written)
    expect(editor.locator("#body-error")).to_contain_text("line 4")
    assert trouble(editor) == []


def test_a_key_is_completed(editor: Page) -> None:
    area = editor.get_by_label("The sequence")
    area.focus()
    editor.keyboard.type('{"req')
    options = editor.get_by_role("listbox", name="What is allowed here").get_by_role("option")
    expect(options).to_have_text(re.compile("requests"))
    editor.keyboard.press("Enter")
    expect(area).to_have_value('{"requests": }')
    editor.keyboard.type('[{"')
    expect(options.first).to_have_text(re.compile("method.*the HTTP method"))
    assert trouble(editor) == []
    editor.keyboard.press("ArrowDown")
    editor.keyboard.press("Tab")
    expect(area).to_have_value('{"requests": [{"api": }]}')
    editor.keyboard.type('1, "retry": {"')
    expect(options.first).to_have_text(re.compile("attempts"))
    editor.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(area).to_be_focused()


def test_tab_indents_and_escape_lets_it_leave(editor: Page) -> None:
    area = editor.get_by_label("The sequence")
    area.focus()
    editor.keyboard.type("{")
    editor.keyboard.press("Enter")
    expect(area).to_have_value("{\n  \n}")
    editor.keyboard.press("Tab")
    expect(area).to_have_value("{\n    \n}")
    editor.keyboard.press("Shift+Tab")
    expect(area).to_have_value("{\n  \n}")
    expect(area).to_be_focused()
    editor.keyboard.press("Control+z")
    expect(area).to_have_value("{\n    \n}")
    editor.keyboard.press("Escape")
    editor.keyboard.press("Tab")
    expect(area).not_to_be_focused()


def test_a_pasted_curl_line_becomes_a_step(editor: Page) -> None:
    area = editor.get_by_label("The sequence")
    area.focus()
    _paste(editor, CURL)
    expect(area).to_have_value(re.compile(r'"method": "PUT"'))
    _shows(editor, "http://localhost:8000/things/7")
    expect(editor.locator(".gutter .wrong")).to_have_count(0)
    # Behind the last step's bracket, and with a comma of its own.
    at = area.input_value().rindex("}\n  ]") + 1
    editor.evaluate("at => document.getElementById('body').setSelectionRange(at, at)", at)
    _paste(editor, "curl http://localhost:8000/second")
    _shows(editor, "http://localhost:8000/second")
    expect(editor.locator(".gutter .wrong")).to_have_count(0)
    _paste(editor, "curl http://localhost/$(date)")
    expect(editor.locator("#curl-error")).to_contain_text("which only a shell can tell")


def test_the_field_for_curl_lines_adds_a_step_and_keeps_comments(editor: Page) -> None:
    area = editor.get_by_label("The sequence")
    area.fill('{\n  "requests": [\n    {"method": "GET", "api": "http://x"} // first\n  ]\n}')
    editor.get_by_text("Add a step from a curl command").click()
    editor.get_by_label("A curl command").fill("curl http://localhost:8000/more")
    editor.get_by_role("button", name="Add as a step").click()
    expect(area).to_have_value(
        re.compile(r"// first\n    \{\n      \"method\": \"GET\",\n      \"api\": \"http://localhost")
    )
    editor.keyboard.press("Control+z")
    expect(area).not_to_have_value(re.compile("more"))


def test_a_walker_shows_its_fields_and_takes_json_as_well(new: Page) -> None:
    new.get_by_label("Name", exact=True).fill("with fields")
    new.get_by_label("Walker", exact=True).fill("typed")
    new.keyboard.press("Tab")
    new.get_by_label("number").fill("many")
    _shows(new, "expected int")
    new.get_by_label("number").fill("7")
    new.get_by_role("button", name="As JSON").click()
    area = new.get_by_label("Its fields, as JSON")
    expect(area).to_have_value('{\n  "number": 7\n}')
    area.fill('{"number": 8, "nunber": 1}')
    expect(new.locator(".gutter .wrong")).to_have_text("1")
    area.fill('{"number": 8, /* and */ "ratio": 0.25,}')
    new.get_by_role("button", name="As fields").click()
    expect(new.get_by_label("ratio")).to_have_value("0.25")
    new.get_by_role("button", name="Add the task").click()
    _kept(new, "with fields")
    assert trouble(new) == []


def test_the_seed_s_argument_is_pasted_whole_and_fills_the_fields(new: Page, house: House) -> None:
    me = house.client().js("master_self").json()["jid"].removeprefix("urn:uuid:")
    argument = f'{{\n  // Required\n  "name": "count",\n  "ctx": {{"by": 3}},\n  "snt": "global",\n  "mst": "{me}",\n}}'
    new.get_by_label("Name", exact=True).fill("as the seed says")
    new.get_by_role("button", name="Whole argument").click()
    area = new.get_by_label("The whole argument, as JSON")
    expect(area).to_have_value(re.compile(r'"mst": "urn:uuid:'))
    expect(new.get_by_label("Walker", exact=True)).to_have_count(0)
    area.fill("")
    area.focus()
    new.keyboard.insert_text(argument)
    _shows(new, "count")
    assert trouble(new) == []
    new.get_by_role("button", name="As fields").click()
    expect(new.get_by_label("Walker", exact=True)).to_have_value("count")
    expect(new.locator("[name='ctx.by']")).to_have_value("3")
    expect(new.get_by_label("Sentinel")).to_have_value("global")
    expect(new.get_by_label("Master")).to_have_value(me)
    assert trouble(new) == []
    new.get_by_role("button", name="Whole argument").click()
    expect(area).to_have_value(re.compile(r'^\{\n  "name": "count",\n  "ctx": \{\n    "by": 3'))
    new.set_viewport_size({"width": 390, "height": 800})
    assert new.evaluate("document.documentElement.scrollWidth") == 390
    new.get_by_role("button", name="Add the task").click()
    _kept(new, "as the seed says")
    [task] = house.client().js("get_scheduled_queues", limit=0, search="as the seed says").json()
    assert task["kwargs"] == {"name": "count", "ctx": {"by": 3}, "snt": "global", "mst": me}


EXAMPLES = ["walker", "crontab", "solar", "clocked", "sequence", "loop"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_can_be_used_by_everybody(new: Page, name: str, scheme: str) -> None:
    new.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    new.goto(f"/admin/tasks/new?example={name}")
    assert trouble(new) == []
    new.set_viewport_size({"width": 390, "height": 800})
    assert new.evaluate("document.documentElement.scrollWidth") == 390


def test_all_of_it_works_without_script(browser: Browser, house: House) -> None:
    page = browser.new_context(base_url=house.url, java_script_enabled=False).new_page()
    page.goto("/admin/tasks/new")
    sign_in(page)
    page.get_by_label("Name", exact=True).fill("without script")
    page.get_by_label("Walker", exact=True).fill("typed")
    page.get_by_role("button", name="Show its fields").click()
    page.get_by_label("number").fill("3")
    page.locator("#kind-interval").click()
    page.get_by_label("Every").fill("5")
    page.get_by_role("button", name="Show what it means").click()
    _shows(page, "Every 5 days")
    page.get_by_role("button", name="Add the task").click()
    _kept(page, "without script")
    page.goto("/admin/tasks/new?example=sequence")
    page.get_by_text("Add a step from a curl command").click()
    page.get_by_label("A curl command").fill("curl http://localhost:8000/more")
    page.get_by_role("button", name="Add as a step").click()
    _shows(page, "http://localhost:8000/more")
    page.context.close()
    ana = house.client()
    [task] = [one for one in ana.js("get_scheduled_queues", limit=0).json() if one["name"] == "without script"]
    ana.js("delete_scheduled_queue", scheduled_queue_id=task["id"])
