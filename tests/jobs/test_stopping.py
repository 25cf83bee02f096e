"""Who is told that the process stops, and in which order."""

from walkabout.jobs.stopping import Stopping


def test_what_runs_knows_before_it_is_said_to_others() -> None:
    stopping, told = Stopping(), list[str]()
    stopping.listen(lambda: told.append("one"))
    stopping.listen(lambda: told.append("two"))
    with stopping.heard(lambda: told.append("a run")):
        stopping.tell()
    assert told == ["a run", "one", "two"]


def test_a_run_that_is_over_is_told_nothing() -> None:
    stopping, told = Stopping(), list[str]()
    with stopping.heard(lambda: told.append("a run")):
        pass
    stopping.tell()
    assert told == []


def test_who_comes_later_is_told_at_once() -> None:
    stopping, told = Stopping(), list[str]()
    stopping.tell()
    stopping.listen(lambda: told.append("late"))
    assert told == ["late"]
