"""One step of a sequence's run: request and response side by side, as a page or inside the run's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, request

from walkabout.sequences.record_summaries import RecordSummary, tries
from walkabout.settings import Settings
from walkabout.web.pages.frame import live_page
from walkabout.web.pages.numbers import number
from walkabout.web.pages.run.step_numbers import step_number
from walkabout.web.pages.run.tree import Branch, Budget, tree
from walkabout.web.pages.run.waterfall import NO_STATE, STATES
from walkabout.web.pages.runs.list import run_of_mine
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import NOTHING, Moment, State, cut, length, moment, size

TRIES_MOST = 20  # tries that are listed
TEXT_MOST = 16_000  # characters of a URL, an error, a curl line; bodies are cut where records are written


@dataclass(frozen=True)
class Try:
    """A try in the list of them."""

    number: int
    state: State
    status: str
    took: str
    started: Moment | None
    error: str
    here: bool


@dataclass(frozen=True)
class Side:
    """What was sent, or what came back. `text`: a body that is no JSON."""

    header: list[tuple[str, str]]
    body: Branch | None
    text: str | None


@dataclass(frozen=True)
class StepExchange:
    """A step as the page shows it. `path`: as the APIs have it; `place`: its number on the page; `number`: of the try."""

    path: str
    place: str
    name: str
    method: str
    url: str
    state: State
    status: str
    took: str
    size: str
    started: Moment | None
    saved: str
    error: str
    curl: str
    replayed: bool
    sent: Side | None
    came: Side | None
    number: int
    tries: list[Try]
    earlier: bool
    later: bool


class StepView(View):
    """A step by its address."""

    @route("/runs/<uid>/steps/<path>")
    def step(self, uid: str, path: str) -> Response:
        """One try of a step: the last, or the one that `try` names."""
        run = run_of_mine(self, uid)
        asked = request.args.get("try", "")
        attempt = number(asked)
        if asked and attempt is None:
            abort(404)
        found = tries(self.service.db, uid, path, attempt, TRIES_MOST)
        if found is None:
            abort(404)
        record = found.chosen
        listed = [self._try(head, head.attempt == record["try"]) for head in found.heads]
        return live_page(
            "run/step.html",
            "run/_step.html",
            f"{cut(run.title, 60)}, step {cut(step_number(path), 40)}",
            "runs",
            seen=found,
            moving=None,
            values=lambda: {
                "run": run,
                "step": exchange_of(record, self.service.settings, self.now, listed, found.earlier, found.later),
            },
        )

    def _try(self, head: RecordSummary, here: bool) -> Try:
        return Try(
            number=head.attempt,
            state=STATES.get(head.state, NO_STATE),
            status=NOTHING if head.status is None else str(head.status),
            took=length(head.ms / 1000) if head.start else NOTHING,
            started=moment(head.start or None, self.now),
            error=cut(head.error, 140),
            here=here,
        )


def exchange_of(
    record: dict[str, Any],
    settings: Settings,
    now: float,
    tries: Sequence[Try] = (),
    earlier: bool = False,
    later: bool = False,
) -> StepExchange:
    """A record (see sequence.Record.as_dict) as the page shows it. `now`: UTC seconds; `tries`: all of its step."""
    budget = Budget(settings.tree_items, settings.tree_chars, is_record=True)
    status, has_answer = record["status"], record["response"] is not None
    return StepExchange(
        path=record["path"],
        place=step_number(record["path"]),
        name=cut(record["name"], 200),
        method=record["method"],
        url=cut(record["url"], TEXT_MOST),
        state=STATES.get(record["state"], NO_STATE),
        status=NOTHING if status is None else str(status),
        took=length(record["ms"] / 1000) if record["start"] else NOTHING,
        size=size(record["bytes"]) if has_answer else NOTHING,
        started=moment(record["start"] or None, now),
        saved=cut(", ".join(record["saved"]), 400) or NOTHING,
        error=cut(record["error"], TEXT_MOST),
        curl=cut(record["curl"], TEXT_MOST),
        replayed=record["replayed"],
        sent=_side(record["request"], budget),
        came=_side(record["response"], budget),
        number=record["try"],
        tries=list(tries) if len(tries) > 1 or earlier or later else [],
        earlier=earlier,
        later=later,
    )


def _side(message: dict[str, Any] | None, budget: Budget) -> Side | None:
    if message is None:
        return None
    header = [(cut(name, 200), cut(str(value), 2000)) for name, value in message["header"].items()]
    body = message["body"]
    if body is None:
        return Side(header, None, None)
    return Side(header, None, body) if isinstance(body, str) else Side(header, tree(body, budget), None)
