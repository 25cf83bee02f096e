"""Collects all named APIs and makes their dispatcher."""

from collections.abc import Mapping
from functools import cache

import sequence
from walkabout.api import (
    about,
    aliases,
    calendar,
    graphs,
    jobs,
    notices,
    objects,
    people,
    queue,
    saved_sequences,
    schedule_files,
    schedules,
    sequences,
    walkers,
)
from walkabout.api.dispatch import Dispatcher
from walkabout.api.jac import Jac
from walkabout.api.registry import Api, collect
from walkabout.sequences.api_steps import ApiCall
from walkabout.service import Service

FAMILIES = (
    about,
    aliases,
    calendar,
    graphs,
    jobs,
    notices,
    objects,
    people,
    queue,
    saved_sequences,
    schedule_files,
    schedules,
    sequences,
    walkers,
)


def dispatcher_of(service: Service) -> Dispatcher:
    """Asks the APIs of a service."""
    return Dispatcher(service, apis())


def ask(service: Service, call: ApiCall) -> sequence.StepResponse | sequence.Nested:
    """Answer the JAC step of a sequence of this service: for `service.build`."""
    return Jac(dispatcher_of(service))(call)


@cache
def apis() -> Mapping[str, Api]:
    """All APIs, by name."""
    return collect(FAMILIES)
