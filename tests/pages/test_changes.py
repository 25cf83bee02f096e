"""A task's changes: who, when, what; the way back; and what was deleted comes back."""

from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.reader import PageReader
from tests.support.visitor import Visitor
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import SEQUENCE, WALKER, PeriodicTask
from walkabout.service import Service

EVERY = {"type": "interval", "conf": {"every": 60, "period": "seconds"}}


def _task(service: Service, owner: Master, name: str = "task", **terms: Any) -> int:
    body = {"name": "echo", "mst": jid(owner.uid)}
    return service.periodic_tasks.create(Draft(name, WALKER, body, EVERY, "UTC", terms), by=owner.uid).id


def _kept(service: Service, id: int) -> PeriodicTask:
    found = task_queries.by_id(service.db, id)
    assert found is not None
    return found


def _told(visitor: Visitor, id: int) -> list[tuple[str, str]]:
    """Of each change its words, and who made it."""
    page = PageReader(visitor.get(f"/tasks/{id}/changes").text)
    words = [text.partition(" ")[2] for text in page.texts("article h2, li h2, section h2")]
    by = [text.rpartition(", by ")[2] for text in page.texts("p:has(> time)") if ", by " in text]
    return list(zip(words, by, strict=True))


def test_tells_what_was_changed_by_whom(service: Service, user: Visitor, bob: Master, ana: Master) -> None:
    id = _task(service, bob)
    service.periodic_tasks.change(
        id, {"schedule": {**EVERY, "conf": {"every": 5, "period": "minutes"}}, "priority": 2}, by=ana.uid
    )
    user.post(f"/tasks/{id}/disable", note="holidays")
    service.periodic_tasks.enable(id)
    assert _told(user, id) == [
        ("resumed", "the service or the command line"),
        ("paused: holidays", "bob@example.com"),
        ("changed: schedule, priority", "ana@example.com"),
        ("created", "bob@example.com"),
    ]
    text = user.get(f"/tasks/{id}/changes").text
    assert ["schedule.conf.every", "60", "5"] in [
        [cell.get_text() for cell in row("code")] for row in PageReader(text).soup("tr")
    ]
    assert f'href="/admin/tasks/{id}/changes"' in user.get(f"/tasks/{id}").text


def test_goes_back_to_a_version_as_a_new_change(service: Service, user: Visitor, bob: Master) -> None:
    id = _task(service, bob, description="first")
    before = _kept(service, id)
    edits = {"name": "other", "description": "second", "timezone": "Europe/Berlin", "argument": {"name": "count"}}
    service.periodic_tasks.change(id, {**edits, "argument": {"name": "count", "mst": jid(bob.uid)}})
    answer = user.post(f"/tasks/{id}/changes/1/back", revision=2)
    assert answer.headers["Location"] == f"/admin/tasks/{id}"
    after = _kept(service, id)
    assert (after.name, after.policies, after.argument, after.timezone) == (
        before.name,
        before.policies,
        before.argument,
        "UTC",
    )
    assert after.revision == 3
    assert _told(user, id)[0] == ("restored revision 1", "bob@example.com")


def test_what_can_t_be_any_more_is_refused_in_words(service: Service, user: Visitor, bob: Master) -> None:
    id = _task(service, bob, "first")
    service.periodic_tasks.change(id, {"name": "second"})
    _task(service, bob, "first")
    user.post(f"/tasks/{id}/changes/1/back", revision=2)
    assert "is taken by another task" in user.get(f"/tasks/{id}/changes").text
    assert _kept(service, id).name == "second"


def test_going_back_from_what_somebody_edited_meanwhile_is_refused(
    service: Service, user: Visitor, bob: Master
) -> None:
    id = _task(service, bob)
    for text in ("second", "third"):
        service.periodic_tasks.change(id, {"description": text})
    user.post(f"/tasks/{id}/changes/1/back", revision=2)
    assert "was edited since" in user.get(f"/tasks/{id}/changes").text
    assert _kept(service, id).policies.description == "third"


def test_a_passed_moment_does_not_keep_from_going_back_in_something_else(
    service: Service, user: Visitor, bob: Master, clock: Clock
) -> None:
    id = _task(service, bob)
    clocked = {"type": "clocked", "conf": {"clocked_time": "2027-01-15T09:00:00Z"}}
    service.periodic_tasks.change(id, {"schedule": clocked})
    service.periodic_tasks.change(id, {"description": "x"})
    clock.pass_(7200)
    user.post(f"/tasks/{id}/changes/2/back", revision=3)
    assert _kept(service, id).policies.description == ""


def test_whether_it_is_paused_stays(service: Service, user: Visitor, bob: Master) -> None:
    id = _task(service, bob)
    service.periodic_tasks.change(id, {"description": "x"})
    service.periodic_tasks.disable(id)
    user.post(f"/tasks/{id}/changes/1/back")
    assert (_kept(service, id).state, _kept(service, id).policies.description) == ("disabled", "")


def test_secrets_are_masked(service: Service, user: Visitor, bob: Master) -> None:
    id = _task(service, bob)
    for secret in ("hunter2", "hunter3"):
        body = {"name": "echo", "mst": jid(bob.uid), "ctx": {"value": {"password": secret}}}
        service.periodic_tasks.change(id, {"argument": body})
    text = user.get(f"/tasks/{id}/changes").text
    assert "hunter" not in text
    assert "The difference is masked here." in text


def test_another_person_s_changes_are_404(service: Service, user: Visitor, admin: Visitor, ana: Master) -> None:
    id = _task(service, ana)
    service.periodic_tasks.change(id, {"description": "x"})
    assert user.get(f"/tasks/{id}/changes").status_code == 404
    assert user.post(f"/tasks/{id}/changes/1/back").status_code == 404
    assert admin.get(f"/tasks/{id}/changes").status_code == 200
    assert _kept(service, id).revision == 2


def test_what_it_was_in_another_s_hands_is_neither_shown_nor_taken_back(
    service: Service, user: Visitor, ana: Master, bob: Master
) -> None:
    id = _task(service, ana, description="hers")
    service.periodic_tasks.change(id, {"argument": {"name": "echo", "mst": jid(bob.uid)}, "description": "his"})
    assert [words for words, _ in _told(user, id)] == ["changed"]
    assert user.post(f"/tasks/{id}/changes/1/back").status_code == 404


def test_only_admins_take_a_sequence_back(service: Service, user: Visitor, admin: Visitor, bob: Master) -> None:
    body = {"requests": [{"method": "GET", "api": "http://localhost/"}]}
    service.masters.promote(bob.uid)
    id = service.periodic_tasks.create(Draft("calls", SEQUENCE, body, EVERY, asker=bob.uid)).id
    service.periodic_tasks.change(id, {"description": "x"})
    service.owners.demote(bob.uid)
    user.post(f"/tasks/{id}/changes/1/back")
    assert _kept(service, id).policies.description == "x"
    assert "a sequence is for admins" in user.get(f"/tasks/{id}/changes").text
    admin.post(f"/tasks/{id}/changes/1/back")
    assert _kept(service, id).policies.description == ""


def test_a_deletion_can_be_undone(service: Service, user: Visitor, bob: Master) -> None:
    ids = [_task(service, bob, name) for name in "ab"]
    user.post("/tasks/many", task=ids, do="delete", sure="yes")
    text = user.get("/").text
    assert "2 tasks: deleted." in text
    undo = 'form:has(button:-soup-contains("Undo")) [name="undo"]'
    taken = PageReader(text).attributes(undo, "value")
    assert ">Undo<" not in user.get("/").text
    user.post("/tasks/undo", undo=taken[0])
    assert "2 tasks: as before." in user.get("/").text
    assert [_kept(service, id).name for id in ids] == ["a", "b"]


def test_an_undo_that_can_t_be_says_why(service: Service, user: Visitor, bob: Master) -> None:
    id = _task(service, bob)
    user.post(f"/tasks/{id}/delete")
    _task(service, bob)
    user.post("/tasks/restore", task=[id, 999])
    text = user.get("/").text
    assert "task can&#39;t be restored: name: &#34;task&#34; is taken by another task" in text
    assert "was deleted too long ago" in text


def test_deleted_tasks_are_listed_to_those_whose_they_were(
    service: Service, user: Visitor, admin: Visitor, ana: Master, bob: Master
) -> None:
    for owner, name in ((ana, "hers"), (bob, "his")):
        service.periodic_tasks.delete(_task(service, owner, name))
    assert "hers" not in user.get("/tasks/deleted").text
    assert all(name in admin.get("/tasks/deleted").text for name in ("hers", "his"))


@pytest.mark.parametrize("path", ["/tasks/restore"])
def test_another_person_s_task_is_not_brought_back(service: Service, user: Visitor, ana: Master, path: str) -> None:
    id = _task(service, ana)
    service.periodic_tasks.delete(id)
    assert user.post(path, task=[id]).status_code == 404
    assert task_queries.by_id(service.db, id) is None


def test_a_sequence_comes_back_for_admins_only(service: Service, user: Visitor, admin: Visitor, bob: Master) -> None:
    # Of somebody who was an admin once: it may not run in their name.
    service.masters.promote(bob.uid)
    body = {"requests": [{"method": "GET", "api": "http://127.0.0.1:9/"}]}
    id = service.periodic_tasks.create(Draft("mails", SEQUENCE, body, EVERY, asker=bob.uid), by=bob.uid).id
    user.post(f"/tasks/{id}/delete")
    service.owners.demote(bob.uid)
    user.post("/tasks/restore", task=str(id))
    assert "a sequence is for admins" in user.get("/").text
    assert task_queries.by_id(service.db, id) is None
    assert admin.post("/tasks/restore", task=str(id)).status_code == 303
    assert (_kept(service, id).name, _kept(service, id).state) == ("mails", "disabled")
