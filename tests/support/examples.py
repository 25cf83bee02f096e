"""How many examples a property is tried with: some in every run of the tests, many in `make nightly`."""

from typing import Any

from hypothesis import settings

NIGHTLY = "nightly"
NIGHTLY_TIMES = 20
settings.register_profile(NIGHTLY)


def examples(count: int, **more: Any) -> settings:
    """Decorates a property: so many examples, twenty times as many at night, and as long as they take."""
    times = NIGHTLY_TIMES if settings.get_current_profile_name() == NIGHTLY else 1
    return settings(max_examples=count * times, deadline=None, **more)
