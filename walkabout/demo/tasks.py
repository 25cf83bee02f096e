"""The periodic tasks of the demonstration, with what happens when they run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BERLIN = "Europe/Berlin"


@dataclass(frozen=True)
class DemoTask:
    """A task: its walker and schedule, and for its past how long a run took (seconds, from and to), which share of the
    runs failed, and with which error.

    `fails_for_h`: for how many hours up to now every run has failed; `paused`: why it stands still.
    """

    name: str
    walker: str
    schedule: Mapping[str, Any]
    ctx: Mapping[str, Any] = field(default_factory=dict)
    timezone: str = BERLIN
    policies: Mapping[str, Any] = field(default_factory=dict)
    took_s: tuple[float, float] = (0.1, 0.4)
    error: str = "did not answer within 30 s"
    fails: float = 0.0
    fails_for_h: float = 0.0
    paused: str = ""


def every(number: int, period: str) -> dict[str, Any]:
    """An interval."""
    return {"type": "interval", "conf": {"every": number, "period": period}}


def daily(hour: str, minute: str = "0", **more: str) -> dict[str, Any]:
    """A time of the day, or more of them."""
    return {"type": "crontab", "conf": {"minute": minute, "hour": hour, **more}}


def sun(event: str) -> dict[str, Any]:
    """A time by the sun over Berlin."""
    return {"type": "solar", "conf": {"event": event, "latitude": 52.52, "longitude": 13.4}}


TASKS = (
    DemoTask(
        "Fetch new orders",
        "sync_orders",
        every(15, "minutes"),
        {"trouble": 0.03},
        policies={"tags": "shop", "description": "From the shop's API; a failure mends itself the next time."},
        took_s=(0.6, 2.4),
        error="503 Service Unavailable from https://shop.example.com/api/orders",
        fails=0.02,
    ),
    DemoTask(
        "Import Northwind's prices",
        "import_prices",
        every(1, "hours"),
        {"supplier": "northwind", "trouble": 0.02},
        policies={"tags": "shop prices"},
        took_s=(4, 11),
        error="prices.example.com did not answer within 30 s",
        fails_for_h=5.5,
    ),
    DemoTask(
        "Import Fabrikam's prices",
        "import_prices",
        daily("6-20/2", "30"),
        {"supplier": "fabrikam"},
        policies={"tags": "shop prices"},
        took_s=(3, 8),
    ),
    DemoTask(
        "Send invoices",
        "send_invoices",
        daily("17", "30", day_of_week="mon-fri"),
        policies={"tags": "shop mail", "description": "On working days, after the last parcel has left."},
        took_s=(20, 45),
    ),
    DemoTask(
        "Back up the files",
        "back_up",
        daily("2", "15"),
        {"seconds": 2},
        policies={"tags": "night", "time_limit": 3600, "description": "Must be through before the shop opens."},
        took_s=(700, 1300),
        error="No space left on device",
    ),
    DemoTask(
        "Copy the database",
        "back_up",
        daily("*/6", "5"),
        {"seconds": 1},
        policies={"tags": "night"},
        took_s=(60, 130),
    ),
    DemoTask("Window lights on", "switch", sun("sunset"), {"on": True}, policies={"tags": "house solar"}),
    DemoTask("Window lights off", "switch", sun("sunrise"), {"on": False}, policies={"tags": "house solar"}),
    DemoTask(
        "Water the yard",
        "switch",
        sun("dawn_civil"),
        {"what": "water", "seconds": 1},
        policies={"tags": "house solar"},
        paused="until spring",
    ),
    DemoTask(
        "Weekly report",
        "send_invoices",
        daily("8", "0", day_of_week="mon"),
        policies={"tags": "mail"},
        took_s=(5, 9),
    ),
    DemoTask(
        "Renew the certificate",
        "sync_orders",
        daily("4", "20", day_of_month="1,15"),
        policies={"tags": "night"},
    ),
)
