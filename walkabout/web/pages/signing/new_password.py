"""Choosing a password: required first of anybody whose password an admin set."""

from flask import Response, request, url_for

from walkabout.people.password_rules import LEAST
from walkabout.service import Service
from walkabout.web.pages.frame import bare, say, see
from walkabout.web.pages.view import View, route
from walkabout.web.session import Sessions, me

OPEN_WITH_A_GIVEN_PASSWORD = ("pages.new_password", "pages.choose_password", "pages.sign_out")


class NewPasswordView(View):
    """The page between the first sign-in and all others."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.sessions = Sessions(service)

    @route("/new-password")
    def new_password(self) -> Response:
        """The form; for others their account, where they change theirs."""
        return self._form({}) if me().must_change else see(url_for("pages.account"))

    @route("/new-password", "POST")
    def choose_password(self) -> Response:
        """Take the password; other sign-ins, and tokens, of the given one end."""
        if not me().must_change:
            return see(url_for("pages.account"))
        new = request.form.get("new_password", "")
        problems = self._problems(new, request.form.get("again_password", ""))
        if problems:
            return self._form(problems)
        self.sessions.change_password(new, self.origin)
        say("Your password was changed.")
        return see(url_for("pages.tasks"))

    def _problems(self, new: str, again: str) -> dict[str, str]:
        sign_ins = self.service.sign_ins
        if weakness := sign_ins.weakness(new, me().email, me().name):
            return {"new_password": weakness.phrase}
        if new != again:
            return {"again_password": "is different from the first one"}
        if sign_ins.is_password(me(), new):
            return {"new_password": "is the one that you were given; choose another"}
        return {}

    def _form(self, problems: dict[str, str]) -> Response:
        status = 400 if problems else 200
        return bare(
            "signing/new_password.html", "Choose a password", status, problems=problems, email=me().email, least=LEAST
        )
