"""docs/schedules.md explains everything that schedules have, each under its heading."""

from pathlib import Path

import pytest

from walkabout.api import schedule_files, schedules
from walkabout.api.registry import collect
from walkabout.periodic.periodic_task import ACTIVE, DISABLED, OVER, SEQUENCE, WALKER
from walkabout.periodic.policies import CatchUp, Overlap, Policies
from walkabout.periodic.rules.kinds import KINDS
from walkabout.service import Service
from walkabout.web.application import create_app

PAGE = (Path(__file__).parents[2] / "docs" / "schedules.md").read_text()
HEADINGS = {line.removeprefix("### ") for line in PAGE.splitlines() if line.startswith("### ")}


@pytest.mark.parametrize(
    "name", [WALKER, SEQUENCE, *KINDS, *Policies.__struct_fields__, *collect([schedules, schedule_files])]
)
def test_has_a_heading(name: str) -> None:
    assert name in HEADINGS


def test_each_command_has_a_heading(service: Service) -> None:
    group = create_app(service).cli.commands["schedules"]
    commands = {f"schedules {name}" for name in group.commands}  # type: ignore[attr-defined]
    assert commands and commands <= HEADINGS


@pytest.mark.parametrize("state", [ACTIVE, DISABLED, *OVER])
def test_each_state_has_its_row(state: str) -> None:
    assert f"\n| {state} | " in PAGE


@pytest.mark.parametrize("choice", [*Overlap.__origin__.__args__, *CatchUp.__origin__.__args__])  # type: ignore[attr-defined]
def test_each_choice_is_explained(choice: str) -> None:
    assert f"`{choice}`" in PAGE
