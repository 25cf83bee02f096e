"""Reads the parameters of an API call as the API declares them, and names every problem at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from walkabout import json_text
from walkabout.actions.walkers import LooseInput
from walkabout.api.answers import FieldErrors, Refusal
from walkabout.api.registry import Api, ContextParam, Param, StoredParam, SwitchParam
from walkabout.front.client import WaitingClient
from walkabout.nearest import PROBLEMS_MOST, WORD_MOST
from walkabout.problems import Invalid, Problem
from walkabout.sequences import relaxed_json
from walkabout.settings import JsonLimits
from walkabout.walking.fields import unknown
from walkabout.walking.files import File
from walkabout.walking.request import Request
from walkabout.walking.values import WrongType, convert, type_name

KEY_MOST = 2**63  # what the database's whole numbers hold
_WORDS = {list[str], str}  # either one: as a text of a form it is a list where it begins like one
BACKGROUND = frozenset({"delay", "eta", "priority", "queue", "idempotency_key"})
KEY_PARAM = "idempotency_key"
KEY_HEADER = "idempotency-key"  # says the same
SENT_ALONG = frozenset(
    {
        "output", "_req_ctx", "profiling", "detailed", "op", "nd", "snt", "depth", "dot", "global_sync", "send_email",
        "other_fields", "global_init", "global_init_ctx",
    }
)  # fmt: skip
"""What clients of the original send along with everything: taken on every route, of no effect where it means nothing."""


@dataclass(frozen=True)
class ApiRequest:
    """What was asked, as plain data. `values` come from JSON, `texts` from a form, the query or the path.

    `unfit`: parameters that no text of theirs can be taken from, with the reason.
    """

    method: str = "POST"
    token: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, list[File]] = field(default_factory=dict)
    unfit: Mapping[str, str] = field(default_factory=dict)
    seen: Request | None = None
    client: WaitingClient | None = None
    webhook: LooseInput | None = None
    """What the body of a webhook says: which of it are parameters is still to be found (see `part_loose`)."""

    def has(self, name: str) -> bool:
        """Whether a parameter was given, as a value or as a text."""
        return name in self.values or name in self.texts


def with_key_of_header(api: Api, asked: ApiRequest) -> ApiRequest:
    """What was asked, with the header Idempotency-Key as the parameter that says the same, if the API has that. Raises
    Refusal."""
    key = asked.seen.headers.get(KEY_HEADER) if asked.seen is not None and KEY_PARAM in api.params else None
    if key is None:
        return asked
    if asked.has(KEY_PARAM) and key != asked.texts.get(KEY_PARAM, asked.values.get(KEY_PARAM)):
        raise Refusal(400, Problem(KEY_PARAM, "the header Idempotency-Key has another one; use one of the two"))
    values = {name: value for name, value in asked.values.items() if name != KEY_PARAM}
    return replace(asked, values=values, texts={**asked.texts, KEY_PARAM: key})


def leave_out_empty(api: Api, asked: ApiRequest) -> ApiRequest:
    """What was asked, without empty texts for optional parameters: they count as not given, unless they are stored."""
    if "" not in asked.texts.values() and "" not in asked.values.values():
        return asked
    empty = {
        name
        for name, param in api.params.items()
        if not (param.required or isinstance(param.how, StoredParam))
        and "" in (asked.texts.get(name), asked.values.get(name))
    }
    if not empty:
        return asked
    texts = {name: text for name, text in asked.texts.items() if name not in empty}
    return replace(asked, values={n: value for n, value in asked.values.items() if n not in empty}, texts=texts)


def part_loose(api: Api, asked: ApiRequest, limits: JsonLimits) -> tuple[ApiRequest, LooseInput]:
    """The parameters of a loose API, and apart from them what else was sent.

    A name of the URL is a parameter if the API has it; those for background runs, which may be somebody else's names there,
    only if they have their types. In a body, whose names somebody else chose, one is a parameter only if it has its
    type and does not stand in the URL, and of those for background runs only beside `is_async`. What holds NUL
    characters is left out of a body; in the URL it is refused.
    """
    body = LooseInput(asked.values) if asked.webhook is None else asked.webhook
    url = LooseInput(texts=asked.texts)
    in_url = {
        name
        for name in asked.texts
        if name in api.params and (name not in BACKGROUND or _is_meant(api.params[name], url, limits))
    }
    taken = {name for name in api.params if name not in in_url and _is_meant(api.params[name], body, limits)}
    if "is_async" not in taken:
        taken -= BACKGROUND
    if strangers := [Problem(name[:WORD_MOST], why) for name, why in asked.unfit.items() if name not in api.params]:
        raise Refusal(400, *strangers[:PROBLEMS_MOST])
    loose = LooseInput(
        {name: value for name, value in body.values.items() if name not in taken and not json_text.has_nul(value)},
        {name: text for name, text in body.texts.items() if name not in taken and "\0" not in text}
        | {name: text for name, text in asked.texts.items() if name not in in_url - BACKGROUND},
        body.files,
    )
    parameters = replace(
        asked,
        values={name: value for name, value in body.values.items() if name in taken},
        texts={name: text for name, text in (*body.texts.items(), *asked.texts.items()) if name in taken | in_url},
        files={},
        unfit={name: why for name, why in asked.unfit.items() if name in in_url},
        webhook=None,
    )
    return parameters, loose


def _is_meant(param: Param, body: LooseInput, limits: JsonLimits) -> bool:
    sent = ApiRequest(values=body.values, texts=body.texts)
    if not sent.has(param.name):
        return False
    given = body.texts.get(param.name, body.values.get(param.name))
    if given == "" or json_text.has_nul(given):
        return False
    try:
        _value(param, sent, limits)
    except (WrongType, Invalid):
        return False
    return True


def read_parameters(api: Api, asked: ApiRequest, limits: JsonLimits) -> dict[str, Any]:
    """The values of an API's parameters by name, with its defaults for those that were left out; objects as they are named.

    Raises Refusal, below `/user/` FieldErrors.
    """
    problems = _surplus(api, asked)
    values: dict[str, Any] = {}
    for name, param in api.params.items():
        if name in asked.unfit:
            problems.append(Problem(name, asked.unfit[name]))
        elif name in asked.values or name in asked.texts:
            try:
                values[name] = _value(param, asked, limits)
            except WrongType as error:
                problems.append(Problem(name, error.text_for(name)))
            except Invalid as error:
                problems += [problem.within(name) for problem in error.problems]
        elif param.required:
            problems.append(Problem(name, f"is required: {type_name(param.type)}", is_missing=True))
        else:
            values[name] = param.default
    if problems:
        raise _refusal(api, problems)
    return values


def group_parameters(api: Api, asked: ApiRequest, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the API's function takes them: those of a group as one."""
    taken = {name: values[name] for name in api.ungrouped}
    for name, group in api.groups.items():
        given = {one: values[one] for one in group.names if not group.only_given or asked.has(one)}
        taken[name] = group.build(**given)
    return taken


def _surplus(api: Api, asked: ApiRequest) -> list[Problem]:
    problems: list[Problem] = []
    for name in (*asked.values, *asked.texts, *asked.files):
        if name in api.params:
            continue
        if name in asked.files and api.takes_files:
            continue
        if name in SENT_ALONG and name not in asked.unfit:
            continue
        if len(problems) >= PROBLEMS_MOST:
            break
        problems.append(Problem(name[:WORD_MOST], unknown(name, api.params, f"a parameter of {api.name}")))
    return problems


def _value(param: Param, asked: ApiRequest, limits: JsonLimits) -> Any:
    is_text = param.name in asked.texts
    value = asked.texts[param.name] if is_text else asked.values[param.name]
    if isinstance(param.how, SwitchParam):
        return _switch(value)
    if isinstance(param.how, ContextParam):
        return _context(value, limits)
    if value is None and not param.required:
        return param.default
    if is_text and param.type is Any:
        return _loosely(value, limits)
    if is_text and set(get_args(param.type)) >= _WORDS and value.lstrip().startswith("["):
        value, is_text = _loosely(value, limits), False
    if param.type in (bool, bool | None):
        return _switch(value)
    made = convert(value, param.type, from_text=is_text)
    if isinstance(made, int) and not -KEY_MOST <= made < KEY_MOST:
        raise WrongType("expected a whole number of at most 64 bits", value)
    return made


def _switch(value: Any) -> bool | None:
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.strip().lower(), value)
    if value is None or isinstance(value, bool):
        return value
    raise WrongType("expected true or false", value)


def _context(value: Any, limits: JsonLimits) -> dict[str, Any]:
    value = relaxed_json.value_of(value, limits)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WrongType("expected an object", value)
    return value


def _loosely(text: str, limits: JsonLimits) -> Any:
    """What a text for a parameter of any type means: JSON, if it is some; what JSON may not hold is refused."""
    try:
        value = json_text.read(text, limits.depth, limits.values)
        return relaxed_json.value_of(text, limits) if isinstance(value, list | dict) else value
    except json_text.BadContent as error:
        if text.lstrip()[:1] in ("{", "[", '"'):
            raise WrongType(str(error)) from None
        return text
    except json_text.BadJson:
        return text


def _refusal(api: Api, problems: list[Problem]) -> Exception:
    if not api.path.startswith("/user/"):
        return Refusal(400, *problems)
    errors: dict[str, list[str]] = {}
    for problem in problems:
        errors.setdefault(problem.path, []).append("This field is required." if problem.is_missing else problem.message)
    return FieldErrors(errors)
