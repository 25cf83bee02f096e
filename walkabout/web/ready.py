"""Say that the web process serves, once it does: the server listens only after the application was made."""

import socket
import threading
import time

from walkabout.events import Events

TRY_AGAIN_S = 0.01
GIVE_UP_S = 60.0


def say_when_serving(events: Events, host: str, port: int) -> None:
    """Say `web.ready` as soon as a connection to host and port is accepted; returns at once."""
    threading.Thread(target=_watch, args=(events, host, port), name="ready", daemon=True).start()


def _watch(events: Events, host: str, port: int) -> None:
    reach = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    give_up = time.monotonic() + GIVE_UP_S
    while time.monotonic() < give_up:
        try:
            socket.create_connection((reach, port), timeout=1).close()
        except OSError:
            time.sleep(TRY_AGAIN_S)
        else:
            events.say("web.ready", host=host, port=port)
            return
