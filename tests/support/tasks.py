"""Periodic tasks as the tests of the page want them."""

from typing import Any

from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER, PeriodicTask
from walkabout.service import Service


def walker_task(service: Service, owner: Master, **changes: Any) -> PeriodicTask:
    """A task of somebody that runs `echo` every hour."""
    argument = {"name": "echo", "ctx": {}, "mst": jid(owner.uid)}
    every_hour = {"type": "interval", "conf": {"every": 1, "period": "hours"}}
    return service.periodic_tasks.create(
        Draft(**{"name": "task", "task": WALKER, "argument": argument, "schedule": every_hour, **changes})
    )
