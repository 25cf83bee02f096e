"""Walkers of a small shop: they only pretend to do something, and now and then they fail as such walkers do."""

import random
import time
from typing import Annotated

from walkabout import Meta, Node, Walker, at

Share = Annotated[float, Meta(ge=0, le=1), "how often it fails"]


class _Pretending(Walker):
    """Takes some time, and fails now and then."""

    seconds: Annotated[float, "how long it takes"] = 0.2
    trouble: Share = 0.0
    WHAT_HAPPENS = "something"

    def pretend(self) -> None:
        """Take the time; raises now and then."""
        time.sleep(self.seconds * random.uniform(0.5, 1.5))
        if random.random() < self.trouble:
            raise ConnectionError(self.WHAT_HAPPENS)


class SyncOrders(_Pretending):
    """Fetches the new orders of the shop."""

    WHAT_HAPPENS = "503 Service Unavailable from https://shop.example.com/api/orders"

    @at()
    def fetch(self, here: Node) -> None:
        """Pretend to fetch."""
        self.pretend()
        self.report({"new": random.randint(0, 12), "open": random.randint(20, 60)})


class ImportPrices(_Pretending):
    """Takes over the price list of a supplier."""

    supplier: Annotated[str, "whose list"] = "northwind"
    WHAT_HAPPENS = "prices.example.com did not answer within 30 s"

    @at()
    def take_over(self, here: Node) -> None:
        """Pretend to take over."""
        self.pretend()
        self.report({"supplier": self.supplier, "changed": random.randint(0, 40)})


class SendInvoices(_Pretending):
    """Sends the invoices of the day."""

    WHAT_HAPPENS = "mail.example.com: 421 try again later"

    @at()
    def send(self, here: Node) -> None:
        """Pretend to send."""
        self.pretend()
        self.report(f"{random.randint(3, 19)} invoices sent")


class BackUp(_Pretending):
    """Copies the shop's files to another place."""

    WHAT_HAPPENS = "No space left on device"

    @at()
    def copy(self, here: Node) -> None:
        """Pretend to copy."""
        self.pretend()
        self.report({"files": random.randint(1200, 1300), "gib": round(random.uniform(3.8, 4.2), 2)})


class Switch(_Pretending):
    """Switches something in the house on or off."""

    what: Annotated[str, "what is switched"] = "shop window"
    on: Annotated[bool, "on or off"] = True

    @at()
    def switch(self, here: Node) -> None:
        """Pretend to switch."""
        self.pretend()
        self.report(f"{self.what}: {'on' if self.on else 'off'}")
