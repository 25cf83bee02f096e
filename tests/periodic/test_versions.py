"""What a task was before: each change is written down, and what was deleted comes back."""

import pytest

from tests.support.schedule_harness import START, ScheduleHarness, at, every
from walkabout.periodic import task_queries, versions
from walkabout.periodic.errors import NameTaken, NoSuchTask
from walkabout.periodic.versions import Version
from walkabout.problems import Invalid


def kept(harness: ScheduleHarness, task: int) -> list[Version]:
    """The versions of a task, the oldest first."""
    return versions.of_task(harness.service.db, task, 1000)[1][::-1]


def test_each_change_is_written_down_with_who_made_it(harness: ScheduleHarness) -> None:
    periodic_tasks, ana = harness.service.periodic_tasks, harness.ana.uid
    task = harness.add(every(10))
    harness.clock.pass_(1)
    periodic_tasks.change(task, {"description": "x"}, by=ana)
    periodic_tasks.disable(task, "holidays", by=ana)
    periodic_tasks.enable(task)
    told = [(one.revision, one.change, one.by, one.note, one.at - START) for one in kept(harness, task)]
    assert told == [
        (1, "created", None, "", 0),
        (2, "changed", ana, "", 1),
        (3, "disabled", ana, "holidays", 1),
        (4, "enabled", None, "", 1),
    ]
    assert [one.content["state"] for one in kept(harness, task)] == ["active", "active", "disabled", "active"]
    assert [one.content["description"] for one in kept(harness, task)] == ["", "x", "x", "x"]


def test_a_change_that_is_refused_is_not_written_down(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.add(every(10), "other")
    with pytest.raises(Invalid):
        harness.service.periodic_tasks.change(task, {"timezone": "Mars"})
    with pytest.raises(NameTaken):
        harness.service.periodic_tasks.change(task, {"name": "other"})
    assert [one.revision for one in kept(harness, task)] == [1]


def test_enabling_what_is_active_is_no_change(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.service.periodic_tasks.enable(task)
    assert len(kept(harness, task)) == 1


def test_a_task_keeps_its_latest_versions_only(harness: ScheduleHarness) -> None:
    periodic_tasks = harness.service.periodic_tasks
    periodic_tasks.versions_most = 3
    task, other = harness.add(every(10)), harness.add(every(10), "other")
    for number in range(10):
        periodic_tasks.change(task, {"description": str(number)})
    assert [one.content["description"] for one in kept(harness, task)] == ["7", "8", "9"]
    assert [one.revision for one in kept(harness, other)] == [1]


def test_the_first_edit_of_a_task_from_before_keeps_how_it_stood(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.service.db.change("DELETE FROM schedule_version")
    harness.clock.pass_(5)
    harness.service.periodic_tasks.change(task, {"priority": 3}, by=harness.ana.uid)
    harness.service.periodic_tasks.change(task, {"priority": 4})
    told = [(one.change, one.at - START, one.content["priority"]) for one in kept(harness, task)]
    assert told == [("earlier", 0, 0), ("changed", 5, 3), ("changed", 5, 4)]


def test_a_broken_row_can_be_disabled_and_deleted(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.service.db.change("UPDATE schedule SET argument = '{', schedule = '[' WHERE id = ?", (task,))
    harness.service.periodic_tasks.disable(task)
    harness.service.periodic_tasks.delete(task)
    assert kept(harness, task)[-1].plain()["argument"] == "{"


def test_a_deleted_task_comes_back_as_it_was_with_its_runs(harness: ScheduleHarness) -> None:
    task = harness.add(every(10), jitter=4, description="x")
    harness.tick(14)
    before = harness.task(task)
    harness.service.periodic_tasks.delete(task, by=harness.ana.uid)
    harness.clock.pass_(100)
    after = harness.service.periodic_tasks.restore(task, by=harness.ana.uid)
    assert harness.task(task) == after
    assert (after.next_run_at, after.revision, after.updated_at) == (START + 120, 3, START + 114)
    for name in ("name", "argument", "schedule", "policies", "anchor", "share", "created_at", "total_run_count"):
        assert getattr(after, name) == getattr(before, name)
    assert [one.change for one in kept(harness, task)] == ["created", "deleted", "restored"]
    assert len(harness.rows(task)) == 1


def test_a_disabled_task_comes_back_disabled(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.service.periodic_tasks.disable(task, "holidays")
    harness.service.periodic_tasks.delete(task)
    after = harness.service.periodic_tasks.restore(task)
    assert (after.state, after.note, after.next_run_at) == ("disabled", "holidays", None)


def test_a_one_off_whose_time_has_passed_meanwhile_does_not_fire(harness: ScheduleHarness) -> None:
    task = harness.add(at("2027-01-15T08:00:05Z"))
    harness.service.periodic_tasks.delete(task)
    harness.clock.pass_(60)
    assert harness.service.periodic_tasks.restore(task).state in ("expired", "never")
    harness.tick()
    assert harness.rows(task) == []


def test_a_task_whose_name_is_taken_meanwhile_stays_away(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.service.periodic_tasks.delete(task)
    harness.add(every(10))
    with pytest.raises(NameTaken, match='"task" is taken'):
        harness.service.periodic_tasks.restore(task)
    assert task_queries.by_id(harness.service.db, task) is None
    assert kept(harness, task)[-1].change == "deleted"


def test_only_what_was_deleted_is_brought_back(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    for id in (task, task + 1):
        with pytest.raises(NoSuchTask):
            harness.service.periodic_tasks.restore(id)
    harness.service.periodic_tasks.delete(task)
    harness.service.periodic_tasks.restore(task)
    with pytest.raises(NoSuchTask):
        harness.service.periodic_tasks.restore(task)


def test_bringing_back_rings(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.service.periodic_tasks.delete(task)
    rings: list[int] = []
    harness.service.periodic_tasks.changed = lambda: rings.append(1)
    harness.service.periodic_tasks.restore(task)
    assert rings == [1]


def test_what_was_deleted_is_forgotten_after_its_time(harness: ScheduleHarness) -> None:
    periodic_tasks = harness.service.periodic_tasks
    gone, back, there = (harness.add(every(10), name) for name in "abc")
    for task in (gone, back):
        periodic_tasks.delete(task)
    periodic_tasks.restore(back)
    harness.clock.pass_(10)
    assert periodic_tasks.forget(START) == 0
    assert periodic_tasks.forget(START + 1) == 2
    assert kept(harness, gone) == []
    assert [len(kept(harness, task)) for task in (back, there)] == [3, 1]
    with pytest.raises(NoSuchTask):
        periodic_tasks.restore(gone)


def test_what_can_be_brought_back_is_listed_the_latest_first(harness: ScheduleHarness) -> None:
    periodic_tasks = harness.service.periodic_tasks
    tasks = [harness.add(every(10), name) for name in "abc"]
    for task in tasks:
        harness.clock.pass_(1)
        periodic_tasks.delete(task)
    periodic_tasks.restore(tasks[1])
    found = versions.all_deleted(harness.service.db, harness.ana.uid, 10)
    assert [one.schedule for one in found] == [tasks[2], tasks[0]]
    assert versions.all_deleted(harness.service.db, "nobody", 10) == []


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "question",
    [
        "SELECT 1 FROM schedule_version WHERE schedule = 1 AND revision = 1",
        "SELECT * FROM schedule_version WHERE schedule = 1 ORDER BY revision DESC LIMIT 1",
        "DELETE FROM schedule_version WHERE schedule = 1 AND revision <= 1",
        "SELECT * FROM schedule_version WHERE change = 'deleted' AND at < 1 ORDER BY at LIMIT 1",
    ],
)
def test_every_question_has_an_index(harness: ScheduleHarness, question: str) -> None:
    plan = " ".join(row[3] for row in harness.service.db.rows(f"EXPLAIN QUERY PLAN {question}"))
    assert "USING" in plan and "INDEX schedule_version_" in plan and "TEMP B-TREE" not in plan
