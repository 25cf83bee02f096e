"""Import and export on the page: what an import would do is shown first, and exactly that is done."""

import io
import json
from typing import Any

import pytest

from tests.support.reader import PageReader
from tests.support.schedule_harness import task_of_name
from tests.support.tasks import walker_task
from tests.support.visitor import Visitor
from walkabout.actions import task_files
from walkabout.people.masters import Master
from walkabout.service import Service

CRONTAB = "# caf\xe9\n*/5 * * * * curl -d gr\xfcn http://a\n0 3 * * * /usr/local/bin/backup\n".encode("latin-1")
IMPORT = "form:has([name=mark])"


def sent(visitor: Visitor, raw: bytes | str, **form: Any) -> PageReader:
    file = {"upload": (io.BytesIO(raw), "tasks.txt")} if isinstance(raw, bytes) else {"file": raw}
    answer = visitor.post("/tasks/import", **file, **form)
    assert answer.status_code == 200, answer.text
    return PageReader(answer.text)


def rows(page: PageReader) -> list[tuple[str, ...]]:
    cells = page.texts("table.rows td")
    return [tuple(text.strip() for text in cells[at : at + 4]) for at in range(0, len(cells), 4)]


def test_exports_are_those_of_the_command_line(service: Service, admin: Visitor, bob: Master) -> None:
    walker_task(service, bob, name="b\u00fccher")
    page = PageReader(admin.get("/tasks/files").text)
    links = {link.get_text(): str(link["href"]).removeprefix("/admin") for link in page.soup.select("a[download]")}
    files = {name: admin.get(path) for name, path in links.items()}
    assert files["All tasks as JSON"].text == task_files.export(service, None)
    assert files["Crontab"].text == task_files.export_crontab(service, None)
    for file in files.values():
        assert file.headers["Content-Disposition"].startswith("attachment")
        assert file.headers["Content-Type"].endswith("charset=utf-8")


def test_a_crontab_is_shown_and_then_imported(service: Service, admin: Visitor, ana: Master) -> None:
    page = sent(admin, CRONTAB, format="crontab", timezone="Europe/Berlin")
    first, second = rows(page)
    assert first[:3] == ("+ new", "POST http://a", "line 2")
    assert (second[0], second[2]) == ("✕ left out", "line 3")
    assert '"/usr/local/bin/backup" is not curl or wget' in second[3]
    assert task_of_name(service.db, "POST http://a") is None
    form = page.form(IMPORT)
    answer = admin.post("/tasks/import", **form, do="import")
    assert answer.status_code == 303
    assert "Imported: 2 tasks: 1 new, 1 left out." in admin.get("/").text
    task = task_of_name(service.db, "POST http://a")
    assert task is not None
    assert (task.owner, task.timezone) == (ana.uid, "Europe/Berlin")
    assert task.argument_object()["requests"][0]["text"] == "gr\xfcn"
    again = sent(admin, CRONTAB, format="crontab", timezone="Europe/Berlin")
    assert "2 tasks: 1 left out, 1 same." in again.texts("#plan-title + p")[0]
    assert again.soup.select(IMPORT) == []


def test_what_changed_since_it_was_shown_is_shown_again(service: Service, admin: Visitor, bob: Master) -> None:
    task = walker_task(service, bob)
    text = task_files.export(service, None).replace('"grace": null', '"grace": 5')
    form = sent(admin, text).form(IMPORT)
    service.periodic_tasks.change(task.id, {"grace": 7})
    answer = admin.post("/tasks/import", **form, do="import")
    assert answer.status_code == 409
    page = PageReader(answer.text)
    assert "tasks have changed since this was shown" in page.texts(".problem[role=alert]")[0]
    assert rows(page)[0][3] == "grace: 7.0 -> 5.0"
    assert service.periodic_tasks.change(task.id, {}).policies.grace == 7
    assert admin.post("/tasks/import", **page.form(IMPORT), do="import").status_code == 303
    assert service.periodic_tasks.change(task.id, {}).policies.grace == 5


def test_a_plan_that_nobody_has_seen_is_not_done(service: Service, admin: Visitor) -> None:
    answer = admin.post("/tasks/import", file="0 3 * * * curl http://a", format="crontab", do="import")
    assert answer.status_code == 409
    assert task_of_name(service.db, "GET http://a") is None


@pytest.mark.parametrize(
    ("form", "field", "message"),
    [
        ({"file": "nothing"}, "file", "not valid JSON"),
        ({"file": " ", "format": "crontab"}, "file", "it is empty"),
        ({"file": "x", "format": "crontab", "owner": "nobody@x"}, "owner", "is not a master here"),
        ({"file": "x", "format": "crontab", "timezone": "Mars"}, "timezone", "is not a time zone"),
    ],
)
def test_what_is_wrong_stands_at_its_field(admin: Visitor, form: dict[str, str], field: str, message: str) -> None:
    answer = admin.post("/tasks/import", **form)
    assert answer.status_code == 400
    page = PageReader(answer.text)
    assert message in page.errors()[field]
    assert page.value("file") == form["file"]


def test_a_file_of_many_tasks_shows_the_first_and_imports_all(service: Service, admin: Visitor) -> None:
    lines = "".join(f"{n % 60} {n // 60} * * * curl http://a/{n}\n" for n in range(510))
    page = sent(admin, lines, format="crontab")
    assert len(rows(page)) == 500
    assert "And 10 more." in page.texts("p.dim")
    assert admin.post("/tasks/import", **page.form(IMPORT), do="import").status_code == 303
    assert task_of_name(service.db, "GET http://a/509") is not None


def test_files_are_for_admins(service: Service, user: Visitor, admin: Visitor, bob: Master) -> None:
    for path in ("/tasks/files", "/tasks/export.json", "/tasks/export.crontab"):
        assert user.get(path).status_code == 404
    assert user.post("/tasks/import", file="{}").status_code == 404
    walker_task(service, bob)
    assert "/admin/tasks/files" in admin.get("/").text
    assert "/admin/tasks/files" not in user.get("/").text


def test_an_imported_argument_is_masked_in_the_plan(service: Service, admin: Visitor, bob: Master) -> None:
    argument = {"name": "echo", "ctx": {"value": {"password": "old-secret-1"}}, "mst": bob.uid}
    walker_task(service, bob, argument=argument)
    file = json.loads(task_files.export(service, None))
    file["schedules"][0]["kwargs"]["ctx"]["value"]["password"] = "new-secret-2"
    [row] = rows(sent(admin, json.dumps(file)))
    assert (row[0], "secret-1" in row[3], "secret-2" in row[3]) == ("≠ changed", False, False)
