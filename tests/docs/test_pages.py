"""The docs as a whole: an index, a first paragraph, links that lead somewhere; and what CONTRIBUTING.md shows runs."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").glob("*.md"))
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", CONTRIBUTING, re.S) for line in block.splitlines()]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_the_index_has_every_page(page: Path) -> None:
    assert page.name == "README.md" or f"]({page.name})" in (ROOT / "docs" / "README.md").read_text()


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_a_page_says_first_what_it_is_for(page: Path) -> None:
    title, first = page.read_text().split("\n\n")[:2]
    assert title.startswith("# ")
    assert first[0].isalpha()


@pytest.mark.parametrize("page", [*DOCS, ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([\w./]+\.md)(?:#[\w-]+)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_contributing_names_commands_of_the_makefile() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M)
    assert set(re.findall(r"`make (\w+)", CONTRIBUTING)) <= set(targets)


def test_contributing_names_folders_that_exist() -> None:
    named = re.findall(r"`((?:tests|walkabout|docs)(?:/\w+)+)`", CONTRIBUTING)
    assert named and [path for path in named if not (ROOT / path).exists()] == []


def test_the_house_names_files_that_exist() -> None:
    text = (ROOT / "docs" / "house.md").read_text().partition("## Every module")[0]
    named = re.findall(r"\b((?:\w+/)+\w+\.(?:py|js|css|html))\b", text.replace("kinds/NAME.html", ""))
    folders = [ROOT, ROOT / "walkabout"]
    assert named and [path for path in named if not any((folder / path).exists() for folder in folders)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_what_contributing_shows_runs(command: str) -> None:
    changes = ("house_map", "transition_picture")  # they write into the docs; that they would change nothing has a test
    if not any(name in command for name in changes):
        environ = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
        subprocess.run(["bash", "-c", command], cwd=ROOT, env=environ, check=True, capture_output=True, timeout=120)


@pytest.mark.parametrize("module", ["house_map", "transition_picture"])
def test_what_draws_the_docs_is_there(module: str) -> None:
    assert f"python -m tests.support.{module}" in CONTRIBUTING and (ROOT / f"tests/support/{module}.py").exists()
