"""APIs of the calendar that other programs subscribe to."""

from walkabout.actions import calendar_feed as feeds
from walkabout.actions.walkers import WrongKey
from walkabout.api.answers import Answer, Refusal
from walkabout.api.dispatch import Call
from walkabout.api.refusals import Naming
from walkabout.api.registry import GENERAL, PUBLIC, api
from walkabout.jobs.run import OwnResponse
from walkabout.periodic.ical import KIND
from walkabout.problems import Problem


@api(PUBLIC, methods=("GET",), path=feeds.PATH)
def calendar_feed(call: Call, key: str = "") -> Answer:
    """The fires to come as iCalendar, for programs that subscribe to a calendar: those of the tasks that the key's owner sees."""
    with Naming("key", WrongKey):
        text = feeds.feed(call.service, key)
    return Answer(200, own=OwnResponse(200, KIND, text.encode("utf-8", "replace")))


@api(GENERAL)
def calendar_key(call: Call, mode: str = "default") -> dict[str, str]:
    """The caller's own key of the calendar, and the path of its address; with mode "new_key" another one: the one before ends."""
    if mode not in ("default", "new_key"):
        raise Refusal(400, Problem("mode", f'"{mode[:40]}" is unknown; use default or new_key'))
    key = feeds.key_of(call.service, call.master, new=mode == "new_key")
    return {"key": key, "path": f"{feeds.PATH}?key={key}"}
