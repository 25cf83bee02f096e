"""A hundred cases of fire times, made with other libraries and by brute force; each says why it is there."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from walkabout.periodic.rules.preview import preview
from walkabout.periodic.rules.schedule import read_schedule

CASES = json.loads((Path(__file__).parent / "fire_time_cases.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_previews_the_fires_of_the_case(case):
    after = datetime.fromisoformat(case["after"])
    rule = read_schedule(case["schedule"], case["timezone"], anchor=after)
    fires = [datetime.fromisoformat(fire) for fire in preview(rule, after, case["count"])["next"]]
    expected = [datetime.fromisoformat(fire) for fire in case["expect"]]
    assert len(fires) == len(expected)
    tolerance = timedelta(seconds=case.get("tolerance_s", 0))
    assert [fire for fire, due in zip(fires, expected, strict=True) if abs(fire - due) > tolerance] == []
