"""Saved sequences in a real browser: written with completion, tried, imported, chosen by a task, read on a phone."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pages.browsing import Browser, Page, a_browser, a_page, expect, inside_as_admin, sign_in, trouble  # noqa: F401
from tests.support.house import Client, House
from tests.support.scripted_server import Server

PREFIX = "browsed-"
WIDE = "\u05e9\u05dc\u05d5\u05dd \U0001f422 " + "w" * 200


def save(ana: Client, name: str, *steps: Any, **more: Any) -> None:
    answer = ana.post("/js_admin/saved_sequence_save", name=PREFIX + name, sequence={"requests": list(steps)}, **more)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def ana(house: House) -> Iterator[Client]:
    """An admin; the sequences that a test saved are deleted afterwards."""
    client = house.client()
    yield client
    left = client.post("/js_admin/saved_sequence_list", search=PREFIX).json()["data"]
    for one in reversed(left):
        client.post("/js_admin/saved_sequence_delete", name=one["name"])


def test_one_is_written_with_completion_tried_and_saved_by_keyboard(inside: Page, ana: Client, server: Server) -> None:
    server.begin({"GET": {"json": {"id": 7}}})
    save(ana, "login", {"method": "GET", "api": f"{server.base}/login", "save_to": "login"}, description="Signs in")
    inside.goto("/admin/sequences")
    inside.keyboard.press("n")
    inside.locator("#name").fill(f"{PREFIX}new")
    area = inside.get_by_label("The sequence")
    area.fill("")
    area.focus()
    inside.keyboard.type('{"requests": [{"use": "log')
    options = inside.get_by_role("listbox", name="What is allowed here").get_by_role("option")
    expect(options).to_have_text(re.compile(f"{PREFIX}login.*Signs in"))
    assert trouble(inside) == []
    inside.keyboard.press("Enter")
    expect(area).to_have_value(f'{{"requests": [{{"use": "{PREFIX}login"}}]}}')
    expect(inside.locator("#meaning")).to_contain_text(f"USE {PREFIX}login")
    inside.get_by_role("button", name="Try it").click()
    expect(inside.locator("#try .state.ok").first).to_be_visible(timeout=30_000)
    inside.get_by_role("button", name="Save", exact=True).last.click()
    expect(inside.get_by_role("heading", name=f"{PREFIX}new")).to_be_visible()
    inside.get_by_role("button", name="Run now").click()
    expect(inside.get_by_role("heading", name=f"{PREFIX}new")).to_contain_text("ok", timeout=30_000)
    inside.goto(f"/admin/sequences/{PREFIX}login")
    expect(inside.get_by_role("link", name=f"{PREFIX}new").first).to_be_visible()
    inside.get_by_text("Delete…").click()
    expect(inside.locator("#delete")).to_contain_text("be deleted while something uses it")
    assert trouble(inside) == []


def test_blocks_of_the_text_are_offered_before_saved_ones(inside: Page, ana: Client) -> None:
    save(ana, "shared")
    inside.goto("/admin/new-sequence")
    area = inside.get_by_label("The sequence")
    area.fill('{"blocks": {"browsed-own": []}, "requests": [{"use": "browsed"}]}')
    area.focus()
    inside.keyboard.press("Control+End")
    for _ in range(4):
        inside.keyboard.press("ArrowLeft")
    inside.keyboard.type("-")
    names = inside.get_by_role("option").locator("code")
    expect(names).to_have_text(["browsed-own", f"{PREFIX}shared"])
    inside.keyboard.press("ArrowDown")
    inside.keyboard.press("Tab")
    expect(area).to_have_value('{"blocks": {"browsed-own": []}, "requests": [{"use": "browsed-shared"}]}')


def test_a_file_is_imported_and_stays_in_the_form(inside: Page, tmp_path: Path) -> None:
    file = tmp_path / "shop.json"
    request = {"method": "GET", "url": "http://localhost:9/a", "header": [{"key": "X-Api-Key", "value": "live-1"}]}
    file.write_text(json.dumps({"info": {"name": WIDE}, "item": [{"name": WIDE, "request": request}]}))
    inside.goto("/admin/import-sequence")
    assert trouble(inside) == []
    inside.get_by_label("The file").set_input_files(file)
    inside.get_by_role("button", name="Import").click()
    expect(inside.get_by_label("The sequence")).to_have_value(re.compile(r"secret\.X_API_KEY"))
    expect(inside.get_by_text("SECRET_X_API_KEY", exact=True)).to_be_visible()
    expect(inside.locator("#name")).to_have_value("shop")
    assert trouble(inside) == []


def test_without_script_one_is_imported_saved_and_chosen_by_a_task(browser: Browser, house: House, ana: Client) -> None:
    page = browser.new_context(base_url=house.url, java_script_enabled=False).new_page()
    page.goto("/admin/import-sequence")
    sign_in(page)
    page.get_by_label("Or its text").fill("curl http://localhost:9/a\n")
    page.get_by_role("button", name="Import").click()
    page.locator("#name").fill(f"{PREFIX}plain")
    page.get_by_role("button", name="Show what it means").click()
    expect(page.locator("#meaning")).to_contain_text("http://localhost:9/a")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", name=f"{PREFIX}plain")).to_be_visible()
    page.goto("/admin/tasks/new")
    page.get_by_label("a sequence of requests").check()
    page.get_by_label("Saved sequence", exact=True).select_option(f"{PREFIX}plain")
    page.get_by_label("Name", exact=True).fill("browsed task")
    page.get_by_role("button", name="Add the task").click()
    expect(page.get_by_role("heading", name="browsed task")).to_be_visible()
    expect(page.get_by_role("link", name=f"{PREFIX}plain")).to_be_visible()
    page.context.close()
    [task] = ana.js("get_scheduled_queues", limit=0, search="browsed task").json()
    assert task["kwargs"] == {"name": f"{PREFIX}plain"}
    ana.js("delete_scheduled_queue", scheduled_queue_id=task["id"])
