"""What the applications of many tests share. Each has one of its own, and nearly all of its time goes into compiling."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from walkabout.service import Service
from walkabout.web.application import create_app


class _Compiled(BytecodeCache):
    """Keeps compiled templates for the tests that come."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def application(service: Service) -> Flask:
    """The application of a service, with the templates that earlier ones compiled."""
    app = create_app(service)
    app.jinja_env.bytecode_cache = _COMPILED
    return app


@contextmanager
def addresses_compiled_once() -> Iterator[None]:
    """Meanwhile what builds the addresses of a rule is compiled for the first application alone."""
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
