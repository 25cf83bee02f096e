"""The form of a saved sequence: what was typed, what is wrong with it, and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Response, request, url_for

from walkabout import json_text
from walkabout.actions import saved_sequences
from walkabout.masking import moved_masks, put_back
from walkabout.sequences.saved import NoSuchSaved, SavedSequence
from walkabout.service import Service
from walkabout.web.pages.frame import page
from walkabout.web.pages.numbers import number
from walkabout.web.pages.run.differences import Differences
from walkabout.web.pages.sequences.list import used_words
from walkabout.web.pages.sequences.shown import editable_argument
from walkabout.web.pages.task_form.argument import BODY, ArgumentProblem, ArgumentReader, read_argument
from walkabout.web.pages.task_form.meaning import ArgumentMeaning, sequence_meaning
from walkabout.web.pages.task_form.task_input import TaskInput
from walkabout.web.pages.words import Moment
from walkabout.web.session import me

COPIED = "copied"  # of a new one: the name of the one that it began as
MOVED = "*** stands for a value that was masked, and it was moved; write the value itself"


@dataclass(frozen=True)
class ImportNotes:
    """What was said of a file from which a form was filled: what is not taken over, and the secrets to set."""

    left_out: list[str]
    secrets: list[str]


@dataclass(frozen=True)
class OtherSave:
    """What somebody else has saved while a form was open: who, when, and how that differs from what the form began with."""

    revision: int
    who: str
    at: Moment | None
    apart: Differences | None


class SequenceForms:
    """Reads and shows the forms of saved sequences."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def page(
        self,
        typed: TaskInput,
        saved: SavedSequence | None,
        other: OtherSave | None = None,
        notes: ImportNotes | None = None,
    ) -> Response:
        """The page with the form, and what was typed into it. `saved`: the one that is edited."""
        users = saved_sequences.users_of(self.service, saved.name) if saved else None
        return page(
            "sequences/form.html",
            f"Edit {saved.name}" if saved else "New sequence",
            "sequences",
            status=typed.status,
            saved=saved,
            typed=typed,
            others=typed.others([]),
            other=other,
            used_by=used_words(users),
            may_sequence=True,
            notes=notes or ImportNotes(request.form.getlist("note"), request.form.getlist("secret")),
            try_url=url_for("pages.try_sequence"),
            what=self.meaning(typed.texts, saved),
        )

    def read(
        self, texts: Mapping[str, str], saved: SavedSequence | None
    ) -> tuple[ArgumentReader, list[ArgumentProblem]]:
        """What was typed, with the real values where their masks were left, and what is wrong with it."""
        argument = read_argument(self.service, {**texts, "task": "sequence"}, None)
        base = self.base(texts, saved)
        if argument.value is None:
            return argument, argument.troubles
        real = base.argument if base else None
        shown = editable_argument(self.service, base, me()) if base else None
        value = put_back(argument.value, shown, real) if shown != real else argument.value
        argument = replace(argument, value=value)
        name = saved.name if saved else texts.get("name", "").strip()
        problems = saved_sequences.problems_of(self.service, me(), name, value)
        troubles = [argument.trouble(problem) for problem in problems]
        if shown != real:
            troubles += [problem_at(argument, f"sequence.{path}", MOVED) for path in moved_masks(value, real)]
        return argument, troubles

    def base(self, texts: Mapping[str, str], saved: SavedSequence | None) -> SavedSequence | None:
        """The version that a form began with: of the one that is edited, or that was copied."""
        name, revision = saved.name if saved else texts.get(COPIED, ""), number(texts.get("revision", ""))
        if not name or (saved and revision in (None, saved.revision)):
            return saved
        try:
            return saved_sequences.find(self.service, me(), name, revision)
        except NoSuchSaved:
            return saved

    def meaning(self, texts: Mapping[str, str], saved: SavedSequence | None) -> ArgumentMeaning:
        """What the form means now."""
        argument, troubles = self.read(texts, saved)
        return sequence_meaning(self.service, argument, troubles)

    def texts(self, saved: SavedSequence) -> dict[str, str]:
        """The texts of the form of a saved sequence, as somebody may see them."""
        return {
            "name": saved.name,
            "description": saved.description,
            "tags": ", ".join(saved.tag_list),
            "revision": str(saved.revision),
            BODY: json_text.pretty(editable_argument(self.service, saved, me())),
        }


def problem_at(argument: ArgumentReader, path: str, message: str) -> ArgumentProblem:
    """Where in the form a problem stands that the action names."""
    if path in ("name", "description", "tags"):
        return ArgumentProblem(path, "", message)
    inner = path.removeprefix("sequence").removeprefix(".")
    line, column = argument.text.place(inner) if argument.text else (0, 0)
    return ArgumentProblem(BODY, inner, message, line, column)
