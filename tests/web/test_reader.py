"""Whatever is written as JSON, wherever it is given, is held to the same: refused with the name of its field, or taken."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

EVERY = {"type": "interval", "conf": {"every": 1, "period": "days"}}
JSON = {"Content-Type": "application/json"}
BAD = {
    "half a character": '{"value": "\\ud800"}',
    "half a character in a key": '{"value": {"\\udc00": 1}}',
    "NUL": '{"value": "a\\u0000"}',
    "NUL in a key": '{"value": [{"\\u0000": 1}]}',
    "NaN": '{"value": NaN}',
    "Infinity": '{"value": -Infinity}',
    "beyond a double": '{"value": 1e400}',
    "too many digits": '{"value": ' + "1" * 5000 + "}",
    "1,000 deep": '{"value": ' + "[" * 1000 + "]" * 1000 + "}",
    "too deep": '{"value": ' + "[" * 101 + "]" * 101 + "}",
    "a key twice": '{"value": 1, "value": 2}',
}

Ask = Callable[[FlaskClient, str], TestResponse]


def _js(path: str, field: str, **more: Any) -> Ask:
    """The text as a parameter in a JSON body."""
    return lambda client, text: client.post(path, data=json.dumps({**more, field: text}), headers=JSON)


def _form(path: str, field: str, **more: str) -> Ask:
    return lambda client, text: client.post(path, data={**more, field: text})


def _query(path: str, field: str, **more: str) -> Ask:
    return lambda client, text: client.post(path, query_string={**more, field: text})


def _part(client: FlaskClient, text: str) -> TestResponse:
    data = {"name": (None, "echo"), "ctx": (None, text)}
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, (_, value) in data.items()
    )
    return client.post("/js/walker_run", data=body + "--b--", content_type="multipart/form-data; boundary=b")


def _file(client: FlaskClient, text: str) -> TestResponse:
    head = 'Content-Disposition: form-data; name="ctx"; filename="c.json"\r\nContent-Type: application/json'
    body = f'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\necho\r\n--b\r\n{head}\r\n\r\n{text}\r\n--b--'
    return client.post("/js/walker_run", data=body, content_type="multipart/form-data; boundary=b")


DOORS: dict[str, tuple[str, Ask]] = {
    "ctx": ("ctx", _js("/js/walker_run", "ctx", name="echo")),
    "ctx in a form": ("ctx", _form("/js/walker_run", "ctx", name="echo")),
    "ctx in a query": ("ctx", _query("/js/walker_run", "ctx", name="echo")),
    "ctx in a part": ("ctx", _part),
    "ctx in a file": ("ctx", _file),
    "schedule": ("schedule", _js("/js/schedule_preview", "schedule")),
    "schedule in a form": ("schedule", _form("/js/schedule_preview", "schedule")),
    "schedule in a query": ("schedule", _query("/js/schedule_preview", "schedule")),
    "body": ("body", _js("/js/add_scheduled_walker", "body", name="t", schedule=EVERY)),
    "sequence": ("sequence", _js("/js_admin/sequence_run", "sequence")),
    "sequence in a form": ("sequence", _form("/js_admin/sequence_run", "sequence")),
    "mocks": ("mocks", _js("/js_admin/sequence_run", "mocks", sequence={"requests": []})),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", BAD)
def test_what_json_may_not_hold_is_400_by_its_field(admin: FlaskClient, door: str, what: str) -> None:
    field, ask = DOORS[door]
    answer = ask(admin, BAD[what])
    assert (answer.status_code, answer.json["response"].partition(":")[0]) == (400, field)
    assert len(answer.get_data()) < 2_000


@pytest.mark.parametrize("what", [what for what in BAD if what != "a key twice"])
def test_a_body_is_held_to_the_same(admin: FlaskClient, what: str) -> None:
    answer = admin.post("/js/walker_run", data=f'{{"name": "echo", "ctx": {BAD[what]}}}', headers=JSON)
    assert answer.status_code == 400
    assert answer.json["response"].partition(":")[0] in ("body", "ctx")


@pytest.mark.parametrize("door", [door for door in DOORS if door.startswith("ctx")])
def test_what_json_may_hold_is_taken(admin: FlaskClient, door: str) -> None:
    text = '{"value": ["\\ud83d\\ude00", "\\\\u0000", 1e300, ' + "[" * 97 + "]" * 97 + "]}"
    assert DOORS[door][1](admin, text).json["report"] == [json.loads(text)["value"]]


BEYOND = (2**63, -(2**63) - 1, 2**64, -(10**30), 10**400)


@pytest.mark.parametrize("number", BEYOND)
@pytest.mark.parametrize("as_form", [False, True])
@pytest.mark.parametrize(
    ("path", "field", "more"),
    [
        ("/js/schedule_get", "id", {}),
        ("/js/delete_scheduled_queue", "scheduled_queue_id", {}),
        ("/js/get_scheduled_queues", "limit", {}),
        ("/js/get_scheduled_queues", "offset", {}),
        ("/js/graph_get", "offset", {}),
        ("/js/schedule_update", "revision", {"id": 1}),
        ("/js/schedule_preview", "count", {"schedule": json.dumps(EVERY)}),
        ("/js/object_get", "depth", {"obj": "active:graph"}),
        ("/js/walker_run", "priority", {"name": "echo"}),
        ("/js_admin/master_allusers", "limit", {}),
    ],
)
def test_a_number_that_no_database_holds_is_no_error_of_ours(
    admin: FlaskClient, path: str, field: str, more: dict[str, Any], number: int, as_form: bool
) -> None:
    given = {"data": {**more, field: str(number)}} if as_form else {"json": {**more, field: number}}
    answer = admin.post(path, **given)
    assert answer.status_code in (400, 404)
    assert (field if answer.status_code == 400 and number != 10**400 else "") in answer.json["response"]


@pytest.mark.parametrize("name", ["value", "other"])
def test_a_nul_in_a_query_that_fills_fields_is_refused(admin: FlaskClient, name: str) -> None:
    root = admin.post("/js/graph_active_get").json["jid"]
    key = admin.post("/js/walker_get", json={"wlk": "echo", "mode": "keys"}).json["anyone"]
    answer = admin.get(f"/js_public/walker_callback/{root}/echo?key={key}&{name}=a%00b")
    assert answer.status_code == 400
    assert name in answer.json["response"]
