"""The JAC method of sequences: calls any API of the registry through the dispatcher, as HTTP does."""

import json
from http import HTTPStatus
from typing import Any

import sequence
from walkabout import json_text
from walkabout.actions.rights import may_act_as
from walkabout.api.answers import Answer, Refusal
from walkabout.api.dispatch import Dispatcher
from walkabout.api.parameters import ApiRequest
from walkabout.api.references import Resolver
from walkabout.api.registry import Api
from walkabout.nearest import suggest
from walkabout.people.masters import Master
from walkabout.problems import Problem
from walkabout.sequences.api_steps import ApiCall
from walkabout.walking.names import SELF
from walkabout.walking.responses import JSON, response_view


class Jac:
    """Asks APIs for steps of sequences."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher
        self.service = dispatcher.service

    def __call__(self, call: ApiCall) -> sequence.StepResponse | sequence.Nested:
        """The answer of an API as a step gets it; Nested when it is another sequence (see sequences.asking.AskApi)."""
        try:
            api = self._api(call.api)
            caller = self._master(call)
            answer = self.dispatcher.ask_as(api, caller, _read_request(api, call.body), call.within)
        except Refusal as no:
            answer = no.answer()
        if isinstance(answer.body, sequence.Nested):
            return answer.body
        return sequence.StepResponse(answer.status, _body_of(answer), HTTPStatus(answer.status).phrase)

    def _api(self, name: str) -> Api:
        api = self.dispatcher.apis.get(name)
        if api is None:
            raise Refusal(404, Problem("api", f"{name[:80]!r} is not an API{suggest(name, self.dispatcher.apis)}"))
        return api

    def _master(self, call: ApiCall) -> Master | None:
        """In whose name the step asks. A sequence of somebody who is no admin asks in that one's own."""
        if not call.master:
            return None
        masters = self.service.masters
        owner = masters.by_uid(call.owner) if call.owner else None
        if owner is None or not owner.is_activated:
            raise Refusal(403, Problem("master", "the sequence does not run in a person's name"))
        if call.master == SELF:
            return owner
        uid = Resolver(self.service, owner).uid(call.master, "master")
        if not may_act_as(owner, uid):
            raise Refusal(403, Problem("master", f"{owner.email} is not an admin and can't act as anybody else"))
        master = masters.by_uid(uid)
        if master is None or not master.is_activated:
            raise Refusal(404, Problem("master", f'"{call.master[:80]}" is not a master'))
        return master


def _read_request(api: Api, body: Any) -> ApiRequest:
    values = {} if body is None else body
    if not isinstance(values, dict):
        raise Refusal(400, Problem("body", "expected an object with the parameters"))
    try:
        json_text.write(values)
    except UnicodeEncodeError:
        raise Refusal(400, Problem("body", json_text.HALF_CHARACTER)) from None
    except ValueError as error:
        raise Refusal(400, Problem("body", str(error))) from None
    # Where one route takes several methods, parameters are for the one that changes something.
    method = "POST" if "POST" in api.methods else api.methods[-1 if values else 0]
    unfit = {name: json_text.NUL for name, value in values.items() if json_text.has_nul(value)}
    return ApiRequest(method, values=values, unfit=unfit)


def _body_of(answer: Answer) -> Any:
    if answer.own is not None:
        view = response_view(answer.own)
        try:
            return json_text.read(answer.own.body) if answer.own.type.startswith(JSON) else view.get("body", view)
        except json_text.BadJson:
            return view.get("body", view)
    return json.loads(answer.text) if answer.text is not None else answer.body
