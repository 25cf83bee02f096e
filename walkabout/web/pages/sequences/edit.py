"""Makes and edits saved sequences: a new one, another version, a try; with their meaning while one types."""

from collections.abc import Mapping

from flask import Response, render_template, request, url_for

from walkabout import json_text
from walkabout.actions import saved_sequences
from walkabout.actions.saved_sequences import SequenceEdit
from walkabout.problems import Invalid
from walkabout.sequences.saved import SavedConflict, SavedSequence
from walkabout.service import Service
from walkabout.web.pages.frame import say, see
from walkabout.web.pages.numbers import number
from walkabout.web.pages.run.differences import differences
from walkabout.web.pages.sequences.form import COPIED, OtherSave, SequenceForms, problem_at
from walkabout.web.pages.sequences.list import saved_of_name
from walkabout.web.pages.sequences.shown import shown_argument
from walkabout.web.pages.task_form.argument import BODY, ArgumentProblem, ArgumentReader
from walkabout.web.pages.task_form.form_texts import texts_sent
from walkabout.web.pages.task_form.task_input import CURL, TaskInput, with_curl_step
from walkabout.web.pages.task_form.trial import Trials, trial_response
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import moment
from walkabout.web.session import me

OVER, PREVIEW = "over", "preview"  # buttons: save mine over theirs; what it means
_DESCRIBED = ("description", "tags")
EMPTY = '{\n  "requests": [\n  ]\n}'


class SequenceEditView(View):
    """The forms of saved sequences."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.forms = SequenceForms(service)

    @route("/new-sequence", "GET", "POST", admin=True)
    def new_sequence(self) -> Response:
        """An empty form, or one with a copy; and what is sent with it."""
        if request.method == "POST":
            return self._send(None)
        copied = request.args.get("copy", "")
        source = saved_of_name(self, copied) if copied else None
        texts = self.forms.texts(source) | {"name": f"{copied}-copy", COPIED: copied} if source else {BODY: EMPTY}
        return self.forms.page(TaskInput(texts), None)

    @route("/sequences/<name>/edit", "GET", "POST", admin=True)
    def edit_sequence(self, name: str) -> Response:
        """The form of one as it is; and what is sent with it."""
        saved = saved_of_name(self, name)
        if request.method == "POST":
            return self._send(saved)
        return self.forms.page(TaskInput(self.forms.texts(saved)), saved)

    @route("/preview-sequence", "POST", admin=True)
    def preview_sequence(self) -> Response:
        """What the form means that is being typed: a part of the page, for its script."""
        what = self.forms.meaning(texts_sent(request.form), self._edited())
        part = render_template("sequences/_meaning.html", what=what, try_url=url_for("pages.try_sequence"))
        return Response(part)

    @route("/try-sequence", "POST", admin=True)
    def try_sequence(self) -> Response:
        """Run what the form holds, once: a part of the form for its script, else a page with the way back."""
        texts, saved = texts_sent(request.form), self._edited()
        argument, troubles = self.forms.read(texts, saved)
        tried = Trials(self.service).run(argument, troubles, texts)
        back = url_for("pages.edit_sequence", name=saved.name) if saved else url_for("pages.new_sequence")
        return trial_response(tried, "sequences", back)

    @route("/sequence-names.json", admin=True)
    def sequence_names(self) -> Response:
        """The names that `use` may have, with what each is for: for the editor."""
        found = saved_sequences.page(self.service, me(), "", 0, 0)[1]
        return Response(json_text.write({one.name: one.description for one in found}), mimetype="application/json")

    def _send(self, saved: SavedSequence | None) -> Response:
        typed = TaskInput(texts_sent(request.form))
        do = request.form.get("do", "")
        if do == CURL:
            return self.forms.page(with_curl_step(typed.texts, self.service.settings.json_limits), saved)
        if do == PREVIEW:
            return self.forms.page(typed, saved)
        argument, typed.troubles = self.forms.read(typed.texts, saved)
        if not typed.troubles:
            try:
                return self._save(typed, argument, saved, over=do == OVER)
            except Invalid as refused:
                typed.troubles = [problem_at(argument, one.path, one.message) for one in refused.problems]
            except SavedConflict:
                typed.status = 409
                if saved is not None:
                    return self.forms.page(typed, saved, self._other_save(typed.texts, saved))
                typed.troubles = [ArgumentProblem("name", "", "is taken; edit that one, or choose another name")]
        typed.status = max(typed.status, 400)
        return self.forms.page(typed, saved)

    def _save(self, typed: TaskInput, argument: ArgumentReader, saved: SavedSequence | None, *, over: bool) -> Response:
        texts = typed.texts
        name = saved.name if saved else texts.get("name", "").strip()
        edit = SequenceEdit(argument.value, *self._described(texts, saved))
        seen = None if over else (number(texts.get("revision", "")) or 0) if saved else 0
        done = saved_sequences.save(self.service, me(), name, edit, seen)
        say(f"{name} is saved, version {done.revision}.")
        return see(url_for("pages.sequence", name=name))

    def _described(self, texts: Mapping[str, str], saved: SavedSequence | None) -> tuple[str | None, list[str] | None]:
        """The description and the tags that were typed; None for what stands as the form showed it."""
        shown = self.forms.texts(saved) if saved else {}
        description, tags = (texts.get(name, "").strip() for name in _DESCRIBED)
        listed = [tag.strip() for tag in tags.split(",") if tag.strip()]
        is_same = {
            name: saved is not None and texts.get(name, "").strip() == shown[name].strip() for name in _DESCRIBED
        }
        return None if is_same["description"] else description, None if is_same["tags"] else listed

    def _other_save(self, texts: Mapping[str, str], saved: SavedSequence) -> OtherSave:
        base, by = self.forms.base(texts, saved), self.service.masters.by_uid(saved.by) if saved.by else None
        apart = None
        if base is not None and base.revision != saved.revision:
            left, right = (shown_argument(self.service, one) for one in (base, saved))
            apart = differences(left, right, self.service.settings.tree_items)
        return OtherSave(saved.revision, by.email if by else "somebody", moment(saved.updated_at, self.now), apart)

    def _edited(self) -> SavedSequence | None:
        """The one whose form was sent; None: a new one."""
        name = request.form.get("saved", "")
        return saved_of_name(self, name) if name else None
