"""Runs a walker or a saved sequence in the name of who is told: it gets the notice, and does with it what it likes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from walkabout.database.connections import ConstraintRefused
from walkabout.jids import jid
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.template import CannotRun, JobTemplate
from walkabout.notices.addresses import FIELD, WALKER, Address, read_address
from walkabout.notices.channels.not_delivered import NotDelivered
from walkabout.notices.messages import Message
from walkabout.notices.targets import NoticeTarget
from walkabout.problems import refuse

NOTICE = "notice"
"""The field of a walker, or the key of a sequence's persistence, that gets the notice."""


@dataclass
class RunChannel:
    """Queues runs. `template_of(kind)`: how what an address of this kind names is run."""

    ledger: Ledger
    template_of: Callable[[str], JobTemplate]

    def check(self, owner: str, address: Address) -> None:
        """Whether what an address names can be run for an owner (a uid). Raises Invalid, field `target`."""
        if why := self._why_not(owner, address, {}):
            raise refuse(FIELD, why)

    def send(self, target: NoticeTarget, message: Message) -> None:
        """Queue the run, once, whatever the try. Raises NotDelivered."""
        address = read_address(target.address)
        notice = message.as_json()
        if why := self._why_not(target.owner, address, notice):
            raise NotDelivered(why)
        template = self.template_of(address.kind)
        try:
            spec = template.spec(target.owner, address.value, _argument(target.owner, address, notice))
            self.ledger.enqueue(replace(spec, uid=str(uuid5(UUID(message.id), NOTICE))))
        except ConstraintRefused:
            return  # it was queued by a try whose end nobody knew
        except (CannotRun, QueueFull) as error:
            raise NotDelivered(str(error)) from None

    def _why_not(self, owner: str, address: Address, notice: dict[str, Any]) -> str:
        template = self.template_of(address.kind)
        if why := template.why_not(owner) or template.why_not_for(owner):
            return why
        problems = template.check(owner, _argument(owner, address, notice))
        return f"{address.text}: {problems[0]}" if problems else ""


def _argument(owner: str, address: Address, notice: dict[str, Any]) -> dict[str, Any]:
    if address.kind == WALKER:
        return {"name": address.value, "mst": jid(owner), "ctx": {NOTICE: notice}}
    return {"name": address.value, "persistence": {NOTICE: notice}}
