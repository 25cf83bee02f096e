"""Switches a walker's `ctx` in a task's form between inputs and JSON, as far as nothing gets lost."""

from collections.abc import Mapping

from walkabout import json_text
from walkabout.people.masters import Master
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.service import Service
from walkabout.web.pages.task_form import ctx_fields
from walkabout.web.pages.task_form.argument import AS, BODY, FIELDS, JSON, OF, by_field, fields_of, read_argument
from walkabout.web.pages.walkers.walker_inputs import PREFIX

NO_INPUTS = "holds something that the walker's fields can't show; it stays JSON"


def switch(
    service: Service, texts: Mapping[str, str], task: PeriodicTask | None, master: Master, to: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The texts of the form with `ctx` as `to` ("fields" or "json") says, and what stands against it, by input."""
    after = dict(texts)
    if to == FIELDS and texts.get(AS) == FIELDS:
        # Another walker: what was typed stays where a field has the same name.
        return after | {OF: after.get("body.name", "").strip()}, {}
    argument = read_argument(service, texts, task, master)
    if argument.value is None:
        return after, by_field(argument.troubles)
    ctx = argument.value["ctx"]
    if to == JSON:
        return after | {AS: JSON, BODY: json_text.pretty(ctx)}, {}
    shown = as_fields(service, after, ctx)
    return (after, {BODY: NO_INPUTS}) if shown is None else (shown, {})


def as_fields(service: Service, texts: Mapping[str, str], ctx: Mapping[str, object]) -> dict[str, str] | None:
    """The texts of the form with `ctx` in inputs; None when they can't say it."""
    inputs = ctx_fields.texts_of(fields_of(service, texts), ctx, service.settings.json_limits)
    if inputs is None:
        return None
    others = {name: text for name, text in texts.items() if not name.startswith(PREFIX)}
    return others | inputs | {AS: FIELDS, OF: texts.get("body.name", "").strip()}
