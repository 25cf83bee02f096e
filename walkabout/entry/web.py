"""The web process: `front` for the web server, `app` for the command line of Flask."""

import os
import sys
from importlib import import_module

from flask import Flask

from walkabout.api.families import ask
from walkabout.events import announce_readiness, set_up_logging
from walkabout.front.bodies import BodyLimits
from walkabout.front.front import Front
from walkabout.jobs.worker.machine import die_with_parent
from walkabout.jobs.worker.own_session import stand_alone
from walkabout.people.password_rules import weak_admin_password
from walkabout.service import build
from walkabout.settings import Settings
from walkabout.starting import about_first_admin, start_or_exit
from walkabout.web.application import create_app
from walkabout.web.gate import Gate
from walkabout.web.ready import announce_when_serving

SWITCH_S = 0.0005  # a thread that computes gives way so soon: a CPU-bound walker must not starve other requests


def application(settings: Settings) -> tuple[Flask, Front | None]:
    """What this process is for."""
    if not settings.process:
        # Looked up, since a process that serves would keep the command line in memory.
        offline = import_module("walkabout.commands.offline")
        if offline.is_offline(sys.argv[1:]):
            return offline.offline_app(settings), None
        elsewhere = import_module("walkabout.commands.elsewhere")
        if elsewhere.asks_elsewhere(sys.argv[1:], settings):
            return elsewhere.elsewhere_app(settings), None
    return web(settings)


def web(settings: Settings) -> tuple[Flask, Front]:
    """The application, what reads the bodies in front of it, and what its process needs."""
    set_up_logging(settings.log_level, settings.log_format)
    service = build(settings, apis=ask)
    if settings.tells:
        announce_readiness(service.events)
    if settings.process == "web":
        if settings.tells and (made := service.first_admin()):
            # To the terminal, and not into the log: there may be a password in it.
            os.write(sys.stdout.fileno(), f"{about_first_admin(*made)}\n".encode())
        # A walker's signal to its process group reaches only us, and what it forks can be told to end.
        stand_alone()
        if text := weak_admin_password(settings):
            service.events.warn("settings.weak", variable="ADMIN_PASSWORD", why=text)
        # Killed with its server's main process, so that no orphan keeps the port.
        die_with_parent(settings.parent or os.getppid())
        service.stopping.listen(lambda: service.foreground.stop(settings.grace_s))
        service.stopping.listen(lambda: service.events.debug("web.stopping", pid=os.getpid()))
        if settings.stop:
            service.stopping.watch(settings.stop)
        sys.setswitchinterval(SWITCH_S)
        service.sentinel.walkers()
        service.machine_clock.keep_comparing()
        service.inline.look_after_lost()
        service.courier.ensure_running(lambda: not service.consumers.alive())
        announce_when_serving(service.events, settings.host, settings.port)
    flask = create_app(service)
    limits = BodyLimits(
        deadline_s=settings.body_deadline_s,
        grace_s=settings.body_grace_s,
        rate=settings.body_min_rate,
        most=settings.bodies_max,
        most_bytes=settings.bodies_bytes,
    )
    return flask, Front(flask, Gate(flask, service), limits, settings.threads)


app, front = start_or_exit(application)
