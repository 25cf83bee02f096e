"""The page of a service in this process, and those who look at it."""

import pytest
from flask import Flask

from tests.support.cast import person
from tests.support.visitor import Visitor, signed_in
from walkabout.people.masters import Master
from walkabout.service import Service

EVE = ("eve@example.com", "long-enough")


@pytest.fixture
def ana(service: Service) -> Master:
    """An admin."""
    return person(service, "ana", superuser=True)


@pytest.fixture
def eve(service: Service) -> Master:
    """Somebody who can sign in, with EVE."""
    return service.new_master(*EVE, "Eve")


@pytest.fixture
def admin(app: Flask, service: Service, ana: Master) -> Visitor:
    return signed_in(app, service, ana)


@pytest.fixture
def user(app: Flask, service: Service, bob: Master) -> Visitor:
    return signed_in(app, service, bob)


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Nobody is signed in."""
    return Visitor(app)
