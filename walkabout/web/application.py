"""The Flask application of a service."""

from flask import Flask

from walkabout import commands
from walkabout.api.families import dispatcher_of
from walkabout.service import Service
from walkabout.web.compression import add_compression
from walkabout.web.cross_origin import CrossOrigin
from walkabout.web.errors import add_errors
from walkabout.web.page_request import request_class
from walkabout.web.pages.frame import STATIC, TEMPLATES
from walkabout.web.pages.site import Site
from walkabout.web.routes import add_routes
from walkabout.web.safety import add_safety_headers


def create_app(service: Service) -> Flask:
    """The application: routes, errors, and the command line."""
    app = Flask("walkabout", static_folder=str(STATIC), static_url_path="/static", template_folder=str(TEMPLATES))
    app.request_class = request_class(service.settings)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    dispatcher = dispatcher_of(service)
    apis = dispatcher.apis
    add_routes(app, dispatcher, apis, service.settings)
    site = Site(service)
    site.add(app)
    CrossOrigin(service.settings.cors_origins).add(app)
    add_compression(app)
    add_safety_headers(app, service.settings.hsts_days)
    add_errors(app, apis, service.events, site.error)
    commands.add_commands(app, service, apis)
    return app
