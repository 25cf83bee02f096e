"""What tests of refusals share."""

from datetime import UTC, datetime

import pytest

from walkabout.periodic.rules.schedule import read_schedule
from walkabout.problems import Invalid

NOW = datetime(2026, 11, 24, 21, 20, tzinfo=UTC)
MOMENT = "is not a moment; use a date with a time in ISO 8601, like 2030-12-24T18:00:00+01:00"


def assert_refused(schedule, field, words, zone="UTC"):
    with pytest.raises(Invalid) as refused:
        read_schedule(schedule, zone, anchor=NOW, now=NOW)
    assert [problem.path for problem in refused.value.problems][:1] == [field]
    assert words in refused.value.errors[0]
