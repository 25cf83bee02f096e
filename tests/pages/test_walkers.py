"""Walkers by a form: fields as inputs, the service's own reading, nothing typed is lost."""

import io

import pytest

from tests.support.reader import PageReader
from tests.support.visitor import Visitor
from walkabout.jobs import queries
from walkabout.jobs.queries import JobFilter
from walkabout.people.masters import Master
from walkabout.service import Service

HTML = "<img src=x>"


REPORT = ".tree .value"


def test_lists_walkers_and_for_admins_the_files_that_did_not_load(user: Visitor, admin: Visitor) -> None:
    for visitor, shown in ((user, False), (admin, True)):
        text = visitor.get("/walkers").text
        assert 'href="/admin/walkers/echo"' in text
        assert ("<strong>broken.py</strong> could not be loaded" in text) is shown


def test_a_form_has_an_input_for_each_field_with_its_default(user: Visitor) -> None:
    page = PageReader(user.get("/walkers/typed").text)
    assert {name: page.value(f"ctx.{name}") for name in ("number", "ratio", "names")} == {
        "number": "",
        "ratio": "0.5",
        "names": "[]",
    }
    assert page.texts('select[name="ctx.flag"] option')[0] == "true"


def test_runs_now_and_shows_the_report(user: Visitor) -> None:
    form = {
        "ctx.number": "7",
        "ctx.ratio": "1",
        "ctx.flag": "true",
        "ctx.names": '["a"]',
        "ctx.extra": "",
        "ctx.maybe": "",
    }
    text = user.post("/walkers/typed", **form).text
    assert "It succeeded" in text
    assert PageReader(text).texts(REPORT) == ["7", "1.0", "true", "a", "{}", "null"]


def test_an_empty_text_is_a_text_and_an_empty_number_the_default(user: Visitor) -> None:
    text = user.post("/walkers/grow", **{"ctx.count": "", "ctx.kind": "tree"}).text
    assert 'class="value number">1<' in text


def test_all_that_is_wrong_is_said_at_its_field_and_what_was_typed_stays(user: Visitor) -> None:
    form = {"ctx.number": "seven", "ctx.names": "[1,", "ctx.ratio": "0.25", "nd": "nowhere"}
    answer = user.post("/walkers/typed", **form)
    assert answer.status_code == 400
    errors = PageReader(answer.text).errors()
    assert errors["ctx.number"].startswith("expected int")
    assert errors["ctx.names"].startswith("line 1, column 4")
    assert "neither a jid nor one of your aliases" in answer.text
    for kept in ('value="seven"', "[1,", 'value="0.25"', 'value="nowhere"'):
        assert kept in answer.text


def test_a_required_field_that_is_missing_is_said_there(user: Visitor) -> None:
    assert PageReader(user.post("/walkers/typed").text).errors()["ctx.number"] == "is required: int"


@pytest.mark.parametrize(("typed", "report"), [("5", "5"), ('"5"', "5"), (HTML, HTML), ("", "null")])
def test_a_field_of_any_type_takes_json_or_a_text(user: Visitor, typed: str, report: str) -> None:
    answer = user.post("/walkers/echo", **{"ctx.value": typed})
    assert PageReader(answer.text).texts(REPORT) == [report]
    assert HTML not in answer.text


def test_a_walker_that_raises_shows_its_error_as_text(user: Visitor) -> None:
    text = user.post("/walkers/fail", **{"ctx.message": HTML}).text
    assert "ValueError: &lt;img src=x&gt;" in text
    assert HTML not in text


def test_files_reach_their_field(user: Visitor) -> None:
    files = [(io.BytesIO(b"one"), "a.txt"), (io.BytesIO(b"three"), "b.txt")]
    text = user.post("/walkers/album", **{"ctx.photo": files, "ctx.title": "t"}).text
    assert "It succeeded" in text
    assert 'class="value number">5<' in text


def test_runs_at_a_node_by_alias(service: Service, user: Visitor, bob: Master) -> None:
    service.aliases.register(bob.uid, "home", service.graphs.active(bob))
    assert "It succeeded" in user.post("/walkers/count", nd="home").text


def test_another_person_s_node_is_not_there(service: Service, user: Visitor, ana: Master) -> None:
    answer = user.post("/walkers/count", nd=f"urn:uuid:{service.graphs.active(ana)}")
    assert answer.status_code == 400
    assert "does not name any node of yours" in PageReader(answer.text).errors()["nd"]


def test_without_a_worker_the_background_is_this_request_and_a_run(
    service: Service, user: Visitor, bob: Master
) -> None:
    text = user.post("/walkers/count", when="background").text
    assert "No worker is alive, so it ran in this request" in text
    assert [run.state for run in queries.jobs(service.db, JobFilter(owner=bob.uid), 9)] == ["SUCCESS"]


def test_an_unknown_walker_is_404(user: Visitor) -> None:
    assert user.get("/walkers/nobody").status_code == 404


def test_the_answer_that_a_walker_gives_itself_is_shown(user: Visitor) -> None:
    page = user.post(
        "/walkers/answers", **{"ctx.status": "404", "ctx.text": '"<b>bold</b>"', "ctx.headers": '{"X-Mine": "1"}'}
    )
    assert page.status_code == 200
    assert "Its own answer" in page.text
    assert "&lt;b&gt;bold&lt;/b&gt;" in page.text
    assert page.headers.get("X-Mine") is None


CHOSEN = {
    "ctx.day": "2026-02-28",
    "ctx.colour": "green",
    "ctx.level": "3",
    "ctx.size": "s m",
    "ctx.at_moment": "2026-02-28T12:30",
    "ctx.at_time": "08:15",
}


def test_choices_and_dates_have_inputs_of_their_own(user: Visitor) -> None:
    page = PageReader(user.get("/walkers/chosen").text)
    assert page.texts('select[name="ctx.colour"] option') == ["red", "green"]
    assert page.value("ctx.colour") == "red"
    assert page.attributes('select[name="ctx.level"] option', "value") == ["", "1", "2", "3"]
    assert page.value("ctx.size") == "l"
    types = {name: page.field(f"ctx.{name}").get("type") for name in ("day", "at_moment", "at_time")}
    assert types == {"day": "date", "at_moment": "datetime-local", "at_time": "time"}
    assert page.value("ctx.at_time") == "07:30:00"
    assert page.field("ctx.mixed").name == "textarea"  # a text and a number: only JSON can tell them apart
    text = user.post("/walkers/chosen", **CHOSEN).text
    assert dict(zip(PageReader(text).texts(".tree .key")[1:], PageReader(text).texts(REPORT), strict=True)) == {
        "day": "2026-02-28",
        "colour": "green",
        "level": "3",
        "size": "s m",
        "at_moment": "2026-02-28 12:30:00",
        "at_time": "08:15:00",
        "mixed": "a",
    }


def test_what_was_typed_for_a_choice_or_a_date_stays_also_when_it_is_none(user: Visitor) -> None:
    wrong = {"ctx.day": "tomorrow", "ctx.colour": "blue", "ctx.at_moment": "2026-02-28T12:30:00+02:00"}
    page = PageReader(user.post("/walkers/chosen", **CHOSEN | wrong).text)
    assert set(page.errors()) == {"ctx.day", "ctx.colour"}
    assert {name: page.value(name) for name in wrong} == wrong
    assert page.field("ctx.day").get("type") is None
    assert page.field("ctx.at_moment").get("type") is None  # the browser's own input has no zone
