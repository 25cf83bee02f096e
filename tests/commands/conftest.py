"""Who sits at the command line."""

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from tests.support.cast import person
from walkabout.people.masters import Master
from walkabout.service import Service


@pytest.fixture
def ana(service: Service) -> Master:
    """The first admin, in whose name the command line sends."""
    return person(service, "ana", superuser=True)


@pytest.fixture
def cli(app: Flask, ana: Master) -> FlaskCliRunner:
    return app.test_cli_runner()
