"""Announces that the web process serves: its port accepts connections long before it answers."""

import http.client
import threading
import time

from walkabout.events import Events

TRY_AGAIN_S = 0.01
GIVE_UP_S = 60.0
ASKED = "/js_public/info"


def announce_when_serving(events: Events, host: str, port: int) -> None:
    """Announce `web.ready` once a request to host and port is answered. Returns at once."""
    threading.Thread(target=_watch, args=(events, host, port), name="ready", daemon=True).start()


def reachable(host: str) -> str:
    """The address at which a server that listens on `host` is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _watch(events: Events, host: str, port: int) -> None:
    give_up = time.monotonic() + GIVE_UP_S
    while time.monotonic() < give_up:
        connection = http.client.HTTPConnection(reachable(host), port, timeout=5)
        try:
            connection.request("GET", ASKED, headers={"Connection": "close"})
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(TRY_AGAIN_S)
        else:
            events.say("web.ready", host=host, port=port)
            return
        finally:
            connection.close()
