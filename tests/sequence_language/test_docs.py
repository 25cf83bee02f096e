"""docs/sequences.md says what is true: its examples run, its tables are complete."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import sequence
from sequence.expressions.program import CONTEXT
from sequence.language import keys
from sequence.language.conditions import CONDITIONS
from sequence.language.references import ROOTS

TEXT = (Path(__file__).parents[2] / "docs" / "sequences.md").read_text()
OURS = {"$hash(text, algorithm)", "$hmac(text, key, algorithm)", "$uuid()", "$parse(text)"}
EXAMPLES = re.sub(r"\n## Recipes\n.*?(?=\n## )", "", TEXT, flags=re.DOTALL)  # test_recipes.py runs those
BLOCKS = re.findall(r"^```(json \w+|python)\n(.*?)^```$", EXAMPLES, re.DOTALL | re.MULTILINE)


def examples() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for kind, text in BLOCKS:
        if kind == "json sequence":
            found.append({"answers": {}})
        if kind != "python":
            found[-1][kind.removeprefix("json ")] = sequence.read(text).value
    return found


@pytest.mark.parametrize("example", examples())
def test_an_example_gives_the_persistence_that_it_shows(example: dict[str, Any]) -> None:
    settings = sequence.SequenceSettings(secrets={"PASSWORD": "not shown", "KEY": "a key"})
    run = sequence.run(example["sequence"], sender=sequence.Mock(example["answers"]), settings=settings)
    assert run.problems == []
    assert run.persistence == example["persistence"]


@pytest.mark.parametrize("text", [text for kind, text in BLOCKS if kind == "python"])
def test_a_python_example_runs(text: str) -> None:
    exec(compile(text, "docs/sequences.md", "exec"), {})
    assert "assert" in text


def rows_after(heading: str) -> set[str]:
    """The names in backticks in the first column of the tables under a heading."""
    part = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("The argument", set(keys.ARGUMENT)),
        ("Steps", set(keys.STEP) - {"__def_loop"}),
        ("Signing in", set(keys.AUTH_KEYS) | set(keys.OAUTH2_KEYS)),
        ("Loops", set(keys.LOOP_KEYS)),
        ("Expressions", {f"${name}" for name in CONTEXT} | OURS),
        ("Trying again", set(keys.RETRY_KEYS)),
        ("Pages", set(keys.PAGES_KEYS)),
        ("Filters", set(CONDITIONS)),
        ("References", set(ROOTS) | {"@@", "!!"}),
        ("Limits", {row.name for row in fields(sequence.SequenceLimits)}),
    ],
)
def test_every_name_of_a_table_has_its_row(heading: str, names: set[str]) -> None:
    assert rows_after(heading) == names


def test_the_defaults_of_the_limits_are_those_of_the_code() -> None:
    for row in fields(sequence.SequenceLimits):
        assert f"| `{row.name}` | {row.default} |" in TEXT
