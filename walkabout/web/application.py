"""The Flask application of a service."""

from flask import Flask

from walkabout import commands
from walkabout.api import about, graphs, objects, people, queue, schedules, walkers
from walkabout.api.dispatch import Dispatcher
from walkabout.api.registry import collect
from walkabout.service import Service
from walkabout.web.errors import add_errors
from walkabout.web.routes import add_routes

FAMILIES = (about, graphs, objects, people, queue, schedules, walkers)


def create_app(service: Service) -> Flask:
    """The application: routes, errors, and the command line."""
    app = Flask("walkabout", static_folder=None, template_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    apis = collect(FAMILIES)
    add_routes(app, Dispatcher(service, apis), apis, service.settings)
    add_errors(app, apis, service.events)
    commands.add_commands(app, service, apis)
    return app
