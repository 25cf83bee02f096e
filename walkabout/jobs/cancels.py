"""Cancelling a run: one rule, whoever does it, and to one run or to many.

A run that waits never runs. One that runs ends at once; or, if it has something to do at its end, as soon as that is done, and
then a second cancel ends it at once.
"""

from enum import Enum

from walkabout.jobs.ledger import Ledger


class Ending(Enum):
    """How a run ends that is cancelled."""

    NEVER_RUNS = "it waited"
    CLEANS_UP = "it does what it does at its end first"
    AT_ONCE = "whoever runs it ends it"


def cancel(ledger: Ledger, uid: str, reason: str, *, cleans_up: bool, is_second: bool = False) -> Ending | None:
    """Cancels a run, whether it waits or runs. None: it has ended, or went from one to the other just now."""
    if ledger.revoke_waiting(uid, reason):
        return Ending.NEVER_RUNS
    return cancel_running(ledger, uid, reason, cleans_up=cleans_up, is_second=is_second)


def cancel_running(ledger: Ledger, uid: str, reason: str, *, cleans_up: bool, is_second: bool = False) -> Ending | None:
    """Cancels a run that has begun, also one that waits to go on. None: it has ended, or has not begun.

    `cleans_up`: as the run's row says; `is_second`: it was cancelled before, and that is to end what it does at its end.
    """
    if ledger.clean_up(uid, reason):
        return Ending.CLEANS_UP
    ask = ledger.ask_cancel if is_second else ledger.ask_end
    if not ask(uid, reason):
        return None
    return Ending.CLEANS_UP if cleans_up and not is_second else Ending.AT_ONCE
