"""The docs say what the code says."""

import re
from pathlib import Path

import pytest

from walkabout.api.handbook import as_markdown
from walkabout.api.registry import collect
from walkabout.jobs.ledger import ENDED, Ledger
from walkabout.walking.walker import Options, Walker
from walkabout.web.application import FAMILIES

DOCS = Path(__file__).parents[2] / "docs"
WALKERS = (DOCS / "walkers.md").read_text()
JOBS = (DOCS / "jobs.md").read_text()


def test_the_routes_page_is_made_from_the_registry() -> None:
    assert (DOCS / "routes.md").read_text() == as_markdown(collect(FAMILIES))


@pytest.mark.parametrize("name", [name for name in vars(Walker) if not name.startswith(("_", "walker_", "handlers"))])
def test_every_ability_of_walkers_is_explained(name: str) -> None:
    assert f"self.{name}" in WALKERS


@pytest.mark.parametrize("name", Options.__init__.__annotations__)
def test_every_class_argument_of_walkers_is_explained(name: str) -> None:
    assert name == "return" or f"`{name}`" in WALKERS


@pytest.mark.parametrize("state", ["PENDING", "RETRY", "STARTED", *ENDED])
def test_every_state_is_explained(state: str) -> None:
    assert re.search(rf"^\| [A-Z, ]*\b{state}\b", JOBS, re.M)


TRANSITIONS = [
    "ask",
    "claim",
    "succeed",
    "fail",
    "retry",
    "give_back",
    "take_over",
    "revoke_waiting",
    "revoke_running",
    "come_due",
    "fire",
    "skip",
    "miss",
    "let_go",
]


@pytest.mark.parametrize("name", TRANSITIONS)
def test_every_transition_is_in_the_picture(name: str) -> None:
    assert callable(getattr(Ledger, name))
    assert name in JOBS.split("```")[1]


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", WALKERS, re.S))
def test_the_examples_run(block: str) -> None:
    exec(compile(block, "docs/walkers.md", "exec"), {"__name__": "example"})
