"""What the README shows has been run: its shell blocks, in order, against a fresh service."""

import re
import subprocess
from pathlib import Path

from tests.support.house import House
from tests.support.shown_shell import differences
from walkabout.settings import table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)


def test_every_shell_block_gives_what_it_shows(new_house: type[House]) -> None:
    assert differences(README, new_house(WALKERS_DIR="walkers").start().url) == []


def test_the_first_walker_is_short_and_runs(tmp_path: Path, new_house: type[House]) -> None:
    walker = PYTHON[0]
    assert len(walker.splitlines()) < 15
    (tmp_path / "greet.py").write_text(walker)
    ana = new_house(WALKERS_DIR=f"walkers:{tmp_path}").start().client()
    ana.run("init")
    assert ana.run("greet", greeting="hi")["report"] == ["hi, Lyon", "hi, Oslo", "hi, Rome"]


def test_the_walker_is_tested_in_three_lines() -> None:
    lines = [line for line in PYTHON[1].splitlines() if line]
    assert len(lines) == 3
    subprocess.run(["python", "-c", PYTHON[1]], cwd=ROOT, check=True)


def test_the_table_of_settings_is_the_one_that_the_code_reads() -> None:
    assert table() in README
