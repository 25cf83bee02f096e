"""Sign in and out. A sign-in that ran out brings one back to where one was, with what one had typed."""

from dataclasses import replace

from flask import Response, request, url_for

from walkabout.api.dispatch import meant
from walkabout.database.connections import Unavailable
from walkabout.people import audit
from walkabout.people.attempts import TooManyAttempts
from walkabout.people.masters import Master
from walkabout.people.passwords import HashesBusy
from walkabout.people.sign_ins import WrongPassword
from walkabout.service import Service
from walkabout.web.origin import new_device, remember_device
from walkabout.web.pages.frame import bare, page, see
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import length
from walkabout.web.session import PREFIX, TOKEN_FIELD, Sessions, from_our_own_page, has_csrf_token, me

WRONG = "Email and password do not go together, or the account is disabled."
OLD_FORM = "This form was too old. Please sign in again."
KEPT_MOST = 200_000  # characters of a form that are carried through a sign-in


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
        try:
            master = self.service.sign_ins.sign_in(email, password, origin)
            self.sessions.start(master)
        except WrongPassword:
            return ask_to_sign_in(401, WRONG)
        except TooManyAttempts as error:
            return _too_many(error)
        except (HashesBusy, Unavailable) as error:
            return _not_now(error)
        answer = self._back(master)
        remember_device(answer, origin.device or "", self.service.settings.device_days)
        return answer

    @route("/sign-out", "POST")
    def sign_out(self) -> Response:
        """End the sign-in."""
        self.record(audit.SIGNED_OUT, me().email)
        self.sessions.end()
        return see(url_for("pages.sign_in"))

    def _back(self, master: Master) -> Response:
        if master.must_change:
            return see(url_for("pages.new_password"))
        back = request.form.get("back", "")
        kept = _kept()
        if kept and _is_ours(back):
            return send_again(back, kept, 200)
        return see(back if _is_ours(back) else url_for("pages.tasks"))


def ask_to_sign_in(status: int, problem: str = "") -> Response:
    """The sign-in, with the way back to what was asked for."""
    form = request.form
    at_the_door = request.path == url_for("pages.sign_in")
    if at_the_door:
        back, kept = request.values.get("back", ""), _kept()
    elif request.method == "GET":
        back, kept = request.full_path.rstrip("?"), []
    else:
        back, kept = request.path, _typed()
    email = form.get("email", "") if at_the_door else ""
    return bare("signing/sign_in.html", "Sign in", status, problem=problem, back=back, kept=kept, email=email)


def send_again(action: str, kept: list[tuple[str, str]], status: int) -> Response:
    """What was typed before the sign-in ran out, to be sent once more."""
    typed = [(name, value) for name, value in kept if value]
    return page("signing/again.html", "Send again", "", status=status, action=action, kept=kept, typed=typed)


def refused_form() -> Response:
    """The answer to a form without this session's token: nothing was done."""
    typed = _typed()
    if not typed:
        return page(
            "error.html", "Not sent", "", status=400, text="The form did not carry its token, nothing was done."
        )
    return send_again(request.path, typed, 400)


def _typed() -> list[tuple[str, str]]:
    # Only what came from our own page is kept: another site must not put words into a form that is ours.
    if not from_our_own_page():
        return []
    secret = ("password", TOKEN_FIELD)
    typed = [(n, v) for n, v in request.form.items(multi=True) if not n.endswith(secret)]
    return typed if sum(len(n) + len(v) for n, v in typed) <= KEPT_MOST else []


def _kept() -> list[tuple[str, str]]:
    names, values = request.form.getlist("kept_name"), request.form.getlist("kept_value")
    return list(zip(names, values, strict=False))


def _is_ours(path: str) -> bool:
    # "//host" and "/\host" lead to other hosts in browsers.
    return (path == PREFIX or path.startswith(PREFIX + "/")) and "\\" not in path and "//" not in path.split("?")[0]


def _too_many(error: TooManyAttempts) -> Response:
    seconds = error.retry_after_s
    answer = ask_to_sign_in(429, f"Too many failed sign-ins. Please try again in {length(float(seconds))}.")
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _not_now(error: HashesBusy | Unavailable) -> Response:
    no = meant(error)
    answer = ask_to_sign_in(no.status, "Nobody can be signed in just now. Please try again in a moment.")
    answer.headers.update(no.answer().headers)
    return answer
