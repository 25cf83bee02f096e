"""Walkers with a queue of their own, and with limits, for the tests of these."""

import time

from walkabout import Node, Walker, at


class _Takes(Walker):
    seconds: float = 0.02

    @at()
    def go(self, here: Node) -> None:
        """Take some time, so that what runs at once overlaps; and report from when to when."""
        begun_at = time.time()
        time.sleep(self.seconds)
        self.report([begun_at, time.time()])


class OneAtATime(_Takes, at_most=1):
    """One of it runs at once."""


class OneOfEach(_Takes, at_most=1, at_most_by="customer"):
    """One of each customer runs at once."""

    customer: str = "none"


class ThreeASecond(_Takes, rate="3/s"):
    """Three of it start within a second."""


class Reports(_Takes, queue="reports"):
    """Runs in a queue of its own."""
