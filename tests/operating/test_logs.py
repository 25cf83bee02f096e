"""The log for programs, and the trace that goes from a caller to all that the call causes."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.support.house import House
from tests.support.scripted_server import Server
from walkabout import tracing
from walkabout.events import Events, JsonLines, logger
from walkabout.masking import MASK, Masker

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines that were logged."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    before = logger.handlers[:], logger.level
    logger.handlers[:] = [handler]
    logger.setLevel("INFO")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.handlers[:], logger.level = before


def test_an_event_is_an_object(lines: Callable[[], list[dict[str, Any]]]) -> None:
    events = Events("info", Masker({"KEY": "a-secret-of-ours"}))
    events.say(
        "job.rescued", job="1 2", lost=3, late=0.5, path="x\ny", password="p", url="http://a-secret-of-ours", none=None
    )
    [line] = lines()
    assert line.pop("time").endswith("+00:00")
    assert line.pop("pid") > 0
    assert line == {
        "level": "info", "event": "job.rescued", "job": "1 2", "lost": 3, "late": 0.5, "path": "x\ny",
        "password": MASK, "url": f"http://{MASK}", "none": None,
    }  # fmt: skip


def test_a_stack_is_on_one_line(lines: Callable[[], list[dict[str, Any]]]) -> None:
    try:
        raise ValueError("odd: a-secret-of-ours")
    except ValueError as error:
        Events("info", Masker({"KEY": "a-secret-of-ours"})).bug("web.failed", error, id="1")
    first, second = lines()
    assert (first["event"], first["id"], first["error"]) == ("web.failed", "1", "ValueError")
    assert second["stack"].endswith(f"ValueError: odd: {MASK}")


def test_what_others_log_has_a_message(lines: Callable[[], list[dict[str, Any]]]) -> None:
    logger.getChild("other").warning("%s here", "something")
    [line] = lines()
    assert (line["level"], line["message"]) == ("warning", "something here")


def test_events_of_a_trace_name_it(lines: Callable[[], list[dict[str, Any]]]) -> None:
    events = Events("info")
    with tracing.within(GIVEN):
        events.say("a.b")
    events.say("a.b")
    assert [line.get("trace") for line in lines()] == [TRACE, None]


@pytest.mark.parametrize(("header", "known"), [
    (GIVEN, GIVEN),
    (f" {GIVEN} ", GIVEN),
    (f"01-{TRACE}-{PARENT}-01", GIVEN),
    (f"cc-{TRACE}-{PARENT}-01-what-comes-later", GIVEN),
    (f"00-{TRACE}-{PARENT}-00", f"00-{TRACE}-{PARENT}-00"),
    (f"00-{TRACE}-{PARENT}-01-more", None),
    (f"ff-{TRACE}-{PARENT}-01", None),
    (f"00-{'0' * 32}-{PARENT}-01", None),
    (f"00-{TRACE}-{'0' * 16}-01", None),
    (f"00-{TRACE.upper()}-{PARENT}-01", None),
    (f"00-{TRACE[1:]}-{PARENT}-01", None),
    ("", None),
    (None, None),
    ("x" * 100_000, None),
])  # fmt: skip
def test_what_a_header_says(header: str | None, known: str | None) -> None:
    assert tracing.read(header) == known


def test_a_request_goes_on_in_the_trace() -> None:
    onward = tracing.onward(GIVEN)
    assert onward is not None
    assert onward != GIVEN
    assert tracing.read(onward) == onward
    assert (onward[:36], onward[52:]) == (GIVEN[:36], "-01")


def test_the_whole_log_is_for_programs(new_house: Any, server: Server) -> None:
    server.begin({"GET /x": {"json": 1}})
    house: House = new_house(LOG_FORMAT="json", LOG_LEVEL="debug", PRIVATE_HOSTS="everyone").start()
    ana = house.client()
    sequence = {"requests": [
        {"method": "GET", "api": f"{server.base}/x", "save_to": "a"},
        {"method": "GET", "api": f"{server.base}/x", "save_to": "b", "header": {"Traceparent": "mine"}},
    ]}  # fmt: skip
    traced = {"traceparent": GIVEN}
    now = ana.session.post(
        f"{house.url}/js_admin/sequence_run", json={"sequence": sequence}, headers=traced, timeout=60
    )
    assert now.status_code == 200, now.text
    queued = ana.session.post(
        f"{house.url}/js_admin/sequence_run", json={"sequence": sequence, "is_async": True}, headers=traced, timeout=60
    )
    assert ana.wait(queued.json()["result"])["state"] == "SUCCESS"
    ana.start("echo", value=1)
    house.stop()
    sent = [seen.headers.get("traceparent") or seen.headers["Traceparent"] for seen in server.seen]
    assert [one for one in sent if one == "mine"] == ["mine"] * 2
    ours = [one for one in sent if one != "mine"]
    assert [one[3:35] for one in ours] == [TRACE] * 2
    assert len({one[36:52] for one in ours} | {PARENT}) == 3
    told = [json.loads(line) for line in house.lines]
    of_trace = {line["event"] for line in told if line.get("trace") == TRACE}
    assert {"job.started", "job.finished"} <= of_trace
    untraced = [line for line in told if line.get("event") == "job.started" and "trace" not in line]
    assert [line["name"] for line in untraced] == ["echo"]


def test_a_trace_that_is_none_is_no_error(house: House) -> None:
    answer = requests.get(f"{house.url}/js_public/info", headers={"traceparent": "00-no-1"}, timeout=60)
    assert answer.status_code == 200
