"""Ana owns, Bob is somebody else, Root is an admin."""

import pytest

from tests.support.cast import person
from walkabout.people.masters import Master
from walkabout.service import Service


@pytest.fixture
def admin(service: Service) -> Master:
    return person(service, "admin", superuser=True)
