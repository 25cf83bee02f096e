"""Signing in and out. After a session ended, signing in returns to the same page and form."""

from dataclasses import replace

from flask import Response, request, url_for

from walkabout.actions.rights import is_admin
from walkabout.api.refusals import refusal_of
from walkabout.database.connections import Unavailable
from walkabout.people import audit
from walkabout.people.attempts import TooManyAttempts
from walkabout.people.masters import Master
from walkabout.people.passwords import HashesBusy
from walkabout.people.sign_ins import WrongPassword
from walkabout.service import Service
from walkabout.web.origin import new_device, remember_device
from walkabout.web.pages.frame import bare, page, see
from walkabout.web.pages.signing.carried import Carried, carry, read_carried, way_back
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import length
from walkabout.web.session import Sessions, csrf_token, has_csrf_token, me

WRONG = "The email or the password is wrong, or the account is disabled."
OLD_FORM = "This form has expired. Sign in again."


class SignInView(View):
    """The doors of the page."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.sessions = Sessions(service)

    @route("/sign-in", "GET", "POST", open_=True)
    def sign_in(self) -> Response:
        """The form; and what is sent with it."""
        if request.method == "GET":
            if self.sessions.master():
                return see(url_for("pages.tasks"))
            return ask_to_sign_in(200)
        if not has_csrf_token():
            return ask_to_sign_in(400, OLD_FORM)
        email, password = request.form.get("email", ""), request.form.get("password", "")
        origin = replace(self.origin, device=self.origin.device or new_device())
        found = read_carried()  # before the session that it was signed for ends
        try:
            master = self.service.sign_ins.sign_in(email, password, origin)
            self.sessions.start(master)
        except WrongPassword:
            return ask_to_sign_in(401, WRONG)
        except TooManyAttempts as error:
            return _too_many(error)
        except (HashesBusy, Unavailable) as error:
            return _not_now(error)
        answer = self._back(master, found)
        remember_device(answer, origin.device or "", self.service.settings.device_days)
        return answer

    @route("/sign-out", "POST")
    def sign_out(self) -> Response:
        """End the sign-in."""
        self.service.audit.record(audit.SIGNED_OUT, me().email, me().email, self.origin.address)
        self.sessions.end()
        return see(url_for("pages.sign_in"))

    def _back(self, master: Master, found: Carried | None) -> Response:
        if master.must_change:
            return see(url_for("pages.new_password"))
        if found is not None:
            return _send_again(found, 200)
        return see(way_back(request.form.get("back", "")) or url_for("pages.tasks"))


def ask_to_sign_in(status: int, problem: str = "") -> Response:
    """The sign-in, with the way back to what was asked for."""
    form = request.form
    at_the_door = request.path == url_for("pages.sign_in")
    csrf_token()  # made first: what is carried is signed for its session
    if at_the_door:
        back, found = way_back(request.values.get("back", "")), read_carried()
    elif request.method == "GET":
        back, found = way_back(request.full_path.rstrip("?")), None
    else:
        back, found = "", carry()
    email = form.get("email", "") if at_the_door else ""
    text = found.signed_text() if found else ""
    return bare("signing/sign_in.html", "Sign in", status, problem=problem, back=back, carried=text, email=email)


def _send_again(found: Carried, status: int) -> Response:
    typed = [(name, value) for name, value in found.fields if value]
    # An admin's click is worth more than the form may have been meant for: shown, never sent by itself.
    return page(
        "signing/again.html", "Send again", "", status=status, carried=found, typed=typed, sends=not is_admin(me())
    )


def refuse_form() -> Response:
    """The answer to a form without this session's token: nothing was done."""
    found = carry()
    if found is None:
        return page(
            "error.html", "Not sent", "", status=400, text="The form's security token was missing, so nothing was done."
        )
    return _send_again(found, 400)


def _too_many(error: TooManyAttempts) -> Response:
    seconds = error.retry_after_s
    answer = ask_to_sign_in(429, f"Too many failed sign-ins. Try again in {length(float(seconds))}.")
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _not_now(error: HashesBusy | Unavailable) -> Response:
    no = refusal_of(error)
    answer = ask_to_sign_in(no.status, "Signing in is not possible just now. Try again in a moment.")
    answer.headers.update(no.answer().headers)
    return answer
