"""An application in this process, and a token of its admin."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.cast import person
from walkabout.service import Service


@pytest.fixture
def admin(app: Flask, service: Service) -> FlaskClient:
    """A client that asks as an admin."""
    token, _ = service.tokens.give(person(service, "ana", superuser=True).uid, 1)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"token {token}"
    return client
