"""Outcomes of the original, recorded: the same persistence, and the same requests in the same order."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

import sequence
from tests.sequence_language.conftest import pointed
from tests.support.scripted_server import Server

CASES = json.loads((Path(__file__).parent / "golden_cases.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_agrees_with_the_original(case: dict[str, Any], server: Server) -> None:
    server.begin(case["server"])
    argument = pointed(case["argument"], server.base)
    before = copy.deepcopy(argument)
    run = sequence.run(argument)
    assert run.persistence == pointed(case["persistence"], server.base)
    assert [seen_as_recorded(seen, asked) for seen, asked in zip(server.seen, case["requests"], strict=True)] == case[
        "requests"
    ]
    assert argument == before


def seen_as_recorded(seen: Any, asked: dict[str, Any]) -> dict[str, Any]:
    headers = {name: seen.headers[name] for name in asked["headers"] if name in seen.headers}
    return {"method": seen.method, "path": seen.path, "body": seen.body, "headers": headers}
