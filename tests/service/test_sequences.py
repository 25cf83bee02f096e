"""Sequences in real processes: as jobs, killed and taken up, cancelled, gone on from, and asking this service."""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.house import Client, House
from tests.support.scripted_server import Server
from tests.support.sequence_runs import Killer, add_seeds_people, journal, loop, now, seeds, started
from tests.support.sink import Sink
from tests.support.until import until

ITEMS = 200
KILLED_AT = (3, 20, 41, 58, 77, 99, 120, 141, 163, 190)


@pytest.fixture
def ana(house: House) -> Client:
    return house.client()


def killed_worker(house: House, job: str, attempt: int = 1) -> None:
    os.kill(int(house.wait("job.started", job=job, attempt=attempt)["worker"]), signal.SIGKILL)


def without_ids(result: dict[str, Any]) -> dict[str, Any]:
    """A result of `loop` without what differs from run to run by intent."""
    return {key: value["got"] if isinstance(value, dict) else value for key, value in result.items()}


# Killed workers.


def test_a_loop_whose_worker_is_killed_ten_times_comes_out_as_if_undisturbed(new_house: Any, server: Server) -> None:
    house = new_house().start()
    ana = house.client()
    steps = loop(server.base, ITEMS, repeat=True)
    killer = Killer(server, house, ())
    undisturbed = ana.wait(started(ana, steps))
    killer = Killer(server, house, KILLED_AT)
    killer.task = started(ana, steps, delay=0.3)
    task = ana.wait(killer.task, 120)
    assert (task["state"], len(killer.kills)) == ("SUCCESS", len(KILLED_AT)), task.get("error")
    assert without_ids(task["result"]) == without_ids(undisturbed["result"])
    assert set(killer.counts()) == set(range(ITEMS))
    assert killer.repeated() == []
    assert sum(killer.counts().values()) <= ITEMS + len(KILLED_AT)
    assert len(task["steps"]) == ITEMS + 1
    assert journal(house, killer.task) == []


def test_a_loop_side_by_side_whose_worker_is_killed_comes_out_as_if_undisturbed(
    house: House, ana: Client, server: Server
) -> None:
    killer = Killer(server, house, (9, 40))
    steps = loop(server.base, 60, repeat=True)
    steps["requests"][0]["__def_loop__"]["concurrency"] = 4
    killer.task = started(ana, steps, delay=0.3)
    task = ana.wait(killer.task)
    assert (task["state"], len(killer.kills)) == ("SUCCESS", 2), task.get("error")
    assert without_ids(task["result"]) == {"numbers": [*range(60)], **{f"r_{n}": n for n in range(60)}}
    # At most what was in flight at a kill is sent again.
    assert sum(killer.counts().values()) <= 60 + 2 * 4


def test_a_request_that_is_sent_again_is_byte_for_byte_the_first_one(house: House, ana: Client, server: Server) -> None:
    killer = Killer(server, house, [2])
    killer.task = started(ana, loop(server.base, 4, repeat=True), delay=0.3)
    assert ana.wait(killer.task)["state"] == "SUCCESS"
    again = [seen.content for seen in server.seen if seen.method == "POST" and seen.body["n"] == 2]
    assert len(again) == 2
    assert again[0] == again[1]


def unknown(house: House, ana: Client, server: Server) -> str:
    """A run of three posts whose worker was killed with the second one in flight: its task id."""
    killer = Killer(server, house, [1])
    killer.task = started(ana, loop(server.base, 3), delay=0.3)
    task = ana.wait(killer.task)
    assert task["state"] == "FAILURE"
    assert killer.counts() == {0: 1, 1: 1}
    return killer.task


def test_a_request_in_flight_that_may_not_be_repeated_ends_the_run_as_unknown(
    house: House, ana: Client, server: Server
) -> None:
    task = ana.task(unknown(house, ana, server))
    assert (task["error"]["type"], task["error"]["path"]) == ("UnknownOutcome", "0.loop[1].0")
    assert "unknown outcome" in task["error"]["message"]
    assert without_ids(task["result"])["r_0"] == 0
    assert [step["state"] for step in task["steps"]] == ["ok", "ok", "failed"]


@pytest.mark.parametrize("said", ["sent", {"statuss": 1}, {"status": "200"}, 5])
def test_a_word_that_makes_no_sense_is_refused_and_the_run_can_still_be_gone_on_from(
    house: House, ana: Client, server: Server, said: Any
) -> None:
    task = unknown(house, ana, server)
    answer = ana.post("/js_admin/sequence_run", again_from=task, unknown={"0.loop[1].0": said})
    assert (answer.status_code, answer.json()["response"][:20]) == (400, "unknown[0.loop[1].0]")
    assert now(ana, again_from=task, unknown={"0.loop[1].0": "send"})["success"] is True


@pytest.mark.parametrize(
    ("said", "saved", "times"), [("send", 1, 2), ({"status": 200, "body": {"got": "told"}}, "told", 1)]
)
@pytest.mark.parametrize("is_async", [False, True])
def test_a_person_goes_on_by_sending_it_again_or_by_giving_its_answer(
    house: House, ana: Client, server: Server, said: Any, saved: Any, times: int, is_async: bool
) -> None:
    task = unknown(house, ana, server)
    words = {"again_from": task, "unknown": {"0.loop[1].0": said}}
    if is_async:
        ended = ana.wait(ana.post("/js_admin/sequence_run", is_async=True, **words).json()["result"])
        assert ended["state"] == "SUCCESS"
    else:
        ended = now(ana, **words)
        assert (ended["success"], ended["error"]) == (True, None)
    assert without_ids(ended["result"]) == {"numbers": [0, 1, 2], "r_0": 0, "r_1": saved, "r_2": 2}
    sent = [seen.body["n"] for seen in server.seen if seen.method == "POST"]
    assert [sent.count(n) for n in range(3)] == [1, times, 1]


def test_a_run_that_is_gone_on_from_without_a_word_is_unknown_again(house: House, ana: Client, server: Server) -> None:
    again = now(ana, again_from=unknown(house, ana, server))
    assert (again["success"], again["error"]["path"]) == (False, "0.loop[1].0")
    assert len(server.seen) == 3


def test_a_run_is_gone_on_from_once_so_that_nothing_is_sent_twice(house: House, ana: Client, server: Server) -> None:
    task = unknown(house, ana, server)
    later = started(ana, None, again_from=task, unknown={"0.loop[1].0": "send"})
    ana.wait(later)
    answer = ana.post("/js_admin/sequence_run", again_from=task)
    assert answer.status_code == 409
    assert later in answer.json()["response"]


def test_a_failed_run_goes_on_from_the_step_that_failed_with_an_edited_argument(
    house: House, ana: Client, server: Server
) -> None:
    server.begin({"POST /good": {"json": 1}, "POST /bad": {"status": 500}})
    good = {"method": "POST", "api": f"{server.base}/good", "save_to": "g"}
    bad = {"method": "POST", "api": f"{server.base}/bad", "save_to": "b"}
    failed = started(ana, {"requests": [good, bad]})
    assert ana.wait(failed)["error"]["path"] == "1"
    edited = {"requests": [good, {**bad, "api": f"{server.base}/good"}]}
    assert now(ana, edited, again_from=failed)["result"] == {"g": 1, "b": 1}
    assert [seen.path for seen in server.seen] == ["/good", "/bad", "/good"]


def test_a_run_that_always_kills_its_worker_at_the_same_step_is_a_failure(house: House, ana: Client) -> None:
    me = ana.js("master_self").json()["jid"]
    step = {"method": "JAC", "api": "walker_run", "master": me, "body": {"name": "kill_always"}}
    task = ana.wait(started(ana, {"requests": [step]}))
    assert (task["state"], task["error"]["type"]) == ("FAILURE", "WorkerLost")
    assert "path" in task["error"]


def test_stopping_hands_a_run_back_and_the_next_start_takes_it_up(new_house: Any, server: Server) -> None:
    house = new_house(GRACE_S="0.2").start()
    ana, held, over = house.client(), threading.Semaphore(0), threading.Event()

    def answer(seen: Any) -> Any:
        if seen.path == "/1" and not over.is_set():
            held.release()
            over.wait(20)
        return {"json": seen.path}

    server.begin({"GET": answer, "POST": answer})
    steps = [{"method": "POST", "api": f"{server.base}/0", "save_to": "a"}]
    steps += [{"method": "GET", "api": f"{server.base}/1", "save_to": "b"}]
    job = started(ana, {"requests": steps})
    assert held.acquire(timeout=20)
    assert house.stop() == 0
    over.set()
    house.start()
    assert house.client().wait(job)["result"] == {"a": "/0", "b": "/1"}
    assert [seen.path for seen in server.seen] == ["/0", "/1", "/1"]


# While it runs, and when it is cancelled.


def test_steps_and_progress_are_there_while_it_runs(ana: Client, server: Server) -> None:
    over = threading.Event()

    def answer(seen: Any) -> Any:
        if seen.body["n"] == 2:
            over.wait(20)
        return {"json": {"got": 1}}

    server.begin({"GET": {"json": {}}, "POST": answer})
    job = started(ana, loop(server.base, 4))
    until(lambda: len(ana.task(job).get("steps", [])) == 3)
    task = ana.task(job)
    assert (task["state"], task["progress"]["done"]) == ("STARTED", 3)
    assert task["progress"]["text"].startswith("0.loop[")
    over.set()
    assert ana.wait(job)["state"] == "SUCCESS"


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_cancelled_run_is_ended_and_what_is_in_flight_is_recorded_as_unknown(
    house: House, ana: Client, sink: Sink, concurrency: int
) -> None:
    inner = [{"method": "POST", "api": sink.url}]
    steps = {
        "persistence": {"numbers": [0, 1, 2]},
        "requests": [
            {
                "method": "JAC",
                "api": "info",
                "__def_loop__": {"by": "#.numbers", "concurrency": concurrency, "requests": inner},
            }
        ],
    }
    job = started(ana, steps)
    for _ in range(concurrency):
        assert sink.asked.acquire(timeout=20)
    task = ana.js("walker_queue_cancel", task_id=job).json()
    assert task["state"] == "REVOKED"
    states = {step["path"]: step["state"] for step in task["steps"]}
    assert states == {"0": "ok", **{f"0.loop[{n}].0": "unknown" for n in range(concurrency)}}


def test_a_cancelled_run_with_a_finally_does_that_and_is_revoked_then(
    house: House, ana: Client, server: Server, sink: Sink
) -> None:
    cleans, may_end = threading.Event(), threading.Event()

    def clean(_: Any) -> Any:
        cleans.set()
        assert may_end.wait(20)
        return {"json": {}}

    server.begin({"DELETE": clean})
    steps = {
        "requests": [{"method": "POST", "api": sink.url, "timeout": 60}],
        "finally": [{"method": "DELETE", "api": server.base}],
    }
    job = started(ana, steps)
    assert sink.asked.acquire(timeout=20)
    task = ana.js("walker_queue_cancel", task_id=job).json()
    assert (task["state"], task["cancelling"]) == ("STARTED", True)
    assert cleans.wait(20)
    assert ana.task(job)["cancelling"] is True
    may_end.set()
    task = ana.wait(job)
    assert (task["state"], "cancelling" in task) == ("REVOKED", False)
    assert [(step["path"], step["state"]) for step in task["steps"]] == [("0", "unknown"), ("finally.0", "ok")]


def test_a_second_cancel_ends_a_clean_up(house: House, ana: Client, sink: Sink) -> None:
    waits = {"method": "POST", "api": sink.url, "timeout": 60}
    job = started(ana, {"requests": [waits], "finally": [waits]})
    assert sink.asked.acquire(timeout=20)
    assert ana.js("walker_queue_cancel", task_id=job).json()["state"] == "STARTED"
    assert sink.asked.acquire(timeout=20)
    assert ana.js("walker_queue_cancel", task_id=job).json()["state"] == "REVOKED"


def test_a_clean_up_whose_worker_is_killed_is_done_by_another(
    house: House, ana: Client, server: Server, sink: Sink
) -> None:
    begun = threading.Event()
    asked: list[str] = []

    def clean(seen: Any) -> Any:
        asked.append(seen.path)
        begun.set()
        return {"json": {}}

    server.begin({"DELETE": clean})
    steps = {
        "requests": [{"method": "POST", "api": sink.url, "timeout": 60}],
        "finally": [
            {"method": "DELETE", "api": f"{server.base}/first"},
            {"delay": 2},
            {"method": "DELETE", "api": f"{server.base}/then"},
        ],
    }
    job = started(ana, steps)
    assert sink.asked.acquire(timeout=20)
    ana.js("walker_queue_cancel", task_id=job)
    assert begun.wait(20)
    killed_worker(house, job)
    assert ana.wait(job)["state"] == "REVOKED"
    assert asked.count("/then") == 1
    assert asked.count("/first") in (1, 2)


def test_a_cancelled_run_can_be_gone_on_from(house: House, ana: Client, server: Server) -> None:
    held = threading.Semaphore(0)
    over = threading.Event()

    def answer(seen: Any) -> Any:
        held.release()
        over.wait(20)
        return {"json": 1}

    server.begin({"POST": answer})
    job = started(ana, {"requests": [{"method": "POST", "api": f"{server.base}/a", "save_to": "r"}]})
    assert held.acquire(timeout=20)
    ana.js("walker_queue_cancel", task_id=job)
    over.set()
    assert now(ana, again_from=job)["error"]["path"] == "0"
    assert ana.task(job)["state"] == "REVOKED"


def test_the_queue_lists_a_sequence_without_its_secrets(ana: Client) -> None:
    steps = [{"method": "GET", "api": "http://127.0.0.1:9/", "header": {"Authorization": "token S3CRET"}}]
    job = started(ana, {"requests": steps, "persistence": {"password": "hush"}}, delay=3600)
    queue = ana.get("/js/walker_queue_check").text
    ana.js("walker_queue_cancel", task_id=job)
    assert job in queue
    assert "S3CRET" not in queue
    assert "hush" not in queue


# JAC.


@pytest.fixture
def me(ana: Client) -> str:
    return str(ana.js("master_self").json()["jid"])


def walk(me: str, name: str, **ctx: Any) -> dict[str, Any]:
    body = {"name": name, "ctx": ctx}
    return {"method": "JAC", "api": "walker_run", "master": me, "body": body, "save_to": name}


def test_a_jac_step_whose_worker_is_killed_has_its_effect_once(house: House, ana: Client, tmp_path: Path) -> None:
    bea = f"bea-{tmp_path.name}@example.com"
    client = house.person(bea)
    me = client.js("master_self").json()["jid"]
    steps = [walk(me, "count"), walk(me, "kill_once", marker=str(tmp_path / "marker")), walk(me, "count")]
    task = ana.wait(started(ana, {"requests": steps}))
    assert task["state"] == "SUCCESS", task["error"]
    assert client.root() == {"count": 2, "kills": 1}


def test_a_walker_of_a_jac_step_that_sent_a_post_is_of_unknown_outcome(
    house: House, ana: Client, me: str, sink: Sink
) -> None:
    job = started(ana, {"requests": [walk(me, "post", url=sink.url)]})
    assert sink.asked.acquire(timeout=20)
    killed_worker(house, job)
    task = ana.wait(job)
    assert (task["error"]["type"], task["error"]["path"]) == ("UnknownOutcome", "0")


def test_a_slow_walker_of_a_jac_step_keeps_nobody_from_writing(
    house: House, ana: Client, me: str, tmp_path: Path
) -> None:
    release = tmp_path / "release"
    job = started(ana, {"requests": [walk(me, "hold", until=str(release))]})
    house.wait("job.started", job=job)
    assert ana.js("alias_register", name="while", value=me).status_code == 200
    release.touch()
    assert ana.wait(job)["state"] == "SUCCESS"


def test_jac_steps_side_by_side_wait_for_each_other_and_all_count(house: House, ana: Client, tmp_path: Path) -> None:
    client = house.person(f"side-{tmp_path.name}@example.com")
    me = client.js("master_self").json()["jid"]
    inner = {"by": "#.n", "concurrency": 4, "requests": [walk(me, "count")]}
    steps = {
        "persistence": {"n": list(range(24))},
        "requests": [{"method": "JAC", "api": "info", "__def_loop__": inner}],
    }
    task = ana.wait(started(ana, steps))
    assert task["state"] == "SUCCESS", task["error"]
    assert client.root()["count"] == 24


def test_a_cancelled_jac_walker_keeps_nothing(house: House, ana: Client, me: str, tmp_path: Path) -> None:
    job = started(ana, {"requests": [walk(me, "hold", until=str(tmp_path / "never"))]})
    until(lambda: ana.task(job).get("state") == "STARTED")
    assert ana.js("walker_queue_cancel", task_id=job).json()["state"] == "REVOKED"


def test_a_sequence_that_a_jac_step_runs_is_part_of_the_run(ana: Client, me: str, server: Server) -> None:
    server.begin({"GET": {"json": 5}})
    inner = {"requests": [{"method": "GET", "api": f"{server.base}/x", "save_to": "x"}]}
    step = {"method": "JAC", "api": "sequence_run", "master": me, "body": {"sequence": inner}, "save_to": "inner"}
    task = ana.wait(started(ana, {"requests": [step]}))
    assert task["result"]["inner"]["result"] == {"x": 5}
    assert {step["path"] for step in task["steps"]} == {"0", "0.0"}


# The seed's example.


@pytest.fixture
def dummies(new_house: Any) -> House:
    """A service with the seed's people; its own, since the seed's filter goes over everybody."""
    house: House = new_house().start()
    add_seeds_people(house)
    return house


def test_the_seeds_example_runs_as_it_stands(dummies: House, server: Server) -> None:
    server.begin({"GET /todos/100": {"json": {"id": 100, "title": "excepturi"}}})
    ana = dummies.client()
    me = ana.js("master_self").json()["jid"]
    text = seeds(dummies, server).replace('"persistence": {', f'"persistence": {{ "master": "{me}",', 1)
    task = ana.wait(started(ana, text))
    assert task["state"] == "SUCCESS", task["error"]
    result = task["result"]
    looped = [row for row in result["master_allusers_by_walker"]["data"] if row["user"] == "dummy+testing3@dummy.com"]
    key = looped[0]["jid"].replace(":", "_").replace("-", "_")
    assert result[f"response_{key}"]["report"] == ["botset"]
    assert [name for name in result if name.startswith("object_get_")] == ["object_get_1"]
    assert result["req_testing_nested"]["method"] == "GET"
    assert result["testing_nested"]["id"] == 100
    assert "token" in result["login"]


def test_the_seeds_example_asks_as_the_public_without_a_master(dummies: House, server: Server) -> None:
    server.begin({"GET /todos/100": {"json": {"id": 100}}})
    ran = now(dummies.client(), seeds(dummies, server))
    assert (ran["success"], ran["error"]["path"]) == (False, "3")
    assert ran["result"]["master_allusers_by_walker"]["status"] == 401


def test_the_seeds_example_goes_on_after_an_ignored_error(dummies: House, server: Server) -> None:
    text = seeds(dummies, server).replace("js_admin/master_allusers", "js_admin/nothing_here")
    ran = now(dummies.client(), text)
    states = {step["path"]: step["state"] for step in ran["steps"]}
    assert (states["1"], states["2"]) == ("ignored", "failed")
    assert json.dumps(ran["steps"]).count("Bcstech123!") == 0
