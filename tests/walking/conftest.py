"""Ana and her graph."""

import pytest

from tests.support.cast import person
from walkabout.people.masters import Master
from walkabout.service import Service


@pytest.fixture
def ana(service: Service) -> Master:
    return person(service, "ana")
