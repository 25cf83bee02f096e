"""Collects all named APIs and makes their dispatcher."""

from walkabout.api import about, graphs, objects, people, queue, schedules, sequences, walkers
from walkabout.api.dispatch import Dispatcher
from walkabout.api.jac import Jac
from walkabout.api.registry import collect
from walkabout.service import Service

FAMILIES = (about, graphs, objects, people, queue, schedules, sequences, walkers)


def connect(service: Service) -> Dispatcher:
    """The dispatcher of a service's APIs, which its sequences ask from now on, too. Web and worker call this once."""
    dispatcher = Dispatcher(service, collect(FAMILIES))
    service.sequences.ask_api = Jac(dispatcher)
    return dispatcher
