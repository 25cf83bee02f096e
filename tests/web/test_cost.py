"""Twice the input costs at most two and a half times the work, whatever the input is: counted, not timed."""

from contextlib import suppress
from itertools import pairwise

import pytest
from flask import Flask

from sequence.suggestions import WORD_MOST, nearest
from tests.support.cast import person
from tests.support.clock import Clock
from tests.support.hostile import CASES, Hostile
from tests.support.work import WatchedBytes, Work
from walkabout.api.answers import Refusal
from walkabout.service import Service, build
from walkabout.settings import Settings
from walkabout.web.application import create_app
from walkabout.web.bodies import parse_body

SIZE = 6_000  # bytes of the smallest body
MOST = 2.5


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """A service whose limits are out of the way: what is counted is the reading itself, not how early it ends."""
    folder = str(tmp_path_factory.mktemp("cost") / "data")
    settings = Settings(data_dir=folder, walkers_dir="walkers", max_parts=1_000_000, max_relaxed_kb=16_000)
    return build(settings, clock=Clock())  # it stands still: a token that is read anew after a second is work, too


@pytest.fixture(scope="module")
def app(service: Service) -> Flask:
    return create_app(service)


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.tokens.give(person(service, "ana", superuser=True).uid, 1)[0]


def _work(app: Flask, token: str, case: Hostile, size: int) -> tuple[int, Work]:
    body, work, client = case.body(size), Work(), app.test_client()
    headers = {"Authorization": f"token {token}", "Content-Type": case.kind}
    answer = work.of(lambda: client.post(case.path, data=body, headers=headers))
    assert len(answer.get_data()) < 3 * len(body) + 50_000
    return answer.status_code, work


@pytest.mark.parametrize("name", CASES)
def test_work_grows_with_the_body(app: Flask, token: str, name: str) -> None:
    case = CASES[name]
    _work(app, token, case, SIZE)  # what is made once in a process
    works = [_work(app, token, case, SIZE * times) for times in (1, 2, 4)]
    assert all(status < 500 for status, _ in works)
    for (_, once), (_, twice) in pairwise(works):
        assert twice.steps <= MOST * once.steps
        assert twice.looked_at <= MOST * once.looked_at


@pytest.mark.parametrize("name", CASES)
def test_a_body_is_looked_through_a_few_times_at_most(service: Service, name: str) -> None:
    case = CASES[name]
    raw = WatchedBytes(case.body(SIZE * 20))
    with suppress(Refusal):
        parse_body(case.kind, raw, service.settings)
    assert 0 < raw.looked_at <= 12 * len(raw)


@pytest.mark.parametrize("name", ["keys", "fields", "parts"])
def test_the_work_is_seen(app: Flask, token: str, name: str) -> None:
    """The count is no constant: it grows with what is counted."""
    small, large = (_work(app, token, CASES[name], SIZE * times)[1] for times in (1, 8))
    assert large.steps + large.looked_at > 2 * (small.steps + small.looked_at)


def test_a_long_word_is_compared_with_nothing() -> None:
    known = [f"walker_{at}" for at in range(50)]
    assert nearest("walker_1x", known) == "walker_1"
    short, long = Work(), Work()
    assert short.of(lambda: nearest("x" * WORD_MOST, known)) is None
    assert long.of(lambda: nearest("x" * 1_000_000, known)) is None
    assert long.steps < short.steps
