"""Fixtures: Ana's desk."""

import pytest

from tests.periodic.desk import START, Desk
from tests.support.clock import Clock
from walkabout.service import Service


@pytest.fixture
def desk(service: Service, clock: Clock) -> Desk:
    clock.now = START
    return Desk(service, clock)
