"""One run's page: what it shows, to whom, and what can be done there."""

from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.jobs import a_spec, claimed, started, state, worked
from tests.support.reader import PageReader
from tests.support.visitor import Visitor
from walkabout import json_text
from walkabout.jids import jid
from walkabout.jobs import notes, queries
from walkabout.jobs.losses import limit_text
from walkabout.jobs.specs import Upload
from walkabout.people.masters import Master
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER
from walkabout.service import Service
from walkabout.walking.call import WalkerCall

HTML = "<script>alert(1)</script>"
AS_TEXT = "&lt;script&gt;alert(1)&lt;/script&gt;"
EACH_MINUTE = {"type": "interval", "conf": {"every": 60, "period": "seconds"}}


def _ended(service: Service, owner: str, result: Any = None, **changes: Any) -> str:
    claim = started(service, owner=owner, **changes)
    service.ledger.succeed(claim, json_text.write({"report": [result]}))
    return claim.uid


def test_shows_what_it_was_asked_with_and_what_it_gave(service: Service, user: Visitor, bob: Master) -> None:
    uid = _ended(service, bob.uid, {"city": HTML}, argument={"ctx": {HTML: HTML}}, name="echo")
    text = user.get(f"/runs/{uid}").text
    assert text.count(AS_TEXT) == 3
    assert HTML not in text


def test_shows_an_error_as_text(service: Service, user: Visitor, bob: Master) -> None:
    claim = started(service, owner=bob.uid)
    service.ledger.fail(claim.id, claim.attempt, "ValueError", HTML)
    text = user.get(f"/runs/{claim.uid}").text
    assert AS_TEXT in text
    assert HTML not in text


def test_secrets_in_what_it_was_asked_with_are_masked(service: Service, user: Visitor, bob: Master) -> None:
    uid = _ended(service, bob.uid, argument={"ctx": {"password": "my-secret-1"}})
    assert "my-secret-1" not in user.get(f"/runs/{uid}").text
    assert "my-secret-1" not in user.get(f"/runs/compare?a={uid}&b={uid}").text


def test_progress_is_shown_while_it_runs(service: Service, user: Visitor, bob: Master) -> None:
    claim = started(service, owner=bob.uid)
    notes.save_progress(service.db, claim, {"done": 3, "total": 4, "text": HTML})
    text = user.get(f"/runs/{claim.uid}").text
    assert 'value="75"' in text
    assert AS_TEXT in text


def test_what_is_over_asks_no_more(service: Service, user: Visitor, bob: Master) -> None:
    uid = _ended(service, bob.uid)
    assert 'id="state" data-live' not in user.get(f"/runs/{uid}").text
    assert user.get(f"/runs/{uid}", Live="state").headers["Live-Every"] == "0"


@pytest.mark.parametrize("path", ["", "/result.json"])
def test_another_person_s_run_is_404(service: Service, user: Visitor, admin: Visitor, ana: Master, path: str) -> None:
    uid = _ended(service, ana.uid)
    assert user.get(f"/runs/{uid}{path}").status_code == 404
    assert admin.get(f"/runs/{uid}{path}").status_code == 200


@pytest.mark.parametrize("what", ["cancel", "again"])
def test_another_person_s_run_can_t_be_changed(service: Service, user: Visitor, ana: Master, what: str) -> None:
    uid = service.ledger.enqueue(a_spec(owner=ana.uid))
    assert user.post(f"/runs/{uid}/{what}").status_code == 404
    assert state(service, uid) == "PENDING"


def test_another_person_s_run_can_t_be_compared(service: Service, user: Visitor, ana: Master, bob: Master) -> None:
    mine, other = _ended(service, bob.uid), _ended(service, ana.uid)
    assert user.get(f"/runs/compare?a={mine}&b={other}").status_code == 404


def test_cancels_what_waits(service: Service, user: Visitor, bob: Master) -> None:
    uid = service.ledger.enqueue(a_spec(owner=bob.uid))
    assert user.post(f"/runs/{uid}/cancel").headers["Location"] == f"/admin/runs/{uid}"
    assert state(service, uid) == "REVOKED"
    assert "is cancelled" in user.get(f"/runs/{uid}").text


def test_what_has_ended_can_t_be_cancelled_and_says_so(service: Service, user: Visitor, bob: Master) -> None:
    uid = _ended(service, bob.uid)
    user.post(f"/runs/{uid}/cancel")
    assert "has ended already" in user.get(f"/runs/{uid}").text


def test_runs_again_with_all_that_it_was_asked_with(service: Service, admin: Visitor, bob: Master) -> None:
    files = (Upload("photo", "a.png", "image/png", b"\x00\x01"),)
    argument = {"name": "album", "nd": "x", "ctx": {"title": "t"}}
    first = _ended(service, bob.uid, name="album", argument=argument, priority=3, max_attempts=2, uploads=files)
    second = admin.post(f"/runs/{first}/again").headers["Location"].rpartition("/")[2]
    claim = claimed(service)
    assert (claim.uid, claim.owner, claim.max_attempts) == (second, bob.uid, 2)
    assert json_text.load(claim.argument) == argument
    assert queries.uploads(service.db, second) == list(files)


def test_a_huge_result_is_cut_on_the_page_and_whole_in_the_file(service: Service, user: Visitor, bob: Master) -> None:
    uid = _ended(service, bob.uid, [{f"key <{n}>": '<"' * 500} for n in range(3000)])
    page = user.get(f"/runs/{uid}")
    assert len(page.data) < 150_000
    assert "the tree shows part of it" in page.text
    assert len(user.get(f"/runs/{uid}/result.json").data) > 3_000_000


def test_a_deep_result_is_shown(service: Service, user: Visitor, bob: Master) -> None:
    deep: Any = "bottom"
    for _ in range(90):
        deep = [deep]
    assert "bottom" in user.get(f"/runs/{_ended(service, bob.uid, deep)}").text


def test_compares_two_runs_by_where_they_differ(service: Service, user: Visitor, bob: Master) -> None:
    one = _ended(service, bob.uid, {"a": 1, "same": 2}, name="echo")
    other = _ended(service, bob.uid, {"a": HTML, "same": 2}, name="echo")
    assert f"a={one}&amp;b={other}" in user.get(f"/runs/compare?a={one}").text
    text = user.get(f"/runs/compare?a={one}&b={other}").text
    assert PageReader(text).texts('th[scope="row"] code') == ["report[0].a"]
    assert AS_TEXT in text


def test_history_reads_a_run_of_somebody_who_has_gone(service: Service) -> None:
    found = queries.job(service.db, _ended(service, "nobody"))
    assert found is not None
    assert found.email is None


def _walked(service: Service, master: Master, walker: str) -> str:
    """The uid of a walker's run that a worker has run to its end."""
    assert master.active_graph is not None
    errand = WalkerCall(walker, master.uid, master.active_graph, {}, {})
    service.ledger.enqueue(errand.as_spec(service.sentinel.walker(walker), 60.0))
    return worked(service)


def test_says_what_a_walker_changed_in_the_graph(service: Service, user: Visitor, bob: Master) -> None:
    text = user.get(f"/runs/{_walked(service, bob, 'init')}").text
    assert "3 nodes created, 1 node changed, 6 edges created." in text
    cities = 'a[href^="/admin/graph"]:-soup-contains("city")'
    page = PageReader(text)
    assert len(page.texts(cities)) == 3
    assert "city" in user.get(page.link(cities)).text
    # A second run finds all of it there.
    assert "Changed in the graph" not in user.get(f"/runs/{_walked(service, bob, 'init')}").text


def test_a_run_of_a_schedule_leads_to_its_task_and_says_how_late_it_was(
    service: Service, admin: Visitor, ana: Master, clock: Clock
) -> None:
    draft = Draft("each minute", WALKER, {"name": "echo", "mst": jid(ana.uid)}, EACH_MINUTE, "UTC", {})
    made = service.periodic_tasks.create(draft)
    clock.pass_(60)
    service.firing.tick(clock())
    clock.pass_(42)
    claim = claimed(service)
    text = admin.get(f"/runs/{claim.uid}").text
    assert f'<a href="/admin/tasks/{made.id}"><bdi>each minute</bdi></a>' in text
    assert '<dt>Late by</dt><dd class="num">42 s</dd>' in text


@pytest.mark.parametrize(
    ("kind", "words"), [("walker", "none of its changes were saved"), ("sequence", "what its steps sent and did stays")]
)
def test_a_time_limit_says_what_is_left(kind: str, words: str) -> None:
    assert limit_text(60.0, kind) == f"ended after 60 s, its time limit; {words}"
