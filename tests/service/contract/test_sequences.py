"""Sequences over HTTP: what is asked, and the exact shapes of what is answered."""

import json
from typing import Any

import pytest

from tests.service.contract.answers import NOWHERE, good, refusal
from tests.support.house import Client, House
from tests.support.scripted_server import Server

RECORD = {
    "path", "state", "name", "method", "url", "status", "try", "start", "ms", "bytes", "saved", "error", "request",
    "response", "curl", "replayed",
}  # fmt: skip
RUN, CHECK = "/js_admin/sequence_run", "/js_admin/sequence_check"
TEXT = """{
  // pasted
  "requests": [{"method": "GET", "api": "http://127.0.0.1:9/", "ignore_error": true, "save_to": "r"}, ...],
}"""


@pytest.fixture
def server(server: Server) -> Server:
    server.begin({"GET /ok": {"json": {"n": 1}}, "GET /bad": {"status": 500}})
    return server


def get(server: Server, path: str = "/ok", **more: Any) -> dict[str, Any]:
    return {"requests": [{"method": "GET", "api": server.base + path, "save_to": "r", **more}]}


def test_a_run_that_went_well_has_exactly_this_answer(ana: Client, server: Server) -> None:
    answer = good(ana.post(RUN, sequence=get(server)))
    assert set(answer) == {"success", "result", "steps", "error", "errors"}
    assert (answer["success"], answer["result"], answer["error"]) == (True, {"r": {"n": 1}}, None)
    assert [set(step) for step in answer["steps"]] == [RECORD]


def test_a_run_that_failed_says_where_and_keeps_what_it_had(ana: Client, server: Server) -> None:
    answer = good(ana.post(RUN, sequence=get(server, "/bad")))
    assert answer["success"] is False
    assert answer["error"] == {"path": "0", "message": "status 500 Internal Server Error"}
    assert answer["result"]["r"]["status"] == 500


def test_a_task_has_the_persistence_as_its_result_and_its_steps(ana: Client, server: Server) -> None:
    queued = good(ana.post(RUN, sequence=get(server), is_async=True))
    assert set(queued) == {"is_queued", "result"}
    task = ana.wait(queued["result"])
    assert set(task) == {"state", "status", "result", "steps"}
    assert (task["state"], task["result"]) == ("SUCCESS", {"r": {"n": 1}})
    assert [set(step) for step in task["steps"]] == [RECORD]


def test_a_task_that_failed_has_the_path_in_its_error(ana: Client, server: Server) -> None:
    task = ana.wait(good(ana.post(RUN, sequence=get(server, "/bad"), is_async=True))["result"])
    assert set(task) == {"state", "status", "result", "steps", "error", "errors"}
    assert set(task["error"]) == {"type", "message", "path"}
    assert (task["state"], task["error"]["path"]) == ("FAILURE", "0")


@pytest.mark.parametrize("form", [{"params": {"is_async": "True"}}, {"data": {"is_async": "true"}}])
def test_is_async_counts_in_every_form(ana: Client, server: Server, form: dict[str, Any]) -> None:
    given = {"sequence": json.dumps(get(server))}
    form["data"] = {**form.get("data", {}), **given}
    answer = good(ana.session.post(ana.url + RUN, **form, timeout=30))
    assert answer["is_queued"] is True
    assert ana.wait(answer["result"])["state"] == "SUCCESS"


def test_a_delayed_run_waits_for_its_time(ana: Client, server: Server) -> None:
    task = good(ana.post(RUN, sequence=get(server), is_async=True, delay=3600, priority=2))["result"]
    assert ana.task(task)["state"] == "PENDING"
    assert good(ana.js("walker_queue_cancel", task_id=task)) == {"state": "REVOKED", "status": "REVOKED", "steps": []}


def test_text_with_comments_and_trailing_commas_is_fine(ana: Client) -> None:
    answer = good(ana.post(RUN, sequence=TEXT))
    assert answer["success"] is True
    assert good(ana.post(CHECK, sequence=TEXT)) == {"ok": True, "problems": [], "warnings": []}


@pytest.mark.parametrize(
    ("sequence", "text"),
    [
        ({"requests": [{"methd": "GET"}]}, "requests[0].methd: unknown key of the step, did you mean method?"),
        ('{"requests": [}', "sequence: 1:15: "),
        (5, "argument: "),
        (None, "sequence is required"),
    ],
)
def test_what_can_not_work_is_refused_with_its_path(ana: Client, sequence: Any, text: str) -> None:
    assert refusal(ana.post(RUN, sequence=sequence), 400).startswith(text)
    assert refusal(ana.post(RUN, sequence=sequence, is_async=True), 400).startswith(text)


def test_a_check_names_every_problem_and_sends_nothing(ana: Client) -> None:
    steps = [{"method": "GET", "api": "http://x/", "when": [{"by": "$.a", "condition": {"eqq": 1}}]}, {}]
    answer = good(ana.post(CHECK, sequence={"requests": steps}))
    assert set(answer) == {"ok", "problems", "warnings"}
    assert answer["ok"] is False
    assert all(set(problem) == {"path", "message"} for problem in answer["problems"])
    assert [problem["path"] for problem in answer["problems"]] == [
        "requests[0].when[0].condition.eqq",
        "requests[1].method",
        "requests[1].api",
    ]


def test_a_check_of_a_text_that_can_not_be_read_says_where(ana: Client) -> None:
    answer = good(ana.post(CHECK, sequence='{\n  "requests": [},\n'))
    assert [problem["message"][:5] for problem in answer["problems"]] == ["2:16:"]


def test_a_dry_run_sends_nothing_and_shows_the_requests(ana: Client) -> None:
    steps = {
        "requests": [{"method": "POST", "api": "http://nowhere.example/", "body": {"a": "{{#.a}}"}, "save_to": "r"}]
    }
    answer = good(ana.post(RUN, sequence={**steps, "persistence": {"a": 7}}, mocks={"0": {"body": {"id": 3}}}))
    assert (answer["success"], answer["result"]) == (True, {"a": 7, "r": {"id": 3}})
    assert answer["steps"][0]["request"]["body"] == {"a": 7}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"mocks": {"0": {"statuss": 1}}}, "mocks[0]: statuss: unknown"),
        ({"mocks": []}, "mocks: expected an object"),
        ({"mocks": {}, "is_async": True}, "mocks: a dry run can't be combined"),
        ({"unknown": {"0": "send"}}, "unknown: can only be used with again_from"),
        ({"delay": 5}, "delay: needs is_async"),
        ({"priority": 10, "is_async": True}, "priority: 10 is out of range"),
        ({"again_from": "urn:uuid:x"}, "again_from: "),
    ],
)
def test_parameters_that_make_no_sense_are_refused(ana: Client, server: Server, given: Any, text: str) -> None:
    assert refusal(ana.post(RUN, sequence=get(server), **given), 400).startswith(text)


def test_a_run_that_is_not_there_is_404(ana: Client) -> None:
    assert "is not a task of yours" in refusal(ana.post(RUN, again_from=NOWHERE), 404)


def test_only_a_sequence_that_failed_is_gone_on_from(ana: Client, server: Server) -> None:
    walker = ana.start("echo")
    assert "not a sequence" in refusal(ana.post(RUN, again_from=walker), 400)
    well = good(ana.post(RUN, sequence=get(server), is_async=True))["result"]
    ana.wait(well)
    assert "succeeded" in refusal(ana.post(RUN, again_from=well), 409)
    waits = good(ana.post(RUN, sequence=get(server), is_async=True, delay=3600))["result"]
    assert "not ended" in refusal(ana.post(RUN, again_from=waits), 409)
    ana.js("walker_queue_cancel", task_id=waits)
    assert "never began" in refusal(ana.post(RUN, again_from=waits), 409)


def test_only_admins_run_sequences(ben: Client, server: Server) -> None:
    for path in (RUN, CHECK):
        refusal(ben.post(path, sequence=get(server)), 403)


def test_secrets_of_the_environment_are_masked_everywhere(new_house: Any, server: Server) -> None:
    house: House = new_house(SECRET_PASS="hush-hush", SECRET_KEY="own-own", SEQUENCE_ENV="STAGE", STAGE="blue").start()
    ana = house.client()
    steps = {"a": "{{secret.PASS}}", "b": "{{env.STAGE}}", "c": "{{secret.KEY}}", "d": "{{env.HOME}}"}
    sequence = get(server, query=steps, save_req_to="sent")
    task = ana.wait(good(ana.post(RUN, sequence=sequence, is_async=True))["result"])
    assert task["result"]["sent"]["query"] == {"a": "***", "b": "blue", "c": None, "d": None}
    assert "a=hush-hush&b=blue" in server.seen[-1].path
    told = json.dumps(task) + ana.post(RUN, sequence=sequence).text
    assert "hush-hush" not in told
    assert "own-own" not in told


# Without a worker.


def test_a_run_in_the_background_runs_now_when_there_is_no_worker(idle_house: House, server: Server) -> None:
    dora = idle_house.client()
    answer = good(dora.post(RUN, sequence=get(server), is_async=True))
    assert answer["is_queued"] is False
    assert set(answer["result"]) == {"success", "result", "steps", "error", "errors"}
    assert answer["result"]["result"] == {"r": {"n": 1}}


@pytest.mark.parametrize("is_async", [False, True])
def test_a_run_inside_of_a_request_ends_at_its_limit_and_says_where(
    idle_house: House, sink: Any, is_async: bool
) -> None:
    steps = {"requests": [{"method": "GET", "api": sink.url, "ignore_error": True}, {"method": "GET", "api": sink.url}]}
    answer = good(idle_house.client().post(RUN, sequence=steps, is_async=is_async))
    answer = answer["result"] if is_async else answer
    assert answer["success"] is False
    assert answer["error"]["path"] in ("0", "1")
    assert answer["error"]["message"].startswith("TimeLimit: ended after 1 s")
    assert "use is_async" in answer["error"]["message"]
    assert answer["steps"][0]["path"] == "0"


def test_a_walker_asked_in_the_background_by_a_step_runs_now_when_there_is_no_worker(idle_house: House) -> None:
    dora = idle_house.client()
    me = dora.js("master_self").json()["jid"]
    body = {"name": "echo", "ctx": {"value": 4}, "is_async": True}
    step = {"method": "JAC", "api": "walker_run", "master": me, "body": body, "save_to": "r"}
    ran = good(dora.post(RUN, sequence={"requests": [step]}))
    assert (ran["result"]["r"]["is_queued"], ran["result"]["r"]["result"]["report"]) == (False, [4])


def test_a_check_tells_what_is_hardly_meant_and_is_well_all_the_same(ana: Client) -> None:
    answer = good(ana.post(CHECK, sequence={"requests": [{"set": {"ids": "{{= items.id }}"}}]}))
    assert (answer["ok"], answer["problems"]) == (True, [])
    assert [set(warning) for warning in answer["warnings"]] == [{"path", "message"}]
    assert answer["warnings"][0]["path"] == "requests[0].set.ids"


def test_an_expression_runs_inside_a_request(ana: Client) -> None:
    steps = [{"set": {"total": "{{= $sum($memory.rows.(n * 2)) }}"}}, {"set": {"huge": "{{= $pad('x', 1e9) }}"}}]
    answer = good(ana.post(RUN, sequence={"persistence": {"rows": [{"n": 1}, {"n": 2}]}, "requests": steps}))
    assert answer["result"]["total"] == 6
    assert answer["error"]["path"] == "1"
    assert "the limit of an expression" in answer["error"]["message"]
