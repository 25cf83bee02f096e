"""Sign in and out. A sign-in that ran out brings one back to where one was, with what one had typed."""

import math

from flask import Response, request, url_for

from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.web.pages.frame import bare, page, see
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import length
from walkabout.web.session import PREFIX, TOKEN_FIELD, Sessions, from_our_own_page, has_csrf_token

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
        keys = self._keys()
        wait_s = max(self.service.sign_ins.wait_s(key, most) for key, most in keys.items())
        if wait_s > 0:
            return _too_many(wait_s)
        email, password = request.form.get("email", ""), request.form.get("password", "")
        master = self.service.masters.signed_in(email, password, self.now)
        if master is None:
            for key in keys:
                self.service.sign_ins.failed(key)
            self.service.events.say("sign_in.failed", address=request.remote_addr)
            return ask_to_sign_in(401, WRONG)
        self.service.sign_ins.succeeded(next(iter(keys)))
        self.sessions.start(master)
        return self._back(master)

    @route("/sign-out", "POST")
    def sign_out(self) -> Response:
        """End the sign-in."""
        self.sessions.end()
        return see(url_for("pages.sign_in"))

    def _keys(self) -> dict[str, int]:
        settings = self.service.settings
        return {
            f"email {request.form.get('email', '').lower()[:254]}": settings.sign_in_tries,
            f"address {request.remote_addr}": settings.sign_in_tries_address,
        }

    def _back(self, _master: Master) -> Response:
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


def _too_many(wait_s: float) -> Response:
    seconds = math.ceil(wait_s)
    answer = ask_to_sign_in(429, f"Too many failed sign-ins. Please try again in {length(float(seconds))}.")
    answer.headers["Retry-After"] = str(seconds)
    return answer
