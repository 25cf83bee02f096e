"""Switches a walker's argument in a task's form between inputs and JSON, as far as nothing gets lost."""

from collections.abc import Mapping
from typing import Any

from walkabout import json_text
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic.periodic_task import WALKER, PeriodicTask
from walkabout.service import Service
from walkabout.web.pages.task_form import ctx_fields
from walkabout.web.pages.task_form.argument import (
    AS,
    BODY,
    FIELDS,
    JSON,
    OF,
    OWN_INPUTS,
    WHOLE,
    by_field,
    fields_of,
    read_argument,
)
from walkabout.web.pages.walkers.walker_inputs import PREFIX

NO_INPUTS = "holds something that the walker's fields can't show; it stays JSON"
NOT_WHOLE = "must be a text here; it stays JSON"


def switch(
    service: Service, texts: Mapping[str, str], task: PeriodicTask | None, master: Master, to: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The texts of the form with the argument as `to` says (see `argument`), and what stands against it, by input."""
    after = dict(texts)
    if to == FIELDS and texts.get(AS) == FIELDS:
        # Another walker: what was typed stays where a field has the same name.
        return after | {OF: after.get(OWN_INPUTS["name"], "").strip()}, {}
    argument = read_argument(service, texts, task)
    if argument.value is None:
        return after, by_field(argument.troubles)
    normal = service.periodic_tasks.job_templates[WALKER].normal(argument.value)
    if to == WHOLE:
        owner = jid(task.owner if task else master.uid)
        whole = argument.value if argument.value.get("mst") else {**argument.value, "mst": owner}
        return after | {AS: WHOLE, BODY: json_text.pretty(whole)}, {}
    if to == JSON:
        return after | {AS: JSON, BODY: json_text.pretty(normal["ctx"])}, {}
    if wrong := [key for key in OWN_INPUTS if not isinstance(normal.get(key) or "", str)]:
        return after, {BODY: f"{wrong[0]}: {NOT_WHOLE}"}
    shown = after | texts_of_walker(service, after, argument.value)
    return shown, {} if shown[AS] == FIELDS else {BODY: NO_INPUTS}


def texts_of_walker(service: Service, texts: Mapping[str, str], argument: Mapping[str, Any]) -> dict[str, str]:
    """The texts of the inputs that stand for a walker's argument, with `ctx` in inputs if they can say it, else as JSON.

    `texts`: those of the form before, of which inputs of a walker's fields are left out.
    """
    normal = service.periodic_tasks.job_templates[WALKER].normal(argument)
    others = {name: text for name, text in texts.items() if not name.startswith(PREFIX)}
    others |= {name: str(normal.get(key) or "") for key, name in OWN_INPUTS.items()}
    ctx = normal["ctx"]
    fields = fields_of(service, others)
    inputs = ctx_fields.texts_of(fields, ctx, service.settings.json_limits) if isinstance(ctx, dict) else None
    if inputs is None:
        return others | {BODY: json_text.pretty(ctx), AS: JSON}
    return others | inputs | {BODY: json_text.pretty(ctx), AS: FIELDS, OF: others[OWN_INPUTS["name"]].strip()}
