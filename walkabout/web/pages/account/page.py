"""My account: name and password, where one is signed in, and one's API tokens."""

from dataclasses import dataclass, field

from flask import Response, abort, request, session, url_for

from walkabout.actions import people
from walkabout.actions.people import NAME_MOST, NoSuchSignIn, UnfitPerson
from walkabout.jids import new_uid
from walkabout.people.attempts import TooManyAttempts
from walkabout.people.clients import client_name
from walkabout.people.password_rules import LEAST
from walkabout.people.sign_ins import WrongPassword
from walkabout.people.tokens import CLIENT, PAGE, ListedToken
from walkabout.service import Service
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.numbers import number
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import Moment, count, length, moment
from walkabout.web.session import Sessions, me

DAYS = (7, 30, 90, 365)
TOKEN_NAME_MOST = 80  # characters
ONCE_MOST = 20  # forms that a sign-in remembers to have sent


@dataclass(frozen=True)
class SignInRow:
    """A sign-in or token as the page shows it. `is_this`: it is the one that looks at the page."""

    handle: str
    words: str
    address: str
    made: Moment | None
    used: Moment | None
    ends: Moment | None
    is_this: bool


@dataclass
class AccountInput:
    """What was typed, and what is wrong with it, by field. `token`: a new one, to be shown once."""

    token_name: str = ""
    days: int = 30
    problems: dict[str, str] = field(default_factory=dict)
    token: str = ""


class AccountView(View):
    """What everybody has of their own."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.sessions = Sessions(service)

    @route("/account")
    def account(self) -> Response:
        """Name, password, tokens."""
        return self._page(AccountInput())

    @route("/account/name", "POST")
    def rename_me(self) -> Response:
        """Another name."""
        name = request.form.get("name", "").strip()
        try:
            people.rename(self.service, me(), name)
        except UnfitPerson:
            return self._page(AccountInput(problems={"name": f"is too long; {NAME_MOST} characters at most"}))
        say("Your name was changed.")
        return see(url_for("pages.account"))

    @route("/account/password", "POST")
    def change_password(self) -> Response:
        """Another password: other sign-ins and all tokens end, this sign-in goes on."""
        form = request.form
        new, again = form.get("new_password", ""), form.get("again_password", "")
        problems: dict[str, str] = {}
        try:
            people.check_own(self.service, me(), password=new)
        except UnfitPerson as unfit:
            problems["new_password"] = unfit.weakness.phrase if unfit.weakness else ""
        if new != again and not problems:
            problems["again_password"] = "is different from the first one"
        wait_s = 0
        try:
            people.check_old_password(self.service, me(), form.get("old_password", ""), self.origin)
        except WrongPassword:
            problems["old_password"] = "is not your password"
        except TooManyAttempts as error:
            wait_s = error.retry_after_s
            problems["old_password"] = f"was wrong too often; try again in {length(float(wait_s))}"
        if problems:
            return self._page(AccountInput(problems=problems), wait_s)
        self.sessions.change_password(new, self.origin)
        say("Your password was changed. Your other sign-ins and your tokens have ended.")
        return see(url_for("pages.account"))

    @route("/account/tokens", "POST")
    def make_token(self) -> Response:
        """A new token, shown on this answer and never again."""
        once, used = request.form.get("once", ""), session.get("once", [])
        if once and once in used:
            say("This form was sent before, and did its work then. A token is shown only once.")
            return see(url_for("pages.account"))
        name, chosen = request.form.get("token_name", "").strip(), number(request.form.get("days", ""))
        typed = AccountInput(name, chosen if chosen in DAYS else 30)
        if not name or "\0" in name:
            typed.problems["token_name"] = "is missing; enter what the token is for"
        elif len(name) > TOKEN_NAME_MOST:
            typed.problems["token_name"] = f"is too long; {TOKEN_NAME_MOST} characters at most"
        else:
            token = people.make_token(self.service, me(), name, typed.days, self.origin)
            session["once"] = [*used, once][-ONCE_MOST:]
            typed = AccountInput(token=token)
        return self._page(typed)

    @route("/account/tokens/<handle>/end", "POST")
    def end_token(self, handle: str) -> Response:
        """End a token."""
        try:
            people.end_sign_in(self.service, me(), handle, self.origin)
        except NoSuchSignIn:
            abort(404)
        say("It has ended and no longer works.")
        return see(url_for("pages.account"))

    def _page(self, typed: AccountInput, wait_s: int = 0) -> Response:
        tokens = self.service.tokens.list_of(me().uid, self.service.settings.page_rows)
        answer = page(
            "account/page.html",
            "My account",
            "settings",
            status=429 if wait_s else 400 if typed.problems else 200,
            typed=typed,
            tokens=[self._row(token) for token in tokens],
            choices=[(days, count(days, "day")) for days in DAYS],
            least=LEAST,
            once=new_uid()[:8],
        )
        if wait_s:
            answer.headers["Retry-After"] = str(wait_s)
        return answer

    def _row(self, token: ListedToken) -> SignInRow:
        made, used, ends = (moment(at, self.now) for at in (token.created_at, token.used_at, token.expires_at))
        client = client_name(token.agent) or "a client"
        words = {PAGE: f"This page in {client}", CLIENT: f"API, signed in by password: {client}"}.get(
            token.kind, token.name
        )
        return SignInRow(
            handle=token.handle,
            words=words,
            address=token.address,
            made=made,
            used=used,
            ends=ends,
            is_this=token.handle == self.sessions.handle(),
        )
