"""The recipes of docs/sequences.md, run against a server that answers by their scripts."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import sequence
from tests.sequence_language.clock import TestClock
from tests.support.scripted_server import Seen, Server

SECTION = (Path(__file__).parents[2] / "docs" / "sequences.md").read_text().split("\n## Recipes\n")[1].split("\n## ")[0]
HOST = "https://api.example.com"
SETTINGS = sequence.SequenceSettings(secrets={"PASSWORD": "not shown", "KEY": "not shown either"})


class StandingClock(TestClock):
    """It is always the same time of day, but for what was waited."""

    def time(self) -> float:
        return 1767603600 + self.offset  # 2026-01-05T09:00:00Z


def recipes() -> list[Any]:
    """The blocks by their kind of each recipe, under its title."""
    found = []
    for part in SECTION.split("\n### ")[1:]:
        blocks = re.findall(r"^```json (\w+)\n(.*?)^```$", part, re.DOTALL | re.MULTILINE)
        recipe = {kind: sequence.read(text).value for kind, text in blocks}
        found.append(pytest.param(recipe, id=part.partition("\n")[0]))
    return found


@pytest.mark.parametrize("recipe", recipes())
def test_a_recipe_does_what_it_says(server: Server, recipe: dict[str, Any]) -> None:
    server.begin({asked: by_header(answer) for asked, answer in recipe["server"].items()})
    argument = json.loads(json.dumps(recipe["recipe"]).replace(HOST, server.base))
    assert sequence.advice(recipe["recipe"]) == []
    clock = StandingClock()
    run = sequence.run(argument, settings=SETTINGS, sender=sequence.Live(clock=clock))
    assert run.problems == []
    assert run.persistence == recipe["persistence"]
    for said, seen in zip(recipe.get("requests", []), server.seen, strict="requests" in recipe):
        assert_seen(said, seen)
    counted = Counter(f"{seen.method} {seen.path}" for seen in server.seen)
    for asked, count in recipe.get("counts", {}).items():
        assert counted[asked] == count
    assert clock.waits == recipe.get("waits", clock.waits)


def by_header(answer: Any) -> Any:
    """An answer that depends on a header of the request, as a function."""
    if not isinstance(answer, dict) or "header" not in answer:
        return answer
    return lambda seen: answer.get(seen.headers.get(answer["header"], ""), answer["else"])


def assert_seen(said: Any, seen: Seen) -> None:
    if isinstance(said, str):
        said = {"request": said}
    assert f"{seen.method} {seen.path}" == said["request"]
    for name, value in said.get("header", {}).items():
        assert seen.headers[name] == value
    for part in said.get("contains", []):
        assert part in seen.content.decode()
    if "body" in said:
        assert seen.body == said["body"]
