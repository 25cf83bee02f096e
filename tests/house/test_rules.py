"""The rules of the house, read from the tree. Which way imports go is in pyproject.toml, for `make check`."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from walkabout.jobs.states import STATES

ROOT = Path(__file__).parents[2]
CODE = sorted(
    path
    for path in chain(
        ROOT.glob("*.py"), *(ROOT.glob(f"{folder}/**/*.py") for folder in ("walkabout", "sequence", "walkers"))
    )
    if "migrations" not in path.parts
)
TESTS = sorted((ROOT / "tests").glob("**/*.py"))
OURS = {"walkabout", "sequence", "app", "tasks", "walkers"}
LINES_MOST = 400
FUNCTION_MOST = 60
# processes.py, launch.py and entry/command.py start programs, and pass an environment on; spared_drivers.py acts before there are
# settings; celery_reader.py is a script in a process of its own, and what it reads was set by the module that it runs.
READ_ENVIRONMENT = {
    "walkabout/settings.py",
    "walkabout/processes.py",
    "walkabout/launch.py",
    "walkabout/entry/command.py",
    "walkabout/spared_drivers.py",
    "walkabout/periodic/importing/celery_reader.py",
}
DRIVERS_STAND_IN = {
    "walkabout/spared_drivers.py",
    *(
        str(path.relative_to(ROOT))
        for kind in ("sqlite", "postgres")
        for path in ROOT.glob(f"walkabout/database/{kind}*.py")
    ),
}
LEDGER = ("walkabout/jobs/ledger.py", "walkabout/jobs/releases.py")  # the second is a part of the first
WRITES_STATE = re.compile(r"(?is)\bupdate\s+job\s+set\b(?:(?!\bwhere\b)[^\"])*\bstate\s*=|\binsert\s+into\s+job\s*\(")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def imported(node: ast.AST) -> list[str]:
    """The top names of the modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "").partition(".")[0] if not node.level else "walkabout"]
    return []


every_module = pytest.mark.parametrize("path", CODE, ids=name)


def test_there_is_code_to_look_at() -> None:
    assert len(CODE) > 40


@every_module
def test_a_module_is_a_few_screens_at_most(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES_MOST


@every_module
def test_a_function_is_a_screen_at_most(path: Path) -> None:
    long = {one.name: one.end_lineno - one.lineno + 1 for one in functions(path) if one.end_lineno}
    assert {name: lines for name, lines in long.items() if lines > FUNCTION_MOST} == {}


@every_module
def test_nothing_of_ours_is_imported_inside_a_function(path: Path) -> None:
    inside = [node for function in functions(path) for node in ast.walk(function) if OURS & set(imported(node))]
    assert [node.lineno for node in inside] == []


@every_module
def test_nothing_is_imported_for_types_only(path: Path) -> None:
    assert "TYPE_CHECKING" not in path.read_text()


@every_module
def test_the_environment_is_read_by_the_settings_only(path: Path) -> None:
    if name(path) in READ_ENVIRONMENT:
        return
    assert (
        re.findall(r"\bos\.(?:environ|getenv|environb)\b|\bfrom os import .*\b(?:environ|getenv)\b", path.read_text())
        == []
    )


@every_module
def test_the_room_of_the_database_knows_the_drivers_alone(path: Path) -> None:
    if name(path) in DRIVERS_STAND_IN:
        return
    words = r"\bsqlite3\b|\bPRAGMA\b|\bpsycopg\b|\bpg_\w+|\b(?:Operational|Integrity)Error\b"
    assert re.findall(words, path.read_text()) == []


@every_module
def test_states_are_written_by_the_ledger_only(path: Path) -> None:
    # Texts that stand beside each other are one statement.
    texts = [
        node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    writes = [text for text in texts if WRITES_STATE.search(text)]
    assert (writes == []) is (name(path) not in LEDGER)


@every_module
def test_a_state_of_a_job_is_named_and_not_spelt(path: Path) -> None:
    spelt = [node.lineno for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and node.value in STATES]
    assert (spelt == []) is (name(path) != "walkabout/jobs/states.py")


@every_module
def test_what_is_public_has_a_docstring(path: Path) -> None:
    module = tree(path)
    assert ast.get_docstring(module), "the module itself"
    assert list(_without_docstring(module.body, is_protocol=False)) == []


def _without_docstring(body: list[ast.stmt], *, is_protocol: bool) -> Iterator[str]:
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        bare = is_protocol or any("overload" in ast.unparse(one) for one in node.decorator_list)
        marked = any(ast.unparse(one).startswith("at(") for one in node.decorator_list)
        if not (ast.get_docstring(node) or (isinstance(node, Function) and (bare or marked))):
            yield node.name
        if isinstance(node, ast.ClassDef):
            protocol = any(ast.unparse(base) == "Protocol" for base in node.bases)
            yield from _without_docstring(node.body, is_protocol=protocol)


@every_module
def test_no_call_has_more_than_six_arguments_by_position(path: Path) -> None:
    calls = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    many = [ast.unparse(call.func) for call in calls if sum(not isinstance(arg, ast.Starred) for arg in call.args) > 6]
    assert many == []


@every_module
def test_no_text_of_a_problem_is_taken_apart(path: Path) -> None:
    # A problem has its path and its message (sequence/problems.py); text is made of them at the edge.
    assert re.findall(r"""(?:partition|split|removeprefix)\(\s*f?["'][^"'\n]*: ["']""", path.read_text()) == []


@every_module
def test_no_module_is_a_drawer_for_everything(path: Path) -> None:
    assert path.stem not in ("utils", "helpers", "common", "misc", "util")


@pytest.mark.parametrize("path", sorted((ROOT / "walkers").glob("*.py")), ids=name)
def test_walkers_import_the_public_names_only(path: Path) -> None:
    froms = [node.module for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)]
    plain = [alias.name for node in ast.walk(tree(path)) if isinstance(node, ast.Import) for alias in node.names]
    ours = [module for module in [*froms, *plain] if module and module.partition(".")[0] in OURS]
    assert ours == ["walkabout"]


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_no_test_sleeps(path: Path) -> None:
    if path.parent.name == "walkers":
        return
    assert re.findall(r"^\s*time\.sleep\(", path.read_text(), re.MULTILINE) == []


def test_the_top_level_can_be_read_at_a_glance() -> None:
    shown = [entry.name for entry in ROOT.iterdir() if not entry.name.startswith((".", "__")) and entry.name != "data"]
    assert len(shown) <= 20


TWICE: set[str] = set()


def test_no_class_name_stands_in_two_modules() -> None:
    classes = Counter(
        node.name for path in CODE if not name(path).startswith("walkers/") for node in tree(path).body
        if isinstance(node, ast.ClassDef)
    )  # fmt: skip
    private = {one for one in classes if one.startswith("_")}
    assert {one for one, count in classes.items() if count > 1} - private == TWICE


FACES = [path for path in CODE if path.parts[len(ROOT.parts) : len(ROOT.parts) + 2][-1] in ("api", "web", "commands")]


@pytest.mark.parametrize("path", FACES, ids=name)
def test_rights_are_asked_by_actions_only(path: Path) -> None:
    """A face may show who is an admin; it decides nothing by it (actions/rights.py does)."""
    decides = [
        *(node.test for node in ast.walk(tree(path)) if isinstance(node, ast.If | ast.IfExp | ast.While)),
        *(one for node in ast.walk(tree(path)) if isinstance(node, ast.comprehension) for one in node.ifs),
        *(node for node in ast.walk(tree(path)) if isinstance(node, ast.BoolOp | ast.UnaryOp)),
    ]
    assert [node.lineno for node in decides if "is_superuser" in ast.unparse(node)] == []
