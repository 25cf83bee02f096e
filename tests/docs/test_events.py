"""docs/operate.md lists every event that the code can log, and none that it can't."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.house_map import ROOT

EVENT = re.compile(r"[a-z_]+\.[a-z_]+")
SAYING = {"debug", "say", "warn", "bug", "_say", "_say_bug", "Trouble"}
FILES = [*(ROOT / "walkabout").rglob("*.py"), ROOT / "app.py", ROOT / "tasks.py"]


def _listed() -> set[str]:
    lists = (ROOT / "docs" / "operate.md").read_text().partition("\n## The log\n")[2].partition("\n### Renamed\n")[0]
    cells = [line.split("|")[1] for line in lists.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def _texts(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and EVENT.fullmatch(inner.value):
            yield inner.value


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _said_by_calls(path: Path) -> set[str]:
    """Events that stand in the call that logs them, or in that of a loop's Trouble."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return {text for call in calls if _name(call) in SAYING for argument in call.args[:2] for text in _texts(argument)}


def _all_texts() -> set[str]:
    return {text for path in FILES for text in _texts(ast.parse(path.read_text()))}


def test_each_event_that_is_logged_is_listed() -> None:
    said = set().union(*(_said_by_calls(path) for path in FILES))
    assert len(said) > 40
    assert said - _listed() == set()


def test_each_name_that_looks_like_a_listed_event_is_listed() -> None:
    """Events that stand in a constant, in audit.py say, begin as the others do."""
    listed = _listed()
    kinds = {name.partition(".")[0] for name in listed} - {"page", "database"}
    assert {text for text in _all_texts() if text.partition(".")[0] in kinds} - listed == set()


def test_each_listed_event_is_in_the_code() -> None:
    assert _listed() - _all_texts() == set()
