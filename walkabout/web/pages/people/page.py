"""People: who may use this installation, and with which role. For admins."""

from dataclasses import dataclass, field
from typing import Protocol

from flask import Response, abort, request, url_for

from walkabout.actions import people
from walkabout.actions.people import NAME_MOST, NewPerson, NoSuchPerson, UnfitPerson
from walkabout.actions.rights import is_admin
from walkabout.jobs.template import NotAllowed
from walkabout.people import audit
from walkabout.people.audit import Entry
from walkabout.people.masters import EmailTaken, LastAdmin, Master
from walkabout.people.password_rules import LEAST
from walkabout.people.sign_ins import Origin
from walkabout.service import Service
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.numbers import number
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import Moment, State, moment
from walkabout.web.session import me

ACTIVE = State("ok", "●", "active")
DISABLED = State("off", "◌", "disabled")
HAPPENED_MOST = 50
WHAT = {
    audit.SIGNED_IN: "signed in",
    audit.SIGN_IN_FAILED: "sign-in failed",
    audit.SIGNED_OUT: "signed out",
    audit.PERSON_MADE: "account created",
    audit.PROMOTED: "made an admin",
    audit.DEMOTED: "removed as admin",
    audit.ENABLED: "enabled",
    audit.DISABLED: "disabled",
    audit.PASSWORD_CHANGED: "password changed",
    audit.PASSWORD_REFUSED: "password not changed",
    audit.TOKEN_MADE: "token created",
    audit.TOKEN_ENDED: "token ended",
    audit.TOKENS_ENDED: "all tokens ended",
    audit.GRANTED: "right granted",
    audit.REVOKED: "right revoked",
    audit.ACCESS_SET: "access set",
}
FILTERS = {
    "": ("Everything", ()),
    "sign-ins": ("Sign-ins", (audit.SIGNED_IN, audit.SIGNED_OUT)),
    "failed": ("Failed sign-ins", (audit.SIGN_IN_FAILED, audit.PASSWORD_REFUSED)),
    "people": (
        "People and passwords",
        (audit.PERSON_MADE, audit.PROMOTED, audit.DEMOTED, audit.ENABLED, audit.DISABLED, audit.PASSWORD_CHANGED),
    ),
    "tokens": ("Tokens", (audit.TOKEN_MADE, audit.TOKEN_ENDED, audit.TOKENS_ENDED)),
    "rights": ("Rights", (audit.GRANTED, audit.REVOKED, audit.ACCESS_SET)),
}
"""What the list of events can be narrowed to: the value in the address, its words, and the events (none: all)."""
LAST = "{email} is the only admin who can sign in; make somebody else an admin first."


@dataclass(frozen=True)
class Person:
    """A master as the page shows them."""

    uid: str
    email: str
    name: str
    state: State
    is_active: bool
    is_admin: bool
    is_me: bool
    seen: Moment | None


@dataclass(frozen=True)
class Happened:
    """Something that happened, as the page shows it. `about`: empty when it is about who did it."""

    at: Moment | None
    what: str
    by: str
    about: str
    address: str
    detail: str


class ChangeOfPerson(Protocol):
    """A change of what a person (a uid) may do. Raises NoSuchPerson, LastAdmin."""

    def __call__(self, service: Service, by: Master, uid: str, origin: Origin, /) -> Master: ...


@dataclass
class PersonInput:
    """What was typed for a new person, and what is wrong with it, by field."""

    email: str = ""
    name: str = ""
    is_admin: bool = False
    problems: dict[str, str] = field(default_factory=dict)


class PeopleView(View):
    """The people of this installation."""

    @route("/people")
    def people(self) -> Response:
        """Everybody, for admins; one's own account for others."""
        if not is_admin(me()):
            return see(url_for("pages.account"))
        return self._list(PersonInput())

    @route("/people", "POST", admin=True)
    def add_person(self) -> Response:
        """A new person."""
        typed = PersonInput(
            request.form.get("email", "").strip(),
            request.form.get("name", "").strip(),
            request.form.get("admin") == "yes",
        )
        password = request.form.get("new_password", "")
        new = NewPerson(typed.email, password, typed.name, is_admin=typed.is_admin, must_change=True)
        try:
            master = people.create(self.service, me(), new, self.origin)
        except UnfitPerson as unfit:
            typed.problems = _problems(unfit)
        except EmailTaken:
            typed.problems["email"] = "is already taken"
        else:
            say(
                f"{master.email} can sign in now. Give them the password; they will choose a new one when they sign in."
            )
            return see(url_for("pages.people"))
        return self._list(typed)

    @route("/people/<uid>/enable", "POST", admin=True)
    def enable_person(self, uid: str) -> Response:
        """Let them sign in again."""
        words = "{email} can sign in again. The tasks that were paused with them are active again."
        return self._change(uid, people.enable, words)

    @route("/people/<uid>/disable", "POST", admin=True)
    def disable_person(self, uid: str) -> Response:
        """Let them do nothing from now on."""
        words = (
            "{email} is disabled: they can't sign in, their tokens don't work, their jobs are ended and their tasks are"
            " paused. Enable undoes all of this except for the jobs."
        )
        return self._change(uid, people.disable, words)

    @route("/people/<uid>/promote", "POST", admin=True)
    def promote_person(self, uid: str) -> Response:
        """Make them an admin."""
        return self._change(uid, people.promote, "{email} is an admin now.")

    @route("/people/<uid>/demote", "POST", admin=True)
    def demote_person(self, uid: str) -> Response:
        """Make them an admin no more."""
        words = (
            "{email} is not an admin any more. Their sequences have ended, and tasks that run sequences are disabled."
        )
        return self._change(uid, people.demote, words)

    @route("/people/<uid>/password", "POST", admin=True)
    def give_password(self, uid: str) -> Response:
        """Give them another password, which they change at their next sign-in."""
        try:
            person = people.give_password(self.service, me(), uid, request.form.get("new_password", ""), self.origin)
        except NoSuchPerson:
            abort(404)
        except UnfitPerson as unfit:
            say(f"Nothing was changed: the password {unfit.weakness.phrase if unfit.weakness else 'is unfit'}.")
        except NotAllowed as no:
            say(f"{no}.")
        else:
            say(
                f"{person.email} has a new password. Give it to them; they will choose their own when they sign in. Their other"
                " sign-ins and tokens have ended."
            )
        return see(url_for("pages.people"))

    def _change(self, uid: str, change: ChangeOfPerson, words: str) -> Response:
        try:
            person = change(self.service, me(), uid, self.origin)
        except NoSuchPerson:
            abort(404)
        except LastAdmin:
            person, words = self.service.masters.by_uid(uid) or me(), LAST
        say(words.format(email=person.email))
        return see(url_for("pages.people"))

    def _list(self, typed: PersonInput) -> Response:
        most = self.service.settings.page_rows
        search = request.args.get("search", "").strip()
        key = number(request.args.get("beyond", "")) or 0
        found = self.service.masters.first(most + 1, beyond=key, search=search)
        next_key = found[most - 1].id if len(found) > most else None
        kind = request.args.get("events", "")
        if kind not in FILTERS:
            abort(400, f"events: {kind!r} is not known; use one of {', '.join(filter(None, FILTERS))}, or leave it out")
        before = number(request.args.get("before", ""))
        events = self.service.audit.newest(HAPPENED_MOST + 1, FILTERS[kind][1], before)
        older = events[HAPPENED_MOST - 1].id if len(events) > HAPPENED_MOST else None
        return page(
            "people/list.html",
            "People",
            "settings",
            status=400 if typed.problems else 200,
            people=[self._person(master) for master in found[:most]],
            search=search,
            typed=typed,
            least=LEAST,
            happened=[self._event_row(entry) for entry in events[:HAPPENED_MOST]],
            filters={value: label for value, (label, _) in FILTERS.items()},
            kind=kind,
            older=url_for("pages.people", events=kind or None, before=older, _anchor="happened-title") if older else "",
            following=url_for("pages.people", search=search or None, beyond=next_key) if next_key else "",
            is_first=not key,
        )

    def _person(self, master: Master) -> Person:
        return Person(
            uid=master.uid,
            email=master.email,
            name=master.name,
            state=ACTIVE if master.is_activated else DISABLED,
            is_active=master.is_activated,
            is_admin=master.is_superuser,
            is_me=master.uid == me().uid,
            seen=moment(master.last_login_at, self.now),
        )

    def _event_row(self, entry: Entry) -> Happened:
        return Happened(
            at=moment(entry.at, self.now),
            what=WHAT.get(entry.event, entry.event),
            by=entry.actor,
            about=entry.about if entry.about != entry.actor else "",
            address=entry.address,
            detail=entry.detail,
        )


def _problems(unfit: UnfitPerson) -> dict[str, str]:
    problems: dict[str, str] = {}
    if unfit.email:
        problems["email"] = f"is not an email address like ana@example.com. {unfit.email}"
    if unfit.is_name_unfit:
        problems["name"] = f"is too long; {NAME_MOST} characters at most"
    if unfit.weakness:
        problems["new_password"] = unfit.weakness.phrase
    return problems
