"""Lists of runs over the APIs, and what is done to many of them."""

from tests.support.house import House


def test_runs_are_listed_run_again_and_cancelled(house: House) -> None:
    client = house.person("many@example.com")
    ids = []
    for number in range(3):
        ids.append(client.start("fail", message=f"no {number}"))
        assert client.wait(ids[-1])["state"] == "FAILURE"
    found = client.post("/js/jobs_list", state="failed", walker="fail", limit=2).json()
    assert [row["id"] for row in found["data"]] == [ids[2], ids[1]]
    assert found["data"][0]["error"]["message"] == "no 2"
    older = client.post("/js/jobs_list", state="FAILURE", limit=2, after=found["next"]).json()
    assert ([row["id"] for row in older["data"]], older["next"]) == ([ids[0]], None)
    again = client.post("/js/jobs_again", ids=ids[:2]).json()
    assert again == {"count": 2, "task_id": None}
    later = client.post("/js/walker_run", name="echo", is_async=True, delay=900).json()["result"]
    assert client.post("/js/jobs_cancel", state="waiting", walker="echo").json()["count"] == 1
    assert client.get("/js/walker_queue_check", task_id=later).json()["state"] == "REVOKED"


def test_an_unknown_filter_is_refused_and_none_is_not_all(house: House) -> None:
    client = house.person("strict@example.com")
    for name, given in (
        ("jobs_list", {"state": "odd"}),
        ("jobs_list", {"order": "length"}),
        ("jobs_list", {"task": "nobody's"}),
        ("jobs_again", {"how": "twice", "state": "failed"}),
        ("jobs_cancel", {}),
    ):
        assert client.post(f"/js/{name}", **given).status_code == 400


def test_tags_are_a_list(house: House) -> None:
    client = house.person("tags@example.com")
    body, schedule = {"name": "echo"}, {"type": "interval", "conf": {"every": 1, "period": "hours"}}
    made = client.post(
        "/js/add_scheduled_walker", name="tagged", body=body, schedule=schedule, tags=["Night", "shop"]
    ).json()
    assert client.post("/js/schedule_get", id=made["id"]).json()["tags"] == ["night", "shop"]
    client.post("/js/schedule_update", id=made["id"], tags="night")
    assert client.post("/js/tag_list").json() == [{"tag": "night", "tasks": 1}]
    assert [one["name"] for one in client.post("/js/get_scheduled_queues", tags=["night"]).json()] == ["tagged"]
    assert client.post("/js/get_scheduled_queues", tags="other").json() == []
    client.post("/js/delete_scheduled_queue", scheduled_queue_id=made["id"])
