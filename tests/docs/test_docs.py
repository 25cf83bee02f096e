"""The docs say what the code says."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from tests.support.transition_picture import drawn, on_the_page
from walkabout.api.families import FAMILIES
from walkabout.api.handbook import as_markdown
from walkabout.api.registry import collect
from walkabout.jobs.states import STATES
from walkabout.sequences.runs import TYPES
from walkabout.setting_rules import SettingRule
from walkabout.settings import Settings
from walkabout.walking.walker import Options, Walker

RULES: list[SettingRule] = [field.metadata["rule"] for field in fields(Settings) if "rule" in field.metadata]
DOCS = Path(__file__).parents[2] / "docs"
WALKERS = (DOCS / "walkers.md").read_text()
SEQUENCES = (DOCS / "sequences.md").read_text()
JOBS = (DOCS / "jobs.md").read_text()


def test_the_routes_page_is_made_from_the_registry() -> None:
    assert (DOCS / "routes.md").read_text() == as_markdown(collect(FAMILIES))


@pytest.mark.parametrize("name", [name for name in vars(Walker) if not name.startswith(("_", "walker_", "handlers"))])
def test_every_ability_of_walkers_is_explained(name: str) -> None:
    assert f"self.{name}" in WALKERS


@pytest.mark.parametrize("name", Options.__init__.__annotations__)
def test_every_class_argument_of_walkers_is_explained(name: str) -> None:
    assert name == "return" or f"`{name}`" in WALKERS


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_explained(state: str) -> None:
    assert re.search(rf"^\| [A-Z, ]*\b{state}\b", JOBS, re.M)


@pytest.mark.parametrize("kind", [*TYPES.values(), "Gone", "WorkerLost", "TimeLimit"])
def test_every_type_of_a_sequences_error_is_explained(kind: str) -> None:
    assert re.search(rf"^\|.*`{kind}`.*\|", SEQUENCES, re.M)


@pytest.mark.parametrize("name", [rule.env for rule in RULES if rule.env.startswith("SEQUENCE_")])
def test_every_setting_of_sequences_is_explained(name: str) -> None:
    assert f"`{name}`" in SEQUENCES


def test_the_picture_of_transitions_is_drawn_from_the_ledger() -> None:
    assert on_the_page() == drawn()


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", WALKERS, re.S))
def test_the_examples_run(block: str) -> None:
    exec(compile(block, "docs/walkers.md", "exec"), {"__name__": "example"})
