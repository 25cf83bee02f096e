"""The dispatcher: runs every API call, whoever makes it. It identifies the caller, reads the parameters and checks
the rights; it knows plain data, not HTTP.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from walkabout.actions.rights import check_admin
from walkabout.actions.walkers import LooseInput
from walkabout.api.answers import Answer, FieldErrors, Refusal
from walkabout.api.parameters import (
    ApiRequest,
    group_parameters,
    leave_out_empty,
    part_loose,
    read_parameters,
    with_key_of_header,
)
from walkabout.api.references import Resolver
from walkabout.api.refusals import MEANT, PARTLY, refusal_of
from walkabout.api.registry import ADMIN, PUBLIC, Api
from walkabout.database.connections import OutcomeUnknown, Unavailable
from walkabout.jids import new_uid
from walkabout.people.addresses import FORWARDED, place_of
from walkabout.people.masters import Master
from walkabout.people.sign_ins import Origin
from walkabout.sequences.api_steps import StepHooks
from walkabout.service import Service


@dataclass(frozen=True)
class Call:
    """What an API's function gets beside its parameters."""

    service: Service
    caller: Master | None
    asked: ApiRequest
    loose: LooseInput
    api: str
    given: Mapping[str, Any]
    """The parameters as they were given, by name, defaults filled in."""
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
        place = place_of(seen.remote, forwarded, self.service.settings.proxies)
        return Origin(seen.remote, place, agent=seen.headers.get("user-agent", ""))

    @property
    def resolver(self) -> Resolver:
        """Resolves what the caller names."""
        return Resolver(self.service, self.master)


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
        asked = with_key_of_header(api, leave_out_empty(api, asked))
        loose = LooseInput()
        if api.loose:
            asked, loose = part_loose(api, asked, self.service.settings.json_limits)
        given = read_parameters(api, asked, self.service.settings.json_limits)
        params = group_parameters(api, asked, self._resolved(api, caller, given))
        commits = self.service.db.commits
        try:
            call = Call(self.service, caller, asked, loose, api=api.name, given=given, within=within)
            return api.call(call, **params)
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

    def _resolved(self, api: Api, caller: Master | None, given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters with the uids of the objects that they name."""
        values = dict(given)
        if caller is not None:
            resolver = Resolver(self.service, caller)
            for name, kind in api.objects.items():
                if values[name] is not None:
                    values[name] = resolver.resolve(kind, values[name], name)
        return values

    def _bug(self, api: Api, error: Exception) -> Answer:
        number = new_uid()[:8]
        self.service.events.bug("api.failed", error, api=api.name, id=number)
        return Refusal(500, f"Something went wrong on our side; the log has the details under the id {number}").answer()


def _check_audience(audience: str, caller: Master | None) -> None:
    """Raises AdminsOnly."""
    if audience == ADMIN and caller is not None:
        check_admin(caller)
