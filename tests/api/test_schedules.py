"""The APIs of schedules, asked over HTTP."""

from typing import Any

import pytest

from tests.support.house import Client, House
from tests.support.schedule_harness import at, cron, every

YEARLY = cron("0", hour="3", day_of_month="1", month_of_year="1")
TASK_KEYS = {
    "id", "name", "task", "schedule", "timezone", "kwargs", "description", "owner", "priority", "overlap", "catch_up",
    "grace", "jitter", "max_attempts", "backoff", "time_limit", "state", "note", "text", "next_run_at", "last_run_at",
    "total_run_count", "revision", "health", "notify", "tags", "queue",
}  # fmt: skip
RUN_KEYS = {
    "id", "scheduled_for", "state", "reason", "queued", "started", "ended", "late_s", "attempts", "task_id", "error",
}  # fmt: skip


@pytest.fixture(scope="module")
def bea(house: House) -> Client:
    """Somebody who is no admin."""
    return house.person("bea-schedules@example.com")


def added(who: Client, name: str, schedule: dict[str, Any] = YEARLY, body: Any = None, **params: Any) -> int:
    answer = who.js("add_scheduled_walker", name=name, schedule=schedule, body=body or {"name": "echo"}, **params)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["id"])


def asked(who: Client, api: str, status: int = 200, **params: Any) -> Any:
    answer = who.js(api, **params)
    assert answer.status_code == status, answer.text
    return answer.json()


def error_of(who: Client, api: str, status: int, **params: Any) -> str:
    return str(asked(who, api, status, **params)["errors"][0])


def test_a_walker_is_scheduled(bea: Client) -> None:
    body = {"name": "echo", "ctx": {"value": 1}}
    answer = asked(bea, "add_scheduled_walker", name="bea: first", schedule=YEARLY, body=body)
    assert answer == {"success": True, "id": answer["id"], "response": "Scheduled Walker created successfully!"}


def test_a_task_is_shown_in_full(bea: Client) -> None:
    id = added(bea, "bea: full", timezone="Europe/Berlin", grace=5, description="x")
    task = asked(bea, "schedule_get", id=id)
    assert set(task) == TASK_KEYS
    assert task["kwargs"] == {"name": "echo", "mst": asked(bea, "master_self")["jid"]}
    assert task["next_run_at"].endswith("-01-01T03:00:00+01:00")
    assert task["text"] == "At 03:00, on day 1 of the month, only in January (Europe/Berlin)"
    assert asked(bea, "schedule_get", name="bea: full") == task


def test_an_argument_may_be_a_text_with_comments(bea: Client) -> None:
    id = added(bea, "bea: pasted", body='{\n  // the seed writes it so\n  "name": "echo", "ctx": {"value": [1,]},\n}')
    assert asked(bea, "schedule_get", id=id)["kwargs"]["ctx"] == {"value": [1]}
    said = error_of(
        bea, "add_scheduled_walker", 400, name="bea: torn", schedule=YEARLY, body='{"name": "echo",\n "ctx" 1}'
    )
    assert said.startswith("body: 2:8: ")


def test_a_sequence_is_scheduled_by_admins_only(house: House, bea: Client) -> None:
    given: dict[str, Any] = {"name": "seq", "schedule": YEARLY, "body": {"requests": []}}
    assert bea.post("/js_admin/add_scheduled_sequence", **given).status_code == 403
    answer = house.client().post("/js_admin/add_scheduled_sequence", **given).json()
    assert answer["response"] == "Scheduled Sequence created successfully!"
    assert house.client().js("delete_scheduled_queue", scheduled_queue_id=answer["id"]).status_code == 200


def test_a_sequence_without_requests_is_refused_by_field(house: House) -> None:
    answer = house.client().post("/js_admin/add_scheduled_sequence", name="seq", schedule=YEARLY, body={})
    assert (answer.status_code, "body.requests" in answer.json()["errors"][0]) == (400, True)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"body": {"name": "eco"}}, 'body.name: no walker "eco", did you mean echo?'),
        ({"body": {"name": "echo", "nd": "home"}}, 'body.nd: "home" is neither a jid nor one of your aliases'),
        ({"body": {"name": "echo", "snt": "x"}}, 'body.snt: "x" is neither a jid nor one of your aliases'),
        ({"body": {"name": "echo", "mst": "x"}}, 'body.mst: "x" is neither a jid nor one of your aliases'),
        ({"body": 5}, "body: 5 is not an object; use the argument of what the task runs"),
        (
            {"schedule": cron("61")},
            'schedule.conf.minute: "61" is not a minute; use 0 to 59, a list, a range or */step',
        ),
        ({"timezone": "Mars"}, 'timezone: "Mars" is not a time zone; use an IANA name like Europe/Berlin or UTC'),
        ({"overlap": "no"}, 'overlap: "no" is not a rule for overlapping runs; use skip, allow, queue or replace'),
        ({"schedule": at("2020-01-01T00:00:00Z")}, "schedule.conf.clocked_time: 2020-01-01T00:00:00+00:00 is past"),
        ({"priority": 10}, "priority: 10 is not a priority; use a whole number from -9 to 9"),
        ({"tz": "UTC"}, "tz: unknown, not a parameter of add_scheduled_walker"),
    ],
)
def test_what_cannot_be_is_refused_by_field(bea: Client, changed: dict[str, Any], error: str) -> None:
    given: dict[str, Any] = {"name": "bea: no", "schedule": YEARLY, "body": {"name": "echo"}} | changed
    assert error_of(bea, "add_scheduled_walker", 400, **given).startswith(error)


def test_a_taken_name_is_a_conflict(bea: Client) -> None:
    added(bea, "bea: taken")
    error = error_of(bea, "add_scheduled_walker", 409, name="bea: taken", schedule=YEARLY, body={"name": "echo"})
    assert error.startswith('name: "bea: taken" is taken')


def test_only_an_admin_schedules_in_anothers_name(house: House, bea: Client) -> None:
    ana = house.client()
    given: dict[str, Any] = {"name": "for another", "schedule": YEARLY}
    error = error_of(
        bea, "add_scheduled_walker", 403, **given, body={"name": "echo", "mst": asked(ana, "master_self")["jid"]}
    )
    assert error.startswith("body.mst: ")
    jid = asked(bea, "master_self")["jid"]
    id = added(ana, "for another", body={"name": "echo", "mst": jid})
    assert asked(bea, "schedule_get", id=id)["owner"] == jid


def test_anothers_task_looks_like_none(house: House, bea: Client) -> None:
    id = added(house.client(), "ana: hers")
    for api in (
        "schedule_get",
        "schedule_update",
        "schedule_enable",
        "schedule_disable",
        "schedule_run_now",
        "schedule_runs",
        "schedule_changes",
    ):
        assert error_of(bea, api, 404, id=id) == f"id: {id} is not a scheduled task of yours"
    assert error_of(bea, "delete_scheduled_queue", 404, scheduled_queue_id=id).startswith("scheduled_queue_id: ")
    assert error_of(bea, "schedule_get", 404, name="ana: hers") == 'name: "ana: hers" is not a scheduled task of yours'


def test_an_event_that_never_comes_is_accepted_with_a_warning(bea: Client) -> None:
    solar = {"type": "solar", "conf": {"event": "sunset", "latitude": 90, "longitude": 0}}
    answer = asked(bea, "add_scheduled_walker", name="bea: pole", schedule=solar, body={"name": "echo"})
    assert answer["warnings"]
    assert asked(bea, "schedule_get", id=answer["id"])["state"] == "never"


def test_people_see_their_own_tasks_and_admins_all(house: House, bea: Client) -> None:
    cid = house.person("cid-schedules@example.com")
    first, second = added(cid, "cid: first"), added(cid, "cid: second", description="nightly")
    assert [task["id"] for task in asked(cid, "get_scheduled_queues")] == [second, first]
    assert asked(cid, "get_scheduled_queues", limit=0) == asked(cid, "get_scheduled_queues")
    assert [task["id"] for task in asked(cid, "get_scheduled_queues", asc=True, limit=1)] == [first]
    assert [task["id"] for task in asked(cid, "get_scheduled_queues", search="NIGHT")] == [second]
    assert {first, second} <= {task["id"] for task in asked(house.client(), "get_scheduled_queues", limit=0)}
    keys = {"id", "name", "schedule", "kwargs", "next_run_at", "state"}
    assert set(asked(cid, "get_scheduled_queues")[0]) == keys


def test_tasks_are_listed_by_name(house: House) -> None:
    dan = house.person("dan-schedules@example.com")
    ids = {name: added(dan, f"dan: {name}") for name in "bca"}
    assert [task["id"] for task in asked(dan, "get_scheduled_queues")] == [ids["c"], ids["b"], ids["a"]]
    assert [task["id"] for task in asked(dan, "get_scheduled_queues", asc=True)] == [ids["a"], ids["b"], ids["c"]]
    assert [task["id"] for task in asked(dan, "get_scheduled_queues", limit=1, offset=1)] == [ids["b"]]


@pytest.mark.parametrize(
    "schedule",
    [
        {"type": "interval", "every": 2, "period": "hours"},
        {"type": "interval", "every": 2, "conf": {"period": "hours"}},
        '{"type": "interval", "conf": {"every": 2, "period": "hours"}}',
        '{"type": "interval", "every": 2, "period": "hours"}',
        {"type": "cron", "minute": "5", "hour": "*/2"},
        {"type": "crontab", "minute": "5", "one_off": True},
        {"type": "solar", "event": "sunset", "latitude": 1, "longitude": 2},
        {"type": "clocked", "clocked_time": "2035-01-01T00:00:00Z"},
    ],
)
def test_the_fields_of_a_kind_may_stand_beside_its_type(bea: Client, schedule: Any) -> None:
    assert asked(bea, "schedule_preview", schedule=schedule)["next"]
    id = added(bea, f"bea: beside {schedule}", schedule)
    kept = asked(bea, "schedule_get", id=id)["schedule"]
    assert set(kept) == {"type", "conf", "one_off", "start_time", "expires"}
    assert asked(bea, "schedule_update", id=id, schedule=schedule)["schedule"] == kept


def test_a_field_that_stands_twice_is_refused(bea: Client) -> None:
    twice = {"type": "interval", "every": 2, "conf": {"every": 3, "period": "hours"}}
    assert "every" in error_of(bea, "schedule_preview", 400, schedule=twice)


def test_a_deleted_task_is_gone(bea: Client) -> None:
    id = added(bea, "bea: deleted")
    answer = asked(bea, "delete_scheduled_queue", scheduled_queue_id=id)
    assert answer == {"success": True, "response": "Successfully deleted!"}
    asked(bea, "schedule_get", 404, id=id)


def test_a_preview_has_words_and_times_with_offset(bea: Client) -> None:
    answer = asked(
        bea, "schedule_preview", schedule=cron("0", hour=3), timezone="Europe/Berlin", after="2027-01-15T12:00", count=2
    )
    assert answer == {
        "text": "Every day at 03:00 (Europe/Berlin)",
        "timezone": "Europe/Berlin",
        "next": ["2027-01-16T03:00:00+01:00", "2027-01-17T03:00:00+01:00"],
        "warnings": [],
    }


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"count": 0}, "count: 0 is out of range; use 1 to 1000"),
        ({"after": "soon"}, 'after: "soon" is not a moment'),
        ({"schedule": {"type": "cron"}}, "schedule.conf: missing"),
        ({"schedule": "x"}, 'schedule: "x" is not an object'),
    ],
)
def test_a_preview_that_cannot_be_is_refused_by_field(bea: Client, changed: dict[str, Any], error: str) -> None:
    assert error_of(bea, "schedule_preview", 400, **({"schedule": YEARLY} | changed)).startswith(error)


def test_an_edit_changes_what_is_given_and_null_sets_back(bea: Client) -> None:
    id = added(bea, "bea: edited", grace=5, priority=3)
    task = asked(
        bea, "schedule_update", id=id, name="bea: renamed", grace=None, priority=None, schedule=every(1, "days")
    )
    assert (task["name"], task["grace"], task["priority"], task["revision"]) == ("bea: renamed", None, 0, 2)
    assert task["text"] == "Every day"


def test_an_edit_may_name_the_kind_of_task_in_full(bea: Client) -> None:
    id = added(bea, "bea: kind")
    assert asked(bea, "schedule_update", id=id, task="jaseci.svc.task.common.ScheduledWalker")["revision"] == 1
    error = error_of(bea, "schedule_update", 400, id=id, task="jaseci.svc.task.common.ScheduledSequence")
    assert error == "task: bea: kind is a ScheduledWalker, which can't change; create a new task instead"


def test_an_edit_of_the_argument_is_checked(bea: Client) -> None:
    id = added(bea, "bea: argument")
    assert error_of(bea, "schedule_update", 400, id=id, kwargs={"name": "eco"}).startswith("kwargs.name: ")
    assert asked(bea, "schedule_update", id=id, body={"name": "count"})["kwargs"]["name"] == "count"


def test_an_edit_of_a_revision_that_is_old_is_a_conflict(bea: Client) -> None:
    id = added(bea, "bea: revision")
    asked(bea, "schedule_update", id=id, description="x", revision=1)
    assert error_of(bea, "schedule_update", 409, id=id, description="y", revision=1).startswith(
        "revision: 1 is not the latest"
    )


def test_disabled_with_a_note_and_enabled_again(bea: Client) -> None:
    id = added(bea, "bea: off")
    off = asked(bea, "schedule_disable", id=id, note="on holiday")
    assert (off["state"], off["note"], off["next_run_at"]) == ("disabled", "on holiday", None)
    assert asked(bea, "schedule_enable", id=id)["state"] == "active"


def test_run_now_is_a_task_that_can_be_waited_for(bea: Client) -> None:
    id = added(bea, "bea: now", body={"name": "echo", "ctx": {"value": 7}})
    answer = asked(bea, "schedule_run_now", id=id)
    assert answer == {"success": True, "run": answer["task_id"], "task_id": answer["task_id"]}
    assert bea.wait(answer["task_id"])["result"]["report"] == [7]
    page = asked(bea, "schedule_runs", id=id)
    assert (page["total"], page["data"][0]["scheduled_for"], page["data"][0]["state"]) == (1, None, "SUCCESS")
    assert set(page["data"][0]) >= RUN_KEYS


def test_runs_of_a_state_that_is_none_are_refused(bea: Client) -> None:
    id = added(bea, "bea: states")
    assert error_of(bea, "schedule_runs", 400, id=id, state="DONE").startswith('state: "DONE" is unknown; use PENDING')


def test_changes_tell_who_made_them_and_what_it_was(house: House, bea: Client) -> None:
    id = added(bea, "bea: changes", timezone="Europe/Berlin")
    asked(bea, "schedule_disable", id=id, note="on holiday")
    asked(house.client(), "schedule_update", id=id, description="x", name="bea: another name")
    page = asked(bea, "schedule_changes", name="bea: another name", limit=2)
    assert page["total"] == 3
    told = [(row["revision"], row["change"], row["note"], row["task"]["name"]) for row in page["data"]]
    assert told == [(3, "changed", "on holiday", "bea: another name"), (2, "disabled", "on holiday", "bea: changes")]
    assert (page["data"][0]["by"] != page["data"][1]["by"]) and page["data"][1]["by"] == page["data"][1]["task"][
        "owner"
    ]
    assert page["data"][0]["at"].endswith(("+02:00", "+01:00"))
    first = asked(bea, "schedule_changes", id=id, offset=2)["data"][0]["task"]
    assert set(first) == TASK_KEYS - {
        "id",
        "note",
        "text",
        "next_run_at",
        "last_run_at",
        "total_run_count",
        "revision",
        "health",
        "notify",
    }


def test_what_it_was_in_another_s_hands_is_not_told(house: House, bea: Client) -> None:
    id = added(house.client(), "was ana's")
    jid = asked(bea, "schedule_get", id=added(bea, "bea: who"))["owner"]
    asked(house.client(), "schedule_update", id=id, body={"name": "echo", "mst": jid})
    assert [row["revision"] for row in asked(bea, "schedule_changes", id=id)["data"]] == [2]
    assert asked(house.client(), "schedule_changes", id=id)["total"] == 2


def test_why_tells_of_the_time_to_come(bea: Client) -> None:
    id = added(bea, "bea: why", timezone="Europe/Berlin")
    due = asked(bea, "schedule_get", id=id)["next_run_at"]
    assert asked(bea, "schedule_why", id=id, at=due) == {"text": f"It will run then: due {due[:10]} 03:00.", "runs": []}


def test_which_task_must_be_said(bea: Client) -> None:
    assert error_of(bea, "schedule_get", 400).startswith("id is required")
    assert error_of(bea, "schedule_get", 404, id="9" * 30) == f'id: "{"9" * 30}" is not a scheduled task of yours'
