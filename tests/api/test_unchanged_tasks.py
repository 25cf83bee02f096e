"""What an API says of a task can be sent back whole, and changes nothing: neither its due time nor its revision."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.periodic import schedule_strategies as strategies
from tests.support.cast import person
from tests.support.clock import Clock
from tests.support.examples import examples
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.periodic_task import ACTIVE, PeriodicTask
from walkabout.periodic.policies import POLICY_NAMES
from walkabout.problems import Invalid
from walkabout.service import Service

SENT_BACK = ("id", "name", "task", "schedule", "timezone", "kwargs", *POLICY_NAMES)


@pytest.fixture
def dan(service: Service) -> Master:
    """An admin."""
    return person(service, "dan-unchanged", superuser=True)


def asked(client: FlaskClient, token: str, api: str, **sent: Any) -> dict[str, Any]:
    answer = client.post(f"/js/{api}", headers={"Authorization": f"token {token}"}, **sent)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def there(service: Service, task: PeriodicTask) -> PeriodicTask:
    found = task_queries.by_id(service.db, task.id)
    assert found is not None
    return found


def as_texts(said: dict[str, Any]) -> dict[str, str]:
    """The same as the texts of a form, without what is null."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in said.items()
        if value is not None
    }


@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data(), st.integers(0, 100_000))
def test_a_task_that_is_sent_back_as_it_came_stays_as_it_is(
    service: Service, app: Flask, dan: Master, clock: Clock, data: st.DataObject, later: int
) -> None:
    draft, note = data.draw(strategies.drafts(dan.uid))
    client = app.test_client()
    try:
        task = service.periodic_tasks.create(draft)
    except Invalid:
        return  # its moment has passed
    try:
        if note is not None and task.state == ACTIVE:
            task = service.periodic_tasks.disable(task.id, note)
        clock.pass_(later)
        token = service.tokens.give(dan.uid, 1)[0]
        for _ in range(2):
            said = asked(client, token, "schedule_get", json={"id": task.id})
            back = {name: said[name] for name in SENT_BACK}
            # The client of the tests would sort the keys: the order in which they were given is kept, too.
            sent = {"data": json.dumps(back), "content_type": "application/json"}
            assert asked(client, token, "schedule_update", **sent) == said
            assert asked(client, token, "schedule_update", data=as_texts(back)) == said
            assert there(service, task) == task
            service.firing.tick(clock())
            task = there(service, task)
    finally:
        service.periodic_tasks.delete(task.id)
