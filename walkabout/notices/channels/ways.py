"""The way of each kind of address: which channel takes it."""

from collections.abc import Callable, Mapping

from walkabout.notices.addresses import KUMA, MAIL, PING, SEQUENCE, SERVICE, WALKER, WEBHOOK
from walkabout.notices.channels.mail import MailChannel
from walkabout.notices.channels.runs import RunChannel
from walkabout.notices.channels.services import ServiceChannel
from walkabout.notices.channels.web import WebChannel
from walkabout.notices.messages import Message
from walkabout.notices.targets import NoticeTarget

Way = Callable[[NoticeTarget, Message], None]
"""Sends a message to a target. Raises NotDelivered."""


def ways(web: WebChannel, mail: MailChannel, services: ServiceChannel, runs: RunChannel) -> Mapping[str, Way]:
    """The way of each kind of address."""
    return {
        WEBHOOK: web.webhook,
        PING: web.ping,
        KUMA: web.kuma,
        MAIL: mail.send,
        SERVICE: services.send,
        WALKER: runs.send,
        SEQUENCE: runs.send,
    }
