"""Whatever is sent to a page is answered, and never with an error of ours."""

import json
import re

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.routing import Rule

from sequence import Record
from tests.support.examples import examples
from tests.support.jobs import started
from tests.support.visitor import Visitor
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import SEQUENCE, WALKER
from walkabout.sequences import progress
from walkabout.service import Service

EVERY = {"type": "interval", "conf": {"every": 60, "period": "seconds"}}
STEP = {"method": "GET", "api": "http://127.0.0.1:9/a"}
LOOP = {"requests": [{**STEP, "__def_loop__": {"by": "$.x", "requests": [STEP]}}]}
# Numbers of other scripts, numbers that are too large, half characters as escapes, what is no number at all.
TEXTS = (
    "", " ", "\0", "a\0b", "²", "٣", "٣٤", "-1", "0", "1", "1.5", "1e400", "nan", "inf", "9" * 18, "9" * 19, "9" * 5000,
    "x" * 70_000, "true", "null", "[]", "{}", '{"a": "\\ud800"}', "[" * 30_000, '{"a":' * 600, "<script>", "\r\n", "..",
    "2026-02-30T25:00", "9999-12-31T23:59:59", "0001-01-01T00:00", "Europe/Berlin", "../../etc/passwd", "é\u202e𐏿",
    json.dumps(LOOP), json.dumps({"requests": {"a": 1}}), json.dumps({"requests": [None, 1, "x", STEP]}),
    json.dumps({"requests": [{**STEP, "name": "\ud800", "body": {"x": 10**400}}]}),
    "curl $'\\ud800' http://x/", "curl 'http://x/\\", "curl -d '{\"a\":\"\\ud800\"}' http://x/",
)  # fmt: skip
WORDS = {
    "do": ("keep", "fields", "json", "curl", "preview", "run", "enable", "disable", "delete", "import"),
    "format": ("export", "crontab", "celery-beat"),
    "file": ("*/5 * * * * curl http://x/", "@reboot x\n", '[{"model": "django_celery_beat.periodictask", "fields": {}}]'),
    "task": ("walker", "sequence", "1", "2", "3"),
    "task_id": ("1", "2", "3"),
    "schedule.type": ("crontab", "interval", "solar", "clocked"),
    "schedule.conf.interval.period": ("days", "seconds", "microseconds"),
    "schedule.conf.solar.event": ("sunrise", "dawn_astronomical"),
    "body.as": ("fields", "json"),
    "body.name": ("count", "echo"),
    "only": ("1", "2"),
    "dry": ("yes",),
    "sure": ("yes",),
    "example": ("walker", "crontab", "solar", "clocked", "sequence", "loop"),
    "sort": ("name", "next", "last"),
    "after": ("~5", "x~5", "1.5~5", "nan~1", "~²"),
    "state": ("active", "running", "failed"),
    "kind": ("walker", "sequence"),
    "said-0": ("send", "done"),
    "path-0": ("0",),
}  # fmt: skip
FIELDS = (
    *WORDS, "name", "timezone", "schedule.start_time", "schedule.expires", "schedule.one_off", "priority", "overlap",
    "catch_up", "grace", "jitter", "max_attempts", "backoff", "time_limit", "description", "body", "body.nd", "fields.of",
    "ctx.by", "ctx.", "curl", "mocks", "revision", "back", "note", "search", "owner", "walker", "since", "until",
    "before", "from", "in", "try", "at", "offset", "copy", "a", "b", "argument", "status-0", "body-0", "email", "days",
    *(f"schedule.conf.crontab.{name}" for name in ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")),
    *(f"schedule.conf.{name}" for name in ("interval.every", "solar.latitude", "solar.longitude", "clocked.clocked_time")),
    "graph", "node", "depth", "file", "format", "system", "source", "mark",
)  # fmt: skip
# A sign-out ends the visit, and a password takes its time to hash.
MANY = 60  # requests
NOT_SENT = ("sign_out", "sign_in", "add_person", "change_password", "demote_person", "disable_person")


def _pairs() -> st.SearchStrategy[list[tuple[str, str]]]:
    def value(name: str) -> st.SearchStrategy[tuple[str, str]]:
        known = st.sampled_from(WORDS.get(name, ("1",)))
        return st.tuples(st.just(name), st.one_of(known, known, st.sampled_from(TEXTS), st.text(max_size=20)))

    return st.lists(st.sampled_from(FIELDS).flatmap(value), max_size=14)


def _values(rule: Rule) -> st.SearchStrategy[str]:
    numbers = ["1", "2", "3", "٣", "9" * 30, "9" * 5000, "-1"]
    texts = ["RUN", "RUN", "x", "%00", "%ED%A0%80", "0", "9" * 300, "0.loop[0].0"]
    parts = re.split(r"(<[^>]*>)", rule.rule.removeprefix("/admin"))
    return st.tuples(
        *(
            st.sampled_from(numbers if p.startswith("<int:") else texts) if p.startswith("<") else st.just(p)
            for p in parts
        )
    ).map("".join)


@pytest.fixture
def full(service: Service, ana: Master) -> str:
    """Some tasks, and a run of a sequence; the run's uid."""
    body = {"name": "count", "mst": jid(ana.uid)}
    service.periodic_tasks.create(Draft("walks", WALKER, body, EVERY, "UTC", {}), by=ana.uid)
    service.periodic_tasks.create(Draft("sends", SEQUENCE, LOOP, EVERY, "UTC", {}, asker=ana.uid), by=ana.uid)
    service.periodic_tasks.create(Draft("gone", WALKER, body, EVERY, "UTC", {}), by=ana.uid)
    service.periodic_tasks.delete(3, by=ana.uid)
    claim = started(service, kind="sequence", name="sends", owner=ana.uid, argument=LOOP)
    progress.write(service.db, claim, [Record("0", state="failed", url="http://x/"), Record("0.loop[0].0", state="ok")])
    return claim.uid


def _rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("pages.")]


@pytest.mark.hypothesis
def test_no_input_is_an_error_of_ours(app: Flask, admin: Visitor, full: str) -> None:
    rules = [rule for rule in _rules(app) if rule.endpoint.removeprefix("pages.") not in NOT_SENT]
    token = admin.token()

    @examples(MANY, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        rule = data.draw(st.sampled_from(rules))
        path = "/admin" + data.draw(_values(rule)).replace("RUN", full)
        pairs = data.draw(_pairs())
        headers = data.draw(st.sampled_from([{}, {"Live": "x"}]))
        if "POST" in (rule.methods or ()) and data.draw(st.booleans()):
            form = MultiDict([("csrf_token", token), *pairs])
            answer = admin.client.post(path, data=form, headers=headers)
        else:
            answer = admin.client.get(path, query_string=MultiDict(pairs), headers=headers)
        assert answer.status_code < 500 or answer.status_code == 503, answer.text[-2000:]

    ask()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/tasks/1/edit", {"revision": "9" * 5000}),
        ("/tasks/1/changes/1/back", {"revision": "9" * 5000}),
        ("/account/tokens", {"days": "9" * 5000}),
        ("/tasks/new", {"do": "fields", "task_id": "9" * 5000}),
    ],
)
def test_a_number_with_too_many_digits_is_none(admin: Visitor, full: str, path: str, form: dict[str, str]) -> None:
    assert admin.post(path, **form).status_code in (200, 303, 400)
    assert admin.get(f"/tasks/new?copy={form.get('revision', '9' * 30)}").status_code == 200


def test_a_search_that_is_too_long_finds_nothing(admin: Visitor, full: str) -> None:
    for place in ("/", "/people"):
        assert admin.get(f"{place}?search={'x' * 70_000}").status_code == 200


@pytest.mark.parametrize("field", ["name", "description"])
def test_no_text_of_a_task_holds_a_nul(service: Service, admin: Visitor, field: str) -> None:
    form = {"task": "walker", "name": "t", "body.name": "count", "schedule.conf.crontab.minute": "5"}
    form |= {"schedule.type": "crontab"} | {f"schedule.conf.crontab.{name}": "*" for name in ("hour", "day_of_month")}
    answer = admin.post("/tasks/new", **{**form, field: "a\0b"})
    assert answer.status_code == 400
    assert "contains a NUL character" in answer.text
    assert service.db.rows("SELECT count(*) FROM schedule") == [(0,)]


BROKEN = ("{broken", "[1]", "null", "{}", '{"type": "moon", "conf": 5}', '{"name": 5, "ctx": [1]}')


@pytest.mark.parametrize("column", ["argument", "schedule"])
@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_task_can_be_looked_at_and_put_right(
    service: Service, admin: Visitor, full: str, column: str, text: str
) -> None:
    service.db.change(f"UPDATE schedule SET {column} = ?", (text,))
    for path in ("/", "/calendar", *(f"/tasks/{id}{more}" for id in (1, 2) for more in ("", "/edit", "/changes"))):
        assert admin.get(path).status_code == 200, path
    for id in (1, 2):
        assert admin.get(f"/tasks/new?copy={id}").status_code == 200
    for what in ("run", "disable", "enable"):
        assert admin.post("/tasks/many", task="1", do=what).status_code == 303
    form = {"name": "walks", "task": "walker", "body.name": "count", "body": '{"by": 3}', "body.as": "json"}
    form |= {"schedule.type": "interval", "schedule.conf.interval.every": "5", "schedule.conf.interval.period": "days"}
    assert admin.post("/tasks/1/edit", **form).status_code == 303
    kept = task_queries.by_id(service.db, 1)
    assert kept is not None
    assert kept.argument_object()["ctx"] == {"by": 3}
    assert "5" in kept.words()
