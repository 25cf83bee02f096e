"""Saved sequences on the page: the list, one of them, its form and versions, curl lines, and who may see them."""

import json
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from tests.support.cast import person
from tests.support.jobs import worked
from tests.support.queries import statements
from tests.support.reader import PageReader
from tests.support.schedule_harness import task_of_name
from tests.support.scripted_server import Server
from tests.support.visitor import Visitor, signed_in
from walkabout.actions import saved_sequences
from walkabout.actions.saved_sequences import SequenceEdit
from walkabout.people.masters import Master
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import SEQUENCE
from walkabout.service import Service
from walkabout.web.pages.words import NOTHING

GET = {"method": "GET", "api": "http://127.0.0.1:9/a"}
EVERY = {"type": "interval", "conf": {"every": 60, "period": "seconds"}}
WIDE = "\u05e9\u05dc\u05d5\u05dd \U0001f422 " + "w" * 200


def saved(service: Service, by: Master, name: str, *steps: Any, tags: tuple[str, ...] = (), **more: Any) -> int:
    edit = SequenceEdit({"requests": list(steps), **more}, f"What {name} is for", tags)
    return saved_sequences.save(service, by, name, edit).revision


def task_with(service: Service, owner: Master, name: str, argument: dict[str, Any]) -> int:
    return service.periodic_tasks.create(Draft(name, SEQUENCE, argument, EVERY, asker=owner.uid), by=owner.uid).id


def typed(body: Any, **more: str) -> dict[str, str]:
    return {"name": "ping", "body": body if isinstance(body, str) else json.dumps(body), "do": "keep", **more}


def rows(page: PageReader) -> list[list[str]]:
    found = [row.select("td") for row in page.soup.select("table.saved tbody tr")]
    return [[" ".join(cell.get_text(" ").split()) for cell in row[:4]] for row in found]


def test_the_list_says_what_each_is_for_how_it_went_and_what_uses_it(
    service: Service, admin: Visitor, ana: Master
) -> None:
    saved(service, ana, "login", GET, tags=("auth", "eu"))
    saved(service, ana, "nightly", {"set": {"n": 1}}, {"set": {"use": 1}}, tags=("eu",))
    saved(service, ana, "outer", {"use": "login"})
    task_with(service, ana, "each night", {"name": "nightly"})
    task_with(service, ana, "also", {"requests": [{"use": "login"}, {"method": "GET", "api": "http://x/nightly"}]})
    saved_sequences.run_now(service, ana, "nightly")
    worked(service)
    assert rows(PageReader(admin.get("/sequences").text)) == [
        ["login", "What login is for auth eu", "not yet", "1 task, 1 sequence"],
        ["nightly", "What nightly is for eu", "✓ ok now", "1 task"],
        ["outer", "What outer is for", "not yet", NOTHING],
    ]


def test_the_list_is_searched_filtered_by_tag_and_paged(make_service: Any, app: Flask) -> None:
    service = make_service(page_rows=2)
    ana = person(service, "zoe", superuser=True)
    for name, tags in (("a", ("x",)), ("b", ("xx",)), ("c", ("x", "y")), ("d", ())):
        saved(service, ana, name, tags=tags)
    from_there = saved_sequences.page(service, ana, "", 2, 2)
    assert [one.name for one in from_there[1]] == ["c", "d"]
    assert [one.name for one in saved_sequences.page(service, ana, "", 0, 0, "x")[1]] == ["a", "c"]
    assert [one.name for one in saved_sequences.page(service, ana, "FOR", 0, 0, "Y")[1]] == ["c"]


def names_on(admin: Visitor, path: str) -> list[str]:
    return PageReader(admin.get(path).text).texts("table.saved td.name")


def test_the_filters_of_the_list_stand_in_its_address(service: Service, admin: Visitor, ana: Master) -> None:
    for name, tags in (("a", ("x",)), ("b", ("xx",)), ("c", ("x", "y"))):
        saved(service, ana, name, tags=tags)
    assert names_on(admin, "/sequences?tag=x") == ["a", "c"]
    assert names_on(admin, "/sequences?search=what+B") == ["b"]
    assert "No saved sequence matches" in admin.get("/sequences?tag=z").text
    link = PageReader(admin.get("/sequences").text).link("td.about a.tag")
    assert names_on(admin, link) == ["a", "c"]


def test_the_list_asks_as_much_for_many_as_for_few(service: Service, admin: Visitor, ana: Master) -> None:
    saved(service, ana, "s0", GET)
    admin.get("/sequences")  # who asks is known now
    with statements(service.db) as few:
        admin.get("/sequences")
    for n in range(1, 12):
        saved(service, ana, f"s{n}", GET)
        task_with(service, ana, f"t{n}", {"name": f"s{n}"})
    with statements(service.db) as many:
        admin.get("/sequences")
    assert len(many) == len(few)


def test_one_says_what_it_does_who_uses_it_and_how_its_runs_went(service: Service, admin: Visitor, ana: Master) -> None:
    saved(service, ana, "inner", {"set": {"a": 1}}, tags=(WIDE[:60],))
    saved(service, ana, "outer", {"name": WIDE, "use": "inner"}, {**GET, "when": [], "ignore_error": True})
    id = task_with(service, ana, "each minute", {"name": "inner"})
    saved_sequences.run_now(service, ana, "outer")
    worked(service)
    page = PageReader(admin.get("/sequences/inner").text)
    assert page.link(f'dl.facts a[href$="/tasks/{id}"]') == f"/tasks/{id}"
    assert page.link('dl.facts a[href$="/sequences/outer"]') == "/sequences/outer"
    assert page.texts("h1 a.tag bdi") == [WIDE[:60]]
    # It was a block of this run.
    assert page.texts("#runs td.name") == ["outer"]
    page = PageReader(admin.get("/sequences/outer").text)
    assert page.texts("ol.steps .number") == ["1", "2"]
    assert page.texts("ol.steps bdi")[0] == WIDE[:59] + "…"
    assert page.texts("#runs td.name") == ["outer"]


def test_a_task_that_is_edited_and_restored_uses_what_it_names_then(
    service: Service, admin: Visitor, ana: Master
) -> None:
    saved(service, ana, "login", GET)
    id = task_with(service, ana, "each minute", {"name": "login"})
    uses = [saved_sequences.users_of(service, "login").words]
    service.periodic_tasks.change(id, {"argument": {"requests": []}})
    uses.append(saved_sequences.users_of(service, "login").words)
    admin.post(f"/tasks/{id}/changes/1/back", revision=2)
    uses.append(saved_sequences.users_of(service, "login").words)
    service.periodic_tasks.delete(id)
    uses.append(saved_sequences.users_of(service, "login").words)
    service.periodic_tasks.restore(id)
    uses.append(saved_sequences.users_of(service, "login").words)
    assert uses == [["each minute"], [], ["each minute"], [], ["each minute"]]
    # A name that is a part of another one.
    assert saved_sequences.users_of(service, "log").words == []


def test_it_runs_by_its_name_and_leads_to_the_run(
    service: Service, admin: Visitor, ana: Master, server: Server
) -> None:
    server.begin({"GET": {"json": 7}})
    saved(service, ana, "seven", {"method": "GET", "api": f"{server.base}/", "save_to": "n"})
    answer = admin.post("/sequences/seven/run")
    worked(service)
    run = answer.headers["Location"].removeprefix("/admin")
    page = PageReader(admin.get(run).text)
    assert page.texts("h1 bdi") == ["seven"]
    assert page.link('a[href$="/sequences/seven"]') == "/sequences/seven"


def test_deleting_asks_and_is_refused_while_something_uses_it(service: Service, admin: Visitor, ana: Master) -> None:
    saved(service, ana, "login", GET)
    id = task_with(service, ana, "each minute", {"requests": [{"use": "login"}]})
    asks = PageReader(admin.get("/sequences/login").text)
    assert "each minute" in asks.texts("#delete p")[0]
    assert asks.texts("#delete button") == []
    admin.post("/sequences/login/delete")
    assert "login is used by each minute; change these first" in admin.get("/sequences/login").text
    service.periodic_tasks.delete(id)
    assert PageReader(admin.get("/sequences/login").text).texts("#delete button") == ["Delete"]
    assert admin.post("/sequences/login/delete").headers["Location"] == "/admin/sequences"
    assert "login is deleted." in admin.get("/sequences").text
    assert admin.get("/sequences/login").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/sequences", "/sequences/a", "/sequences/a/edit", "/sequences/a/versions", "/sequences/a/curl", "/new-sequence",
     "/import-sequence", "/sequence-names.json"],
)  # fmt: skip
def test_nobody_but_admins_sees_them(service: Service, admin: Visitor, user: Visitor, ana: Master, path: str) -> None:
    saved(service, ana, "a", GET)
    assert admin.get(path).status_code == 200
    assert user.get(path).status_code == 404
    assert "/admin/sequences" in admin.get("/").text
    assert "/admin/sequences" not in user.get("/").text


@pytest.mark.parametrize("path", ["a/run", "a/delete", "a/edit", "a/versions/1/back"])
def test_nobody_but_admins_changes_them(service: Service, user: Visitor, ana: Master, path: str) -> None:
    saved(service, ana, "a", GET)
    assert user.post(f"/sequences/{path}", **typed({"requests": []})).status_code == 404
    assert service.db.rows("SELECT revision FROM saved_sequence") == [(1,)]
    assert service.db.rows("SELECT count(*) FROM job") == [(0,)]


# The form.


def test_a_new_one_is_saved_with_description_and_tags(service: Service, admin: Visitor) -> None:
    form = PageReader(admin.get("/new-sequence").text).form()
    answer = admin.post(
        "/new-sequence",
        **form | typed('{"requests": [], } // none', description="two\r\nlines", tags=f" a , {WIDE[:60]},, "),
    )
    assert answer.headers["Location"] == "/admin/sequences/ping"
    found = service.sequences.saved.find("ping")
    assert found is not None
    assert (found.argument, found.description, found.tag_list) == ({"requests": []}, "two\nlines", ["a", WIDE[:60]])


def test_what_is_wrong_is_said_at_its_place(admin: Visitor) -> None:
    answer = admin.post(
        "/new-sequence",
        **typed(
            '{\n  "requests": [{"methd": "GET"}]\n}',
            name="a b",
            description="x" * 3000,
            tags=",".join(map(str, range(26))),
        ),
    )
    page = PageReader(answer.text)
    assert answer.status_code == 400
    assert set(page.errors()) == {"body"}  # what can't be saved at all is said when the sequence is right
    assert "line 2: requests[0].methd: unknown key of the step, did you mean method?" in page.errors()["body"]
    answer = admin.post("/new-sequence", **typed({"requests": []}, name="a b", description="x" * 3000))
    assert {
        name: "is no name" in text or "3000" in text for name, text in PageReader(answer.text).errors().items()
    } == {
        "name": True,
        "description": True,
    }
    admin.post("/new-sequence", **typed({"requests": []}))
    answer = admin.post("/new-sequence", **typed({"requests": []}))
    assert (answer.status_code, "is taken" in PageReader(answer.text).errors()["name"]) == (409, True)


def test_the_meaning_follows_while_one_types(service: Service, admin: Visitor, ana: Master) -> None:
    saved(service, ana, "login", GET)
    body = {"requests": [{"use": "login"}, {"use": "ping"}, {**GET, "api": "http://x/{{ token }}"}]}
    page = PageReader(admin.post("/preview-sequence", **typed(body)).text)
    assert "the saved sequences run in a circle: ping -> ping" in page.texts("li.error")[0]
    assert "{{secret.NAME}}" in page.texts("li.hint [data-text]")[0]
    assert page.attributes("section", "data-said")[0].startswith("1 problem.")
    body["requests"][1]["use"] = "logn"
    page = PageReader(admin.post("/preview-sequence", **typed(body)).text)
    assert page.texts("li.error [data-text]") == ["requests[1].use: unknown block, did you mean login?"]
    body["requests"].pop(1)
    page = PageReader(admin.post("/preview-sequence", **typed(body)).text)
    assert page.texts("ol.steps .method") == ["USE", "GET"]
    assert page.attributes("ol.steps button", "aria-label") == ["Try step 1 alone", "Try step 2 alone"]


def test_what_stands_there_is_edited_and_what_was_not_touched_stays(
    service: Service, admin: Visitor, ana: Master
) -> None:
    edit = SequenceEdit({"requests": [GET]}, " a description \n", ["with, a comma"])
    saved_sequences.save(service, ana, "ping", edit)
    form = PageReader(admin.get("/sequences/ping/edit").text).form()
    body = json.loads(form["body"])
    body["requests"].append({"set": {"a": 1}})
    answer = admin.post("/sequences/ping/edit", **form | {"body": json.dumps(body), "do": "keep"})
    assert answer.headers["Location"] == "/admin/sequences/ping"
    found = service.sequences.saved.find("ping")
    assert found is not None
    assert (found.revision, found.argument, found.tag_list) == (2, body, ["with, a comma"])
    assert found.description == " a description \n"


def test_of_two_editors_the_second_sees_what_the_first_saved_and_loses_nothing(
    service: Service, admin: Visitor, ana: Master
) -> None:
    saved(service, ana, "ping", GET)
    form = PageReader(admin.get("/sequences/ping/edit").text).form()
    saved(service, ana, "ping", {**GET, "timeout": 7})
    mine = form | {"body": '{"requests": [{"set": {"mine": 1}}]}'}
    answer = admin.post("/sequences/ping/edit", **mine, do="keep")
    page = PageReader(answer.text)
    assert answer.status_code == 409
    assert page.texts(".problem th[scope=row] code") == ["requests[0].timeout"]
    assert "ana@example.com saved version 2" in page.texts(".problem p")[0]
    assert page.value("body") == mine["body"]
    assert page.attributes('button[name="do"][value="over"]', "form") == ["sequence"]
    admin.post("/sequences/ping/edit", **page.form(), do="over")
    found = service.sequences.saved.find("ping")
    assert found is not None
    assert (found.revision, found.argument) == (3, {"requests": [{"set": {"mine": 1}}]})


def test_another_s_secrets_are_masked_references_are_not_and_what_was_masked_stays(
    service: Service, app: Flask, ana: Master
) -> None:
    header = {"Authorization": "Bearer {{secret.TOKEN}}", "X-Api-Key": "live-key-1"}
    saved(service, ana, "ping", {**GET, "header": header})
    zoe = person(service, "zoe", superuser=True)
    other = signed_in(app, service, zoe)
    for path in ("", "/edit", "/versions", "/curl"):
        assert "live-key-1" not in other.get(f"/sequences/ping{path}").text
    form = PageReader(other.get("/sequences/ping/edit").text).form()
    assert json.loads(form["body"])["requests"][0]["header"] == {**header, "X-Api-Key": "***"}
    moved = {"requests": [GET, *json.loads(form["body"])["requests"]]}
    answer = other.post("/sequences/ping/edit", **form | {"body": json.dumps(moved), "do": "keep"})
    assert "requests[1].header.X-Api-Key: *** stands for a value" in PageReader(answer.text).errors()["body"]
    edited = json.loads(form["body"])
    edited["requests"][0]["timeout"] = 5
    other.post("/sequences/ping/edit", **form | {"body": json.dumps(edited), "do": "keep"})
    found = service.sequences.saved.find("ping")
    assert found is not None
    assert found.argument == {"requests": [{**GET, "header": header, "timeout": 5}]}
    # A copy has the real ones, too, although its form does not show them.
    saved(service, ana, "ping", {**GET, "header": header})
    form = PageReader(other.get("/new-sequence?copy=ping").text).form()
    other.post("/new-sequence", **form, do="keep")
    copy = service.sequences.saved.find("ping-copy")
    assert copy is not None
    assert copy.argument == {"requests": [{**GET, "header": header}]}


def test_it_is_tried_dry_and_for_real_without_being_saved(service: Service, admin: Visitor) -> None:
    body = {"requests": [GET, {**GET, "api": "http://127.0.0.1:9/{{$.id}}"}]}
    answer = admin.post(
        "/try-sequence", headers={"Live": "try"}, **typed(body, dry="yes", mocks='{"0": {"body": {"id": 5}}}')
    )
    assert "Dry run, nothing was sent: 2 steps" in answer.text
    assert "http://127.0.0.1:9/5" in answer.text
    admin.post("/try-sequence", headers={"Live": "try"}, **typed(body, only="2"))
    (argument,) = service.db.rows("SELECT argument FROM job")[0]
    assert json.loads(argument) == {"requests": [body["requests"][1]]}
    assert service.db.rows("SELECT count(*) FROM saved_sequence") == [(0,)]
    whole = admin.post("/try-sequence", **typed(body))
    assert 'action="/admin/new-sequence"' in whole.text


def test_a_curl_line_becomes_a_step_without_a_script(admin: Visitor) -> None:
    answer = admin.post("/new-sequence", **typed("{}", do="curl", curl="curl http://x/y"))
    assert json.loads(PageReader(answer.text).value("body"))["requests"][0]["api"] == "http://x/y"


def test_the_editor_knows_the_names_that_use_may_have(service: Service, admin: Visitor, ana: Master) -> None:
    saved(service, ana, "login", GET)
    assert admin.get("/sequence-names.json").json == {"login": "What login is for"}
    for path in ("/new-sequence", "/tasks/new"):
        assert PageReader(admin.get(path).text).attributes("form[data-saved]", "data-saved") == [
            "/admin/sequence-names.json"
        ]


# Versions.


def test_versions_are_told_with_their_differences_and_one_is_restored(
    service: Service, admin: Visitor, ana: Master
) -> None:
    saved(service, ana, "ping", GET, tags=("a",))
    saved(service, ana, "ping", {**GET, "timeout": 7}, tags=("a",))
    saved_sequences.save(service, None, "ping", SequenceEdit(None, "other", ["b"]))
    page = PageReader(admin.get("/sequences/ping/versions").text)
    assert [" ".join(text.split()) for text in page.texts("ol.changes h2")] == [
        "3 changed: description, tags",
        "2 changed: sequence",
        "1 created",
    ]
    assert page.texts("#version-2 th[scope=row]") == ["sequence.requests[0].timeout"]
    assert [text.rpartition(", by ")[2] for text in page.texts("ol.changes p.dim")] == [
        "the command line",
        "ana@example.com",
        "ana@example.com",
    ]
    assert page.texts("#version-3 button") == []
    admin.post("/sequences/ping/versions/1/back", revision=3)
    found = service.sequences.saved.find("ping")
    assert found is not None
    assert (found.revision, found.argument, found.tag_list) == (4, {"requests": [GET]}, ["a"])
    admin.post("/sequences/ping/versions/2/back", revision=3)
    assert "It was not changed" in admin.get("/sequences/ping/versions").text
    assert admin.post("/sequences/ping/versions/99/back", revision=4).status_code == 404


def test_a_version_that_is_not_possible_any_more_is_refused_in_words(
    service: Service, admin: Visitor, ana: Master
) -> None:
    saved(service, ana, "inner", GET)
    saved(service, ana, "ping", {"use": "inner"})
    saved(service, ana, "ping", GET)
    saved_sequences.delete(service, ana, "inner")
    admin.post("/sequences/ping/versions/1/back", revision=2)
    assert "sequence.requests[0].use: unknown block" in admin.get("/sequences/ping/versions").text


# As curl lines, and from files.


def test_it_is_shown_as_curl_lines_and_saved_as_a_file(service: Service, admin: Visitor, ana: Master) -> None:
    post = {"name": WIDE, "method": "POST", "api": "http://x/{{$.id}}", "body": {"password": "hunter2"}}
    saved(service, ana, "ping", GET, {"set": {"a": 1}}, post)
    page = PageReader(admin.get("/sequences/ping/curl").text)
    assert [text.split("\n")[0].strip() for text in page.texts("li.as-curl .num")] == ["1", "3"]
    assert page.texts("li.as-curl bdi") == ["", WIDE]
    assert "hunter2" not in page.texts("li.as-curl pre")[1]
    file = admin.post("/sequences/ping/curl", **{"as": "file"}, mocks='{"0": {"body": {"id": 9}}}')
    assert file.headers["Content-Disposition"] == 'attachment; filename="ping.sh"'
    lines = file.text.splitlines()
    assert lines[0] == "# 1"
    assert lines[1].startswith("curl ")
    assert "http://x/9" in file.text
    assert "The responses can" in admin.post("/sequences/ping/curl", mocks="{").text
    assert admin.post("/sequences/ping/curl", mocks='{"0": {"stat": 1}}').status_code == 400


COLLECTION = {
    "info": {"name": "Shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "item": [
        {"name": "All", "request": {"method": "GET", "url": "{{base}}/items", "header": [
            {"key": "Authorization", "value": "Bearer live-token"}]}},
        {"name": "Odd", "event": [{"listen": "test", "script": {"exec": ["doSomething(1);"]}}],
         "request": {"method": "GET", "url": "http://x/"}},
    ],
}  # fmt: skip
HURL = "GET http://x/y\nHTTP 200\n[Asserts]\nsha256 == hex,00;\n"
CURL = "# one\n$ curl http://x/1 -u me:live-password\nls\ncurl http://x/2\n"
HAR = {"log": {"version": "1.2", "entries": [{"request": {"method": "GET", "url": "http://x/z", "headers": []}}]}}


@pytest.mark.parametrize(
    ("text", "apis", "left_out", "secrets"),
    [
        (json.dumps(COLLECTION), ["{{#.base}}/items", "http://x/"], "doSomething", ["SECRET_TOKEN"]),
        (HURL, ["http://x/y"], "line 4: not taken over", []),
        (json.dumps(HAR), ["http://x/z"], "", []),
        (CURL, ["http://x/1", "http://x/2"], "line 3: ", ["SECRET_PASSWORD"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("pasted", [True, False])
def test_a_file_of_another_tool_fills_the_form(
    service: Service, admin: Visitor, text: str, apis: list[str], left_out: str, secrets: list[str], pasted: bool
) -> None:
    given: dict[str, Any] = {"text": text} if pasted else {"file": (BytesIO(text.encode()), "My shop (1).json")}
    page = PageReader(admin.post("/import-sequence", **given).text)
    body = json.loads(page.value("body"))
    assert [step["api"] for step in body["requests"]] == apis
    assert "live-" not in page.value("body")
    assert page.texts(".secrets code") == secrets
    assert any(left_out in note for note in page.texts(".left-out li")) or not left_out
    assert page.value("name") == ("" if pasted else "My-shop-1")
    assert page.attributes("form#sequence", "action") == ["/admin/new-sequence"]
    # What was said of the file stands as long as the form does.
    form = {**page.form(), "do": "preview", "note": page.texts(".left-out li")}
    again = PageReader(admin.post("/new-sequence", **form).text)
    assert again.texts(".secrets code") == secrets
    assert again.texts(".left-out li") == page.texts(".left-out li")
    assert service.db.rows("SELECT count(*) FROM saved_sequence") == [(0,)]


def test_an_environment_of_postman_gives_variables_their_values(admin: Visitor) -> None:
    environment = {"values": [{"key": "base", "value": "http://shop.example", "enabled": True}]}
    given = {
        "file": (BytesIO(json.dumps(COLLECTION).encode()), "c.json"),
        "environment": (BytesIO(json.dumps(environment).encode()), "e.json"),
    }
    page = PageReader(admin.post("/import-sequence", **given).text)
    assert json.loads(page.value("body"))["persistence"] == {"base": "http://shop.example"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Choose a file"),
        ("nothing", "nor is the file a Postman collection"),
        ('{"a": 1}', "neither a Postman"),
        ("curl\n", "line 1"),
    ],
)
def test_what_is_no_such_file_is_said_and_stays(admin: Visitor, text: str, says: str) -> None:
    answer = admin.post("/import-sequence", text=text)
    page = PageReader(answer.text)
    assert (answer.status_code, page.value("text")) == (400, text)
    assert says in page.texts("#import-error")[0]


def test_what_is_no_text_is_said(admin: Visitor) -> None:
    answer = admin.post("/import-sequence", file=(BytesIO(b"\xff\xfe\x00"), "x.har"))
    assert (answer.status_code, "no text in UTF-8" in answer.text) == (400, True)


# In a periodic task.


def test_a_task_chooses_a_saved_sequence(service: Service, admin: Visitor, ana: Master) -> None:
    saved(service, ana, "login", GET)
    form = PageReader(admin.get("/tasks/new?example=sequence").text)
    assert form.form()["body.saved"] == ""
    sent = form.form() | {"body.saved": "login", "name": "each hour"}
    page = PageReader(admin.post("/tasks/new", **sent, do="keep").text)
    assert "requests of its own" in page.errors()["body.saved"]
    sent["body"] = '{"persistence": {"a": 1}}'
    preview = PageReader(admin.post("/tasks/preview", **sent).text)
    assert preview.texts("ol.steps .method") == ["GET"]
    assert preview.link('section a[href$="/sequences/login"]') == "/sequences/login"
    admin.post("/tasks/new", **sent, do="keep")
    task = task_of_name(service.db, "each hour")
    assert task is not None
    assert task.argument_object() == {"name": "login", "persistence": {"a": 1}}
    edit = PageReader(admin.get(f"/tasks/{task.id}/edit").text)
    assert edit.value("body.saved") == "login"
    assert json.loads(edit.value("body")) == {"persistence": {"a": 1}}
    admin.post(f"/tasks/{task.id}/edit", **edit.form(), do="keep")
    again = task_of_name(service.db, "each hour")
    assert again is not None
    assert again.argument == task.argument
    assert PageReader(admin.get(f"/tasks/{task.id}").text).link('section a[href$="/sequences/login"]') != ""


def test_a_task_s_saved_sequence_is_tried_step_by_step(service: Service, admin: Visitor, ana: Master) -> None:
    saved(service, ana, "two", GET, {**GET, "api": "http://127.0.0.1:9/b"}, persistence={"a": 1})
    sent = {"task": "sequence", "name": "t", "body": '{"persistence": {"b": 2}}', "body.saved": "two", "only": "2"}
    admin.post("/tasks/try", headers={"Live": "try"}, **sent)
    (argument,) = service.db.rows("SELECT argument FROM job")[0]
    assert json.loads(argument) == {
        "requests": [{**GET, "api": "http://127.0.0.1:9/b"}],
        "persistence": {"a": 1, "b": 2},
    }


def test_a_task_whose_saved_sequence_is_gone_says_so_at_its_choice(
    service: Service, admin: Visitor, ana: Master
) -> None:
    saved(service, ana, "login", GET)
    id = task_with(service, ana, "t", {"name": "login"})
    service.sequences.saved.delete("login")
    edit = PageReader(admin.get(f"/tasks/{id}/edit").text)
    assert edit.value("body.saved") == "login"
    page = PageReader(admin.post("/tasks/preview", **edit.form()).text)
    assert page.attributes("li.error a", "data-field") == ["body.saved"]
