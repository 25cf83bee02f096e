"""The page of a service in this process, and those who look at it."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from tests.support.cast import person
from tests.support.visitor import Visitor, signed_in
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.web.application import create_app


class _Compiled(BytecodeCache):
    """Keeps compiled templates for the tests that come: each has an application of its own."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


COMPILED = _Compiled()


@pytest.fixture(autouse=True, scope="session")
def builders_of_addresses() -> Iterator[None]:
    """Compile what builds an address once for all tests: it is nearly all of the time that an application takes."""
    known: dict[tuple[str, object, bool], Any] = {}
    compile_builder = Rule._compile_builder

    def compile_once(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, rule.endpoint, append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compile_once)
        yield


@pytest.fixture
def app(service: Service) -> Flask:
    made = create_app(service)
    made.jinja_env.bytecode_cache = COMPILED
    return made


@pytest.fixture
def ana(service: Service) -> Master:
    """An admin."""
    return person(service, "ana", superuser=True)


@pytest.fixture
def bob(service: Service) -> Master:
    """Somebody who is none."""
    return person(service, "bob")


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
