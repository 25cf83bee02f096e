"""The web process: `front` for the web server, and `flask --app app` for the command line."""

from walkabout.entry.web import app, front

__all__ = ["app", "front"]
