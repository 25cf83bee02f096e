"""Makes a sequence of another tool's file: a Postman collection, a Hurl file, an HTTP archive, or curl lines."""

import re
from pathlib import PurePath

from flask import Response, request
from werkzeug.datastructures import FileStorage

from walkabout import json_text
from walkabout.actions.saved_sequences import NAME_MOST
from walkabout.sequences.importing.draft import ImportedSequence, NotImportable
from walkabout.sequences.importing.files import read_file
from walkabout.web.pages.frame import page
from walkabout.web.pages.sequences.form import ImportNotes, SequenceForms
from walkabout.web.pages.task_form.argument import BODY
from walkabout.web.pages.task_form.task_input import TaskInput
from walkabout.web.pages.view import View, route

SHOWN_MOST = 200
"""Notes on what is not taken over that the form shows."""
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")


class SequenceImportView(View):
    """Import: the form of a new sequence, filled from a file."""

    @route("/import-sequence", "GET", "POST", admin=True)
    def import_sequence(self) -> Response:
        """Which file; and the form of a new sequence with what came of it."""
        if request.method == "GET":
            return self._ask("")
        pasted = request.form.get("text", "")
        try:
            file, environment = _text_of("file"), _text_of("environment")
            if not (file or pasted).strip():
                return self._ask("Choose a file, or paste its text.")
            found = read_file(file or pasted.replace("\r\n", "\n"), environment or None)
        except (NotImportable, UnicodeDecodeError) as error:
            return self._ask("It is no text in UTF-8." if isinstance(error, UnicodeDecodeError) else str(error))
        texts = {"name": _name(request.files.get("file")), BODY: json_text.pretty(found.sequence)}
        return SequenceForms(self.service).page(TaskInput(texts), None, notes=_notes(found))

    def _ask(self, problem: str) -> Response:
        return page(
            "sequences/import.html",
            "Import a sequence",
            "sequences",
            status=400 if problem else 200,
            problem=problem,
            text=request.form.get("text", ""),
        )


def _text_of(name: str) -> str:
    file = request.files.get(name)
    return file.stream.read().decode() if file is not None and file.filename else ""


def _name(file: FileStorage | None) -> str:
    """The name of a sequence that was made of a file: the file's, as far as it can be one."""
    stem = PurePath(file.filename or "").name.partition(".")[0] if file is not None else ""
    return _NO_NAME.sub("-", stem).strip("-")[:NAME_MOST]


def _notes(found: ImportedSequence) -> ImportNotes:
    notes = [str(one) for one in found.left_out[:SHOWN_MOST]]
    more = len(found.left_out) - len(notes)
    return ImportNotes([*notes, f"and {more} more"] if more else notes, list(found.secrets))
