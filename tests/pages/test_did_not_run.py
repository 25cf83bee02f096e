"""Rows of due times that got no run: what can be done from there; and a task's runs, called by their due times."""

import pytest

from tests.support.clock import Clock
from tests.support.jobs import a_spec, claimed, worked
from tests.support.reader import PageReader
from tests.support.tasks import walker_task
from tests.support.visitor import Visitor
from walkabout.jobs import queries
from walkabout.jobs.queries import JobFilter
from walkabout.jobs.specs import Unfired
from walkabout.people.masters import Master
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.service import Service


def _miss(service: Service, task: PeriodicTask, reason: str = "no worker was running") -> str:
    now = service.clock()
    service.ledger.miss(Unfired(task.id, "walker", task.name, task.owner, now - 400, now, 3, now, reason))
    return queries.jobs(service.db, JobFilter(), 1)[0].uid


@pytest.fixture
def nightly(service: Service, bob: Master) -> PeriodicTask:
    return walker_task(service, bob, name="nightly")


def test_a_missed_run_leads_to_its_task_its_why_and_a_run_now(
    service: Service, user: Visitor, nightly: PeriodicTask
) -> None:
    uid = _miss(service, nightly)
    for path in ("/runs", f"/tasks/{nightly.id}", f"/runs/{uid}"):
        page = PageReader(user.get(path).text)
        why = page.link('main a[href*="at="][href$="#why"]')
        asked = PageReader(user.get(why.partition("#")[0]).text)
        assert "no worker was running" in asked.texts("#why + p")[0]
        assert f"/admin/tasks/{nightly.id}/run" in page.attributes("main form", "action")
    user.post(f"/tasks/{nightly.id}/run")
    assert worked(service)
    page = PageReader(user.get("/runs").text)
    assert len(page.texts(".instead")) == 1  # the run itself offers nothing of the kind


def test_all_that_did_not_run_run_after_one_question(
    service: Service, user: Visitor, bob: Master, ana: Master, nightly: PeriodicTask
) -> None:
    hourly, theirs = walker_task(service, bob, name="hourly"), walker_task(service, ana, name="ana's")
    gone = walker_task(service, bob, name="gone")
    for task in (nightly, nightly, hourly, theirs, gone):
        _miss(service, task)
    service.periodic_tasks.delete(gone.id)
    service.ledger.enqueue(a_spec(name="echo", owner=bob.uid))
    newest = str(queries.jobs(service.db, JobFilter(), 1)[0].id)
    asked = PageReader(user.post("/runs/many", all="yes", upto=newest, do="instead", state="missed").text)
    assert (asked.texts("h1"), asked.texts("main li")) == (["Run 2 tasks now?"], ["nightly", "hourly"])
    user.post("/tasks/many", task=asked.attributes("form [name=task]", "value"), do="run", sure="yes")
    waiting = queries.jobs(service.db, JobFilter(states=("PENDING",), owner=bob.uid), 9)
    assert sorted(run.title for run in waiting) == ["echo", "hourly", "nightly"]


def test_only_ticked_rows_are_meant_and_runs_that_ran_are_not(
    service: Service, user: Visitor, bob: Master, nightly: PeriodicTask
) -> None:
    hourly = walker_task(service, bob, name="hourly")
    _miss(service, nightly)
    ticked = _miss(service, hourly)
    service.ledger.enqueue(a_spec(owner=bob.uid, schedule=nightly.id))
    ran = claimed(service).uid
    asked = PageReader(user.post("/runs/many", run=[ticked, ran], do="instead").text)
    assert asked.texts("main li") == ["hourly"]
    user.post("/runs/many", run=[ran], do="instead")
    assert "no missed or skipped run of a task is selected" in user.get("/runs").text


def test_a_deleted_task_s_row_offers_nothing(service: Service, user: Visitor, nightly: PeriodicTask) -> None:
    uid = _miss(service, nightly)
    service.periodic_tasks.delete(nightly.id)
    assert PageReader(user.get("/runs").text).texts(".instead") == []
    assert "Run now instead" not in user.get(f"/runs/{uid}").text


def test_a_task_s_runs_are_called_by_their_due_times(
    service: Service, user: Visitor, nightly: PeriodicTask, clock: Clock
) -> None:
    _miss(service, nightly)
    due = PageReader(user.get(f"/tasks/{nightly.id}").text).attributes("#runs td.name time", "datetime")
    user.post(f"/tasks/{nightly.id}/run")
    page = PageReader(user.get(f"/tasks/{nightly.id}").text)
    assert page.attributes("#runs td.name time", "datetime") == due
    assert page.texts("#runs td.name a")[0] == "by hand"
    assert page.texts("#runs th")[:2] == ["State", "Due"]


def test_the_slowest_of_the_last_runs_is_one_click_away(
    service: Service, user: Visitor, bob: Master, nightly: PeriodicTask, clock: Clock
) -> None:
    uids = []
    for seconds in (2, 90, 5):
        service.ledger.enqueue(a_spec(owner=bob.uid, schedule=nightly.id))
        claim = claimed(service)
        clock.pass_(seconds)
        service.ledger.succeed(claim, "{}")
        uids.append(claim.uid)
    page = PageReader(user.get(f"/tasks/{nightly.id}").text)
    figures = page.texts(".figures")[0]
    assert "Usually takes 5 s, 95 % below 1 m 30 s" in figures
    assert "Slowest of the last 3: 1 m 30 s" in figures
    assert page.link(".figures a") == f"/runs/{uids[1]}"
    slow = page.link('.figures a[href*="sort=length"]')
    assert PageReader(user.get(slow).text).attributes('a[id^="run-"]', "id") == [f"run-{uids[i]}" for i in (1, 2, 0)]
