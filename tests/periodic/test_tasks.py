"""Making, editing and ending periodic tasks, and running them by hand."""

from typing import Any

import pytest

from tests.support.schedule_harness import START, ScheduleHarness, at, cron, every
from walkabout.jids import jid
from walkabout.jobs.template import CannotRun
from walkabout.periodic.drafts import Draft
from walkabout.periodic.errors import EditedMeanwhile, NameTaken, NoSuchTask, TaskOver
from walkabout.periodic.periodic_task import WALKER
from walkabout.problems import Invalid


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"name": " "}, "name", '" " is not a name; use a non-empty text'),
        ({"name": "x" * 201}, "name", "has 201 characters; use 200 or fewer"),
        ({"schedule": cron("61")}, "schedule.conf.minute", '"61" is not a minute'),
        ({"schedule": at("2020-01-01T00:00:00Z")}, "schedule.conf.clocked_time", "is past; use a later moment"),
        ({"timezone": "Mars"}, "timezone", '"Mars" is not a time zone'),
        ({"policies": {"overlap": "skp"}}, "overlap", "did you mean skip?"),
        ({"policies": {"grace": 0}}, "grace", "use seconds, 1 or more"),
        ({"policies": {"jiter": 1}}, "jiter", "unknown, did you mean jitter?"),
        ({"argument": {"name": "eco"}}, "body.name", 'no walker "eco", did you mean echo?'),
        ({"argument": {"name": "echo", "mst": ""}}, "body.mst", "mst (Master) is required"),
        ({"argument": {"name": "echo", "nd": "home"}}, "body.nd", '"home" is neither a jid nor one of your aliases'),
        ({"argument": {"name": "echo", "snt": 1}}, "body.snt", "1 is neither a jid nor an alias"),
        ({"argument": {"name": "echo", "ctx": []}}, "body.ctx", "[] is not an object"),
        ({"argument": {"name": "echo", "ctx": {"vale": 1}}}, "body.ctx.vale", "unknown, did you mean value?"),
        ({"argument": {"name": "hold"}}, "body.ctx.until", "ctx.until is required"),
        ({"argument": {"name": "echo", "ndd": 1}}, "body.ndd", "unknown, did you mean nd?"),
        ({"argument": {}}, "body.name", "name (Walker) is required"),
    ],
)
def test_refuses_by_field(harness: ScheduleHarness, changed: dict[str, Any], field: str, words: str) -> None:
    argument = {"name": "echo", "mst": jid(harness.ana.uid)} | changed.pop("argument", {})
    if field == "body.name" and "required" in words:
        argument.pop("name")
    given: dict[str, Any] = {"name": "task", "task": WALKER, "argument": argument, "schedule": every(10)} | changed
    with pytest.raises(Invalid) as refused:
        harness.service.periodic_tasks.create(Draft(**given))
    assert [problem.path for problem in refused.value.problems] == [field]
    assert words in refused.value.errors[0]


def test_names_all_that_is_wrong_at_once(harness: ScheduleHarness) -> None:
    with pytest.raises(Invalid) as refused:
        harness.service.periodic_tasks.create(Draft("", WALKER, {}, every(0), "Mars", {"overlap": "no"}))
    fields = [problem.path for problem in refused.value.problems]
    assert fields == ["name", "body.name", "body.mst", "overlap", "timezone", "schedule.conf.every"]


def test_wlk_is_another_word_for_name(harness: ScheduleHarness) -> None:
    draft = Draft("task", WALKER, {"wlk": "echo", "mst": jid(harness.ana.uid)}, every(10))
    task = harness.service.periodic_tasks.create(draft)
    assert task.argument_object() == {"wlk": "echo", "mst": jid(harness.ana.uid)}
    harness.tick(10)
    assert harness.rows(task.id)[0].name == "echo"


def test_an_owner_gives_a_name_once(harness: ScheduleHarness) -> None:
    harness.add(every(10))
    with pytest.raises(NameTaken, match='name: "task" is taken by another task'):
        harness.add(every(10))


def test_making_and_editing_ring(harness: ScheduleHarness) -> None:
    rings: list[int] = []
    harness.service.periodic_tasks.changed = lambda: rings.append(1)
    task = harness.add(every(10))
    harness.service.periodic_tasks.change(task, {"description": "x"})
    harness.service.periodic_tasks.disable(task)
    harness.service.periodic_tasks.enable(task)
    assert len(rings) == 4


def test_an_edit_of_the_schedule_reckons_the_next_time_from_now(harness: ScheduleHarness) -> None:
    task = harness.add(every(3600))
    harness.clock.pass_(7)
    edited = harness.service.periodic_tasks.change(task, {"schedule": every(5)})
    assert (edited.next_run_at, edited.revision) == (START + 10, 2)
    assert harness.task(task) == edited


def test_an_interval_keeps_its_anchor_through_edits(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.clock.pass_(3)
    harness.service.periodic_tasks.change(task, {"schedule": every(20)})
    assert harness.task(task).next_run_at == START + 20


def test_an_edit_of_anything_else_leaves_the_next_time(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.clock.pass_(10)
    assert harness.service.periodic_tasks.change(task, {"description": "x", "priority": 3}).next_run_at == START + 10
    harness.tick()
    assert harness.told(task) == [("PENDING", 10)]


def test_an_edit_of_the_jitter_moves_the_fire_and_not_the_due_time(harness: ScheduleHarness) -> None:
    harness.service.periodic_tasks.random = lambda: 0.99
    task = harness.service.periodic_tasks.change(harness.add(every(10)), {"jitter": 4})
    assert (task.next_run_at, task.fire_at) == (START + 10, START + 14)


def test_an_edit_right_before_the_tick_notes_the_time_that_is_lost(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.clock.pass_(10)
    harness.service.periodic_tasks.change(task, {"schedule": every(3600)})
    assert [(row.state, row.reason) for row in harness.rows(task)] == [
        ("MISSED", "the task was edited before the tick")
    ]


def test_an_edit_refuses_by_field_and_changes_nothing(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    with pytest.raises(Invalid) as refused:
        harness.service.periodic_tasks.change(task, {"timezone": "Mars", "grace": -1, "name": ""})
    assert [problem.path for problem in refused.value.problems] == ["name", "grace", "timezone"]
    assert harness.task(task).revision == 1


def test_an_edit_of_what_somebody_else_edited_is_refused(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.service.periodic_tasks.change(task, {"description": "x"}, revision=1)
    with pytest.raises(EditedMeanwhile, match="is at revision 2"):
        harness.service.periodic_tasks.change(task, {"description": "y"}, revision=1)


def test_another_schedule_wakes_a_task_that_was_over(harness: ScheduleHarness) -> None:
    task = harness.add(every(10, one_off=True))
    harness.tick(10)
    assert harness.service.periodic_tasks.change(task, {"description": "x"}).state == "finished"
    edited = harness.service.periodic_tasks.change(task, {"schedule": every(60)})
    assert (edited.state, edited.next_run_at) == ("active", START + 60)


def test_a_disabled_task_stays_so_through_edits_and_fires_nothing(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.service.periodic_tasks.disable(task, "on holiday")
    harness.service.periodic_tasks.change(task, {"schedule": every(5)})
    harness.ticks(20)
    assert (harness.task(task).state, harness.task(task).note, harness.rows(task)) == ("disabled", "on holiday", [])


def test_enabling_goes_on_from_now(harness: ScheduleHarness) -> None:
    task = harness.add(every(10), catch_up="all")
    harness.service.periodic_tasks.disable(task)
    harness.clock.pass_(105)
    assert harness.service.periodic_tasks.enable(task).next_run_at == START + 110
    harness.ticks(5)
    assert harness.told(task) == [("SUCCESS", 110)]


def test_a_task_without_a_time_to_come_is_not_enabled(harness: ScheduleHarness) -> None:
    task = harness.add(at("2027-01-15T08:00:05Z"))
    harness.tick(5)
    with pytest.raises(Invalid, match="no future time"):
        harness.service.periodic_tasks.enable(task)


def test_a_task_that_is_over_is_not_disabled(harness: ScheduleHarness) -> None:
    task = harness.add(every(10, one_off=True))
    harness.tick(10)
    with pytest.raises(TaskOver, match="already finished"):
        harness.service.periodic_tasks.disable(task)


def test_a_run_by_hand_has_no_due_time_and_counts(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.service.periodic_tasks.disable(task)
    uid = harness.service.periodic_tasks.run_now(task)
    assert [(row.uid, row.state, row.scheduled_for) for row in harness.rows(task)] == [(uid, "PENDING", None)]
    assert harness.task(task).total_run_count == 1


def test_a_run_by_hand_of_a_walker_that_is_gone_says_so(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.service.sentinel.walkers().pop("echo")
    with pytest.raises(CannotRun, match='no walker "echo"'):
        harness.service.periodic_tasks.run_now(task)


def test_a_deleted_task_is_gone_and_its_runs_go_on(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.tick(10)
    harness.service.periodic_tasks.delete(task)
    assert harness.told(task) == [("PENDING", 10)]
    with pytest.raises(NoSuchTask):
        harness.service.periodic_tasks.delete(task)


def test_the_id_of_a_deleted_task_is_not_given_again(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.service.periodic_tasks.delete(task)
    assert harness.add(every(10)) != task
