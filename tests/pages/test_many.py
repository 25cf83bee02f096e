"""Many at once: tasks and runs, chosen by ticks or by a filter; asked about before, and undone after."""

import dataclasses
import re

from tests.support.clock import Clock
from tests.support.jobs import a_spec, claimed, worked
from tests.support.reader import PageReader
from tests.support.tasks import walker_task
from tests.support.visitor import Visitor, signed_in
from walkabout.actions import many_runs
from walkabout.jobs import queries
from walkabout.jobs.queries import JobFilter
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.service import Service
from walkabout.web.application import create_app

SOLAR = {"type": "solar", "conf": {"event": "sunset", "latitude": 52.5, "longitude": 13.4}}


def _states(service: Service) -> dict[str, tuple[str, str]]:
    found = task_queries.page(service.db, None, "", 0, 0, ascending=True)
    return {task.name: (task.state, task.note) for task in found}


def _undo(visitor: Visitor) -> str:
    page = PageReader(visitor.get("/").text)
    return page.attributes(".message [name=undo]", "value")[0]


def _three(service: Service, bob: Master) -> None:
    walker_task(service, bob, name="hourly")
    walker_task(service, bob, name="evening", schedule=SOLAR)
    paused = walker_task(service, bob, name="morning", schedule=SOLAR)
    service.periodic_tasks.disable(paused.id, "its own note", by=bob.uid)


def test_all_that_fit_are_paused_after_a_question_and_undone(service: Service, user: Visitor, bob: Master) -> None:
    _three(service, bob)
    asked = PageReader(user.post("/tasks/many", all="yes", kind="solar", do="disable", note="winter").text)
    assert asked.texts("h1") == ["Pause 2 tasks?"]
    ids = asked.attributes("form [name=task]", "value")
    answer = user.post("/tasks/many", task=ids, kind="solar", do="disable", note="winter", sure="yes")
    assert answer.headers["Location"].endswith("/admin/?kind=solar")
    assert _states(service) == {
        "hourly": ("active", ""), "evening": ("disabled", "winter"), "morning": ("disabled", "its own note"),
    }  # fmt: skip
    user.post("/tasks/undo", undo=_undo(user))
    assert _states(service)["evening"] == ("active", "")
    assert _states(service)["morning"] == ("disabled", "its own note")


def test_an_unknown_filter_changes_nothing(service: Service, user: Visitor, bob: Master) -> None:
    _three(service, bob)
    before = _states(service)
    user.post("/tasks/many", all="yes", kind="sonar", do="disable", sure="yes")
    user.post("/runs/many", all="yes", state="odd", do="cancel", sure="yes")
    assert _states(service) == before
    assert "Nothing was done" in user.get("/").text


def test_what_was_changed_since_is_not_undone(service: Service, user: Visitor, bob: Master, clock: Clock) -> None:
    id = walker_task(service, bob).id
    user.post(f"/tasks/{id}/disable", note="winter")
    service.periodic_tasks.change(id, {"priority": 3})
    user.post("/tasks/undo", undo=_undo(user))
    assert "changed since" in user.get("/").text
    user.post(f"/tasks/{id}/enable")
    uid = _undo(user)
    clock.pass_(service.settings.undo_s + 1)
    user.post("/tasks/undo", undo=uid)
    assert _states(service)["task"][0] == "active"


def test_nobody_undoes_what_another_did(service: Service, user: Visitor, admin: Visitor, bob: Master) -> None:
    id = walker_task(service, bob).id
    user.post(f"/tasks/{id}/disable")
    admin.post("/tasks/undo", undo=_undo(user))
    assert _states(service)["task"][0] == "disabled"


def test_running_many_asks_first(service: Service, user: Visitor, bob: Master) -> None:
    _three(service, bob)
    asked = PageReader(user.post("/tasks/many", all="yes", do="run").text)
    assert asked.texts("h1") == ["Run 3 tasks now?"]
    assert queries.jobs(service.db, JobFilter(), 9) == []
    user.post("/tasks/many", task=asked.attributes("form [name=task]", "value"), do="run", sure="yes")
    assert len(queries.jobs(service.db, JobFilter(), 9)) == 3


def test_tags_are_added_filtered_by_taken_away_and_undone(service: Service, user: Visitor, bob: Master) -> None:
    _three(service, bob)
    ids = [str(task.id) for task in task_queries.page(service.db, None, "", 0, 0, ascending=True)]
    user.post("/tasks/many", task=ids[:2], do="tag", tags="Night, shop")
    names = PageReader(user.get("/?tag=night").text).texts('a[id^="name-"]')
    assert names == ["evening", "hourly"]
    assert PageReader(user.get("/?search=SHOP").text).texts('a[id^="name-"]') == names
    user.post("/tasks/many", task=ids[:1], do="untag", tags="night")
    undo = _undo(user)
    assert PageReader(user.get("/?tag=night").text).texts('a[id^="name-"]') == ["evening"]
    user.post("/tasks/undo", undo=undo)
    assert PageReader(user.get("/?tag=night").text).texts('a[id^="name-"]') == names


def test_more_than_the_limit_is_refused(service: Service, bob: Master) -> None:
    service.settings = dataclasses.replace(service.settings, bulk_most=2)
    visitor = signed_in(create_app(service), service, bob)
    _three(service, bob)
    visitor.post("/tasks/many", all="yes", do="disable", sure="yes")
    assert "BULK_MOST" in visitor.get("/").text
    assert _states(service)["hourly"][0] == "active"


def _failed(service: Service, owner: str, number: int) -> None:
    for _ in range(number):
        service.ledger.enqueue(a_spec(kind="walker", owner=owner, argument={"name": "echo"}))
        claim = claimed(service)
        service.ledger.fail(claim.id, claim.attempt, "ValueError", "no")


def _many(user: Visitor, service: Service, do: str, **typed: str) -> None:
    newest = str(queries.jobs(service.db, JobFilter(), 1)[0].id)
    asked = user.post("/runs/many", all="yes", upto=newest, do=do, **typed)
    assert re.search(r"<h1>(Run|Cancel|Resume) ", asked.text)
    user.post("/runs/many", all="yes", upto=newest, do=do, sure="yes", **typed)


def test_all_failed_runs_run_again_after_one_question(service: Service, user: Visitor, bob: Master) -> None:
    _failed(service, bob.uid, 5)
    _failed(service, "somebody", 1)
    _many(user, service, "again", state="failed")
    found = queries.jobs(service.db, JobFilter(), 99)
    assert [run.state for run in found if run.owner == bob.uid] == ["PENDING"] * 5 + ["FAILURE"] * 5
    assert "5 runs: run again." in user.get("/runs").text


def test_all_waiting_runs_are_cancelled_together(service: Service, user: Visitor, bob: Master) -> None:
    for _ in range(4):
        service.ledger.enqueue(a_spec(owner=bob.uid))
    _many(user, service, "cancel", state="waiting")
    found = queries.jobs(service.db, JobFilter(), 9)
    assert {(run.state, run.reason) for run in found} == {("REVOKED", "cancelled by bob@example.com")}


def test_only_ticked_runs_are_meant(service: Service, user: Visitor, bob: Master) -> None:
    _failed(service, bob.uid, 3)
    ticked = queries.jobs(service.db, JobFilter(), 2)
    user.post("/runs/many", run=[run.uid for run in ticked], do="again", sure="yes")
    assert len(queries.jobs(service.db, JobFilter(states=("PENDING",)), 9)) == 2


def test_many_more_are_one_job_that_asks_for_each_once(service: Service, user: Visitor, bob: Master) -> None:
    _failed(service, bob.uid, many_runs.AT_ONCE + 1)
    service.consumers.pulse(service.consumers.join("worker", 2).uid)
    _many(user, service, "again", state="failed")
    job = queries.jobs(service.db, JobFilter(states=("PENDING",)), 9)[0]
    assert (job.kind, job.name) == ("bulk", f"Run again: {many_runs.AT_ONCE + 1} runs")
    spec = queries.spec_of(service.db, job.uid)
    assert spec is not None
    for uid in spec.argument["runs"][:5]:
        assert service.bulk.do("again", uid, bob, job.uid)  # before its worker was lost
    assert worked(service) == job.uid
    found = queries.job(service.db, job.uid)
    assert found is not None
    assert (found.state, found.result) == ("SUCCESS", '{"count":51,"of":51}')
    waiting = queries.jobs(service.db, JobFilter(states=("PENDING",)), 99)
    assert len(waiting) == many_runs.AT_ONCE + 1


def test_the_longest_runs_stand_first(service: Service, user: Visitor, bob: Master, clock: Clock) -> None:
    for name, seconds in (("short", 1), ("long", 60), ("middle", 5)):
        service.ledger.enqueue(a_spec(name=name, owner=bob.uid))
        claim = claimed(service)
        clock.pass_(seconds)
        service.ledger.succeed(claim, "{}")
    assert PageReader(user.get("/runs?sort=length").text).texts('a[id^="run-"]') == ["long", "middle", "short"]
    assert PageReader(user.get("/runs?min_s=4").text).texts('a[id^="run-"]') == ["middle", "long"]
    assert "not a number of seconds" in user.get("/runs?min_s=x").text
