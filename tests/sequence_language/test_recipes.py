"""The recipes of docs/sequences.md, run against a server that answers by their scripts."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import sequence
from tests.support.scripted_server import Seen, Server

SECTION = (Path(__file__).parents[2] / "docs" / "sequences.md").read_text().split("\n## Recipes\n")[1].split("\n## ")[0]
HOST = "https://api.example.com"


def recipes() -> list[Any]:
    """The blocks by their kind of each recipe that has a server, under its title. test_docs.py plays the others."""
    found = []
    for part in SECTION.split("\n### ")[1:]:
        blocks = re.findall(r"^```json (\w+)\n(.*?)^```$", part, re.DOTALL | re.MULTILINE)
        recipe = {kind: sequence.read(text).value for kind, text in blocks}
        if "server" in recipe:
            found.append(pytest.param(recipe, id=part.partition("\n")[0]))
    return found


@pytest.mark.parametrize("recipe", recipes())
def test_a_recipe_does_what_it_says(server: Server, recipe: dict[str, Any]) -> None:
    server.begin(recipe["server"])
    argument = json.loads(json.dumps(recipe["recipe"]).replace(HOST, server.base))
    settings = sequence.SequenceSettings(secrets={"PASSWORD": "not shown", "KEY": "not shown either"})
    run = sequence.run(argument, settings=settings)
    assert run.problems == []
    assert run.persistence == recipe["persistence"]
    for said, seen in zip(recipe.get("requests", []), server.seen, strict="requests" in recipe):
        assert_seen(said, seen)


def assert_seen(said: Any, seen: Seen) -> None:
    if isinstance(said, str):
        said = {"request": said}
    assert f"{seen.method} {seen.path}" == said["request"]
    for name, value in said.get("header", {}).items():
        assert seen.headers[name] == value
    if "body" in said:
        assert seen.body == said["body"]
