"""What clients of the original send along, and what they leave empty."""

from typing import Any

import pytest
import requests

from tests.service.contract.answers import good, refusal
from tests.support.house import Client, House
from walkabout.api.parameters import SENT_ALONG

PLACES = ("json", "data", "params", "files")
VALUES = ("", "x", "false", {}, [1], None, 3)


def send(client: Client, path: str, place: str, **given: Any) -> requests.Response:
    if place == "files":
        given = {name: (None, str(value)) for name, value in given.items()}
    return client.session.post(client.url + path, **{place: given}, timeout=30)  # type: ignore[arg-type]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", sorted(SENT_ALONG))
def test_what_is_sent_along_is_taken_where_it_means_nothing(someone: Client, name: str, place: str) -> None:
    assert good(send(someone, "/js/alias_register", place, name="a", value="b", **{name: "x"}))["response"]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("path", ["/js/alias_list", "/js/graph_list", "/js/master_self", "/js_public/info"])
def test_it_may_be_of_any_type(ben: Client, path: str, value: Any) -> None:
    given = dict.fromkeys(SENT_ALONG - {"detailed"}, value)
    good(send(ben, path, "json", **given))


@pytest.mark.parametrize("place", PLACES)
def test_it_is_taken_with_a_walker_too(ben: Client, place: str) -> None:
    given = {
        "output": "",
        "_req_ctx": "{}",
        "profiling": "false",
        "detailed": "false",
        "op": "",
        "depth": "",
        "dot": "",
    }
    assert good(send(ben, "/js/walker_run", place, name="echo", **given))["report"] == [None]


def test_a_walker_is_summoned_with_a_sentinel(house: House, ben: Client) -> None:
    key = good(ben.js("walker_get", wlk="echo", mode="keys"))["anyone"]
    body = {"key": key, "wlk": "echo", "nd": "active:graph", "snt": "active:sentinel", "output": ""}
    assert good(requests.post(f"{house.url}/js_public/walker_summon", json=body, timeout=30))["report"] == [None]


def test_a_user_is_made_as_the_original_s_client_does(ana: Client) -> None:
    body = {"email": "client@example.com", "password": "long-enough", "name": "", "other_fields": {}, "send_email": True,
            "global_init": "", "global_init_ctx": {}, "is_activated": "True", "is_superuser": "False"}  # fmt: skip
    made = good(ana.post("/user/create/", **body), 201)
    assert (made["is_activated"], made["is_superuser"], made["name"]) == (True, False, "")


def test_a_user_may_be_made_who_is_not_activated(ana: Client) -> None:
    body = {"email": "later@example.com", "password": "long-enough", "is_activated": False}
    assert good(ana.post("/user/create/", **body), 201)["is_activated"] is False
    refused = requests.post(f"{ana.url}/user/token/", json=body | {"is_activated": ""}, timeout=30)
    assert refused.status_code == 400


def test_other_names_are_refused_with_the_right_one(ben: Client) -> None:
    assert "did you mean name" in refusal(ben.js("walker_run", nmae="echo", output=""), 400)
    assert "outptu" in refusal(ben.js("alias_list", outptu=""), 400)


def test_a_field_of_a_walker_is_no_less_strict(ben: Client) -> None:
    assert "output" in refusal(ben.js("walker_run", name="echo", ctx={"output": ""}), 400)


def test_what_no_database_can_hold_is_refused_there_too(ben: Client) -> None:
    assert "output" in refusal(ben.js("alias_list", output="\0"), 400)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["nd", "snt", "ctx", "is_async", "delay", "eta", "priority"])
def test_an_empty_text_counts_as_not_given(ben: Client, name: str, place: str) -> None:
    assert good(send(ben, "/js/walker_run", place, name="echo", **{name: ""}))["report"] == [None]


@pytest.mark.parametrize(
    ("path", "given"),
    [("/js/object_get", {"obj": "active:graph", "depth": "", "detailed": ""}), ("/js/graph_get", {"gph": "", "mode": ""}),
     ("/js/graph_get", {"limit": "", "offset": ""}), ("/js/walker_list", {"snt": "", "detailed": ""}),
     ("/js/walker_get", {"wlk": "echo", "mode": ""}), ("/js/sentinel_active_set", {"snt": ""}),
     ("/js/get_scheduled_queues", {"limit": "", "offset": "", "asc": "", "search": ""}),
     ("/js_admin/master_allusers", {"limit": "", "offset": "", "asc": "", "search": ""})],
)  # fmt: skip
@pytest.mark.parametrize("place", ["json", "params"])
def test_it_does_on_every_route(ana: Client, path: str, given: dict[str, Any], place: str) -> None:
    left_out = {name: value for name, value in given.items() if value}
    assert good(send(ana, path, place, **given)) == good(send(ana, path, place, **left_out))


def test_an_empty_task_id_asks_for_the_queue(ben: Client) -> None:
    assert set(good(ben.get("/js/walker_queue_check", task_id=""))) >= {"scheduled", "active", "reserved"}


def test_a_text_that_is_required_may_not_be_empty(ben: Client) -> None:
    assert "name" in refusal(ben.js("alias_register", name="", value="x"), 400)
    refusal(ben.js("walker_run", name=""), 404)


def test_texts_that_are_stored_may_be_empty(newcomer: Client) -> None:
    schedule = {"type": "interval", "conf": {"every": 1, "period": "days"}}
    made = good(newcomer.js("add_scheduled_walker", name=newcomer.token, schedule=schedule, body={"name": "echo"},
                            description="to go", timezone="", overlap=""))  # fmt: skip
    good(newcomer.js("schedule_disable", id=made["id"], note="why"))
    task = good(newcomer.js("schedule_update", id=made["id"], description="", timezone="", overlap=""))
    assert (task["description"], task["note"], task["timezone"]) == ("", "why", "UTC")
    good(newcomer.js("delete_scheduled_queue", scheduled_queue_id=made["id"]))


def test_a_person_may_take_the_name_away(newcomer: Client) -> None:
    answer = newcomer.session.patch(f"{newcomer.url}/user/manage/", json={"name": "", "password": ""}, timeout=30)
    assert good(answer)["name"] == ""


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_true_as_text_counts_in_a_json_body(ben: Client, text: str) -> None:
    assert "j_master" in good(ben.js("object_get", obj="active:graph", detailed=text))


@pytest.mark.parametrize("text", ["false", "False", "FALSE"])
def test_false_as_text_counts_in_a_json_body(ben: Client, text: str) -> None:
    assert "j_master" not in good(ben.js("object_get", obj="active:graph", detailed=text))


@pytest.mark.parametrize("value", ["yes", 1, 0, [], "truee"])
def test_what_else_is_no_boolean(ben: Client, value: Any) -> None:
    assert "detailed" in refusal(ben.js("object_get", obj="active:graph", detailed=value), 400)


def test_a_wait_without_a_timeout_ends_with_the_task(ben: Client) -> None:
    task_id = ben.start("echo", value=1)
    assert good(ben.get("/js/walker_queue_wait", task_id=task_id))["state"] == "SUCCESS"
