"""The map in docs/house.md: a line a module, from its docstring. `python -m tests.support.house_map` draws it anew."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "house.md"
BEGIN, END = "<!-- map: python -m tests.support.house_map -->\n", "<!-- end of the map -->\n"
ROOMS = ("sequence", "walkabout")


def drawn() -> str:
    """The map as the tree is now."""
    return "".join(_lines())


def kept() -> str:
    """The map as the page has it."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def renew() -> None:
    """Put the map of the tree as it is now into the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + drawn() + END + rest.partition(END)[2])


def _lines() -> Iterator[str]:
    for room in ROOMS:
        folders = sorted({path.parent for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts})
        for folder in folders:
            yield f"\n**{folder.relative_to(ROOT)}/** {_first_line(folder / '__init__.py')}\n\n"
            modules = sorted(path for path in folder.glob("*.py") if path.stem != "__init__")
            yield from (f"- `{path.name}`: {_first_line(path)}\n" for path in modules)
    yield "\n"


def _first_line(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    return " ".join(text.partition("\n\n")[0].split())


if __name__ == "__main__":
    renew()
