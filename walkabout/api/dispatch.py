"""The dispatcher: runs every API call, whoever makes it. It identifies the caller, reads the parameters and checks
the rights; it knows plain data, not HTTP.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from walkabout import json_text
from walkabout.actions.rights import check_admin
from walkabout.api.answers import Answer, FieldErrors, Refusal
from walkabout.api.references import Resolver
from walkabout.api.refusals import MEANT, PARTLY, refusal_of
from walkabout.api.registry import ADMIN, PUBLIC, Api, ContextParam, ObjectParam, Param, SwitchParam
from walkabout.database.connections import OutcomeUnknown, Unavailable
from walkabout.front.client import WaitingClient
from walkabout.jids import new_uid
from walkabout.nearest import PROBLEMS_MOST, WORD_MOST
from walkabout.people.addresses import FORWARDED, counted
from walkabout.people.masters import Master
from walkabout.people.sign_ins import Origin
from walkabout.problems import Invalid, Problem
from walkabout.sequences import relaxed_json
from walkabout.sequences.api_steps import StepHooks
from walkabout.service import Service
from walkabout.settings import JsonLimits
from walkabout.walking.fields import unknown
from walkabout.walking.files import File
from walkabout.walking.values import WrongType, convert, type_name
from walkabout.walking.walker import Request


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


@dataclass(frozen=True)
class Call:
    """What an API's function gets beside its parameters."""

    service: Service
    caller: Master | None
    asked: ApiRequest
    loose: Mapping[str, str]
    within: StepHooks | None = None
    """How walkers run when a step of a sequence asks: in its own thread, as a part of its run."""

    @property
    def master(self) -> Master:
        """Who asks; APIs that are not public always have somebody."""
        if self.caller is None:
            raise Refusal(401, _NO_TOKEN)
        return self.caller

    @property
    def origin(self) -> Origin:
        """From where it is asked; nowhere, when a step of a sequence asks."""
        seen = self.asked.seen
        if seen is None:
            return Origin()
        forwarded = any(name in seen.headers for name in FORWARDED)
        place = counted(seen.remote, forwarded, self.service.settings.proxies)
        return Origin(seen.remote, place, agent=seen.headers.get("user-agent", ""))

    @property
    def resolver(self) -> Resolver:
        """Resolves what the caller names."""
        return Resolver(self.service, self.master)


KEY_MOST = 2**63  # what the database's whole numbers hold
_NO_TOKEN = "Authentication credentials were not provided; send the header Authorization: token <token>"


class Dispatcher:
    """Asks APIs for whoever comes: the web's routes, sequences, the command line."""

    def __init__(self, service: Service, apis: Mapping[str, Api]) -> None:
        self.service = service
        self.apis = apis

    def ask(self, api: Api, audience: str, token: str | None, read: Callable[[], ApiRequest]) -> Answer:
        """The answer of an API that is asked as somebody of an audience.

        `read`: reads what is asked, once it is known who asks. Raises only what `read` raises beside Refusal.
        """

        def answer() -> Any:
            caller = None if audience == PUBLIC and not api.asks_who else self._caller(audience, token)
            return self._call(api, caller, read(), None)

        return self._safely(api, answer)

    def ask_as(self, api: Api, caller: Master | None, asked: ApiRequest, within: StepHooks | None = None) -> Answer:
        """The answer of an API that is asked in a master's name, or as the public (None). Never raises.

        `within`: a step of a sequence asks; None: the command line does.
        """

        def answer() -> Any:
            if api.audience != PUBLIC and caller is None:
                raise Refusal(401, f"{api.name} is not for the public: set the step's key master")
            _check_audience(api.audience, caller)
            return self._call(api, caller, asked, within)

        return self._safely(api, answer)

    def _safely(self, api: Api, answer: Callable[[], Any]) -> Answer:
        try:
            result = answer()
        except (Refusal, FieldErrors) as no:
            return no.answer()
        except MEANT as error:
            return refusal_of(error).answer()
        except Exception as error:
            return self._bug(api, error)
        return result if isinstance(result, Answer) else Answer(200, result)

    def _call(self, api: Api, caller: Master | None, asked: ApiRequest, within: StepHooks | None) -> Any:
        bound = self._bind(api, caller, asked)
        commits = self.service.db.commits
        loose = {name: text for name, text in asked.texts.items() if api.loose and name not in api.params}
        try:
            return api.call(Call(self.service, caller, asked, loose, within), **bound)
        except Unavailable as error:
            if self.service.db.commits != commits:
                raise OutcomeUnknown(PARTLY.format(error=error)) from error
            raise

    def _caller(self, audience: str, token: str | None) -> Master | None:
        caller = self.service.tokens.owner(token) if token else None
        if token and caller is None:
            raise Refusal(401, "Invalid token: it is unknown, has expired or was ended; get one by POST /user/token/")
        if audience != PUBLIC and caller is None:
            raise Refusal(401, _NO_TOKEN)
        _check_audience(audience, caller)
        return caller

    def _bind(self, api: Api, caller: Master | None, asked: ApiRequest) -> dict[str, Any]:
        problems = _surplus(api, asked)
        bound: dict[str, Any] = {}
        for param in api.params.values():
            if param.name in asked.unfit:
                problems.append(Problem(param.name, asked.unfit[param.name]))
                continue
            if param.name not in asked.texts and param.name not in asked.values:
                if param.required:
                    problems.append(Problem(param.name, f"is required: {type_name(param.type)}", is_missing=True))
                elif not isinstance(param.how, ObjectParam):
                    bound[param.name] = param.default
                continue
            try:
                bound[param.name] = _value(param, asked, self.service.settings.json_limits)
            except WrongType as error:
                problems.append(Problem(param.name, error.text_for(param.name)))
            except Invalid as error:
                problems += [problem.within(param.name) for problem in error.problems]
        if problems:
            raise _refusal(api, problems)
        self._resolve(api, caller, bound)
        for name, group in api.groups.items():
            values = {each: bound.pop(each) for each in group.names}
            given = {each: value for each, value in values.items() if each in asked.values or each in asked.texts}
            bound[name] = group.build(**(given if group.only_given else values))
        return bound

    def _resolve(self, api: Api, caller: Master | None, bound: dict[str, Any]) -> None:
        for param in api.params.values():
            if isinstance(param.how, ObjectParam) and caller is not None:
                text = bound.get(param.name, param.default)
                if text is not None:
                    resolver = Resolver(self.service, caller)
                    bound[param.name] = resolver.resolve(param.how.kind, text, param.name)

    def _bug(self, api: Api, error: Exception) -> Answer:
        number = new_uid()[:8]
        self.service.events.bug("api.failed", error, api=api.name, id=number)
        return Refusal(500, f"Something went wrong on our side; the log has the details under the id {number}").answer()


def _check_audience(audience: str, caller: Master | None) -> None:
    """Raises AdminsOnly."""
    if audience == ADMIN and caller is not None:
        check_admin(caller)


def _surplus(api: Api, asked: ApiRequest) -> list[Problem]:
    takes_files = any(isinstance(param.how, ContextParam) for param in api.params.values())
    problems: list[Problem] = []
    for name in (*asked.values, *asked.texts, *asked.files):
        if name in api.params:
            continue
        if name in asked.files and takes_files:
            continue
        is_loose = name in asked.texts and api.loose and asked.method == "GET"
        if is_loose and name not in asked.unfit:
            continue
        if len(problems) >= PROBLEMS_MOST:
            break
        if is_loose:
            problems.append(Problem(name[:WORD_MOST], asked.unfit[name]))
            continue
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
