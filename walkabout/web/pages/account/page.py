"""My account: the own name and password, and the API tokens that one has made."""

from dataclasses import dataclass, field

from flask import Response, abort, request, url_for

from walkabout.api.people import NAME_MOST
from walkabout.people.masters import PASSWORD_LEAST
from walkabout.people.tokens import Named
from walkabout.service import Service
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.numbers import number
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import Moment, count, moment
from walkabout.web.session import Sessions, me

DAYS = (7, 30, 90, 365)
TOKEN_NAME_MOST = 80  # characters


@dataclass(frozen=True)
class ListedToken:
    """A token as the page shows it."""

    handle: str
    name: str
    made: Moment | None
    ends: Moment | None


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
        if len(name) > NAME_MOST or "\0" in name:
            return self._page(AccountInput(problems={"name": f"is too long; {NAME_MOST} characters at most"}))
        self.service.masters.rename(me().uid, name)
        self.service.tokens.forget()
        say("Your name is changed.")
        return see(url_for("pages.account"))

    @route("/account/password", "POST")
    def change_password(self) -> Response:
        """Another password: other sign-ins and all tokens end, this sign-in goes on."""
        form, masters, sign_ins = request.form, self.service.masters, self.service.sign_ins
        new, again = form.get("new_password", ""), form.get("again_password", "")
        key = f"password {me().uid}"
        problems: dict[str, str] = {}
        if sign_ins.wait_s(key, self.service.settings.sign_in_tries) > 0:
            problems["old_password"] = "was wrong too often; please wait a while"
        elif not masters.right_password(me().uid, form.get("old_password", "")):
            sign_ins.failed(key)
            problems["old_password"] = "is not your password"
        if len(new) < PASSWORD_LEAST:
            problems["new_password"] = f"is too short; {PASSWORD_LEAST} characters or more"
        elif new != again:
            problems["again_password"] = "is not the same"
        if problems:
            return self._page(AccountInput(problems=problems))
        masters.set_password(me().uid, new)
        self.service.tokens.end_all(me().uid)
        self.sessions.start(me())
        say("Your password is changed. Your other sign-ins and your tokens have ended.")
        return see(url_for("pages.account"))

    @route("/account/tokens", "POST")
    def make_token(self) -> Response:
        """A new token, shown on this answer and never again."""
        name, chosen = request.form.get("token_name", "").strip(), number(request.form.get("days", ""))
        typed = AccountInput(name, chosen if chosen in DAYS else 30)
        if not name or "\0" in name:
            typed.problems["token_name"] = "is missing; say what the token is for"
        elif len(name) > TOKEN_NAME_MOST:
            typed.problems["token_name"] = f"is too long; {TOKEN_NAME_MOST} characters at most"
        else:
            token, _ = self.service.tokens.give(me().uid, typed.days, name)
            typed = AccountInput(token=token)
        return self._page(typed)

    @route("/account/tokens/<handle>/end", "POST")
    def end_token(self, handle: str) -> Response:
        """End a token."""
        if not self.service.tokens.end_named(me().uid, handle):
            abort(404)
        say("The token has ended.")
        return see(url_for("pages.account"))

    def _page(self, typed: AccountInput) -> Response:
        tokens = self.service.tokens.named(me().uid, self.service.settings.page_rows)
        return page(
            "account/page.html",
            "My account",
            "people",
            status=400 if typed.problems else 200,
            typed=typed,
            tokens=[self._token(token) for token in tokens],
            choices=[(days, count(days, "day")) for days in DAYS],
            least=PASSWORD_LEAST,
        )

    def _token(self, token: Named) -> ListedToken:
        made, ends = moment(token.created_at, self.now), moment(token.expires_at, self.now)
        return ListedToken(token.handle, token.name, made, ends)
