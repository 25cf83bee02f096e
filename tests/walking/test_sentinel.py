"""The walkers of some folders."""

from pathlib import Path

import pytest

from tests.support.until import until
from walkabout.events import Events
from walkabout.walking.sentinel import Sentinel, UnknownWalker, walker_jid

WALKER = "from walkabout import Walker\n\n\nclass {name}(Walker):\n    number: int = {number}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.py").write_text(WALKER.format(name="One", number=1))
    return tmp_path


@pytest.fixture
def sentinel(folder: Path) -> Sentinel:
    return Sentinel([folder], Events(), reload=True)


def number(sentinel: Sentinel, name: str) -> int:
    return int(sentinel.walker(name).walker_fields["number"].default)


def test_walkers_are_found_by_name_and_by_jid(sentinel: Sentinel) -> None:
    assert sentinel.walker("one") is sentinel.walker(walker_jid("one"))


def test_an_unknown_walker_has_a_suggestion(sentinel: Sentinel) -> None:
    with pytest.raises(UnknownWalker, match="did you mean one"):
        sentinel.walker("onee")


@pytest.mark.parametrize(
    "source", ["import no_such_module", "def (", "raise ValueError", "import sys; sys.exit(1)", "class W(Wlker): pass"]
)
def test_a_broken_file_is_named_and_the_others_load(sentinel: Sentinel, folder: Path, source: str) -> None:
    (folder / "broken.py").write_text(source)
    assert list(sentinel.walkers()) == ["one"]
    assert [file for file, _ in sentinel.errors()] == ["broken.py"]


def test_a_broken_file_is_told(folder: Path) -> None:
    (folder / "broken.py").write_text("import no_such_module")
    events = Events()
    said: list[tuple[str, str]] = []
    events.listen(lambda name, fields: said.append((name, fields["file"])))
    Sentinel([folder], events, reload=False).walkers()
    assert said == [("walker_file.failed", "broken.py")]


def test_a_file_that_changed_loads_again(sentinel: Sentinel, folder: Path) -> None:
    assert number(sentinel, "one") == 1
    (folder / "one.py").write_text(WALKER.format(name="One", number=22))
    until(lambda: number(sentinel, "one") == 22)


def test_a_file_that_is_new_loads_and_one_that_is_gone_does_not(sentinel: Sentinel, folder: Path) -> None:
    sentinel.walkers()
    (folder / "two.py").write_text(WALKER.format(name="Two", number=2))
    (folder / "one.py").unlink()
    until(lambda: list(sentinel.walkers()) == ["two"])


def test_a_file_that_was_repaired_loads(sentinel: Sentinel, folder: Path) -> None:
    (folder / "one.py").write_text("def (")
    assert sentinel.walkers() == {}
    (folder / "one.py").write_text(WALKER.format(name="One", number=1))
    until(lambda: list(sentinel.walkers()) == ["one"] and not sentinel.errors())


def test_without_reload_a_changed_file_does_not_count(folder: Path) -> None:
    sentinel = Sentinel([folder], Events(), reload=False)
    assert number(sentinel, "one") == 1
    (folder / "one.py").write_text(WALKER.format(name="One", number=22))
    sentinel._looked_at = float("-inf")
    assert number(sentinel, "one") == 1


def test_a_folder_that_is_not_there_is_named(folder: Path) -> None:
    sentinel = Sentinel([folder, folder / "missing"], Events(), reload=False)
    assert list(sentinel.walkers()) == ["one"]
    assert sentinel.errors() == ((str(folder / "missing"), "no such folder"),)


def test_the_first_of_two_walkers_with_one_name_wins_and_the_other_is_named(sentinel: Sentinel, folder: Path) -> None:
    (folder / "other.py").write_text(WALKER.format(name="One", number=2))
    assert number(sentinel, "one") == 1
    assert [file for file, _ in sentinel.errors()] == ["other.py"]


def test_a_second_name_for_a_walker_is_no_error(sentinel: Sentinel, folder: Path) -> None:
    (folder / "one.py").write_text(WALKER.format(name="One", number=1) + "\n\nSame = One\n")
    assert (list(sentinel.walkers()), sentinel.errors()) == (["one"], ())


def test_walkers_that_a_file_imports_are_not_its_own(sentinel: Sentinel, folder: Path) -> None:
    (folder / "two.py").write_text("from walkabout import Walker as Base\n")
    assert list(sentinel.walkers()) == ["one"]


def test_a_class_with_an_underscore_is_no_walker_to_run(sentinel: Sentinel, folder: Path) -> None:
    (folder / "two.py").write_text(WALKER.format(name="_Two", number=2))
    assert list(sentinel.walkers()) == ["one"]


def test_files_of_one_name_in_two_folders_do_not_mix(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "one.py").write_text(WALKER.format(name="Other", number=3))
    sentinel = Sentinel([folder, folder / "more"], Events(), reload=False)
    assert (number(sentinel, "one"), number(sentinel, "other")) == (1, 3)


def test_the_starter_walkers_load() -> None:
    sentinel = Sentinel([Path(__file__).parents[2] / "walkers"], Events(), reload=False)
    assert sentinel.errors() == ()
    assert {"echo", "init", "count"} <= set(sentinel.walkers())
