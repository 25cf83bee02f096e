"""Examples that fill in the form, for each kind of task and of schedule; each works as it stands."""

from collections.abc import Mapping
from datetime import timedelta

from walkabout.actions import tasks
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic.periodic_task import SEQUENCE, moment
from walkabout.service import Service
from walkabout.walking.walker import Walker
from walkabout.web.pages.words import PAGE_ZONE

Texts = dict[str, str]

# What it is called in the address: what the link says. The first two are what an empty list offers.
WALKER_EXAMPLES = {
    "walker": "a walker every 5 minutes",
    "crontab": "each night at 03:00",
    "solar": "at sunset",
    "clocked": "once, tomorrow at 09:00",
}
SEQUENCE_EXAMPLES = {"sequence": "a sequence of requests each hour", "loop": "a sequence with a loop"}
_OTHER_NAMES = {"night": "crontab", "interval": "walker"}
LIKED = "count"  # of the walkers that come with the service the one that shows most


def blank() -> Texts:
    """An empty form."""
    return _schedule("crontab", minute="0", hour="3") | {
        "name": "", "task": "walker", "timezone": PAGE_ZONE.get(), "body.name": "", "body.nd": "active:graph", "body.snt": "",
        "body.mst": "", "body": "{}",
        "body.as": "fields",
    }  # fmt: skip


def example(service: Service, name: str, master: Master) -> Texts | None:
    """The form of an example; None: there is none of that name for this person."""
    name = _OTHER_NAMES.get(name, name)
    if name in SEQUENCE_EXAMPLES and tasks.may_have(service, master, SEQUENCE):
        text = _LOOP if name == "loop" else _STEPS
        called = "All walkers, one by one" if name == "loop" else "My first sequence"
        return _form(called, task="sequence", body=text.replace("MASTER", jid(master.uid))) | _schedule(
            "crontab", minute="0", hour="*"
        )
    if name not in WALKER_EXAMPLES:
        return None
    tomorrow = f"{moment(service.clock()) + timedelta(days=1):%Y-%m-%d}T09:00"
    schedules = {
        "walker": ("My first task", _schedule("interval", every="5", period="minutes")),
        "crontab": ("Each night", _schedule("crontab", minute="0", hour="3")),
        "solar": ("At sunset in Berlin", _schedule("solar", event="sunset", latitude="52.52", longitude="13.405")),
        "clocked": ("Once, tomorrow", _schedule("clocked", clocked_time=tomorrow)),
    }
    called, schedule = schedules[name]
    form = _form(
        called,
        task="walker",
        **{"body.name": _any_walker(service.sentinel.walkers()), "body": "{}", "body.as": "fields"},
    )
    return form | schedule | ({"timezone": "Europe/Berlin"} if name == "solar" else {})


def _form(called: str, **texts: str) -> Texts:
    return blank() | texts | {"name": called}


def _schedule(kind: str, **conf: str) -> Texts:
    return {"schedule.type": kind} | {f"schedule.conf.{kind}.{name}": text for name, text in conf.items()}


def _any_walker(walkers: Mapping[str, type[Walker]]) -> str:
    """A walker that runs without being told anything."""
    easy = [name for name, walker in walkers.items() if not any(f.required for f in walker.walker_fields.values())]
    return LIKED if LIKED in easy else min(easy, default="")


_STEPS = """\
{
  // What all steps share, and what the run comes to.
  "persistence": {"me": "MASTER"},
  "requests": [
    {
      "name": "What answers here",
      // JAC asks an API of this service; GET, POST and so on ask a URL.
      "method": "JAC",
      "api": "info",
      "save_to": "about",
    },
    {
      "name": "My walkers",
      "method": "JAC",
      "api": "walker_list",
      "master": "{{#.me}}",
      "save_to": "walkers",
    },
  ],
}"""
_LOOP = """\
{
  "persistence": {"me": "MASTER"},
  "requests": [
    {
      "name": "All walkers",
      "method": "JAC",
      "api": "walker_list",
      "master": "{{#.me}}",
      "__def_loop__": {
        "by": "$",
        "limit": 3,
        "requests": [
          // Here $ is the item.
          {
            "name": "One of them",
            "method": "JAC",
            "api": "walker_get",
            "body": {"wlk": "{{$.name}}"},
            "master": "{{#.me}}",
            "save_to": "walker_{{!}}",
          },
        ],
      },
    },
  ],
}"""
