"""Walkers: what can be run here, with which fields; and a form to run one, now or in the background."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, abort, request, url_for

from walkabout import json_text
from walkabout.actions import walkers
from walkabout.actions.inline import NotKept
from walkabout.actions.rights import sees_machine
from walkabout.actions.timing import Queued, Timing
from walkabout.actions.walkers import WalkerInput
from walkabout.jids import BadJid
from walkabout.jobs.run import Outcome
from walkabout.walking.calls import Gone
from walkabout.walking.fields import BadContext
from walkabout.walking.files import File
from walkabout.walking.names import NotNamed
from walkabout.walking.request import TextFields
from walkabout.walking.sentinel import UnknownWalker
from walkabout.walking.walker import Walker
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.run.tree import Branch, Budget, tree
from walkabout.web.pages.view import View, route
from walkabout.web.pages.walkers import walker_inputs
from walkabout.web.pages.words import cut
from walkabout.web.reading import visible_part
from walkabout.web.session import me

HERE = "active:graph"


@dataclass(frozen=True)
class ListedWalker:
    """A walker in the list."""

    name: str
    doc: str
    first: str
    fields: str
    tags: list[str]


@dataclass
class WalkerRan:
    """How a run inside of the request went. `problem`: why it did not, or its error."""

    ok: bool
    words: str
    problem: str
    report: Branch | None
    response: Branch | None


@dataclass
class WalkerTrial:
    """What was typed into a walker's form, what is wrong with it by input, and how the run went."""

    typed: Mapping[str, str] | None = None
    problems: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    ran: WalkerRan | None = None
    status: int = 200


class WalkersView(View):
    """The walkers of this installation."""

    @route("/walkers")
    def walkers(self) -> Response:
        """All walkers, and the files that did not load."""
        sentinel = self.service.sentinel
        return page(
            "walkers/list.html",
            "Walkers",
            "walkers",
            walkers=[_entry_of(walker) for _, walker in sorted(sentinel.walkers().items())],
            errors=[(file, cut(text, 500)) for file, text in sentinel.errors() if sees_machine(me())],
            folders=self.service.settings.walkers_dir.replace(":", ", ") if sees_machine(me()) else "",
        )

    @route("/walkers/<name>", "GET", "POST")
    def walker(self, name: str) -> Response:
        """One walker with its form; and what is sent with that."""
        walker = self._walker(name)
        if request.method == "GET":
            return self._form(walker, WalkerTrial())
        tried = WalkerTrial(request.form)
        timing = Timing(background=request.form.get("when") == "background")
        ran = self._try(walker, tried, timing)
        if isinstance(ran, Queued):
            say(f"{walker.walker_name} is queued. This is the run.")
            return see(url_for("pages.run", uid=ran.uid))
        if ran is None:
            tried.status = tried.status if tried.status >= 400 else 400
        else:
            tried.ran = self._result_of(json_text.load(ran.result), inline=timing.background)
        return self._form(walker, tried)

    def _try(self, walker: type[Walker], tried: WalkerTrial, timing: Timing) -> Queued | Outcome | None:
        """How the run went; None: something is wrong with what was typed, and stands in `tried`."""
        typed = dict(request.form)
        found = walker_inputs.read(walker.walker_fields, typed, self.service.settings.json_limits)
        tried.problems = found.problems
        node = self._node(typed.get("nd", "").strip() or HERE, tried)
        if tried.problems or node is None:
            return None
        given = WalkerInput(found.ctx, found.texts, _files(), request=visible_part(request, TextFields()))
        try:
            return walkers.run(self.service, me(), walker, node, given, timing)
        except BadContext as error:
            tried.problems = {problem.path: problem.message for problem in error.problems}
        except Gone as error:
            tried.others, tried.status = [str(error)], 404
        except NotKept as error:
            tried.others, tried.status = [str(error)], 409
        return None

    def _node(self, text: str, tried: WalkerTrial) -> str | None:
        try:
            return self.service.names.resolve(me(), "node", text)
        except (BadJid, NotNamed) as error:
            tried.problems["nd"] = str(error)
            return None

    def _form(self, walker: type[Walker], tried: WalkerTrial) -> Response:
        options = walker.walker_options
        typed = tried.typed or {}
        names = [HERE, *self.service.aliases.all(me().uid)]
        return page(
            "walkers/one.html",
            walker.walker_name,
            "walkers",
            status=tried.status,
            walker=_entry_of(walker),
            inputs=walker_inputs.inputs(walker.walker_fields, tried.typed, tried.problems),
            has_files=any(walker_inputs.kind_of(field.type)[0] == "file" for field in walker.walker_fields.values()),
            node=typed.get("nd", HERE),
            node_error=tried.problems.get("nd", ""),
            names=names[: self.service.settings.page_rows],
            background=(typed.get("when", "background" if options.is_async else "now")) == "background",
            problems=len(tried.problems),
            others=tried.others,
            ran=tried.ran,
        )

    def _result_of(self, body: dict[str, Any], *, inline: bool) -> WalkerRan:
        settings = self.service.settings
        ok = bool(body.get("success"))
        words = "It succeeded" if ok else "It failed"
        words += ", and paused; the next run continues from there" if body.get("yielded") else ""
        words += ". No worker is alive, so it ran in this request" if inline else ""
        report, response = (
            tree(body[name], Budget(settings.tree_items, settings.tree_chars)) if body.get(name) else None
            for name in ("report", "response")
        )
        problem = "\n".join(str(error) for error in body.get("errors", []))
        return WalkerRan(ok, words + ".", cut(problem, 4000), report, response)

    def _walker(self, name: str) -> type[Walker]:
        try:
            return self.service.sentinel.walker(name)
        except UnknownWalker:
            abort(404)


def _entry_of(walker: type[Walker]) -> ListedWalker:
    options = walker.walker_options
    tags = ["public"] * options.public + ["in the background"] * options.is_async + options.limits_in_words()
    names = ", ".join(walker.walker_fields)
    doc = inspect.cleandoc(walker.__doc__ or "")
    return ListedWalker(walker.walker_name, doc, doc.split("\n\n")[0], cut(names, 200), tags)


def _files() -> dict[str, list[File]]:
    files: dict[str, list[File]] = {}
    for name, upload in request.files.items(multi=True):
        if upload.filename:
            file = File(upload.filename, upload.mimetype or "application/octet-stream", upload.stream.read())
            files.setdefault(name.removeprefix(walker_inputs.PREFIX), []).append(file)
    return files
