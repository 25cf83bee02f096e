"""What the README shows has been run: its shell blocks, in order, against a fresh service."""

import re
import subprocess
from pathlib import Path

from tests.support.house import House
from walkabout.settings import table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.S)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)


def _as_pattern(expected: str) -> str:
    return ".*".join(re.escape(part) for part in expected.split("..."))


def test_every_shell_block_gives_what_it_shows(new_house: type[House]) -> None:
    house = new_house(WALKERS_DIR="walkers").start()
    script = "set -e\n" + "\n".join(BLOCKS).replace("http://127.0.0.1:8000", house.url)
    expected = re.findall(r"^#> (.*)$", script, re.M)
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    shown = ran.stdout.splitlines()
    assert len(shown) == len(expected), ran.stdout + ran.stderr
    for line, pattern in zip(shown, expected, strict=True):
        assert re.fullmatch(_as_pattern(pattern), line), f"{line}\nis not\n{pattern}"


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
