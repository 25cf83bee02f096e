"""A sequence's run as a waterfall: what is shown of its steps, and how one is opened."""

import json
from typing import Any

import pytest
from flask import Flask

from sequence import Record
from tests.support.jobs import started
from tests.support.queries import statements
from tests.support.reader import PageReader
from tests.support.visitor import Visitor
from walkabout.actions import saved_sequences
from walkabout.actions.saved_sequences import SequenceEdit
from walkabout.jobs import notes
from walkabout.jobs.specs import Claim
from walkabout.people.masters import Master
from walkabout.sequences import progress
from walkabout.sequences.record_summaries import RecordSummary
from walkabout.service import Service
from walkabout.web.pages.run.ahead import steps_ahead
from walkabout.web.pages.run.json_colours import coloured
from walkabout.web.pages.run.step_numbers import step_number
from walkabout.web.pages.run.step_tree import step_tree, tally
from walkabout.web.pages.run.waterfall import FAILED_MOST, ROWS_MOST, Waterfall, WaterfallRange, waterfall
from walkabout.web.pages.words import NOTHING

HTML = "<script>alert(1)</script>"
AS_TEXT = "&lt;script&gt;alert(1)&lt;/script&gt;"
T0 = 1_700_000_000.0


def head(path: str, state: str = "ok", at: float = 0.0, ms: float = 10.0, **more: Any) -> RecordSummary:
    row = {"method": "GET", "url": "http://x/", "status": 200, **more}
    return RecordSummary(path=path, state=state, start=T0 + at, ms=ms, **row)


def fall(heads: list[RecordSummary], view: WaterfallRange | None = None, now: float | None = None) -> Waterfall:
    made = waterfall(heads, view or WaterfallRange(), now)
    assert made is not None
    return made


def items(count: int, *failed: int, path: str = "0") -> list[RecordSummary]:
    return [
        head(path),
        *(head(f"{path}.loop[{n}].0", "failed" if n in failed else "ok", at=n / 100) for n in range(count)),
    ]


def labels(made: Waterfall) -> list[str]:
    return [row.loop or row.label for row in made.rows]


def test_rows_stand_in_the_order_of_their_paths_whatever_ended_first() -> None:
    made = fall([head(path) for path in ("10", "2", "1.loop[1].0", "1.loop[0].0", "1")])
    assert labels(made) == ["2", "2 items · 2 ok", "[1].1", "[2].1", "3", "11"]
    assert [row.level for row in made.rows] == [0, 1, 1, 1, 0, 0]


def test_steps_that_a_step_ran_stand_below_it() -> None:
    made = fall([head("2.0"), head("2.1.loop[0].0"), head("2.1"), head("2")])
    assert labels(made) == ["3", "3.1", "3.2", "1 item · 1 ok", "[1].1"]


def test_the_tries_of_a_step_are_one_row() -> None:
    tries = [
        head("0", "retried", 0.0, attempt=1),
        head("0", "retried", 0.2, attempt=2),
        head("0", "ok", 0.39, attempt=3),
    ]
    (row,) = fall(tries).rows
    assert (row.state.word, [bar.css for bar in row.bars]) == ("ok", ["tried", "tried", "ok"])
    assert [bar.x for bar in row.bars] == [0, 500, 975]


def test_the_block_that_ran_between_two_tries_stands_below_the_step() -> None:
    refused = [head("0", "retried", attempt=1), head("0", "retried", attempt=2), head("0", attempt=3)]
    runs = [head(f"0.retry[{n}].sign_in.{step}") for n in (10, 9) for step in (0, 1)]
    labels = ["1.retry[9].sign_in.1", "1.retry[9].sign_in.2", "1.retry[10].sign_in.1", "1.retry[10].sign_in.2"]
    rows = fall([*refused, *runs]).rows
    assert [(row.label, row.level) for row in rows] == [("1", 0), *((label, 1) for label in labels)]


def test_a_long_loop_folds_and_shows_what_failed() -> None:
    made = fall(items(200, 3, 77))
    assert labels(made) == ["1", "200 items · 198 ok · 2 failed"]
    assert [row.label for row in made.rows[1].failed] == ["[4].1", "[78].1"]
    assert made.rows[1].more_failed == 0


def test_of_many_that_failed_some_are_shown_and_the_others_are_counted() -> None:
    made = fall(items(500, *range(500)))
    assert len(made.rows[1].failed) == FAILED_MOST
    assert made.rows[1].more_failed == 500 - FAILED_MOST


def test_the_items_of_a_loop_are_reached_page_by_page() -> None:
    heads = items(200, *range(0, 200, 2))
    seen = []
    for first in range(0, 200, ROWS_MOST):
        seen += labels(fall(heads, WaterfallRange("0", first=first)))
    assert seen == [f"[{n}].1" for n in range(1, 201)]
    assert fall(heads, WaterfallRange("0", only_failed=True)).total == 100


def test_many_steps_are_reached_page_by_page() -> None:
    heads = [head(str(n)) for n in range(200)]
    assert len(fall(heads).rows) == ROWS_MOST
    assert labels(fall(heads, WaterfallRange(first=180))) == [str(n) for n in range(181, 201)]


def test_a_loop_in_a_loop_folds_in_its_item() -> None:
    heads = [head("0"), *(one for n in range(2) for one in items(30, 7, path=f"0.loop[{n}].0"))]
    inner = "30 items · 29 ok · 1 failed"
    made = fall(heads)
    assert labels(made) == ["1", "2 items · 2 failed", "[1].1", inner, "[2].1", inner]
    assert labels(fall(heads, WaterfallRange("0.loop[1].0")))[7] == "[8].1"


def test_items_are_counted_by_what_became_of_them() -> None:
    heads = [head("0.loop[0].0", "ignored"), head("0.loop[1].0", "unknown"), head("0.loop[2].0", "discarded")]
    assert tally(step_tree(heads).steps[0].items) == {"ok": 1, "failed": 1, "discarded": 1}


def test_what_is_replayed_has_no_place_on_the_axis() -> None:
    made = fall([head("0", at=-90_000.0, replayed=True), head("1", ms=100.0)])
    assert (made.rows[0].replayed, made.rows[0].bars) == (True, [])
    assert made.ticks[-1] == "100 ms"


def test_every_bar_is_on_the_axis() -> None:
    heads = [
        head("0", at=0, ms=0.0),
        head("1", at=0.5, ms=9e9),
        head("2", at=1e7, ms=0.1),
        head("3", "skipped", at=-T0),
    ]
    for row in fall(heads, now=T0 + 1).rows:
        assert all(bar.x >= 0 and bar.x + bar.width <= 1000 and bar.width > 0 for bar in row.bars)


def test_a_view_that_is_not_there_is_none() -> None:
    assert waterfall(items(3), WaterfallRange("7"), None) is None


# The page.


def a_record(path: str, state: str = "ok", **more: Any) -> Record:
    request = {"header": {"Authorization": "***", "X-Name": HTML}, "body": {"to": HTML}}
    response = {"status": 200, "header": {"content-type": "application/json"}, "body": {"said": HTML}}
    row = {"method": "POST", "url": "http://x/" + HTML, "status": 200, "start": T0, "ms": 12.0, "bytes": 1234}
    return Record(path, state, **{**row, "request": request, "response": response, **more})


def a_run(service: Service, owner: Master, *kept: Record) -> Claim:
    claim = started(service, kind="sequence", name="mails", owner=owner.uid, argument={"requests": []})
    progress.write(service.db, claim, kept)
    return claim


def failed(service: Service, claim: Claim, path: str = "0") -> str:
    service.ledger.fail(claim.id, claim.attempt, "StepFailed", HTML, "{}", path)
    return claim.uid


def test_html_in_a_step_is_text(service: Service, admin: Visitor, ana: Master) -> None:
    uid = failed(service, a_run(service, ana, a_record("0", name=HTML, error=HTML, saved=(HTML,))))
    for path in ("", "/steps/0"):
        text = admin.get(f"/runs/{uid}{path}").text
        assert AS_TEXT in text
        assert HTML not in text


def test_what_a_server_said_in_half_characters_is_shown(service: Service, admin: Visitor, ana: Master) -> None:
    half = {"status": 200, "header": {}, "body": {"a": "\ud800"}}
    uid = failed(service, a_run(service, ana, a_record("0", name="\ud800", response=half)))
    for path in ("", "/steps/0"):
        assert r"\ud800" in admin.get(f"/runs/{uid}{path}").text


def test_a_step_is_a_page_and_a_part_of_one(service: Service, admin: Visitor, ana: Master) -> None:
    uid = failed(service, a_run(service, ana, a_record("0.loop[3].0", error="status 500", saved=("mail_3",))))
    link = PageReader(admin.get(f"/runs/{uid}").text).link('a[href*="/steps/"]')
    page, part = admin.get(link), admin.get(link, Live="step")
    assert (page.status_code, part.status_code) == (200, 200)
    assert "<html" in page.text
    assert "<html" not in part.text
    for text in (page.text, part.text):
        for shown in ("2 headers", "mail_3", "status 500", "1.2 KB", "12 ms", "curl &#39;http://x/"):
            assert shown in text
    assert part.text.count('class="masked"') == 1


def test_each_try_can_be_read(service: Service, admin: Visitor, ana: Master) -> None:
    tries = [a_record("0", "retried", attempt=n, error=f"try {n} broke") for n in range(1, 60)]
    uid = failed(service, a_run(service, ana, *tries, a_record("0", attempt=60)))
    newest = admin.get(f"/runs/{uid}/steps/0").text
    assert "There are earlier tries" in newest
    assert "Try 41<" in newest
    assert "Try 40<" not in newest
    assert "try 5 broke" in admin.get(f"/runs/{uid}/steps/0?try=5").text
    assert "There are later tries" in admin.get(f"/runs/{uid}/steps/0?try=5").text


@pytest.mark.parametrize("path", ["9", "0?try=7", "0?try=x", "0?try=999999999999", "%00", "0'"])
def test_a_step_that_is_not_there_is_404(service: Service, admin: Visitor, ana: Master, path: str) -> None:
    uid = failed(service, a_run(service, ana, a_record("0")))
    assert admin.get(f"/runs/{uid}/steps/{path}").status_code == 404


def test_another_person_s_steps_are_404(service: Service, user: Visitor, ana: Master) -> None:
    uid = failed(service, a_run(service, ana, a_record("0")))
    assert user.get(f"/runs/{uid}/steps/0").status_code == 404


@pytest.mark.parametrize("query", ["in=7", "from=x", "before=x", "in=" + "0." * 3000, "from=9999999999999999999"])
def test_a_part_that_is_not_there_is_404(service: Service, admin: Visitor, ana: Master, query: str) -> None:
    uid = failed(service, a_run(service, ana, a_record("0")))
    assert admin.get(f"/runs/{uid}?{query}").status_code == 404


def test_the_error_leads_to_its_step(service: Service, admin: Visitor, ana: Master) -> None:
    uid = failed(service, a_run(service, ana, a_record("0")), "requests[1]")
    assert "at step requests[1]" in admin.get(f"/runs/{uid}").text
    uid = failed(service, a_run(service, ana, a_record("0.loop[3].0", "failed")), "0.loop[3].0")
    page = PageReader(admin.get(f"/runs/{uid}").text)
    assert page.texts(".failure p a") == ["step 1[4].1"]
    assert page.link(".failure p a") == f"/runs/{uid}/steps/0.loop%5B3%5D.0"


def test_while_it_runs_it_is_shown_anew_when_a_record_changes(service: Service, admin: Visitor, ana: Master) -> None:
    claim = a_run(service, ana, a_record("0"))
    notes.save_progress(service.db, claim, {"done": 1, "total": None, "text": "1 POST"})
    first = admin.get(f"/runs/{claim.uid}", Live="state")
    tag = {"If-None-Match": first.headers["ETag"], "Live": "state"}
    assert first.headers["Live-Every"] == "2"
    assert "step 2 POST" in first.text
    assert admin.get(f"/runs/{claim.uid}", **tag).status_code == 304
    progress.write(service.db, claim, [a_record("0", "discarded")])
    assert "discarded" in admin.get(f"/runs/{claim.uid}", **tag).text


def many(count: int) -> list[Record]:
    long = "http://example.com/mail?" + "&q=<>" * 40
    response = {"status": 500, "header": {"x": "y" * 200}, "body": {"text": "z" * 2000}}
    first = [a_record("0", url=long)]
    return first + [
        a_record(f"0.loop[{n}].0", "failed" if n % 3 else "ok", url=long, error=long, response=response, start=T0 + n)
        for n in range(count - 1)
    ]


def test_the_page_of_2000_records_is_small(app: Flask, service: Service, admin: Visitor, ana: Master) -> None:
    uid = failed(service, a_run(service, ana, *many(2000)))
    for query in ("", "?in=0", "?in=0&only=failed&from=80"):
        assert len(admin.get(f"/runs/{uid}{query}").data) < 150_000


def test_2000_steps_cost_no_more_questions_than_two(service: Service, admin: Visitor, ana: Master) -> None:
    few, lots = (failed(service, a_run(service, ana, *many(count))) for count in (2, 500))
    admin.get(f"/runs/{few}")  # who asks is looked up now and then only
    with statements(service.db) as one:
        admin.get(f"/runs/{few}")
    with statements(service.db) as other:
        admin.get(f"/runs/{lots}")
    assert len(other) == len(one)


def test_the_newest_records_are_shown_and_the_older_ones_reached(service: Service, admin: Visitor, ana: Master) -> None:
    made = [a_record(str(n), request=None, response=None) for n in range(2030)]
    uid = failed(service, a_run(service, ana, *made))
    text = admin.get(f"/runs/{uid}").text
    assert "the newest 2,000 records" in text
    assert ">31</code>" in text
    before = admin.get(PageReader(text).link('a[href*="before="]')).text
    assert "30 steps" in before
    assert ">30</code>" in before


def test_the_steps_of_a_block_stand_below_the_step_that_uses_it_and_what_ends_a_run_stands_last() -> None:
    heads = [
        head("finally.0", at=5),
        head("0.sign_in.0", at=1, ms=1000),
        head("0.sign_in.1", at=2, ms=1000),
        RecordSummary(path="0", state="ok"),
        head("on_error.0", at=4),
        head("1", at=3),
    ]
    rows = fall(heads).rows
    labels = ["1", "1.sign_in.1", "1.sign_in.2", "2", "on_error.1", "finally.1"]
    assert [row.label for row in rows] == labels
    assert [row.level for row in rows] == [0, 1, 1, 0, 0, 0]
    assert len(rows[0].bars) == 1 and rows[0].bars[0].width > rows[1].bars[0].width


@pytest.mark.parametrize("many", [2, 30])
def test_the_pages_of_a_step_stand_below_it_and_many_are_folded(many: int) -> None:
    heads = [head(f"0.page[{n}]", "failed" if n == 1 else "ok", at=n) for n in range(many)]
    heads += [RecordSummary(path="0", state="failed", error="no"), head("0.loop[0].0", at=99)]
    rows = fall(heads).rows
    folded = rows[1]
    assert (folded.label, folded.loop) == ("pages", f"{many} pages · {many - 1} ok · 1 failed")
    assert folded.is_folded == (many > 20)
    if folded.is_folded:
        assert [row.label for row in folded.failed] == ["page[2]"]
        assert [row.label for row in rows] == ["1", "pages", "loop", "[1].1"]
    else:
        assert [row.label for row in rows] == ["1", "pages", "page[1]", "page[2]", "loop", "[1].1"]
    inside = fall(heads, WaterfallRange("0"))
    assert [row.label for row in inside.rows][: many + 1] == [*(f"page[{n}]" for n in range(1, many + 1)), "[1].1"]
    assert [row.label for row in fall(heads, WaterfallRange("0", only_failed=True)).rows] == ["page[2]"]


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("0", "1"),
        ("1.loop[3].0", "2[4].1"),
        ("0.loop[0].2.loop[1].0", "1[1].3[2].1"),
        ("2.page[0]", "3.page[1]"),
        ("3.sign_in.0", "4.sign_in.1"),
        ("finally.0", "finally.1"),
        ("1.auth", "2.auth"),
        ("1.loop", "2.loop"),
        ("requests[1].api", "requests[1].api"),
        ("", ""),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_steps_are_counted_from_1_on_the_page(path: str, number: str) -> None:
    assert step_number(path) == number


def test_the_step_in_flight_is_a_row_with_a_bar(service: Service, admin: Visitor, ana: Master) -> None:
    claim = a_run(service, ana, a_record("0"))
    notes.save_progress(service.db, claim, {"done": 1, "total": None, "text": "1.loop[3].0 POST"})
    page = PageReader(admin.get(f"/runs/{claim.uid}").text)
    rows = page.texts("ol.waterfall > li")
    assert "1 item" in rows[2]
    assert " ".join(rows[-1].split()) == f"◐ running[4].1 POST {NOTHING * 3}"
    assert len(page.texts("ol.waterfall > li:last-child rect.run")) == 1
    assert page.texts("ol.waterfall > li:last-child details") == []
    assert "step 2[4].1 POST" in page.texts(".going")[0]
    progress.write(service.db, claim, [a_record("1.loop[3].0")])
    page = PageReader(admin.get(f"/runs/{claim.uid}").text)
    assert page.attributes("ol.waterfall rect.run", "x") == []


def test_a_try_in_flight_is_a_bar_beside_those_before() -> None:
    tries = [head("0", "retried", 0.0, ms=100.0)]
    (sent,) = steps_ahead({}, "0 GET", tries, T0 + 1)
    (row,) = fall([*tries, sent], now=T0 + 1).rows
    assert [bar.css for bar in row.bars] == ["tried", "run"]
    assert (row.state.word, row.bars[1].x, row.mark) == ("running", 99, "2sending")
    assert steps_ahead({}, "0 GET", [head("0")], T0 + 1) == []
    assert steps_ahead({}, "", [], T0) == []


STEPS: dict[str, Any] = {
    "requests": [
        {"method": "GET", "api": "http://x/a"},
        {
            "set": {"a": 1},
            "__def_loop__": {"by": "#.a", "requests": [{"method": "POST", "api": "http://x/b", "name": "B"}]},
        },
        {"use": "block"},
        "odd",
    ],
    "finally": [{"method": "DELETE", "api": "http://x/c"}],
}


@pytest.mark.parametrize(
    ("progress", "paths", "ahead"),
    [
        ("", [], ["0 GET http://x/a", "1 SET a", "2 USE block", "3  "]),
        ("1.loop[7].0 POST", ["0", "1"], ["1.loop[7].0 POST B", "2 USE block", "3  "]),
        ("2.block.0 GET", ["0", "1", "2.block.1"], ["2.block.0 GET ", "3  "]),
        ("finally.0 DELETE", ["0"], ["finally.0 DELETE http://x/c"]),
        ("9.9 GET", ["0"], ["9.9 GET "]),
        ("", ["on_error.0"], []),
    ],
)
def test_steps_to_come_stand_behind_the_one_in_flight(progress: str, paths: list[str], ahead: list[str]) -> None:
    found = steps_ahead(STEPS, progress, [head(path) for path in paths], T0)
    assert [f"{one.path} {one.method} {one.name or one.url}" for one in found] == ahead
    for argument in (None, 5, {"requests": 5}, {"requests": [], "finally": 5}):
        assert len(steps_ahead(argument, progress, [], T0)) == bool(progress)


def test_steps_to_come_are_rows_in_grey_and_the_saved_sequence_tells_them(
    service: Service, admin: Visitor, ana: Master
) -> None:
    saved_sequences.save(
        service, ana, "kept", SequenceEdit({"requests": [{"delay": 1}, {"method": "GET", "api": HTML}]})
    )
    claim = started(service, kind="sequence", name="kept", owner=ana.uid, argument={"name": "kept"})
    progress.write(service.db, claim, [a_record("0")])
    page = PageReader(admin.get(f"/runs/{claim.uid}").text)
    rows = [" ".join(text.split()) for text in page.texts("ol.waterfall > li")]
    assert rows[-1] == f"· to come2 GET {HTML}{NOTHING * 3}"
    assert page.texts("section.fall .head p") == ["2 steps · 1 ok · 1 to come"]
    failed(service, claim)
    assert "to come" not in admin.get(f"/runs/{claim.uid}").text


def test_the_error_says_which_step_what_it_sent_and_what_came(service: Service, admin: Visitor, ana: Master) -> None:
    name = "\u05e9\u05dc\u05d5\u05dd " + "n" * 300
    sent = {"header": {}, "body": {"to": HTML}}
    came = {"status": 500, "header": {}, "body": {"why": HTML, "more": "x" * 5000}}
    record = a_record("2", "failed", name=name, status=500, request=sent, response=came, error="status 500")
    page = PageReader(admin.get(f"/runs/{failed(service, a_run(service, ana, record), '2')}").text)
    assert page.texts(".failure p")[0].startswith("StepFailed at step 3 \u05e9")
    assert page.texts(".failure dt") == ["Sent", "Answer"]
    (request, answer) = page.texts(".failure dd")
    assert request.startswith("POST http://x/" + HTML)
    assert request.endswith(json.dumps({"to": HTML}, separators=(",", ":")))
    assert answer.startswith("500" + '{"why":"' + HTML)
    assert len(answer) < 1000
    assert page.texts(".failure .json-key") == ['"to"', '"why"', '"more"']
    # A list of runs says it in a line.
    assert "StepFailed at step 3" in admin.get("/runs").text


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('{"a":[1,-2.5e3,true,null,"x\\"y"]}', ["key", "number", "number", "flag", "flag", "text"]),
        ('{"a":"cut o', ["key", "text"]),
        ("12", ["number"]),
        ("null", ["flag"]),
        ("12 apples", []),
        ("true words", []),
        ("<b>", []),
        ("", []),
    ],
)
def test_json_has_colours_and_other_texts_have_none(text: str, kinds: list[str]) -> None:
    page = PageReader(str(coloured(text)))
    assert [kind.removeprefix("json-") for (kind,) in (one["class"] for one in page.soup.select("span"))] == kinds
    assert page.soup.get_text() == text
