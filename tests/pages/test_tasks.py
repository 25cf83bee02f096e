"""Tasks: the list, one task, the form for all kinds of schedule, and what can be done to many at once."""

from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.jobs import entered
from tests.support.queries import plans
from tests.support.reader import PageReader
from tests.support.schedule_harness import task_of_name
from tests.support.visitor import Visitor
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic import listing, task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER, PeriodicTask
from walkabout.periodic.rules.kinds import KINDS
from walkabout.service import Service

NAMES = 'a[id^="name-"]'
HTML = "<b>night</b>"
KIND_FIELDS = {
    "interval": {"every": "5", "period": "minutes"},
    "crontab": {"minute": "0", "hour": "3", "day_of_week": "*", "day_of_month": "*", "month_of_year": "*"},
    "solar": {"event": "sunset", "latitude": "52.5", "longitude": "13.4"},
    "clocked": {"clocked_time": "2030-12-24T18:00"},
}
WORDS = {"interval": "Every 5 minutes", "crontab": "03:00", "solar": "unset", "clocked": "2030"}


def _task(service: Service, owner: Master, name: str = "task", **terms: Any) -> int:
    schedule = {"type": "interval", "conf": {"every": 60, "period": "seconds"}}
    body = {"name": "echo", "mst": jid(owner.uid)}
    return service.periodic_tasks.create(Draft(name, WALKER, body, schedule, "UTC", terms)).id


def _kept(service: Service, id: int) -> PeriodicTask:
    found = task_queries.by_id(service.db, id)
    assert found is not None
    return found


def _form(kind: str = "interval", **changes: str) -> dict[str, str]:
    form = {"name": "nightly", "task": "walker", "body.name": "count", "body.nd": "active:graph", "body": '{"by": 2}'}
    conf = {f"schedule.conf.{kind}.{name}": value for name, value in KIND_FIELDS[kind].items()}
    return {**form, "schedule.type": kind, "timezone": "Europe/Berlin", **conf, "do": "keep", **changes}


def test_every_kind_has_a_case_here() -> None:
    assert set(KIND_FIELDS) == set(KINDS)


@pytest.mark.parametrize("kind", KIND_FIELDS)
def test_adds_a_task_of_each_kind(service: Service, user: Visitor, bob: Master, kind: str) -> None:
    answer = user.post("/tasks/new", **_form(kind))
    assert answer.status_code == 303
    task = task_of_name(service.db, "nightly")
    assert task is not None
    assert (task.owner, task.state, task.timezone) == (bob.uid, "active", "Europe/Berlin")
    assert task.argument_object()["ctx"] == {"by": 2}
    assert WORDS[kind] in user.get(f"/tasks/{task.id}").text


@pytest.mark.parametrize("kind", KIND_FIELDS)
def test_the_form_of_a_task_is_the_task(service: Service, user: Visitor, kind: str) -> None:
    user.post("/tasks/new", **_form(kind, max_attempts="3", grace="60", overlap="queue"))
    before = task_of_name(service.db, "nightly")
    assert before is not None
    text = user.get(f"/tasks/{before.id}/edit").text
    assert 'value="nightly"' in text
    form = PageReader(text).form()
    assert user.post(f"/tasks/{before.id}/edit", **form).status_code == 303
    after = _kept(service, before.id)
    assert (after.policies, after.schedule, after.argument) == (before.policies, before.schedule, before.argument)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"schedule.conf.crontab.minute": "61"}, "schedule.conf.crontab.minute"),
        ({"timezone": "Berlin"}, "timezone"),
        ({"body.name": "nobody"}, "body.name"),
        ({"body.nd": "nowhere"}, "body.nd"),
        ({"body": '{"by": '}, "body"),
        ({"body": '{"by": "x"}'}, "body"),
        ({"priority": "99"}, "priority"),
        ({"name": ""}, "name"),
        ({"schedule.expires": "soon"}, "schedule.expires"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    user: Visitor, changes: dict[str, str], name: str
) -> None:
    answer = user.post("/tasks/new", **_form("crontab", **{"description": "kept text", **changes}))
    assert answer.status_code == 400
    assert list(PageReader(answer.text).errors()) == [name]
    assert PageReader(answer.text).value("description") == "kept text"


def test_a_name_that_is_taken_is_said_there(service: Service, user: Visitor, bob: Master) -> None:
    _task(service, bob, "nightly")
    answer = user.post("/tasks/new", **_form())
    assert list(PageReader(answer.text).errors()) == ["name"]


def test_an_edit_of_what_somebody_else_has_edited_is_refused(service: Service, user: Visitor, bob: Master) -> None:
    id = _task(service, bob)
    service.periodic_tasks.change(id, {"description": "newer"})
    answer = user.post(f"/tasks/{id}/edit", **_form(revision="1"))
    assert answer.status_code == 409
    assert "was changed since you opened it" in answer.text


def test_the_form_tells_what_the_schedule_means(user: Visitor) -> None:
    text = user.post("/tasks/preview", **_form("crontab")).text
    assert "03:00" in text
    assert text.count("<li>") == 5
    assert (
        "is not a minute"
        in user.post("/tasks/preview", **_form("crontab", **{"schedule.conf.crontab.minute": "61"})).text
    )


def test_only_admins_make_sequences(user: Visitor, admin: Visitor) -> None:
    assert user.post("/tasks/new", **_form(task="sequence", body='{"requests": []}')).status_code == 404
    assert "a sequence of requests" not in user.get("/tasks/new").text
    assert "a sequence of requests" in admin.get("/tasks/new").text


def test_the_list_has_the_own_tasks_and_html_is_text(service: Service, user: Visitor, ana: Master, bob: Master) -> None:
    _task(service, bob, HTML, description=HTML)
    _task(service, ana, "hers")
    text = user.get("/").text
    assert "&lt;b&gt;night&lt;/b&gt;" in text
    assert HTML not in text
    assert "hers" not in text


@pytest.mark.parametrize(
    ("query", "names"), [("search=on", ["one"]), ("state=disabled", ["two"]), ("kind=sequence", [])]
)
def test_the_address_filters(service: Service, user: Visitor, bob: Master, query: str, names: list[str]) -> None:
    _task(service, bob, "one")
    service.periodic_tasks.disable(_task(service, bob, "two"))
    text = user.get(f"/?{query}").text
    assert PageReader(text).texts(NAMES) == names


def _names(visitor: Visitor, query: str) -> list[str]:
    """The tasks of a whole list, page by page."""
    names: list[str] = []
    path = f"/?{query}"
    while path:
        page = PageReader(visitor.get(path).text)
        names += page.texts(NAMES)
        path = page.link('a[rel="next"]')
    return names


@pytest.fixture
def many(service: Service, bob: Master, clock: Clock) -> dict[str, list[str]]:
    """Sixty tasks, and their names in each order."""
    names = [f"{'tT'[number % 2]}ask ~{number * 7 % 60:02}" for number in range(60)]
    ids = {name: _task(service, bob, name) for name in names}
    rows = [(1000.0 + number % 9, 1000.0 + number % 9, ids[name]) for number, name in enumerate(names)]
    service.db.change_many("UPDATE schedule SET next_run_at = ?, fire_at = ? WHERE id = ?", rows)
    ran = [(2000.0 + number % 7, ids[name]) for number, name in enumerate(names) if number % 3]
    service.db.change_many("UPDATE schedule SET last_run_at = ? WHERE id = ?", ran)
    for name in names[::5]:
        service.periodic_tasks.disable(ids[name])
    kept = {name: _kept(service, id) for name, id in ids.items()}
    newest = sorted(names, key=lambda name: -ids[name])
    following = sorted(names, key=lambda name: (kept[name].fire_at or 0.0, ids[name]))
    last = [name for name in newest if kept[name].last_run_at]
    return {
        "newest": newest,
        "name": sorted(names, key=str.lower),
        "next": [n for n in following if kept[n].fire_at] + [n for n in newest if not kept[n].fire_at],
        "last": sorted(last, key=lambda n: (kept[n].last_run_at or 0.0, ids[n]), reverse=True)
        + [n for n in newest if not kept[n].last_run_at],
    }


@pytest.mark.parametrize("sort", ["newest", "name", "next", "last"])
def test_each_order_lists_all_once_page_by_page(
    admin: Visitor, user: Visitor, many: dict[str, list[str]], sort: str
) -> None:
    assert _names(user, f"sort={sort}") == many[sort]
    assert _names(admin, f"sort={sort}&owner=bob@example.com&search=task") == many[sort]


@pytest.mark.parametrize("sort", ["newest", "name", "next", "last"])
def test_each_order_is_read_by_an_index(service: Service, sort: str) -> None:
    order = listing.ORDERS[sort]
    for key in (None, ("a" if order.folded else 1.0, 5), (None, 5)):
        if key is None or order.sparse or key[0] is not None:
            found = plans(service.db, lambda db, k=key: listing.tasks(db, listing.TaskFilter(), order, 10, k))
            assert found and not any("TEMP B-TREE" in plan for plan in found)


def test_the_heads_say_how_it_is_sorted(user: Visitor, many: dict[str, list[str]]) -> None:
    assert "aria-sort" not in user.get("/").text
    page = PageReader(user.get("/?sort=name&kind=walker").text)
    assert page.attributes("[aria-sort]", "aria-sort") == ["ascending"]
    assert page.link("[aria-sort] a") == "/?runs=walker"
    assert 'aria-sort="descending"' in user.get("/?sort=last").text


@pytest.mark.parametrize("query", ["sort=no", "after=x~1", "after=~", "sort=next&after=nan~7", "after=1~" + "9" * 30])
def test_a_made_up_address_is_a_list(user: Visitor, many: dict[str, list[str]], query: str) -> None:
    assert user.get(f"/?{query}").status_code == 200


def test_only_admins_filter_by_owner(service: Service, admin: Visitor, user: Visitor, ana: Master, bob: Master) -> None:
    _task(service, ana, "hers")
    _task(service, bob, "his")
    assert _names(admin, "owner=bob@example.com") == ["his"]
    assert "nobody has this email" in admin.get("/?owner=nobody@example.com").text
    assert _names(user, "owner=ana@example.com") == ["his"]


def test_the_first_page_is_live_and_silent_while_nothing_changes(service: Service, user: Visitor, bob: Master) -> None:
    id = _task(service, bob)
    tag = PageReader(user.get("/").text).attributes("#tasks[data-live]", "data-tag")[0]
    headers = {"Live": "tasks", "If-None-Match": tag}
    assert user.get("/", **headers).status_code == 304
    service.periodic_tasks.run_now(id)
    answer = user.get("/", **headers)
    assert (answer.status_code, answer.headers["Live-Every"]) == (200, "2")
    assert answer.text.lstrip().startswith("<table")
    assert "data-live data-tag" not in user.get(f"/?after=~{id + 1}").text


def test_a_live_part_leaves_the_messages_to_the_page(service: Service, user: Visitor, bob: Master) -> None:
    user.post(f"/tasks/{_task(service, bob)}/delete")
    user.get("/", Live="tasks")
    assert ">Undo<" in user.get("/").text


def test_an_empty_list_offers_examples(user: Visitor, admin: Visitor) -> None:
    for visitor, examples in ((user, ["walker"]), (admin, ["walker", "sequence"])):
        links = PageReader(visitor.get("/").text).attributes('a[href*="example="]', "href")
        assert [link.partition("example=")[2] for link in links] == examples


def test_the_picture_and_the_rate_are_of_the_last_runs(
    service: Service, user: Visitor, bob: Master, clock: Clock
) -> None:
    id = _task(service, bob)
    for good in (True, True, False):
        service.periodic_tasks.run_now(id)
        claim = service.ledger.claim(entered(service.db, "c"), "w", 1)
        assert claim is not None
        if good:
            service.ledger.succeed(claim, "{}")
        else:
            service.ledger.fail(claim.id, claim.attempt, "ValueError", "x")
    text = user.get("/").text
    assert "The last 3: 2 ok, 1 failed" in text
    assert "67 %" in text


def test_a_full_list_is_light(service: Service, user: Visitor, bob: Master) -> None:
    for number in range(26):
        id = _task(service, bob, f"{number} {HTML * 3}", description=HTML)
        for _ in range(30):
            service.periodic_tasks.run_now(id)
            claim = service.ledger.claim(entered(service.db, "c"), "w", 1)
            assert claim is not None
            service.ledger.fail(claim.id, claim.attempt, "ValueError", HTML)
    answer = user.get("/")
    assert 'rel="next"' in answer.text
    assert len(user.get("/", **{"Accept-Encoding": "gzip"}).data) < 30_000


def test_pauses_with_a_note_and_enables(service: Service, user: Visitor, bob: Master) -> None:
    id = _task(service, bob)
    user.post(f"/tasks/{id}/disable", note="holidays")
    assert (_kept(service, id).state, _kept(service, id).note) == ("disabled", "holidays")
    user.post(f"/tasks/{id}/enable")
    assert _kept(service, id).state == "active"


def test_runs_now_and_leads_to_the_run(service: Service, user: Visitor, bob: Master) -> None:
    id = _task(service, bob)
    run = user.post(f"/tasks/{id}/run").headers["Location"]
    assert f'href="/admin/tasks/{id}"' in user.client.get(run).text


def test_tells_why(service: Service, user: Visitor, bob: Master) -> None:
    id = _task(service, bob)
    assert "It will run then" in user.get(f"/tasks/{id}?at=2027-01-15T09:00").text
    assert "is not a moment" in user.get(f"/tasks/{id}?at=then").text


def test_many_are_paused_at_once(service: Service, user: Visitor, bob: Master) -> None:
    ids = [_task(service, bob, name) for name in "ab"]
    user.post("/tasks/many", task=ids, do="disable", note="both")
    assert [_kept(service, id).note for id in ids] == ["both", "both"]
    assert "2 tasks: paused." in user.get("/").text


def test_deleting_many_names_them_and_asks(service: Service, user: Visitor, bob: Master) -> None:
    ids = [_task(service, bob, name) for name in ("first", "second")]
    asked = user.post("/tasks/many", task=ids, do="delete").text
    assert PageReader(asked).texts("main li") == ["first", "second"]
    assert task_queries.by_id(service.db, ids[0]) is not None
    user.post("/tasks/many", task=ids, do="delete", sure="yes")
    assert task_queries.by_id(service.db, ids[0]) is None


@pytest.mark.parametrize("path", ["/tasks/{}", "/tasks/{}/edit", "/tasks/new?copy={}"])
def test_another_person_s_task_is_404(service: Service, user: Visitor, admin: Visitor, ana: Master, path: str) -> None:
    id = _task(service, ana)
    assert user.get(path.format(id)).status_code == 404
    assert admin.get(path.format(id)).status_code == 200


@pytest.mark.parametrize("what", ["run", "enable", "disable", "delete", "edit"])
def test_another_person_s_task_can_t_be_changed(service: Service, user: Visitor, ana: Master, what: str) -> None:
    id = _task(service, ana)
    before = _kept(service, id)
    assert user.post(f"/tasks/{id}/{what}", **_form()).status_code == 404
    assert user.post("/tasks/many", task=[id], do="delete", sure="yes").status_code == 404
    assert _kept(service, id) == before


def test_the_calendar_shows_what_will_fire(service: Service, user: Visitor, ana: Master, bob: Master) -> None:
    _task(service, bob, "mine")
    _task(service, ana, "hers")
    text = user.get("/calendar").text
    assert "60 times" in text
    assert "<bdi>mine</bdi>" in text
    assert "hers" not in text
