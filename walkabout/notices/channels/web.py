"""What is sent by HTTP: signed webhooks, and pings as healthchecks.io and Uptime Kuma take them."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from walkabout import json_text
from walkabout.notices.addresses import read_address
from walkabout.notices.channels.not_delivered import NotDelivered
from walkabout.notices.messages import Message
from walkabout.notices.targets import NoticeTarget
from walkabout.outbound import HttpError, MayReachPrivate, Outbound
from walkabout.people.keyed_hash import KeyedHash

SIGNATURE = "X-Walkabout-Signature"
PING_TEXT_MOST = 10_000  # characters of the text that goes with a ping
_FAIL = "/fail"


@dataclass
class WebChannel:
    """Sends by HTTP, through the guard of this installation. `secret`: the installation's own; `clock`: UTC seconds;
    `may_reach_private(target)`: asked for each connection."""

    outbound: Outbound
    secret: bytes
    clock: Callable[[], float]
    timeout_s: float
    may_reach_private: Callable[[NoticeTarget], MayReachPrivate]

    def webhook(self, target: NoticeTarget, message: Message) -> None:
        """POST a message as JSON, signed. Raises NotDelivered."""
        body = json_text.write(message.as_json()).encode()
        at = f"{self.clock():.0f}"
        headers = {"Content-Type": "application/json", SIGNATURE: f"t={at},v1={self.signature(target, at, body)}"}
        self._send(target, "POST", target.address, {"data": body, "headers": headers})

    def ping(self, target: NoticeTarget, message: Message) -> None:
        """Ping as healthchecks.io takes it: the URL itself after a success, with `/fail` after a failure."""
        parts = urlsplit(read_address(target.address).value)
        path = parts.path.rstrip("/") + ("" if message.is_well else _FAIL)
        body = message.text()[:PING_TEXT_MOST].encode()
        self._send(target, "POST", urlunsplit(parts._replace(path=path)), {"data": body})

    def kuma(self, target: NoticeTarget, message: Message) -> None:
        """Ping as Uptime Kuma takes it: what happened stands in the query."""
        parts = urlsplit(read_address(target.address).value)
        said = {"status": "up" if message.is_well else "down", "msg": message.title}
        query = urlencode(dict(parse_qsl(parts.query)) | said)
        self._send(target, "GET", urlunsplit(parts._replace(query=query)), {})

    def signing_key(self, target: NoticeTarget) -> str:
        """The key by which a target's webhooks are signed; it derives from the installation's secret."""
        return "whsec_" + KeyedHash(self.secret, "notices")(f"{target.owner} {target.address}")

    def signature(self, target: NoticeTarget, at: str, body: bytes) -> str:
        """The signature of a body that is sent at a time (UTC seconds, as text)."""
        return hmac.new(self.signing_key(target).encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()

    def _send(self, target: NoticeTarget, method: str, url: str, options: Mapping[str, Any]) -> None:
        # A redirect could lead what is meant for one service to another.
        options = {**options, "allow_redirects": False}
        reach = self.may_reach_private(target)
        try:
            answer = self.outbound.send(method, url, self.timeout_s, reach, options)
        except HttpError as error:
            path = urlsplit(url).path
            raise NotDelivered(str(error).replace(path, "/…") if len(path) > 1 else str(error)) from None
        if not 200 <= answer.status < 300:
            raise NotDelivered(f"{urlsplit(url).hostname} answered {answer.status}")
