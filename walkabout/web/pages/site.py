"""The admin page as a whole: its views, the guard, and its errors."""

from flask import Blueprint, Flask, Response, g, request, url_for
from werkzeug.exceptions import HTTPException

from walkabout.api.answers import FieldErrors, Refusal
from walkabout.api.refusals import MEANT, PARTLY, refusal_of
from walkabout.database.connections import OutcomeUnknown, Unavailable
from walkabout.jids import new_uid
from walkabout.service import Service
from walkabout.web.pages.account.page import AccountView
from walkabout.web.pages.calendar.feed import CalendarFeedView
from walkabout.web.pages.calendar.page import CalendarView
from walkabout.web.pages.clock import ClockView, set_clock
from walkabout.web.pages.frame import Frames, bare, page, see, with_headers
from walkabout.web.pages.graph.page import GraphPageView
from walkabout.web.pages.notices.page import NoticesView
from walkabout.web.pages.people.page import PeopleView
from walkabout.web.pages.queue.page import QueueView
from walkabout.web.pages.run.compare import CompareView
from walkabout.web.pages.run.json_colours import coloured
from walkabout.web.pages.run.page import RunView
from walkabout.web.pages.run.resume import ResumeView
from walkabout.web.pages.run.step import StepView
from walkabout.web.pages.run.step_numbers import step_number
from walkabout.web.pages.runs.list import RunsView
from walkabout.web.pages.runs.many import ManyRunsView
from walkabout.web.pages.sequences.curl import SequenceCurlView
from walkabout.web.pages.sequences.edit import SequenceEditView
from walkabout.web.pages.sequences.file_import import SequenceImportView
from walkabout.web.pages.sequences.list import SequencesView
from walkabout.web.pages.sequences.page import SequenceView
from walkabout.web.pages.sequences.versions import SequenceVersionsView
from walkabout.web.pages.settings.page import SettingsView
from walkabout.web.pages.settings.sections import sections
from walkabout.web.pages.signing.new_password import OPEN_WITH_A_GIVEN_PASSWORD, NewPasswordView
from walkabout.web.pages.signing.sign_in import SignInView, ask_to_sign_in, refuse_form
from walkabout.web.pages.task.changes import TaskChangesView
from walkabout.web.pages.task.page import TaskView
from walkabout.web.pages.task_form.page import TaskFormView
from walkabout.web.pages.task_form.trial import TrialView
from walkabout.web.pages.tasks.actions import TaskActionsView
from walkabout.web.pages.tasks.files import TaskFilesView
from walkabout.web.pages.tasks.list import TasksView
from walkabout.web.pages.theme import ThemeView, theme
from walkabout.web.pages.view import View
from walkabout.web.pages.walkers.page import WalkersView
from walkabout.web.session import PREFIX, Sessions, below_prefix, has_csrf_token, set_up

PLACES: tuple[type[View], ...] = (
    *(ThemeView, SettingsView),
    *(SignInView, NewPasswordView, TasksView, TaskActionsView, TaskFilesView),
    *(TaskView, TaskChangesView, TaskFormView, TrialView),
    *(
        CalendarView,
        CalendarFeedView,
        ClockView,
        RunsView,
        ManyRunsView,
        RunView,
        StepView,
        ResumeView,
        CompareView,
        QueueView,
    ),
    *(WalkersView, GraphPageView, NoticesView, PeopleView, AccountView),
    *(SequencesView, SequenceView, SequenceEditView, SequenceImportView, SequenceVersionsView, SequenceCurlView),
)
KEEP_S = 365 * 86_400  # static files: their addresses change with their content


class Site:
    """The page of one service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.sessions = Sessions(service)
        self.frames = Frames(service)
        self.open_endpoints: set[str] = set()

    def add(self, app: Flask) -> None:
        """Give the application the page."""
        set_up(app, self.service)
        app.config["SEND_FILE_MAX_AGE_DEFAULT"] = KEEP_S
        app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}
        app.jinja_env.globals.update(theme=theme, sections=sections)
        app.add_url_rule("/", "home", lambda: see(PREFIX + "/"))
        app.add_template_filter(step_number)
        app.add_template_filter(coloured)
        pages = Blueprint("pages", __name__, url_prefix=PREFIX)
        pages.before_request(self._guard)
        pages.after_request(with_headers)
        for place in PLACES:
            self.open_endpoints.update(place(self.service).add(pages))
        app.register_blueprint(pages)

    def error(self, error: Exception) -> Response | None:
        """The page of an error below the prefix; None: it is not the page's."""
        if not below_prefix(request):
            return None
        try:
            return self._error_page(error)
        except Unavailable as unavailable:
            # Not even who asks can be told.
            status, text, headers = self._words(unavailable)
            answer = bare("unavailable.html", "Unavailable", status, text=text)
            answer.headers.update(headers)
            return with_headers(answer)

    def _error_page(self, error: Exception) -> Response:
        g.frames = self.frames
        if "master" not in g:
            if isinstance(error, Unavailable):
                raise error
            master = self.sessions.master()
            if master is None:
                return with_headers(self._not_signed_in())
            g.master = master
        status, text, headers = self._words(error)
        answer = page("error.html", "Not found" if status == 404 else "Refused", "", status=status, text=text)
        answer.headers.update(headers)
        return with_headers(answer)

    def _guard(self) -> Response | None:
        g.frames = self.frames
        set_clock()
        if request.endpoint in self.open_endpoints:
            return None
        master = self.sessions.master()
        if master is None:
            return self._not_signed_in()
        g.master = master
        if request.method == "POST" and not has_csrf_token():
            return refuse_form()
        if master.must_change and request.endpoint not in OPEN_WITH_A_GIVEN_PASSWORD:
            return _first_a_password()
        g.commits = self.service.db.commits
        return None

    def _not_signed_in(self) -> Response:
        if request.headers.get("Live") is not None:
            return Response(status=401)
        if request.method in ("GET", "HEAD"):
            return see(url_for("pages.sign_in", back=request.full_path.rstrip("?")))
        return ask_to_sign_in(401, "You were signed out in the meantime. Sign in and send the form again.")

    def _words(self, error: Exception) -> tuple[int, str, dict[str, str]]:
        if isinstance(error, Refusal):
            return error.status, "; ".join(error.texts), error.answer().headers
        if isinstance(error, FieldErrors):
            return 400, str(error), {}
        if isinstance(error, Unavailable) and self.service.db.commits != g.get("commits", self.service.db.commits):
            error = OutcomeUnknown(PARTLY.format(error=error))
        if isinstance(error, MEANT):
            return self._words(refusal_of(error))
        if isinstance(error, HTTPException):
            status = error.code or 500
            return status, _PLAIN.get(status, error.description or error.name), {}
        number = new_uid()[:8]
        self.service.events.bug("page.failed", error, path=request.path, id=number)
        return 500, f"Something went wrong on our side; the log has the details under the id {number}.", {}


def _first_a_password() -> Response:
    if request.headers.get("Live") is not None:
        return Response(status=401)
    return see(url_for("pages.new_password"))


_PLAIN = {
    404: "There is nothing at this address, or you are not allowed to see it.",
    405: "This address does not accept this method.",
    413: "The request was larger than this service accepts (MAX_BODY_MB, MAX_UPLOAD_MB).",
}
