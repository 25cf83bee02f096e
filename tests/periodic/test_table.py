"""The questions to the tables are answered by their indexes, however many rows there are."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.cast import person
from tests.support.queries import plans
from tests.support.schedule_harness import ScheduleHarness, every, task_of_name
from walkabout.database.connections import Database
from walkabout.jids import jid
from walkabout.jobs import queries
from walkabout.periodic import due_tasks, task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda db: due_tasks.due(db, 1.0, 100), "schedule_due"),
        (due_tasks.next_fire, "schedule_due"),
        (lambda db: due_tasks.computed_ahead(db, 1.0, 100), "schedule_reckoned"),
        (lambda db: task_queries.by_owner_and_name(db, "x", "y"), "schedule_name_owner"),
        (lambda db: task_queries.of_name(db, "x", 2), "schedule_name_owner"),
        (lambda db: task_queries.by_id(db, 1), "INTEGER PRIMARY KEY"),
        (lambda db: task_queries.delete(db, 1), "INTEGER PRIMARY KEY"),
        (lambda db: due_tasks.count_runs(db, 1, 1, 1.0), "INTEGER PRIMARY KEY"),
        (lambda db: task_queries.page(db, "x", "", 10, 0, ascending=False), "schedule_owner"),
        (lambda db: queries.open_runs(db, 1), "job_open"),
        (lambda db: queries.history(db, 1, None, 20, 0), "job_schedule"),
        (lambda db: queries.due_between(db, 1, 1.0, 2.0), "job_fire"),
    ],
)
def test_a_question_uses_its_index(harness: ScheduleHarness, ask: Callable[[Database], Any], index: str) -> None:
    for plan in plans(harness.service.db, ask):
        assert index in plan
        assert "TEMP B-TREE" not in plan


@pytest.mark.sqlite
def test_everybodys_page_is_read_in_the_order_of_the_table(harness: ScheduleHarness) -> None:
    plan = plans(harness.service.db, lambda db: task_queries.page(db, None, "", 10, 0, ascending=False))[0]
    assert "TEMP B-TREE" not in plan


@pytest.mark.sqlite
def test_letting_runs_go_reads_only_those_that_are_held(harness: ScheduleHarness) -> None:
    assert "job_held" in plans(harness.service.db, lambda _: harness.service.ledger.release_held())[0]


def test_a_task_comes_back_as_it_was_kept(harness: ScheduleHarness) -> None:
    task = harness.task(harness.add(every(10), grace=5, jitter=3, overlap="allow"))
    assert task_of_name(harness.service.db, "task") == task
    assert (task.policies.grace, task.policies.jitter, task.policies.overlap) == (5, 3, "allow")


@pytest.mark.parametrize(
    "column", ["revision = revision + 1", "next_run_at = next_run_at + 10", "fire_at = fire_at + 1"]
)
def test_a_claim_of_a_task_that_moved_on_gets_nothing(harness: ScheduleHarness, column: str) -> None:
    task = harness.task(harness.add(every(10)))
    harness.service.db.change(f"UPDATE schedule SET {column}")
    assert due_tasks.advance(harness.service.db, task, 1.0, "active", "", 1.0) is None


def test_an_edit_of_a_task_that_was_edited_meanwhile_changes_nothing(harness: ScheduleHarness) -> None:
    task = harness.task(harness.add(every(10)))
    assert task_queries.update(harness.service.db, task)
    assert not task_queries.update(harness.service.db, task)


def test_when_much_is_due_nobodys_tasks_wait_for_somebody_elses(harness: ScheduleHarness) -> None:
    ben = person(harness.service, "ben")
    many = [harness.add(every(1), f"many {number}", overlap="allow") for number in range(30)]
    few = [
        harness.service.periodic_tasks.create(
            Draft(
                f"few {number}", WALKER, {"name": "echo", "mst": jid(ben.uid)}, every(1), policies={"overlap": "allow"}
            )
        ).id
        for number in range(3)
    ]
    harness.service.db.change("UPDATE schedule SET fire_at = fire_at - 5 WHERE owner = ?", (harness.ana.uid,))
    chosen = [task.id for task in due_tasks.due(harness.service.db, harness.clock() + 1, 10)]
    assert set(few) <= set(chosen)
    assert len(chosen) == 10
    everything = {task.id for task in due_tasks.due(harness.service.db, harness.clock() + 1, 33)}
    assert everything == {*many, *few}
