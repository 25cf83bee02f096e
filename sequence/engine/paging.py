"""Follows the pages of a list: what the next request is, what each page adds, and where they end."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from sequence.engine.failure import Failure
from sequence.engine.retries import Verdict
from sequence.engine.scope import Scope
from sequence.errors import LimitReached, StepError
from sequence.json_values import MISSING, Json, excerpt, kind_of, wire
from sequence.language import keys
from sequence.language.expressions import list_at
from sequence.language.plan import PagesPlan
from sequence.language.templates import resolve_template
from sequence.problems import Problem
from sequence.senders.base import StepRequest, StepResponse
from sequence.senders.redirects import leaves
from sequence.senders.replay import digest_of
from sequence.senders.urls import BadURL, ExactURL

MOST = 100
"""Pages of a step whose `pages` says no `max`."""
WHOLE_RECORDS = 100
"""So many pages keep their bodies in the records of a run in memory; whoever listens is told all of them."""

_LINK = re.compile(r'<([^<>]*)>((?:[^",]|"(?:[^"\\]|\\.)*")*)')
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+)))?')
_BODILESS = ("GET", "HEAD")
_OF_THE_ORIGIN = ("authorization", "cookie", "proxy-authorization", "host")


class TooManyPages(StepError):
    """There is one more page than may come. What came stays as it is, also for a run that goes on."""


class Pages:
    """The pages of one step: how many there were, what they held, and how the step's keys change for the next one."""

    def __init__(self, plan: PagesPlan, data: Mapping[str, Json], scope: Scope) -> None:
        """`data`: the resolved step, which may be resolved anew. Raises StepError for a `max` that a template made unusable."""
        self.changes: dict[str, Json] = {}
        self.has_left = False
        self.count = 0
        self.data = data
        self._plan = plan
        self._scope = scope
        self._most = _most(plan, scope)
        self._found: list[Json] = []
        self._weight = 0
        self._sent: dict[str, int] = {}
        self._home: ExactURL | None = None

    @property
    def found(self) -> list[Json]:
        """What came so far: the items of all pages, or the pages."""
        return self._found

    def begin(self, request: StepRequest) -> None:
        """A page is asked for by this request. Raises StepError for one that was sent before."""
        if self._home is None and not request.is_jac:
            self._home = _url(request.url)
        digest = digest_of(request)
        before = self._sent.setdefault(digest, self.count)
        if before != self.count:
            raise StepError(
                f"pages: page {self.count + 1} would send the same request as page {before + 1}; "
                "next has to change something, or to be missing behind the last page"
            )

    def take(self, answer: StepResponse) -> bool:
        """Takes a page in that was answered, being `$`; whether another one follows. Raises StepError, LimitReached."""
        page = self._scope.own(self._scope.current)
        is_empty = self._add(page)
        self.count += 1
        stop = self._plan.stop
        if stop is not None and stop.bind(self._scope).holds(self._scope):
            return False
        if self._plan.counts and is_empty:
            return False
        changes = self._next_changes(answer)
        if changes is None:
            return False
        if self.count >= self._most:
            raise TooManyPages(f"pages: there are more than {self._most} pages; max says how many may come")
        self.changes = changes
        return True

    def admit(self, request: StepRequest, has_secret: Callable[[str], bool]) -> StepRequest:
        """The request of a page as it may be sent: what was meant for the first page's origin goes to no other one.

        Raises StepError where that can't be left out.
        """
        home = self._home
        if home is None:
            return request
        if not self.has_left:
            header = dict(request.header)
            if home.authorization and not any(name.lower() == "authorization" for name in header):
                header["Authorization"] = home.authorization
            return replace(request, header=header)
        body = (request.content or b"").decode("utf-8", "replace")
        if has_secret(request.url) or has_secret(body):
            raise StepError("pages.next: leads to another origin, and the request has the value of a secret")
        kept = {
            name: value
            for name, value in request.header.items()
            if name.lower() not in _OF_THE_ORIGIN and not has_secret(value)
        }
        return replace(request, header=kept)

    def _add(self, page: Json) -> bool:
        """Adds a page; whether it was empty."""
        plan = self._plan
        items: Json = [page]
        if plan.items is not None:
            items = list_at(plan.items, self._scope, "pages.items")
        self._found.extend(items)
        self._weight += len(wire(items))
        limit = self._scope.context.settings.limits.persistence_bytes
        if self._weight > limit:
            raise LimitReached(f"the pages hold {self._weight} bytes; the limit is {limit}, that of the persistence")
        return not items if plan.items is not None else page in ("", None, [], {})

    def _next_changes(self, answer: StepResponse) -> dict[str, Json] | None:
        """What the next page changes of the step's keys; None when there is none."""
        plan = self._plan
        if plan.by_link:
            told: Json = next_link(answer.header.get("link", ""))
        else:
            told = resolve_template(plan.following, self._scope)
        if _is_nothing(told):
            return None
        if isinstance(told, str):
            return self._address(told, answer)
        if not isinstance(told, dict):
            raise StepError(f"pages.next: is an address or an object, not {kind_of(told)}")
        if any(map(_is_nothing, told.values())):
            return None
        return self._merge(told)

    def _address(self, told: str, answer: StepResponse) -> dict[str, Json]:
        if self._home is None:
            raise StepError("pages.next: an API of this service has no address; use an object")
        try:
            url = urljoin(answer.url or str(self._home), told.strip())
        except ValueError as error:
            raise StepError(f"pages.next: {excerpt(told)} is not an address: {error}") from None
        if leaves(self._home.origin, _url(url).origin):
            self.has_left = True
        return {"api": url, "query": None}

    def _merge(self, told: dict[str, Json]) -> dict[str, Json]:
        place = self._plan.into or self._place()
        if place == "query":
            own = self.data.get("query") or {}
            return {"api": _without(str(self.data["api"]), told), "query": {**own, **told}}
        held = self.data.get(place)
        if held is not None and not isinstance(held, dict):
            raise StepError(f"pages.next: can't be merged into {place}, which is {kind_of(held)}; say into")
        return {place: {**(held or {}), **told}}

    def _place(self) -> str:
        method = str(self.data.get("method", "")).upper()
        if method in _BODILESS:
            return "query"
        for name in ("form", "files", "text", "base64"):
            if self.data.get(name) is not None:
                if name in ("text", "base64"):
                    raise StepError(f'pages.next: an object can\'t be merged into {name}; say "into": "query"')
                return "form"
        return "body"


class PagedStep(Protocol):
    """A step that follows pages. `path` is its own, `at` that of its page now, which `request` asks for."""

    path: str
    at: str
    request: StepRequest | None

    def send_page(self, number: int) -> Verdict:
        """Sends the request of a page (0 is the first) and records it."""

    def turn(self) -> None:
        """Makes the request of the next page. Raises StepError."""


def follow(pages: Pages, step: PagedStep) -> tuple[Verdict, Failure | None]:
    """All pages as one list, and where it failed, if that is not the step as a whole.

    An error of a page is the step's; when the list itself has no end, what came is kept.
    """
    last = StepResponse(status=None)
    try:
        while True:
            assert step.request is not None
            pages.begin(step.request)
            verdict = step.send_page(pages.count)
            last = verdict.answer
            if verdict.error:
                return verdict, Failure(step.at, "", None, (step.at,))
            if not pages.take(last):
                return Verdict(last, pages.found), None
            step.turn()
    except TooManyPages as error:
        behind = f"{step.path}.page[{pages.count}]"
        return Verdict(last, pages.found, str(error)), Failure(step.path, "", None, (behind,))
    except StepError as error:
        return Verdict(last, pages.found, str(error)), None


def next_link(header: str) -> str | None:
    """The address with `rel="next"` of a Link header (RFC 8288, 3); None without one."""
    for target, params in _LINK.findall(header):
        # Of several `rel` the first counts (RFC 8288, 3.3).
        told = (quoted or bare for name, quoted, bare in _PARAMETER.findall(params) if name.lower() == "rel")
        if "next" in next(told, "").lower().split():
            return str(target)
    return None


def _is_nothing(told: Json) -> bool:
    """Whether an answer says so that there is no next page."""
    return told is MISSING or told is None or told is False or told == ""


def _most(plan: PagesPlan, scope: Scope) -> int:
    most = resolve_template(plan.most, scope)
    if most is None:
        return MOST
    kind = keys.PAGES_KEYS["max"].kind
    if not kind.test(most):
        raise StepError(str(Problem("pages.max", kind.refusal("max", most))))
    return int(most)


def _url(text: str) -> ExactURL:
    try:
        return ExactURL(text)
    except BadURL as error:
        raise StepError(f"pages.next: {excerpt(text)}: {error}") from None


def _without(url: str, names: Mapping[str, Json]) -> str:
    """The URL without the parameters that `next` sets, so that each stands in it once."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in names]
    if not parts.query or len(kept) == len(parse_qsl(parts.query, keep_blank_values=True)):
        return url
    return urlunsplit(parts._replace(query=urlencode(kept, quote_via=quote)))
