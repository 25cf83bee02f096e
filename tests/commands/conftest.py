"""Who sits at the command line."""

import pytest
from flask.testing import FlaskCliRunner

from tests.support.cast import person
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.web.application import create_app


@pytest.fixture
def ana(service: Service) -> Master:
    """The first admin, in whose name the command line sends."""
    return person(service, "ana", superuser=True)


@pytest.fixture
def cli(service: Service, ana: Master) -> FlaskCliRunner:
    return create_app(service).test_cli_runner()
